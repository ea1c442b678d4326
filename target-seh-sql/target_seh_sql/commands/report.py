"""`target-seh-sql report`: one HTML page that shows what the database holds, for people."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from target_seh_sql.commands.output import whole
from target_seh_sql.commands.settings import of_sites, readable, with_settings
from target_seh_sql.report.figures import Figures
from target_seh_sql.report.page import LANGUAGES, page
from target_seh_sql.report.tariff import read_tariff, unpriced

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_seh_sql.commands.settings import Settings
    from target_seh_sql.report.figures import SiteFigures


def _tariff(_: click.Context, __: click.Parameter, path: Path | None) -> dict[str, Any] | None:
    try:
        tariff = read_tariff(path) if path else None
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    for lack in unpriced(tariff) if tariff else ():
        click.echo(f"tariff, {lack}: money of such days is left out", err=True)
    return tariff


def _telling(site: SiteFigures) -> SiteFigures:
    """Return a site; say which of its values are left out because no site can have them."""
    if site.quarters.absurd:
        named = ", ".join(f"{column} {count}" for column, count in site.quarters.absurd.items())
        click.echo(
            f"site {site.about['id']}: values that no site can have count as no value: {named}", err=True
        )
    return site


@click.command()
@with_settings
@click.option(
    "--output",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    default="report.html",
    show_default=True,
    help="Where to write it; one that is there is replaced.",
)
@of_sites("--site-id", "--site")
@click.option(
    "--language", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Of the page."
)
@click.option(
    "--tariff",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    callback=_tariff,
    help="TOML file with the prices of a kWh, for costs and savings.",
)
def report(
    settings: Settings, output: Path, site_ids: Sequence[int], language: str, tariff: dict[str, Any] | None
) -> None:
    """Write one HTML page of the sites: every day, month and year, flows, battery, money, what is missing."""
    with readable(settings, site_ids) as (connection, tables):
        figures = Figures(connection, tables, site_ids)
        with whole(output, "w", encoding="utf-8") as file:
            file.writelines(page(map(_telling, figures), datetime.now(UTC), language, tariff))
    many = "1 site" if len(figures.sites) == 1 else f"{len(figures.sites)} sites"
    click.echo(f"Wrote {output}: {many}, {output.stat().st_size / 1e6:.1f} MB. Open it in a browser.")
