"""Print the rows and newest data of each table: `python -m target_seh_sql.overview URL`."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select

from target_seh_sql.database import connected
from target_seh_sql.schema import existing
from target_seh_sql.tables import STREAMS, all_tables

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table


class TableOverview(NamedTuple):
    """How much a table holds and how new it is."""

    table: str
    rows: int
    newest: str | None
    """Newest instant (UTC) or date of the data, else of the newest change of a row; None when it is empty."""


def main() -> None:
    """Print the overview of a database."""
    parser = argparse.ArgumentParser(
        prog="python -m target_seh_sql.overview",
        description="Print the rows and newest data of each table.",
    )
    parser.add_argument("url", help="SQLAlchemy URL of the database, such as sqlite:///seh.db")
    parser.add_argument(
        "--since",
        type=lambda text: datetime.fromisoformat(text).astimezone(UTC),
        help="also count the rows that were added and changed since this time",
    )
    asked = parser.parse_args()
    rows = [[table.table, f"{table.rows:,}", table.newest or ""] for table in overview(asked.url)]
    titles = ["table", "rows", "newest data"]
    counts = _counts_since(asked.url, asked.since) if asked.since else []
    if counts:
        rows = [[*row, f"{new:,}", f"{changed:,}"] for row, (new, changed) in zip(rows, counts, strict=True)]
        titles += ["added", "changed"]
    _print(titles, rows)
    if counts and not any(added for added, _ in counts):
        print("No row was added: everything was there already.")  # noqa: T201


def overview(url: str, *, prefix: str = "", schema: str | None = None) -> list[TableOverview]:
    """Return the rows and newest data of each table; the nine must exist."""
    with connected(url) as connection:
        tables = existing(connection, all_tables(prefix, schema))
        return [_overview(connection, tables[s.name], s.newest) for s in STREAMS if s.name in tables]


def _overview(connection: Connection, table: Table, newest: str | None) -> TableOverview:
    rows = connection.execute(select(func.count()).select_from(table)).scalar_one()
    value = connection.execute(select(func.max(table.c[newest]))).scalar_one() if newest else None
    if value is None:  # lists of devices have no time of their own: when the newest row was written
        value = connection.execute(select(func.max(table.c.updated_at))).scalar_one()
    return TableOverview(table.name, rows, None if value is None else str(value).removesuffix("+00:00"))


def _counts_since(url: str, since: datetime) -> list[tuple[int, int]]:
    """Return how many rows of each table were added, and how many older ones changed, since an instant."""
    with connected(url) as connection:
        found = []
        for table in existing(connection, all_tables()).values():
            added, touched = (
                connection.execute(
                    select(func.count()).where(column >= since.replace(tzinfo=None))
                ).scalar_one()
                for column in (table.c.created_at, table.c.updated_at)
            )
            found.append((added, touched - added))
        return found


def _print(titles: list[str], rows: list[list[str]]) -> None:
    widths = [max(len(row[column]) for row in (titles, *rows)) for column in range(len(titles))]
    for row in (titles, ["-" * width for width in widths], *rows):
        cells = [
            text.rjust(width) if title in {"rows", "added", "changed"} else text.ljust(width)
            for text, width, title in zip(row, widths, titles, strict=True)
        ]
        print("  ".join(cells).rstrip())  # noqa: T201


if __name__ == "__main__":
    main()
