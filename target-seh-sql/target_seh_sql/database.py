"""From URL to engine with tables, and an overview of what they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Column, Integer, MetaData, Table, create_engine, event, func, insert, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from target_seh_sql.errors import SchemaMismatch, UnsupportedDatabase
from target_seh_sql.tables import STREAMS, nine_tables

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from sqlalchemy import URL, Connection, Engine

SCHEMA_VERSION = 1


class TableOverview(NamedTuple):
    """How much a table holds and how new it is."""

    table: str
    rows: int
    newest: str | None
    """Newest instant (UTC) or date of the data; None when the table has none."""


def database_url(url: str) -> URL:
    """Parse a URL and name the driver that this target uses for it.

    Raises:
        UnsupportedDatabase: not a URL, or of a database that this target does not write.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise UnsupportedDatabase(
            "sqlalchemy_url is not a database URL; give one like sqlite:///seh.db"
        ) from None
    if parsed.get_backend_name() != "sqlite":
        raise UnsupportedDatabase(
            f"sqlalchemy_url names the database {parsed.get_backend_name()!r}; this target writes sqlite"
        )
    return parsed


def open_engine(url: str) -> Engine:
    """Return an engine whose sessions are set up for loading."""
    engine = create_engine(database_url(url), hide_parameters=True)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the driver's own BEGIN comes too late: see _begin_sqlite
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "busy_timeout=60000", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at once, so that two targets wait for each other instead of failing midway."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _version_table(tables: Mapping[str, Table]) -> Table:
    name = tables["sites"].name.removesuffix("sites") + "schema_version"
    return Table(name, MetaData(schema=tables["sites"].schema), Column("version", Integer, nullable=False))


def ensure_tables(engine: Engine, tables: Mapping[str, Table]) -> None:
    """Create the tables in an empty database; accept those of this version.

    Raises:
        SchemaMismatch: the tables are of another version or not this target's at all.
    """
    version_table = _version_table(tables)
    sites = tables["sites"]
    with engine.begin() as connection:
        inspector = inspect(connection)
        if inspector.has_table(version_table.name, schema=version_table.schema):
            _check_version(connection.execute(select(version_table.c.version)).scalar_one())
            return
        if inspector.has_table(sites.name, schema=sites.schema):
            raise SchemaMismatch(
                f"the database has a table {sites.name!r} that this target did not make; name another one"
            )
        sites.metadata.create_all(connection)
        version_table.create(connection)
        connection.execute(insert(version_table).values(version=SCHEMA_VERSION))


def _check_version(version: int) -> None:
    if version != SCHEMA_VERSION:
        raise SchemaMismatch(
            f"the tables are of schema version {version}, this target-seh-sql writes "
            f"version {SCHEMA_VERSION}; install a newer target-seh-sql"
        )


def overview(url: str, *, prefix: str = "", schema: str | None = None) -> list[TableOverview]:
    """Return, for each of the nine tables, its rows and newest data; the tables must exist."""
    engine = open_engine(url)
    tables = nine_tables(prefix, schema)
    try:
        with engine.connect() as connection:
            return [_overview(connection, tables[stream.name], stream.newest) for stream in STREAMS]
    finally:
        engine.dispose()


def _overview(connection: Connection, table: Table, newest: str | None) -> TableOverview:
    column = func.max(table.c[newest]) if newest else func.max(None)
    rows, value = connection.execute(select(func.count(), column).select_from(table)).one()
    return TableOverview(table.name, rows, None if value is None else str(value))
