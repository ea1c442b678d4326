"""`target-seh-sql report`: one HTML page that shows what the database holds, for people."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from target_seh_sql.cli import Command
from target_seh_sql.commands.status import readable
from target_seh_sql.report.figures import figures
from target_seh_sql.report.page import page

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any


def report(
    config: Mapping[str, Any], *, output: Path, site_id: Sequence[int], now: datetime | None = None
) -> None:
    """Write the page and say so.

    Raises:
        TargetSehSqlError: the database cannot be read, has no views or no such site, or a package is missing.
    """
    with readable(config) as (connection, tables):
        sites = list(figures(connection, tables, site_id))
    text = page(sites, now or datetime.now(UTC))
    output.write_text(text, encoding="utf-8")
    many = "1 site" if len(sites) == 1 else f"{len(sites)} sites"
    click.echo(f"Wrote {output}: {many}, {len(text.encode()) / 1e6:.1f} MB. Open it in a browser.")


COMMAND = Command(
    "report",
    "Write one HTML page with charts of the sites: power, energy by day, month and year, battery, gaps.",
    report,
    (
        click.Option(
            ["--output"],
            type=click.Path(dir_okay=False, writable=True, path_type=Path),
            default="report.html",
            show_default=True,
            help="Where to write it; one that is there is replaced.",
        ),
        click.Option(["--site-id"], multiple=True, type=int, help="Only this site; may be repeated."),
    ),
)
