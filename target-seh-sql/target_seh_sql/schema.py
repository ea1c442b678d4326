"""Creates the tables, brings them up to date, and leaves alone what is newer or not ours."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Column, MetaData, String, Table, func, insert, inspect, select, update
from sqlalchemy.schema import CreateSchema

from target_seh_sql.errors import SchemaMismatch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Connection, Engine

MIGRATIONS: Final = Path(__file__).parent / "migrations"
BEING_CREATED: Final = "being created"
"""Stands in for a revision until all tables are there: MariaDB commits each CREATE TABLE by itself."""
LOCK: Final = "target-seh-sql schema"


def revisions(migrations: Path = MIGRATIONS) -> list[str]:
    """Return the revisions of the tables that this version knows, oldest first, without importing Alembic."""
    return sorted(path.name.split("_")[0] for path in (migrations / "versions").glob("[0-9]*.py"))


def version_table(tables: Mapping[str, Table]) -> Table:
    """Return the table that keeps the revision of the nine; Alembic writes it too."""
    sites = tables["sites"]
    name = sites.name.removesuffix("sites") + "schema_version"
    revision = Column("version_num", String(32), primary_key=True)
    return Table(name, MetaData(schema=sites.schema), revision, comment="revision of these tables")


def ensure_tables(engine: Engine, tables: Mapping[str, Table], migrations: Path = MIGRATIONS) -> None:
    """Create the tables in an empty database, or upgrade those of an older version.

    Raises:
        SchemaMismatch: the tables are of a newer version or not this target's at all.
    """
    with engine.connect() as connection:
        if _revision(connection, tables) == revisions(migrations)[-1]:
            return
        connection.rollback()
        with _alone(connection), connection.begin():
            _bring_up(connection, tables, migrations)


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """Let one target at a time work on the schema; SQLite's own write lock does that already."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_lock(func.hashtext(LOCK))))
    elif connection.dialect.name == "mariadb":
        connection.execute(select(func.get_lock(LOCK, 120)))
    connection.rollback()
    try:
        yield
    finally:
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_unlock(func.hashtext(LOCK))))
        elif connection.dialect.name == "mariadb":
            connection.execute(select(func.release_lock(LOCK)))
        connection.rollback()


def _revision(connection: Connection, tables: Mapping[str, Table]) -> str | None:
    table = version_table(tables)
    if not inspect(connection).has_table(table.name, schema=table.schema):
        return None
    return connection.execute(select(table.c.version_num)).scalar_one_or_none() or BEING_CREATED


def _bring_up(connection: Connection, tables: Mapping[str, Table], migrations: Path) -> None:
    known = revisions(migrations)
    revision = _revision(connection, tables)
    if revision is None:
        _refuse_foreign(connection, tables)
    if revision in {None, BEING_CREATED}:
        create(connection, tables, known[-1])
    elif revision not in known:
        raise SchemaMismatch(
            f"the tables are of revision {revision}, which this target-seh-sql does not know "
            f"(its newest is {known[-1]}): install the newer target-seh-sql that made them"
        )
    elif revision != known[-1]:
        from target_seh_sql.migrations import upgrade  # noqa: PLC0415 -- Alembic costs a third of a second

        upgrade(connection, version_table(tables), migrations)


def _refuse_foreign(connection: Connection, tables: Mapping[str, Table]) -> None:
    sites = tables["sites"]
    if inspect(connection).has_table(sites.name, schema=sites.schema):
        raise SchemaMismatch(
            f"the database has a table {sites.name!r} that this target did not make. "
            "Set table_prefix or name another database"
        )


def create(connection: Connection, tables: Mapping[str, Table], revision: str) -> None:
    """Create what is missing of the nine tables and note their revision last."""
    version = version_table(tables)
    metadata = tables["sites"].metadata
    if metadata.schema and not inspect(connection).has_schema(metadata.schema):
        connection.execute(CreateSchema(metadata.schema, if_not_exists=True))
    version.create(connection, checkfirst=True)
    if connection.execute(select(version.c.version_num)).first() is None:
        connection.execute(insert(version).values(version_num=BEING_CREATED))
    metadata.create_all(connection)
    connection.execute(update(version).values(version_num=revision))
