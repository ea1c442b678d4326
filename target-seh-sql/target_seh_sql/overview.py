"""Print, for each of the nine tables, its rows and newest data: `python -m target_seh_sql.overview URL`."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from sqlalchemy import func, select

from target_seh_sql.database import open_engine, overview
from target_seh_sql.tables import STREAMS, nine_tables


def main() -> None:
    """Print the overview of a database."""
    parser = argparse.ArgumentParser(
        prog="python -m target_seh_sql.overview",
        description="Print, for each of the nine tables, its rows and newest data.",
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


def _counts_since(url: str, since: datetime) -> list[tuple[int, int]]:
    """Return how many rows of each table were added, and how many older ones changed, since an instant."""
    tables = nine_tables()
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            found = []
            for stream in STREAMS:
                table = tables[stream.name]
                added, touched = (
                    connection.execute(
                        select(func.count()).where(column >= since.replace(tzinfo=None))
                    ).scalar_one()
                    for column in (table.c.created_at, table.c.updated_at)
                )
                found.append((added, touched - added))
            return found
    finally:
        engine.dispose()


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
