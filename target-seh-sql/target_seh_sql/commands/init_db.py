"""`target-seh-sql init-db`: creates tables and views, or brings those of an older version up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from target_seh_sql.commands.settings import tables_of, with_settings
from target_seh_sql.database import connected
from target_seh_sql.errors import SchemaMismatch
from target_seh_sql.locks import alone
from target_seh_sql.tables.flaws import ADVICE, flaws
from target_seh_sql.tables.schema import BEING_CREATED, NEWEST, comment_on, ensure_tables, existing
from target_seh_sql.tables.streams import NINE
from target_seh_sql.tables.views import make_views

if TYPE_CHECKING:
    from target_seh_sql.commands.settings import Settings


@click.command("init-db")
@with_settings
def init_db(settings: Settings) -> None:
    """Create tables and views, or upgrade those of an older version."""
    tables = tables_of(settings)
    with connected(settings["sqlalchemy_url"]) as connection:
        before = ensure_tables(connection, tables)
        if wrong := list(flaws(connection, tables)):
            raise SchemaMismatch(f"{'; '.join(wrong)}: {ADVICE}")
        with alone(connection):
            there = existing(connection, tables)
            made = "; the views were made again" if make_views(connection, there) else ""
            comment_on(connection, there)
    if before == NEWEST:
        click.echo(f"The tables are there, of revision {NEWEST}{made}.")
    elif before in {None, BEING_CREATED}:
        names = ", ".join(tables[stream.name].name for stream in NINE)
        click.echo(f"Created {len(NINE)} tables of revision {NEWEST}: {names}.")
    else:
        click.echo(f"Upgraded the tables from revision {before} to {NEWEST}.")
