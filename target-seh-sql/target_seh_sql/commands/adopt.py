"""`target-seh-sql adopt`: takes over a database of SolarEdge Harvest, or prints the STATE to go on from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from target_seh_sql.advice import command, counted
from target_seh_sql.clocks import zone_named
from target_seh_sql.commands.settings import with_settings
from target_seh_sql.database import connected
from target_seh_sql.tables.metadata import all_tables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from target_seh_sql.adoption.takeover import Adoption, Wanted
    from target_seh_sql.commands.settings import Settings


def _zone(_context: click.Context, _option: click.Parameter, name: str | None) -> ZoneInfo | None:
    found = zone_named(name)
    if name is not None and found is None:
        raise click.BadParameter(f"{name!r} is no time zone; give one such as Europe/Amsterdam")
    return found


@click.command()
@with_settings
@click.option("--dry-run", is_flag=True, help="Say what would change; change nothing.")
@click.option(
    "--machine-zone",
    callback=_zone,
    help="Time zone of the machine that harvested, whose clock stamped power flows and syncs; the site's "
    "when left out.",
)
@click.option(
    "--session-zone",
    callback=_zone,
    help="PostgreSQL: time zone of the old program's sessions; the server's when left out.",
)
@click.option(
    "--print-state",
    is_flag=False,
    flag_value="singer",
    type=click.Choice(["singer", "meltano"]),
    help="Print the STATE of an adopted database from which tap-solaredge goes on; `meltano` as "
    "`meltano state set` takes it.",
)
@click.option("--drop-old", is_flag=True, help="Remove what the adoption has kept of the old tables.")
def adopt(
    settings: Settings,
    *,
    dry_run: bool,
    machine_zone: ZoneInfo | None,
    session_zone: ZoneInfo | None,
    print_state: str | None,
    drop_old: bool,
) -> None:
    """Take over a database of SolarEdge Harvest, or print the STATE to go on from."""
    from target_seh_sql.adoption import dropping, takeover  # noqa: PLC0415 -- a tenth of the start-up of a load

    wanted = takeover.Wanted(
        url=settings["sqlalchemy_url"],
        dry_run=dry_run,
        machine=machine_zone,
        session=session_zone,
        prefix=settings["table_prefix"] or None,
        schema=settings.get("default_target_schema"),
    )
    if print_state:
        click.echo(state_line(wanted, print_state))
        return
    if drop_old:
        click.echo(dropping.drop_old(wanted))
        return
    for line in described(takeover.adopt(wanted), wanted):
        click.echo(line)


def described(adoption: Adoption, wanted: Wanted) -> Iterator[str]:
    """Yield what was done, or would be, line by line."""
    if adoption.done_before:
        yield "The tables are target-seh-sql's already: nothing to do."
        return
    yield "Would be changed:" if wanted.dry_run else "Adopted:"
    for table in adoption.tables:
        decided = (f"{count:,} {what}" for what, count in table.counts.items() if count)
        yield "  " + ", ".join([f"{table.name}: {counted(table.rows, 'row')}", *decided])
    for each in adoption.left:
        yield f"  not carried over, make them again: {each}"
    if wanted.dry_run:
        yield "Nothing was changed. Stop the old program before you adopt."
        return
    yield adoption.where[0].upper() + adoption.where[1:] + "."
    if adoption.prefix:
        yield (
            f"Add `table_prefix: {adoption.prefix}` to the settings of target-seh-sql, or "
            f"TARGET_SEH_SQL_TABLE_PREFIX={adoption.prefix} to its environment."
        )
    if adoption.oldest is not None:
        yield f"Days without their split are read again from {adoption.oldest} on."
        yield f"Set start_date to {adoption.oldest} to have quarter hours of flows and meters from there too."
    yield f"To go on without reading everything again: {command('adopt')} --print-state > state.json"


def state_line(wanted: Wanted, form: str) -> str:
    """Return the STATE of an adopted database as one line.

    Raises:
        SchemaMismatch: it is not adopted yet.
    """
    from target_seh_sql.adoption import bookmarks, takeover  # noqa: PLC0415

    with connected(wanted.url) as connection:
        found = takeover.find_adopted(connection, wanted, "--print-state")
        state = bookmarks.state(connection, all_tables(found.prefix, wanted.schema))
    return json.dumps({"singer_state": state} if form == "meltano" else state)
