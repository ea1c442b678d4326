"""Cells of a SQLite database that hold no value of their column's kind: its types bind nobody.

Sums take them for 0, or for the digits they begin with; comparisons put them anywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import Boolean, Date, DateTime, Double, Integer

from target_seh_sql.status.series import just_before
from target_seh_sql.tables.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from sqlalchemy import Column, Connection, Table

    from target_seh_sql.tables.stream import Stream

SHOWN: Final = 40
"""Characters of a value."""


class OddCell(NamedTuple):
    """A cell, and the site that its row is of."""

    stream: str
    site_id: Any
    text: str


def odd_cells(
    connection: Connection, tables: Mapping[str, Table], since: datetime | None = None
) -> Iterator[OddCell]:
    """Yield the first odd cell of each table and site; none of a server, whose types bind everybody.

    Args:
        connection: to the database.
        tables: those that are there.
        since: UTC, before which no reading is looked at; None looks at everything.
    """
    if connection.dialect.name != "sqlite":
        return
    for stream in STREAMS:
        if stream.name in tables:
            table = tables[stream.name]
            for site_id, number, name, value in connection.exec_driver_sql(_query(stream, tables, since)):
                where = f"{name} of {table.name}, where id is {number}, holds {repr(value)[:SHOWN]}"
                what = _kind_of(table.c[name])[1]
                yield OddCell(stream.name, site_id, f"{where}, which is no {what}: set it right, or to NULL")


def _query(stream: Stream, tables: Mapping[str, Table], since: datetime | None) -> str:
    columns = tables[stream.name].c
    table, owners = (
        f'"{tables[name].name}"' for name in (stream.name, "meters" if stream.of_meter else "sites")
    )
    owner = "meter_id" if stream.of_meter else "id" if stream.is_site else "site_id"
    site = f"(SELECT site_id FROM {owners} AS m WHERE m.id = t.meter_id)" if stream.of_meter else owner  # noqa: S608
    odd = {column.name: _kind_of(column)[0].format(f"t.{column.name}") for column in columns}
    name = " ".join(f"WHEN {each} THEN '{name}'" for name, each in odd.items())
    value = " ".join(f"WHEN {each} THEN t.{name}" for name, each in odd.items())
    wanted = f"({' OR '.join(odd.values())})"
    time = next((name for name in ("timestamp", "reading_date") if name in columns), None)
    if since and time:  # of each owner, by the index
        wanted += f" AND t.{owner} IN (SELECT id FROM {owners}) AND t.{time} > '{just_before(since)}'"  # noqa: S608
    return (
        f"SELECT {site} AS site, min(t.id), CASE {name} END, CASE {value} END "  # noqa: S608
        f"FROM {table} AS t WHERE {wanted} GROUP BY site"
    )


def _kind_of(column: Column[Any]) -> tuple[str, str]:
    """Return SQL for a cell that is odd in this column, and what it should be."""
    if isinstance(column.type, DateTime):
        return "datetime({0}) IS NOT substr({0}, 1, 19)", "time such as 2026-11-28 12:00:00"
    if isinstance(column.type, Date):
        return "date({0}) IS NOT {0}", "date such as 2026-11-28"
    if isinstance(column.type, Double):
        return "(typeof({0}) NOT IN ('real', 'integer', 'null') OR abs({0}) > 1.7e308)", "number"
    if isinstance(column.type, Integer | Boolean):
        return "typeof({0}) NOT IN ('integer', 'null')", "whole number"
    return "typeof({0}) = 'blob'", "text"
