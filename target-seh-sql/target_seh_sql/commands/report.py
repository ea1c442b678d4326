"""`target-seh-sql report`: one HTML page that shows what the database holds, for people."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from target_seh_sql.commands.settings import readable, with_settings
from target_seh_sql.report.figures import figures
from target_seh_sql.report.page import page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_seh_sql.commands.settings import Settings


@click.command()
@with_settings
@click.option(
    "--output",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    default="report.html",
    show_default=True,
    help="Where to write it; one that is there is replaced.",
)
@click.option("--site-id", "site_ids", multiple=True, type=int, help="Only this site; may be repeated.")
def report(settings: Settings, output: Path, site_ids: Sequence[int]) -> None:
    """Write one HTML page with charts of the sites: power, energy by day, month and year, battery, gaps."""
    with readable(settings) as (connection, tables):
        sites = list(figures(connection, tables, site_ids))
    text = page(sites, datetime.now(UTC))
    output.write_text(text, encoding="utf-8")
    many = "1 site" if len(sites) == 1 else f"{len(sites)} sites"
    click.echo(f"Wrote {output}: {many}, {len(text.encode()) / 1e6:.1f} MB. Open it in a browser.")
