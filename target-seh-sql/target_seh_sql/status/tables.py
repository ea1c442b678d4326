"""How many rows each table holds, how new they are, and how many came or changed since an instant."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select

from target_seh_sql.tables.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection, Table


class TableOverview(NamedTuple):
    """How much a table holds and how new it is."""

    table: str
    rows: int
    newest: str | None
    """Newest instant (UTC) or date of the data, else of the newest change of a row; None when it is empty."""


def overview(connection: Connection, tables: Mapping[str, Table]) -> list[TableOverview]:
    """Return the rows and newest data of each of the tables, which must exist."""
    return [_overview(connection, tables[s.name], s.newest) for s in STREAMS if s.name in tables]


def _overview(connection: Connection, table: Table, newest: str | None) -> TableOverview:
    rows = connection.execute(select(func.count()).select_from(table)).scalar_one()
    value = connection.execute(select(func.max(table.c[newest]))).scalar_one() if newest else None
    if value is None:  # lists of devices have no time of their own: when the newest row was written
        value = connection.execute(select(func.max(table.c.updated_at))).scalar_one()
    return TableOverview(table.name, rows, None if value is None else str(value).removesuffix("+00:00"))


def changes(connection: Connection, tables: Mapping[str, Table], since: datetime) -> list[tuple[int, int]]:
    """Return, in the order of `overview`, how many rows were added, and how many older ones changed.

    Args:
        connection: to the database.
        tables: those that are there.
        since: UTC.
    """
    found = []
    for table in (tables[stream.name] for stream in STREAMS if stream.name in tables):
        added, touched = (
            connection.execute(select(func.count()).where(column >= since.replace(tzinfo=None))).scalar_one()
            for column in (table.c.created_at, table.c.updated_at)
        )
        found.append((added, touched - added))
    return found
