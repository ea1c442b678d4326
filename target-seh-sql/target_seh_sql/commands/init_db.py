"""`target-seh-sql init-db`: creates tables and views, or brings those of an older version up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from target_seh_sql.cli import Command
from target_seh_sql.database import connected
from target_seh_sql.schema import BEING_CREATED, alone, ensure_tables, existing, revisions
from target_seh_sql.tables import NINE, all_tables
from target_seh_sql.views import make_views

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def init_db(config: Mapping[str, Any]) -> None:
    """Create or upgrade the tables, make the views again, and print what was done.

    Raises:
        TargetSehSqlError: the tables there are not this target's, or the database refused.
    """
    tables = all_tables(config["table_prefix"], config.get("default_target_schema"))
    newest = revisions()[-1]
    with connected(config["sqlalchemy_url"]) as connection:
        before = ensure_tables(connection, tables)
        with alone(connection), connection.begin():
            make_views(connection, existing(connection, tables))
    if before == newest:
        click.echo(f"The tables are there, of revision {newest}; the views were made again.")
    elif before in {None, BEING_CREATED}:
        names = ", ".join(tables[stream.name].name for stream in NINE)
        click.echo(f"Created {len(NINE)} tables of revision {newest}: {names}.")
    else:
        click.echo(f"Upgraded the tables from revision {before} to {newest}.")


COMMAND = Command("init-db", "Create tables and views, or upgrade those of an older version.", init_db)
