"""Finds a database of SolarEdge Harvest and takes it over; a dry run only looks."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import Column, MetaData, Table, func, inspect, select, text

from target_seh_sql.adoption.belongings import belongings
from target_seh_sql.adoption.bookmarks import carry_over
from target_seh_sql.adoption.conversion import Clocks
from target_seh_sql.adoption.copying import CopyingNamesakes, TableReport, sites_of_children
from target_seh_sql.adoption.copying_newer import CopyingNewer
from target_seh_sql.adoption.recorded import NEWER, PREFIXES, STAYING, differences
from target_seh_sql.adoption.relinking import settle
from target_seh_sql.adoption.replacing import REPLACING, Replacing, kept_tables
from target_seh_sql.advice import command
from target_seh_sql.clocks import zone_named
from target_seh_sql.database import connected
from target_seh_sql.errors import SchemaMismatch
from target_seh_sql.locks import alone_in_session
from target_seh_sql.tables.metadata import all_tables
from target_seh_sql.tables.schema import REVISIONS, existing, fitting_revision, noted_revision
from target_seh_sql.tables.streams import NINE

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection

logger = logging.getLogger("target-seh-sql")


@dataclass(frozen=True)
class Wanted:
    """What is asked for."""

    url: str
    dry_run: bool = False
    machine: ZoneInfo | None = None
    """Zone of the machine that harvested; each site's own when None."""
    session: ZoneInfo | None = None
    """Zone of the old program's sessions on PostgreSQL; the server's when None."""
    prefix: str | None = None
    """Of the tables; looked for when None."""
    schema: str | None = None


@dataclass
class Adoption:
    """What was done, or would be."""

    prefix: str
    done_before: bool = False
    tables: list[TableReport] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    """What users had made of the old tables, and what is not carried over."""
    where: str = ""
    """Where the old rows are."""
    oldest: date | None = None
    """Day of the oldest energy reading."""


@dataclass(frozen=True)
class Found:
    """Tables with one prefix, by what they are called without it."""

    prefix: str
    adopted: bool
    old: dict[str, Table]


def adopt(wanted: Wanted) -> Adoption:
    """Take the database over, or say what that would do.

    Raises:
        SchemaMismatch: the tables are not those of a SolarEdge Harvest; the text names what differs.
        UnsupportedDatabase: the URL, its driver or the server cannot be used.
        WriteFailed: the database refused; nothing was changed.
    """
    with connected(wanted.url) as connection, alone_in_session(connection):
        found = find(connection, wanted.prefix, wanted.schema)
        left = belongings(connection, [table for name, table in found.old.items() if name != STAYING])
        connection.rollback()
        if found.adopted:
            if not wanted.dry_run:
                _settle_again(connection, found.prefix, wanted.schema)
            return Adoption(found.prefix, done_before=True)
        if wanted.dry_run:
            tables = _copy(connection, wanted, found.old, None, found.prefix)
            connection.rollback()
            return Adoption(found.prefix, tables=tables, left=left)
        replacing = REPLACING[connection.dialect.name](connection, found.old, found.prefix, wanted.schema)
        replacing.prepare()
        try:
            return _replace(replacing, wanted, left)
        except BaseException:
            connection.rollback()
            raise


def _settle_again(connection: Connection, prefix: str, schema: str | None) -> None:
    """Do what an adoption by an earlier version, or one that was killed on MariaDB, left undone."""
    if kept := kept_tables(connection, prefix):
        settle(connection, existing(connection, all_tables(prefix, schema)), kept)
        connection.commit()


def _replace(replacing: Replacing, wanted: Wanted, left: list[str]) -> Adoption:
    replacing.make_room()
    tables = _copy(replacing.connection, wanted, replacing.old, replacing.new, replacing.prefix)
    carry_over(replacing.connection, replacing.new)
    where = replacing.finish()
    energy = replacing.new["energy_readings"].c
    oldest = replacing.connection.execute(select(func.min(energy.reading_date))).scalar()
    replacing.connection.commit()
    return Adoption(replacing.prefix, tables=tables, left=left, where=where, oldest=oldest)


