"""What every command is given: the target's settings by `--config`, and the database that they name."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

import click
from sqlalchemy import select

from target_seh_sql.advice import command
from target_seh_sql.database import connected
from target_seh_sql.database_url import check_schema, database_url, missing_file
from target_seh_sql.errors import SchemaMismatch, UnsupportedDatabase
from target_seh_sql.settings import settings_of
from target_seh_sql.status.odd_cells import odd_cells
from target_seh_sql.tables.metadata import all_tables
from target_seh_sql.tables.schema import NEWEST, existing, fitting_revision
from target_seh_sql.tables.streams import NINE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from sqlalchemy import Connection, Table

Settings: TypeAlias = "Mapping[str, Any]"


def _settings(_context: click.Context, _option: click.Parameter, files: tuple[str, ...]) -> Settings:
    settings = settings_of(files)
    check_schema(settings["sqlalchemy_url"], settings.get("default_target_schema"))
    return settings


with_settings = click.option(
    "--config",
    "settings",
    multiple=True,
    callback=_settings,
    help="Configuration file location or 'ENV' to use environment variables.",
)
"""Gives a command `--config`, and the settings as its argument `settings`."""


def tables_of(settings: Settings) -> dict[str, Table]:
    """Return all tables by stream, named as the settings say."""
    return all_tables(settings["table_prefix"], settings.get("default_target_schema"))


def _site_number(text: str) -> int:
    """Return a site's number, as an option gives it.

    Raises:
        ValueError: no number, or one that no database holds.
    """
    number = int(text)
    if number.bit_length() >= 64:  # noqa: PLR2004 -- BIGINT
        raise ValueError(f"{text} is no number of a site")
    return number


def of_sites(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return what gives a command an option of these names, and its values as the argument `site_ids`."""
    about = "Only this site; may be repeated."
    return click.option(*names, "site_ids", multiple=True, type=_site_number, metavar="INTEGER", help=about)


@contextmanager
def readable(
    settings: Settings, site_ids: Collection[int] = ()
) -> Iterator[tuple[Connection, dict[str, Table]]]:
    """Connect to a database that a run has filled; give the connection and the tables that are there.

    Raises:
        TargetSehSqlError: it cannot be reached, holds no tables of this version or not all of those sites, or
            a cell of it cannot be read as what its column is for.
    """
    url = settings["sqlalchemy_url"]
    if (path := missing_file(database_url(url)[0])) is not None:
        raise UnsupportedDatabase(f"there is no file {path}: check sqlalchemy_url, or run the pipeline first")
    tables = tables_of(settings)
    with connected(url, read_only=True) as connection:
        revision = fitting_revision(connection, tables)
        if revision is None:
            raise SchemaMismatch(f"there are no tables yet: run the pipeline, or `{command('init-db')}`")
        if revision != NEWEST:
            raise SchemaMismatch(
                f"the tables are of revision {revision}, and this target-seh-sql reads those of {NEWEST}: "
                f"the next run of the pipeline, or `{command('init-db')}`, upgrades them"
            )
        there = existing(connection, tables)
        if missing := [tables[stream.name].name for stream in NINE if stream.name not in there]:
            raise SchemaMismatch(f"the table {', '.join(missing)} is missing: `{command('check')}` says more")
        _check_sites(connection, there["sites"], site_ids)
        try:
            yield connection, there
        except (ArithmeticError, AttributeError, TypeError, ValueError) as error:
            with connection.engine.connect() as other:
                for cell in odd_cells(other, there):
                    raise SchemaMismatch(cell.text) from error
            raise


def _check_sites(connection: Connection, sites: Table, wanted: Collection[int]) -> None:
    known = connection.scalars(select(sites.c.id).where(sites.c.id.in_(wanted)))
    if unknown := sorted({*wanted}.difference(known)):
        raise SchemaMismatch(f"no such site is in the database: {', '.join(map(str, unknown))}")
