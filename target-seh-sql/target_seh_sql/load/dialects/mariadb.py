"""MariaDB: rows become the text of INSERTs into a temporary table, then one upsert merges them."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from itertools import repeat
from typing import TYPE_CHECKING, Any, Final

from msgspec.json import Encoder
from msgspec.structs import astuple
from sqlalchemy import String
from sqlalchemy.schema import CreateTable

from target_seh_sql.errors import SchemaMismatch
from target_seh_sql.load.dialects import Merged, staging_table
from target_seh_sql.tables.flaws import ADVICE, key_flaws
from target_seh_sql.tables.metadata import IN_MARIADB

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from target_seh_sql.load.dialects import TableSql
    from target_seh_sql.load.records import Row

STATEMENT_BYTES: Final = 500_000
"""Below the smallest max_allowed_packet in use (1 MiB) with room for one huge row."""
_ESCAPE: Final = re.compile(rb'\\(?:u00([0-9a-f]{2})|(["\\bfnrt]))')


def prepare(connection: Connection, sql: TableSql) -> None:
    """Create the staging table.

    Without transactions: InnoDB keeps deleted rows for as long as any session has an older view of any table,
    so that staging would become slower with every batch. Where a server enforces an engine, that one will do.
    """
    enforced = connection.exec_driver_sql("SELECT @@enforce_storage_engine").scalar()
    table = staging_table(sql, **IN_MARIADB | {"mariadb_engine": enforced or "MyISAM"})
    for name in sql.kind.instants:
        table.c[name].type = String(20)
    _check_keys(connection, sql)
    connection.execute(CreateTable(table))


def _check_keys(connection: Connection, sql: TableSql) -> None:
    """Look at the unique keys, for the upsert cannot name one: with others it would harm rows in silence.

    Raises:
        SchemaMismatch: ours is missing, or there is one that is not ours.
    """
    keys: defaultdict[str, list[str]] = defaultdict(list)
    found = connection.exec_driver_sql(f"SHOW INDEX FROM {sql.table} WHERE Non_unique = 0")
    for row in found.mappings():
        keys[row["Key_name"]].append(row["Column_name"])
    for flaw in key_flaws(sql.table, sql.key, keys.values()):
        raise SchemaMismatch(f"{flaw}: {ADVICE}")


def stage(connection: Connection, sql: TableSql, rows: Sequence[Row]) -> None:
    """Put the rows, and nothing else, into the staging table."""
    _execute(connection, f"DELETE FROM {sql.stage}".encode())
    for values in _literals(rows):
        _execute(connection, b"INSERT INTO " + sql.stage.encode() + b" VALUES (" + b"),(".join(values) + b")")


def _literals(rows: Sequence[Row]) -> Iterator[list[bytes]]:
    """Yield the rows as SQL, in pieces that fit into a statement.

    A JSON array without its brackets is a list of SQL literals, made in C: numbers, null, true and false are
    the same, and text in double quotes is, once the few escapes that differ are rewritten.
    """
    encode = Encoder().encode
    values: list[bytes] = []
    size = 0
    for row in rows:
        text = encode(astuple(row))[1:-1]
        values.append(_ESCAPE.sub(_as_sql, text) if b"\\" in text else text)
        size += len(text) + len(b"),(")
        if size > STATEMENT_BYTES:
            yield values
            values, size = [], 0
    if values:
        yield values


def _as_sql(escape: re.Match[bytes]) -> bytes:
    r"""Rewrite one of the escapes of JSON: SQL knows no \\uXXXX and no \\f, control characters stand bare."""
    if escape[1]:
        return bytes([int(escape[1], 16)])
    return b"\f" if escape[2] == b"f" else escape[0]


def merge(connection: Connection, sql: TableSql, now: datetime, staged: int) -> Merged:
    """Upsert the staged rows: new keys are inserted, values that differ are replaced."""
    _execute(connection, f"SET @now = '{now:%Y-%m-%d %H:%M:%S}'".encode())
    cursor = _execute(connection, merge_sql(sql).encode())
    # An inserted row counts once, a changed one twice; the server's message tells how many there were.
    counts = re.findall(rb"\d+", cursor._result.message)  # noqa: SLF001
    written = int(counts[0])
    changed = cursor.rowcount - written
    return Merged(written - changed, changed, staged - written)


@cache
def merge_sql(sql: TableSql) -> str:
    """Return the upsert of the rows that are new or differ: needless ones cost more than a join."""
    staged = dict(zip(sql.columns, map(_instant_read, sql.select, sql.columns, repeat(sql)), strict=True))
    same = " AND ".join(f"o.{name} = {staged[name]}" for name in sql.key)
    new = {name: sql.kept(name, staged[name], f"o.{name}") for name in sql.values}
    kept = {name: sql.kept(name, f"VALUES({name})", f"{sql.table}.{name}") for name in sql.values}
    return (
        f"INSERT INTO {sql.table} ({', '.join(sql.columns)}, created_at, updated_at) "
        f"SELECT {', '.join(staged.values())}, @now, @now {sql.source} "
        f"LEFT JOIN {sql.table} AS o ON {same} "
        f"WHERE o.id IS NULL OR {' OR '.join(f'NOT (o.{name} <=> {value})' for name, value in new.items())} "
        "ON DUPLICATE KEY UPDATE "
        f"{', '.join(f'{sql.table}.{name} = {value}' for name, value in kept.items())}, "
        f"{sql.table}.updated_at = VALUES(updated_at)"
    )


def _instant_read(expression: str, name: str, sql: TableSql) -> str:
    """Read an instant, staged as text that ends with Z, which MariaDB would not take."""
    return f"CAST(LEFT({expression}, 19) AS DATETIME)" if name in sql.kind.instants else expression


def _execute(connection: Connection, sql: bytes) -> Any:  # noqa: ANN401
    """Run a statement as it is: no percent sign in a text may be taken for a parameter."""
    cursor = connection.connection.cursor()
    cursor.execute(sql)
    return cursor
