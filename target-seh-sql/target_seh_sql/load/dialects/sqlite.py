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

    from target_seh_sql.load.dialects import Plan
    from target_seh_sql.load.records import RecordType, Row


def prepare(connection: Connection, plan: Plan) -> None:
    """Create the staging table."""
    connection.exec_driver_sql(f"CREATE TEMPORARY TABLE {plan.stage} ({', '.join(plan.kind.fields)})")


def stage(connection: Connection, plan: Plan, rows: Sequence[Row]) -> None:
    """Put the rows, and nothing else, into the staging table; columns without any value stay out."""
    connection.exec_driver_sql(f"DELETE FROM temp.{plan.stage}")
    columns = {name: values for name, values in _as_text(plan.kind, rows) if values.count(None) < len(values)}
    marks = ", ".join("?" * len(columns))
    connection.exec_driver_sql(
        f"INSERT INTO temp.{plan.stage} ({', '.join(columns)}) VALUES ({marks})",
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


def merge(connection: Connection, plan: Plan, now: datetime, staged: int) -> Merged:
    """Upsert the staged rows: new keys are inserted, values that differ are replaced."""
    mark = _high_mark(connection, plan)
    stamp = _instant(now)
    written = connection.exec_driver_sql(merge_sql(plan), (stamp, stamp)).rowcount
    inserted = _inserted_since(connection, plan, mark)
    return Merged(inserted, written - inserted, staged - written)


@cache
def merge_sql(plan: Plan) -> str:
    """Return the upsert; a row that would stay as it is, is not touched."""
    kept = {name: plan.kept(name, f"excluded.{name}", f"t.{name}") for name in plan.values}
    return (
        f"INSERT INTO {plan.table} AS t ({', '.join(plan.columns)}, created_at, updated_at) "
        f"SELECT {', '.join(plan.select)}, ?, ? {plan.source} WHERE true "
        f"ON CONFLICT ({', '.join(plan.key)}) DO UPDATE SET "
        f"{', '.join(f'{name} = {value}' for name, value in kept.items())}, updated_at = excluded.updated_at "
        f"WHERE {' OR '.join(f't.{name} IS NOT {value}' for name, value in kept.items())}"
    )


def _high_mark(connection: Connection, plan: Plan) -> int:
    """Return what tells new rows apart later: the highest id, or for given ids how many there are."""
    what = "count(*)" if plan.kind.stream.is_site else "coalesce(max(id), 0)"
    return int(connection.exec_driver_sql(f"SELECT {what} FROM {plan.table}").scalar_one())


def _inserted_since(connection: Connection, plan: Plan, mark: int) -> int:
    if plan.kind.stream.is_site:
        return _high_mark(connection, plan) - mark
    query = f"SELECT count(*) FROM {plan.table} WHERE id > ?"
    return int(connection.exec_driver_sql(query, (mark,)).scalar_one())
