"""Creates the tables, brings them up to date, and leaves alone what is newer or not ours."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Column, MetaData, String, Table, insert, inspect, select, text, update
from sqlalchemy.schema import CreateSchema, SetColumnComment, SetTableComment

from target_seh_sql.advice import command
from target_seh_sql.errors import SchemaMismatch
from target_seh_sql.locks import alone
from target_seh_sql.tables.metadata import prefix_of
from target_seh_sql.tables.streams import NINE
from target_seh_sql.tables.views import make_views

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection

REVISIONS: Final = sorted(
    path.name.partition("_")[0] for path in (Path(__file__).parent / "migrations/versions").glob("[0-9]*.py")
)
"""The revisions of the tables that this version knows, oldest first."""
NEWEST: Final = REVISIONS[-1]
BEING_CREATED: Final = "being created"
"""Stands in for a revision until all tables are there: MariaDB commits each CREATE TABLE by itself."""


def version_table(tables: Mapping[str, Table]) -> Table:
    """Return the table that keeps the revision of the nine; Alembic writes it too."""
    name, metadata = prefix_of(tables) + "schema_version", MetaData(schema=tables["sites"].schema)
    revision = Column("version_num", String(32), primary_key=True, comment="Revision of these tables")
    return Table(name, metadata, revision, comment="revision of the tables beside it")


def ensure_tables(connection: Connection, tables: Mapping[str, Table]) -> str | None:
    """Create the tables in an empty database, or upgrade those of an older version.

    Returns:
        The revision that was found, None where there were no tables.

    Raises:
        SchemaMismatch: the tables are of a newer version or not this target's at all.
    """
    revision = noted_revision(connection, tables)
    connection.rollback()
    if revision == NEWEST:
        return revision
    with alone(connection):
        return _bring_up(connection, tables)


def ensure_extensions(connection: Connection, tables: Mapping[str, Table], streams: Collection[str]) -> None:
    """Create the tables of those extension streams that have none yet, and the views that read them."""
    missing = [tables[name] for name in streams if name not in existing(connection, tables)]
    connection.rollback()
    if missing:
        with alone(connection):
            tables["sites"].metadata.create_all(connection, tables=missing)
            make_views(connection, existing(connection, tables))


def existing(connection: Connection, tables: Mapping[str, Table]) -> dict[str, Table]:
    """Return those of the tables that the database has."""
    names = set(inspect(connection).get_table_names(schema=tables["sites"].schema))
    return {stream: table for stream, table in tables.items() if table.name in names}


def noted_revision(connection: Connection, tables: Mapping[str, Table]) -> str | None:
    """Return the revision that is noted beside the tables, known or not; None where none is.

    Raises:
        SchemaMismatch: another program has a table of that name, the server changes such names, or several
            revisions are noted.
    """
    table, found = version_table(tables), inspect(connection)
    _refuse_capitals(connection, prefix_of(tables))
    if not found.has_table(table.name, schema=table.schema):
        return None
    if "version_num" not in {each["name"] for each in found.get_columns(table.name, schema=table.schema)}:
        raise SchemaMismatch(
            f"the database has a table {table.name!r} that this target did not make: "
            "set table_prefix or name another database"
        )
    noted = sorted(connection.scalars(select(table.c.version_num)))
    if len(noted) > 1:
        raise SchemaMismatch(
            f"the table {table.name} names several revisions ({', '.join(noted)}): leave only the true one"
        )
    return next(filter(None, noted), BEING_CREATED)


def _refuse_capitals(connection: Connection, prefix: str) -> None:
    """Refuse a prefix that a MariaDB server would keep in small letters: no table would be found again."""
    if connection.dialect.name != "mariadb" or prefix == prefix.lower():
        return
    if connection.execute(text("SELECT @@lower_case_table_names")).scalar() == 1:
        raise SchemaMismatch(
            f"the server keeps the names of tables in small letters (lower_case_table_names is 1): "
            f"set table_prefix to {prefix.lower()}"
        )


def fitting_revision(connection: Connection, tables: Mapping[str, Table]) -> str | None:
    """Return the revision of the tables, None where there are none yet.

    Raises:
        SchemaMismatch: the tables are of a newer version or not this target's at all.
    """
    revision = noted_revision(connection, tables)
    if revision is None:
        _refuse_foreign(connection, tables)
    elif revision not in {*REVISIONS, BEING_CREATED}:
        raise SchemaMismatch(
            f"the tables are of revision {revision}, which this target-seh-sql does not know "
            f"(its newest is {NEWEST}): install the newer target-seh-sql that made them"
        )
    return revision


def _bring_up(connection: Connection, tables: Mapping[str, Table]) -> str | None:
    revision = fitting_revision(connection, tables)
    if revision in {None, BEING_CREATED}:
        create(connection, tables)
    elif revision != NEWEST:
        from target_seh_sql.tables.migrations import upgrade  # noqa: PLC0415 -- Alembic costs a third of a second

        upgrade(connection, version_table(tables), prefix_of(tables))
        comment_on(connection, existing(connection, tables))
    return revision


def comment_on(connection: Connection, tables: Mapping[str, Table]) -> None:
    """Let the comments in the database say what the tables and columns mean today; SQLite has none."""
    if not connection.dialect.supports_comments:
        return
    found = inspect(connection)
    for table in tables.values():
        if found.get_table_comment(table.name, schema=table.schema)["text"] != table.comment:
            connection.execute(SetTableComment(table))
        said = {one["name"]: one["comment"] for one in found.get_columns(table.name, schema=table.schema)}
        for column in table.c:
            if said[column.name] != column.comment:
                connection.execute(SetColumnComment(column))


def _refuse_foreign(connection: Connection, tables: Mapping[str, Table]) -> None:
    sites = tables["sites"]
    there = set(inspect(connection).get_table_names(schema=sites.schema))
    if sites.name == "sites":
        _refuse_second_set(there)
    for name in (table.name for table in tables.values() if table.name in there):
        raise SchemaMismatch(
            f"the database has a table {name!r} that this target did not make. "
            f"If SolarEdge Harvest did, `{command('adopt')}` takes it over; "
            "else set table_prefix or name another database"
        )


def _refuse_second_set(there: Collection[str]) -> None:
    """Refuse to begin tables without a prefix beside those that have one."""
    for prefix in sorted(name.removesuffix("sites") for name in there if name.endswith("sites")):
        if prefix and f"{prefix}schema_version" in there:
            raise SchemaMismatch(
                f"the tables of this database have the prefix {prefix!r}: add `table_prefix: {prefix}` to "
                f"the settings of target-seh-sql, or TARGET_SEH_SQL_TABLE_PREFIX={prefix} to its environment"
            )
        if prefix == "seh_":
            raise SchemaMismatch(
                "the database has tables of SolarEdge Harvest with the prefix 'seh_': "
                f"`{command('adopt')}` takes them over; else set table_prefix or name another database"
            )


def create(connection: Connection, tables: Mapping[str, Table]) -> None:
    """Create what is missing of the tables that are always there, and the views; note their revision last."""
    version = version_table(tables)
    metadata = tables["sites"].metadata
    if metadata.schema and not inspect(connection).has_schema(metadata.schema):
        connection.execute(CreateSchema(metadata.schema, if_not_exists=True))
    version.create(connection, checkfirst=True)
    if connection.execute(select(version.c.version_num)).first() is None:
        connection.execute(insert(version).values(version_num=BEING_CREATED))
    metadata.create_all(connection, tables=[tables[stream.name] for stream in NINE])
    make_views(connection, existing(connection, tables))
    connection.execute(update(version).values(version_num=NEWEST))
