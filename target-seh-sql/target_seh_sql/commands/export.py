"""`target-seh-sql export`: a table or view as a file for a spreadsheet or a notebook."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import click

from target_seh_sql.advice import counted
from target_seh_sql.commands.output import whole
from target_seh_sql.commands.settings import of_sites, readable, with_settings
from target_seh_sql.errors import NothingToExport
from target_seh_sql.export.files import FORMATS
from target_seh_sql.export.source import Wanted, rows_of, source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from target_seh_sql.commands.settings import Settings

STANDARD_OUTPUT: Final = Path("-")


def _day(text: str) -> date:
    return date.fromisoformat(text)


@click.command()
@with_settings
@click.argument("name", metavar="TABLE_OR_VIEW")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path, allow_dash=True),
    default="-",
    help="Where to write it; one that is there is replaced. Standard output by default.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    help="CSV, JSON lines, Excel or Parquet; what the ending of the file says by default, else CSV.",
)
@of_sites("--site-id")
@click.option("--from", "begin", type=_day, metavar="DATE", help="First day.")
@click.option("--to", "end", type=_day, metavar="DATE", help="Last day.")
@click.option("--local", is_flag=True, help="Times by the clock of the site instead of UTC; dates too.")
def export(settings: Settings, name: str, output: Path, form: str | None, **wanted: Any) -> None:  # noqa: ANN401
    """Write a table or view as CSV, JSON lines, Excel or Parquet."""
    chosen = Wanted(**wanted)
    if chosen.begin and chosen.end and chosen.end < chosen.begin:
        raise click.UsageError("--to is before --from")
    write = FORMATS[form or _form_of(output)]
    with readable(settings, chosen.site_ids) as (connection, tables):
        found = source(connection, tables, name)
        with _opened(output) as out:
            kinds = found.kinds
            if chosen.local:
                kinds = {key: "local" if kind == "instant" else kind for key, kind in kinds.items()}
            count = write(out, found.name, kinds, rows_of(connection, tables, found, chosen))
    if output != STANDARD_OUTPUT:
        click.echo(f"Wrote {output}: {counted(count, 'row')} of {name}.")


def _form_of(output: Path) -> str:
    ending = output.suffix.lower().removeprefix(".")
    if ending and ending not in FORMATS:
        raise click.UsageError(f"--format is needed: {output} ends in none of {', '.join(FORMATS)}")
    return ending or "csv"


@contextmanager
def _opened(output: Path) -> Iterator[IO[bytes]]:
    """Give a file that takes the place of the old one when it is whole, or standard output."""
    if output == STANDARD_OUTPUT:
        if sys.stdout is None:
            raise NothingToExport("there is no standard output: name a file with --output")
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with whole(output, "wb") as file:
        yield file