def _copy(
    connection: Connection,
    wanted: Wanted,
    old: dict[str, Table],
    new: dict[str, Table] | None,
    prefix: str,
) -> list[TableReport]:
    clocks = Clocks(_zones(connection, old), wanted.machine, wanted.session or session_zone(connection))
    given = (connection, old, new, all_tables(prefix), clocks)
    return [*CopyingNamesakes(*given).run(), *CopyingNewer(*given).run()]


def session_zone(connection: Connection) -> ZoneInfo | None:
    """Return the zone in which PostgreSQL reads times without one, for this user and database.

    Raises:
        SchemaMismatch: it is no zone with a name.
    """
    if connection.dialect.name != "postgresql":
        return None
    query = "SELECT reset_val FROM pg_settings WHERE name = 'TimeZone'"  # ours was set to UTC since
    name = connection.execute(text(query)).scalar_one()
    zone = zone_named(name)
    if zone is None:
        raise SchemaMismatch(
            f"the server's time zone {name!r} has no name of its own: say with --session-zone in which zone "
            "its sessions were when SolarEdge Harvest wrote"
        )
    return zone


def _zones(connection: Connection, old: dict[str, Table]) -> dict[int, ZoneInfo]:
    """Return the zone of each site; UTC, said once, where it is not known (gotcha 18)."""
    sites = old["sites"].c
    names = {row[0]: row[1] for row in connection.execute(select(sites.id, sites.timezone))}
    zones = {}
    for site_id in sorted(sites_of_children(connection, old) | names.keys()):
        zone = zone_named(names.get(site_id))
        if zone is None:
            logger.warning(
                "site %s: its time zone %r is unknown; its times are taken for UTC",
                site_id,
                names.get(site_id),
            )
        zones[site_id] = zone or ZoneInfo("UTC")
    return zones


def find(connection: Connection, prefix: str | None, schema: str | None) -> Found:
    """Find the tables.

    Raises:
        SchemaMismatch: there are none, they differ, or there are several sets of them.
    """
    prefixes = PREFIXES if prefix is None else (prefix,)
    sets = [found for each in prefixes if (found := _look(connection, each, schema)).old]
    if not sets:
        named = " or ".join(repr(f"{each}sites") for each in prefixes)
        raise SchemaMismatch(f"there is no table {named}: this is no database of SolarEdge Harvest")
    waiting = [found for found in sets if not found.adopted]
    if not waiting:
        return sets[0]
    problems = {
        found.prefix: list(differences({name: table.c.keys() for name, table in found.old.items()}))
        for found in waiting
    }
    fitting = [found for found in waiting if not problems[found.prefix]]
    if len(fitting) > 1:
        raise SchemaMismatch(
            "there are tables with and without the prefix 'seh_': "
            "set table_prefix to 'seh_' for these, or rename the ones that are not to be adopted"
        )
    if not fitting:
        raise SchemaMismatch(
            "the tables are not those of SolarEdge Harvest: "
            + "; ".join(f"{found.prefix}{each}" for found in waiting for each in problems[found.prefix])
        )
    return fitting[0]


def find_adopted(connection: Connection, wanted: Wanted, option: str) -> Found:
    """Find the tables of a database that is adopted already, as an option of the command needs it.

    Raises:
        SchemaMismatch: as `find` does, or it is not adopted.
    """
    found = find(connection, wanted.prefix, wanted.schema)
    if not found.adopted:
        raise SchemaMismatch(f"the database is not adopted yet: run `{command('adopt')}` without {option}")
    return found


def _look(connection: Connection, prefix: str, schema: str | None) -> Found:
    ours = all_tables(prefix, schema)
    inspector = inspect(connection)
    there = set(inspector.get_table_names(schema=schema))
    old = {
        name: Table(
            f"{prefix}{name}",
            MetaData(),
            *(Column(c["name"], c["type"]) for c in inspector.get_columns(f"{prefix}{name}", schema)),
            schema=schema,
        )
        for name in [*(stream.name for stream in NINE), *NEWER]
        if f"{prefix}{name}" in there
    }
    noted = bool(old) and noted_revision(connection, ours) is not None
    adopted = noted and fitting_revision(connection, ours) in REVISIONS
    return Found(prefix, adopted, old)
