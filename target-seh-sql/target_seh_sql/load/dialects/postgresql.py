"""PostgreSQL: rows are copied, in binary, into a temporary table, then merged by one upsert."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, cast

from msgspec.structs import astuple
from sqlalchemy.schema import CreateTable

from target_seh_sql.load.dialects import Merged, staging_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Dialect

    from target_seh_sql.load.dialects import TableSql
    from target_seh_sql.load.records import Row


def prepare(connection: Connection, sql: TableSql) -> None:
    """Do nothing: the staging table is of one transaction."""


def stage(connection: Connection, sql: TableSql, rows: Sequence[Row]) -> None:
    """Put the rows, and nothing else, into a staging table.

    It ends with the transaction: behind a pooler, the next one may be in another session.
    """
    connection.execute(CreateTable(staging_table(sql, postgresql_on_commit="DROP")))
    driver = cast("Any", connection.connection.driver_connection)
    with driver.cursor() as cursor, cursor.copy(f"COPY {sql.stage} FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(_types(sql, connection.dialect))
        write = copy.write_row
        for row in rows:
            write(astuple(row))


@cache
def _types(sql: TableSql, dialect: Dialect) -> list[str]:
    """Return the types of the staged columns: a binary COPY converts nothing."""
    kinds = (sql.kind.types[name].compile(dialect) for name in sql.kind.fields)
    return [kind.partition("(")[0].lower() for kind in kinds]


def merge(connection: Connection, sql: TableSql, now: datetime, staged: int) -> Merged:
    """Upsert the staged rows: new keys are inserted, values that differ are replaced."""
    inserted, written = connection.exec_driver_sql(merge_sql(sql), {"now": now}).one()
    return Merged(inserted, written - inserted, staged - written)


@cache
def merge_sql(sql: TableSql) -> str:
    """Return the upsert, which counts what it inserted and what it wrote.

    Rows are written in the order of their key, so that two targets that meet do not deadlock. Only an
    inserted row has no `xmax`; a row of a table that somebody has partitioned does not tell it, and counts
    as inserted when it was made in this second.
    """
    kept = {name: sql.kept(name, f"excluded.{name}", f"t.{name}") for name in sql.values}
    return (
        "WITH merged AS ("
        f"INSERT INTO {sql.table} AS t ({', '.join(sql.columns)}, created_at, updated_at) "
        f"SELECT {', '.join(sql.select)}, %(now)s, %(now)s {sql.source} "
        f"ORDER BY {', '.join(sql.select[sql.columns.index(name)] for name in sql.key)} "
        f"ON CONFLICT ({', '.join(sql.key)}) DO UPDATE SET "
        f"{', '.join(f'{name} = {value}' for name, value in kept.items())}, updated_at = excluded.updated_at "
        f"WHERE ({', '.join(f't.{name}' for name in kept)}) IS DISTINCT FROM ({', '.join(kept.values())}) "
        "RETURNING CASE WHEN t.tableoid IN (SELECT inhrelid FROM pg_inherits) "
        "THEN t.created_at = %(now)s ELSE xmax = 0 END AS inserted) "
        "SELECT count(*) FILTER (WHERE inserted), count(*) FROM merged"
    )
