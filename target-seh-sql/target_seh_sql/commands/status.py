"""`target-seh-sql status`: what each stream of each site holds, how new it is, and what is missing."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import click

from target_seh_sql.commands.settings import readable, with_settings
from target_seh_sql.errors import SchemaMismatch
from target_seh_sql.status.freshness import StreamStatus, span, statuses
from target_seh_sql.status.tables import changes, overview

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from target_seh_sql.commands.settings import Settings
    from target_seh_sql.status.gaps import Gap

MAX_AGE: Final = 3.0
"""Hours; a run each hour on the free plan shows a home's data at most two hours old (docs/limits.md)."""
SHOWN_GAPS: Final = 10
WIDE: Final = 200
"""Characters of a line where no terminal says how many it has."""


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@click.command(
    help="Show rows, newest data, last run and gaps of each site and stream; exit with 1 when something is "
    "late, failed or missing."
)
@with_settings
@click.option("--site-id", "site_ids", multiple=True, type=int, help="Only this site; may be repeated.")
@click.option(
    "--max-age",
    type=click.FloatRange(min=0, min_open=True),
    default=MAX_AGE,
    show_default=True,
    metavar="HOURS",
    help="How long ago a stream may have been read last.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="A table for people, or JSON.",
)
@click.option("--gaps", is_flag=True, help=f"Also list the first {SHOWN_GAPS} gaps of each stream.")
@click.option("--tables", is_flag=True, help="Show one line for each table instead; nothing is judged.")
@click.option(
    "--since",
    type=_moment,
    metavar="TIME",
    help="With --tables: also count the rows that were added and changed since this time.",
)
def status(settings: Settings, *, tables: bool, since: datetime | None, **asked: Any) -> None:  # noqa: ANN401
    """Show what the database holds by site and stream, or by table."""
    if since and not tables:
        raise click.UsageError("--since goes with --tables")
    if tables and (asked["site_ids"] or asked["gaps"] or asked["form"] == "json"):
        raise click.UsageError("--tables goes with no other option but --since")
    if tables:
        show_tables(settings, since)
    else:
        show_streams(settings, now=datetime.now(UTC), **asked)


def show_streams(
    settings: Settings, *, site_ids: Sequence[int], max_age: float, form: str, gaps: bool, now: datetime
) -> None:
    """Print what is there by site and stream; exit with 1 when something is late, failed or missing.

    Raises:
        TargetSehSqlError: the database cannot be read, or holds no such site.
    """
    allowed = timedelta(hours=max_age)
    found = _found(settings, site_ids)
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


def show_tables(settings: Settings, since: datetime | None) -> None:
    """Print the rows and newest data of each table, and what came since an instant, UTC.

    Raises:
        TargetSehSqlError: the database cannot be read.
    """
    with readable(settings) as (connection, tables):
        rows = [[each.table, f"{each.rows:,}", each.newest or ""] for each in overview(connection, tables)]
        counts = changes(connection, tables, since) if since else []
    titles = ["table", "rows", "newest data"]
    if counts:
        rows = [[*row, f"{new:,}", f"{changed:,}"] for row, (new, changed) in zip(rows, counts, strict=True)]
        titles += ["added", "changed"]
    for line in _aligned(titles, rows):
        click.echo(line)
    if counts and not any(added for added, _ in counts):
        click.echo("No row was added: everything was there already.")


def _aligned(titles: list[str], rows: list[list[str]]) -> Iterator[str]:
    """Yield the lines of a table; numbers stand on the right."""
    widths = [max(len(row[column]) for row in (titles, *rows)) for column in range(len(titles))]
    for row in (titles, ["-" * width for width in widths], *rows):
        cells = [
            text.rjust(width) if title in {"rows", "added", "changed"} else text.ljust(width)
            for text, width, title in zip(row, widths, titles, strict=True)
        ]
        yield "  ".join(cells).rstrip()


def _found(settings: Settings, site_ids: Sequence[int]) -> list[StreamStatus]:
    with readable(settings) as (connection, tables):
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
