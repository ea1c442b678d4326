"""`target-seh-sql status`: what each stream of each site holds, how new and how right it is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from target_seh_sql.commands.settings import of_sites, readable, with_settings
from target_seh_sql.database_url import database_url
from target_seh_sql.errors import SchemaMismatch, TargetSehSqlError
from target_seh_sql.status.agreement import (
    TOLERANCE,
    TOTALS,
    Agreement,
    agreement_lines,
    agreement_of,
)
from target_seh_sql.status.freshness import StreamStatus, statuses
from target_seh_sql.status.notify import NotNotified, notify
from target_seh_sql.status.odd_cells import odd_cells
from target_seh_sql.status.silent_devices import find_silent_devices
from target_seh_sql.status.tables import changes, overview
from target_seh_sql.status.text import SHOWN_GAPS, gap_lines, plain, print_streams, sentences

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_seh_sql.commands.settings import Settings
    from target_seh_sql.status.freshness import Problem

MAX_AGE: Final = 3.0
"""Hours; a run each hour on the free plan shows a home's data at most two hours old (docs/limits.md)."""
LARGEST: Final = 1_000_000
"""Of the numbers that are options."""
WINDOW: Final = 35
"""Days that are looked at."""


@dataclass(frozen=True)
class Asked:
    """The options."""

    site_ids: tuple[int, ...] = ()
    max_age: float = MAX_AGE
    form: str = "text"
    problems: bool = False
    gaps: bool = False
    all_rows: bool = False
    notify: tuple[str, ...] = ()
    notified: Path | None = None
    tolerance: float = TOLERANCE


class Finite(click.FloatRange):
    """A number that can be compared, and hours that a clock can count."""

    def convert(
        self,
        value: Any,  # noqa: ANN401
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> float:
        """Return the number."""
        number: float = super().convert(value, param, ctx)
        if not number <= LARGEST:  # NaN neither
            self.fail(f"{value} is not a number up to {LARGEST:,}.", param, ctx)
        return number


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@click.command(
    help="Show what is late, failed or missing, then rows, newest data, last run and gaps of each site and "
    "stream, and whether the data agree with SolarEdge's own figures; exit with 1 when something is wrong."
)
@with_settings
@of_sites("--site-id")
@click.option(
    "--max-age",
    type=Finite(min=0, min_open=True),
    default=MAX_AGE,
    show_default=True,
    metavar="HOURS",
    help="How long ago a stream may have been read last.",
)
@click.option(
    "--tolerance",
    type=Finite(min=0),
    default=TOLERANCE,
    show_default=True,
    metavar="PERCENT",
    help="How much a month may differ from SolarEdge's own figures.",
)
@click.option("--problems", is_flag=True, help="Show only what is late, failed or missing, or differs.")
@click.option("--gaps", is_flag=True, help=f"Also list the first {SHOWN_GAPS} gaps of each stream.")
@click.option("--all", "all_rows", is_flag=True, help=f"Look at all rows, not only at {WINDOW} days.")
@click.option(
    "--notify",
    multiple=True,
    envvar="SOLAREDGE_NOTIFY",
    metavar="URL",
    show_envvar=True,
    help="Tell this Apprise address once when something becomes wrong, and once when it is well again.",
)
@click.option(
    "--notified",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File in which --notify keeps what it has told; in the platform's state directory by default.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="A table for people, or JSON.",
)
@click.option("--tables", is_flag=True, help="Show one line for each table instead; nothing is judged.")
@click.option(
    "--since",
    type=_moment,
    metavar="TIME",
    help="With --tables: also count the rows that were added and changed since this time.",
)
def status(settings: Settings, *, tables: bool, since: datetime | None, **options: Any) -> None:  # noqa: ANN401
    """Show what the database holds by site and stream, or by table."""
    asked = Asked(**options)
    if since and not tables:
        raise click.UsageError("--since goes with --tables")
    if tables and asked != Asked(notify=asked.notify):
        raise click.UsageError("--tables goes with no other option but --since")
    if tables:
        show_tables(settings, since)
    else:
        show_streams(settings, asked, datetime.now(UTC))


def show_streams(settings: Settings, asked: Asked, now: datetime) -> None:
    """Print what is there by site and stream; exit with 1 when something is wrong.

    Raises:
        TargetSehSqlError: the database cannot be read, holds no such site, or --notify reached nobody.
    """
    allowed = timedelta(hours=asked.max_age)
    try:
        found, agreement = _found(settings, asked, now)
    except TargetSehSqlError as error:
        _tell(settings, asked, error)
        raise
    wrong = [(each, problem) for each in found for problem in each.problems(now, allowed)]
    if asked.form == "json":
        told = [plain(each, now, allowed, agreement, asked.tolerance) for each in found]
        click.echo(json.dumps(told, indent=2))
    else:
        for line in sentences(wrong, len({each.site_id for each in found})):
            click.echo(line)
        if not asked.problems:
            print_streams(found, wrong, now, "rows" if asked.all_rows else f"rows, {WINDOW} days")
        for line in gap_lines(found) if asked.gaps else ():
            click.echo(line)
        for line in agreement_lines(agreement, asked.tolerance):
            click.echo(line)
    _tell(settings, asked, wrong)
    if wrong:
        raise SystemExit(1)


def _tell(
    settings: Settings, asked: Asked, wrong: list[tuple[StreamStatus, Problem]] | TargetSehSqlError
) -> None:
    """Let --notify tell what is wrong, or why the database cannot be read; that is said in any case."""
    if not asked.notify:
        return
    database = database_url(settings["sqlalchemy_url"])[0].render_as_string()
    try:
        notify(asked.notify, database, wrong, asked.notified, asked.site_ids)
    except TargetSehSqlError as unsent:
        if isinstance(wrong, TargetSehSqlError):
            raise NotNotified(f"{wrong}; {unsent}") from wrong
        raise


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


def _found(settings: Settings, asked: Asked, now: datetime) -> tuple[list[StreamStatus], Agreement]:
    begin = (now - timedelta(days=WINDOW)).replace(hour=0, minute=0, second=0, microsecond=0)
    since = None if asked.all_rows else begin
    with readable(settings, asked.site_ids) as (connection, tables):
        found = statuses(connection, tables, asked.site_ids, since)
        find_silent_devices(connection, tables, found, now, asked.site_ids)
        agreement = agreement_of(connection, tables, asked.site_ids)
        odd = {each[:2]: each.text for each in odd_cells(connection, tables, since)}
    if not found:
        raise SchemaMismatch("the tables are empty: run the pipeline first")
    differing = agreement.differing(asked.tolerance)
    for each in found:
        each.odd = odd.get((each.stream, each.site_id))
        if each.stream == TOTALS:
            each.differences = [one for one in differing if one.site_id == each.site_id]
    return found, agreement
