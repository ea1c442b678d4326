"""SQLite: rows are bound into a temporary table, then merged by one upsert."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from msgspec.structs import astuple

from target_seh_sql.load.dialects import Merged

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from target_seh_sql.load.dialects import TableSql
    from target_seh_sql.load.records import RecordType, Row


def prepare(connection: Connection, sql: TableSql) -> None:
    """Create the staging table."""
    connection.exec_driver_sql(f"CREATE TEMPORARY TABLE {sql.stage} ({', '.join(sql.kind.fields)})")


def stage(connection: Connection, sql: TableSql, rows: Sequence[Row]) -> None:
    """Put the rows, and nothing else, into the staging table; columns without any value stay out."""
    connection.exec_driver_sql(f"DELETE FROM temp.{sql.stage}")
    columns = {name: values for name, values in _as_text(sql.kind, rows) if values.count(None) < len(values)}
    marks = ", ".join("?" * len(columns))
    connection.exec_driver_sql(
        f"INSERT INTO temp.{sql.stage} ({', '.join(columns)}) VALUES ({marks})",
        list(zip(*columns.values(), strict=True)),
    )


def _as_text(kind: RecordType, rows: Sequence[Row]) -> Iterator[tuple[str, Sequence[Any]]]:
    """Yield the columns of the rows, times as text: by column is much faster than row by row."""
    for name, values in zip(kind.fields, zip(*map(astuple, rows), strict=True), strict=True):
        if name in kind.instants:
            yield name, [None if t is None else _instant(t) for t in values]
        elif name in kind.days:
            yield name, [None if day is None else day.isoformat() for day in values]
        else:
            yield name, values


@lru_cache(8192)
def _instant(instant: datetime) -> str:
    """Return UTC as text; streams and sites of a batch share most of their instants."""
    return instant.isoformat(" ")[:19]


def merge(connection: Connection, sql: TableSql, now: datetime, staged: int) -> Merged:
    """Upsert the staged rows: new keys are inserted, values that differ are replaced."""
    mark = _high_mark(connection, sql)
    stamp = _instant(now)
    written = connection.exec_driver_sql(merge_sql(sql), (stamp, stamp)).rowcount
    inserted = _inserted_since(connection, sql, mark)
    return Merged(inserted, written - inserted, staged - written)


@cache
def merge_sql(sql: TableSql) -> str:
    """Return the upsert; a row that would stay as it is, is not touched."""
    kept = {name: sql.kept(name, f"excluded.{name}", f"t.{name}") for name in sql.values}
    return (
        f"INSERT INTO {sql.table} AS t ({', '.join(sql.columns)}, created_at, updated_at) "
        f"SELECT {', '.join(sql.select)}, ?, ? {sql.source} WHERE true "
        f"ON CONFLICT ({', '.join(sql.key)}) DO UPDATE SET "
        f"{', '.join(f'{name} = {value}' for name, value in kept.items())}, updated_at = excluded.updated_at "
        f"WHERE {' OR '.join(f't.{name} IS NOT {value}' for name, value in kept.items())}"
    )


def _high_mark(connection: Connection, sql: TableSql) -> int:
    """Return what tells new rows apart later: the highest id, or for given ids how many there are."""
    what = "count(*)" if sql.kind.stream.is_site else "coalesce(max(id), 0)"
    return int(connection.exec_driver_sql(f"SELECT {what} FROM {sql.table}").scalar_one())


def _inserted_since(connection: Connection, sql: TableSql, mark: int) -> int:
    if sql.kind.stream.is_site:
        return _high_mark(connection, sql) - mark
    query = f"SELECT count(*) FROM {sql.table} WHERE id > ?"
    return int(connection.exec_driver_sql(query, (mark,)).scalar_one())
