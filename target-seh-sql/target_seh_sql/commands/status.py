"""`target-seh-sql status`: what each stream of each site holds, how new it is, and what is missing."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import click

from target_seh_sql.cli import Command
from target_seh_sql.commands.check import missing_file
from target_seh_sql.database import connected, database_url
from target_seh_sql.errors import SchemaMismatch, UnsupportedDatabase
from target_seh_sql.freshness import StreamStatus, span, statuses
from target_seh_sql.schema import existing, fitting_revision
from target_seh_sql.tables import all_tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from sqlalchemy import Connection, Table

    from target_seh_sql.gaps import Gap

MAX_AGE: Final = 3.0
"""Hours; a run each hour on the free plan shows a home's data at most two hours old (docs/limits.md)."""
SHOWN_GAPS: Final = 10
WIDE: Final = 200
"""Characters of a line where no terminal says how many it has."""


def status(
    config: Mapping[str, Any],
    *,
    site_id: Sequence[int],
    max_age: float,
    form: str,
    gaps: bool,
    now: datetime | None = None,
) -> None:
    """Print what is there; exit with 1 when something is late, failed or missing.

    Raises:
        TargetSehSqlError: the database cannot be read, or holds no such site.
    """
    now, allowed = now or datetime.now(UTC), timedelta(hours=max_age)
    found = _found(config, site_id)
    problems = [(each, text) for each in found for text in each.problems(now, allowed)]
    if form == "json":
        click.echo(json.dumps([_plain(each, now, allowed) for each in found], indent=2))
    else:
        _print_table(found, now)
        for each, text in problems:
            click.echo(f"{each.site_id} {each.stream}: {text}")
        for line in _listed(found) if gaps else ():
            click.echo(line)
        if not problems:
            click.echo("Nothing is late, failed or missing.")
    if problems:
        raise SystemExit(1)


@contextmanager
def readable(config: Mapping[str, Any]) -> Iterator[tuple[Connection, dict[str, Table]]]:
    """Connect to a database that a run has filled; give the connection and the tables that are there.

    Raises:
        TargetSehSqlError: it cannot be reached, or holds no tables of this target.
    """
    url = config["sqlalchemy_url"]
    if (path := missing_file(database_url(url)[0])) is not None:
        raise UnsupportedDatabase(f"there is no file {path}: check sqlalchemy_url, or run the pipeline first")
    tables = all_tables(config["table_prefix"], config.get("default_target_schema"))
    with connected(url) as connection:
        if fitting_revision(connection, tables) is None:
            raise SchemaMismatch("there are no tables yet: run the pipeline, or target-seh-sql init-db")
        yield connection, existing(connection, tables)


def _found(config: Mapping[str, Any], site_ids: Sequence[int]) -> list[StreamStatus]:
    with readable(config) as (connection, tables):
        found = statuses(connection, tables, site_ids)
    unknown = [str(each) for each in site_ids if each not in {status.site_id for status in found}]
    if unknown:
        raise SchemaMismatch(f"no such site is in the database: {', '.join(unknown)}")
    if not found:
        raise SchemaMismatch("the tables are empty: run the pipeline first")
    return found


def _print_table(found: Sequence[StreamStatus], now: datetime) -> None:
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415 -- loading needs no table
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=SIMPLE_HEAD)
    for title in ("site", "stream"):
        table.add_column(title)
    table.add_column("rows", justify="right")
    table.add_column("newest data")
    table.add_column("age", justify="right")
    table.add_column("last run", justify="right")
    table.add_column("status")
    table.add_column("gaps", justify="right")
    for each in found:
        table.add_row(*_cells(each, now))
    Console(file=sys.stdout, width=None if sys.stdout.isatty() else WIDE).print(table)


def _cells(each: StreamStatus, now: datetime) -> Iterator[str]:
    yield f"{each.site_id} {each.site}"
    yield each.stream
    yield f"{each.rows:,}"
    yield _newest(each)
    yield span(now - each.ended) if each.ended else ""
    yield f"{span(now - each.read_at)} ago" if each.read_at else "never"
    yield each.status or ""
    yield f"{len(each.gaps):,}" if each.gaps else ""


def _newest(each: StreamStatus) -> str:
    if each.newest is None:
        return ""
    return f"{each.newest:%Y-%m-%d}" if each.stream == "energy_readings" else f"{each.newest:%Y-%m-%d %H:%M}"


def _listed(found: Sequence[StreamStatus]) -> Iterator[str]:
    """Yield the first gaps of each stream."""
    for each in found:
        for gap in each.gaps[:SHOWN_GAPS]:
            series = f" ({gap.series})" if gap.series else ""
            yield f"{gap.site_id} {gap.stream}{series}: {_span_of(gap)}, {gap.missing:,} missing"
        if len(each.gaps) > SHOWN_GAPS:
            yield f"{each.site_id} {each.stream}: and {len(each.gaps) - SHOWN_GAPS:,} more"


def _span_of(gap: Gap) -> str:
    form = "%Y-%m-%d" if gap.stream == "energy_readings" else "%Y-%m-%d %H:%M"
    return f"{gap.begin:{form}} to {gap.end:{form}}"


def _plain(each: StreamStatus, now: datetime, allowed: timedelta) -> dict[str, Any]:
    """Return what JSON can say: instants in UTC, ages in seconds."""
    return {
        "site_id": each.site_id,
        "site": each.site,
        "stream": each.stream,
        "rows": each.rows,
        "newest": each.newest and f"{each.newest:%Y-%m-%dT%H:%M:%SZ}",
        "age_seconds": each.ended and round((now - each.ended).total_seconds()),
        "last_run": each.read_at and f"{each.read_at:%Y-%m-%dT%H:%M:%SZ}",
        "status": each.status,
        "error": each.error,
        "gaps": [
            {
                "series": gap.series,
                "begin": f"{gap.begin:%Y-%m-%dT%H:%M:%SZ}",
                "end": f"{gap.end:%Y-%m-%dT%H:%M:%SZ}",
                "missing": gap.missing,
            }
            for gap in each.gaps
        ],
        "problems": list(each.problems(now, allowed)),
    }


COMMAND = Command(
    "status",
    "Show rows, newest data, last run and gaps of each site and stream; exit with 1 when something is late, "
    "failed or missing.",
    status,
    (
        click.Option(["--site-id"], multiple=True, type=int, help="Only this site; may be repeated."),
        click.Option(
            ["--max-age"],
            type=click.FloatRange(min=0, min_open=True),
            default=MAX_AGE,
            show_default=True,
            metavar="HOURS",
            help="How long ago a stream may have been read last.",
        ),
        click.Option(
            ["--format", "form"],
            type=click.Choice(["text", "json"]),
            default="text",
            show_default=True,
            help="A table for people, or JSON.",
        ),
        click.Option(["--gaps"], is_flag=True, help=f"Also list the first {SHOWN_GAPS} gaps of each stream."),
    ),
)
