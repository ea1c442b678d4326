"""`target-seh-sql check`: can the database be reached and written to? What it writes, it takes back."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import partial
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click
from sqlalchemy import (
    Column,
    Date,
    DateTime,
    Integer,
    MetaData,
    String,
    Table,
    insert,
    text,
    update,
)
from sqlalchemy.exc import SQLAlchemyError

from target_seh_sql.advice import command
from target_seh_sql.commands.settings import tables_of, with_settings
from target_seh_sql.database import connected
from target_seh_sql.database_url import database_url, missing_file
from target_seh_sql.errors import TargetSehSqlError, WriteFailed
from target_seh_sql.failures import error_code, explained
from target_seh_sql.tables.flaws import ADVICE, flaws
from target_seh_sql.tables.schema import BEING_CREATED, NEWEST, create, existing, fitting_revision
from target_seh_sql.tables.views import names_of_views

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
    from pathlib import Path

    from sqlalchemy import URL, Connection
    from sqlalchemy.types import TypeEngine

    from target_seh_sql.commands.settings import Settings

NO_SUCH_TABLE: Final = 1146
"""MariaDB looks at rights first: who gets this error has the right."""
PROBE: Final = -(2**31)
"""Id of a row, and of its site and meter, that is never there."""
VERSION: Final = {
    "sqlite": "SELECT sqlite_version()",
    "postgresql": "SHOW server_version",
    "mariadb": "SELECT version()",
}
NAME: Final = {"postgresql": "SELECT current_database()", "mariadb": "SELECT database()"}
ENCODING: Final = {
    "sqlite": ("PRAGMA encoding", "UTF-8"),
    "postgresql": ("SHOW server_encoding", "UTF8"),
    "mariadb": ("SELECT @@character_set_connection", "utf8mb4"),
}
ZONE: Final = {
    "postgresql": ("SHOW TimeZone", "UTC"),
    "mariadb": ("SELECT @@session.time_zone", "+00:00"),
}


class Finding(NamedTuple):
    """One thing that was looked at."""

    ok: bool
    text: str


@click.command()
@with_settings
@click.option("--quiet", is_flag=True, help="Show only what is wrong.")
def check(settings: Settings, *, quiet: bool) -> None:
    """Show whether the database can be reached and written to; exit with 1 when something is wrong."""
    wrong = 0
    for finding in findings(settings):
        if not (quiet and finding.ok):
            click.echo(f"{'ok' if finding.ok else 'wrong':<5}  {finding.text}")
        wrong += not finding.ok
    if wrong:
        raise SystemExit(1)


def findings(settings: Settings) -> Iterator[Finding]:
    """Yield what is found, up to what makes looking further pointless."""
    try:
        url, backend = database_url(settings["sqlalchemy_url"])
        if (path := missing_file(url)) is not None:
            yield _new_file(path)
            return
        with connected(settings["sqlalchemy_url"], read_only=True) as connection:
            yield from _server(connection, url, backend.title)
            revision, there = yield from _tables(connection, tables_of(settings))
        with connected(settings["sqlalchemy_url"]) as connection:
            yield from _rights(connection, tables_of(settings), revision, there)
    except TargetSehSqlError as error:
        yield Finding(False, str(error))


def _new_file(path: Path) -> Finding:
    """Tell whether a file that is not there yet can be made: by making another one beside it for a moment."""
    folder, what = path.absolute().parent, f"the file {path} is not there yet"
    if not folder.is_dir():
        return Finding(False, f"{what}: make its folder")
    try:
        with TemporaryFile(dir=folder) as probe:
            probe.write(b"target-seh-sql check")
    except OSError as error:
        return Finding(False, f"{what}: its folder cannot be written to ({error.strerror})")
    return Finding(True, f"{what}: the first run, or `{command('init-db')}`, makes it")


def _server(connection: Connection, url: URL, title: str) -> Iterator[Finding]:
    kind = connection.dialect.name
    version = _asked(connection, VERSION[kind])
    where = url.database
    if kind in NAME:
        where = f"{_host(connection)}, database {_asked(connection, NAME[kind])}"
    yield Finding(True, f"{title} {version} at {where}")
    query, wanted = ENCODING[kind]
    advice = f"create the database anew with {wanted}, or names may not fit"
    yield _compared("encoding", _asked(connection, query), wanted, advice)
    if kind in ZONE:
        query, wanted = ZONE[kind]
        advice = f"something between here and the server changes it from {wanted}"
        yield _compared("time zone of the session", _asked(connection, query), wanted, advice)
    connection.rollback()


def _compared(what: str, found: str, wanted: str, advice: str) -> Finding:
    return Finding(found == wanted, f"{what} {found}" + ("" if found == wanted else f": {advice}"))


def _host(connection: Connection) -> str:
    """Return the host, or the folder of the socket, that the driver has connected to."""
    driver: Any = connection.connection.driver_connection
    return str(driver.info.host if connection.dialect.name == "postgresql" else driver.host)


def _asked(connection: Connection, query: str) -> str:
    return str(connection.execute(text(query)).scalar_one())


def _tables(
    connection: Connection, tables: Mapping[str, Table]
) -> Generator[Finding, None, tuple[str | None, list[Table]]]:
    """Tell which tables there are; return their revision and themselves."""
    revision = fitting_revision(connection, tables)
    there = list(existing(connection, tables).values()) if revision is not None else []
    if revision == NEWEST:
        wrong = list(flaws(connection, tables))
        yield Finding(True, f"tables of revision {revision}")
        yield from (Finding(False, f"{each}: {ADVICE}") for each in wrong)
        yield from _views(connection, tables)
    elif revision is None:
        yield Finding(True, f"no tables yet: the first run, or `{command('init-db')}`, makes them")
    else:
        yield Finding(True, f"tables of revision {revision}: the next run upgrades them to {NEWEST}")
    return revision, there


def _views(connection: Connection, tables: Mapping[str, Table]) -> Iterator[Finding]:
    """Tell which views cannot be read: MariaDB keeps one whose owner or table is gone."""
    for name in names_of_views(connection, tables).values():
        try:
            connection.execute(text(f"SELECT 1 FROM {name} WHERE 1 = 0"))  # noqa: S608
        except SQLAlchemyError as error:
            connection.rollback()
            yield Finding(False, f"the view {name} cannot be read: {explained(error)}")


def _rights(
    connection: Connection, tables: Mapping[str, Table], revision: str | None, there: list[Table]
) -> Iterator[Finding]:
    if revision != NEWEST:
        attempt = partial(_create, tables=tables, revision=revision)
        yield _allowed(connection, "create tables", attempt)
    yield _allowed(connection, "create temporary tables", _create_temporary)
    if there:
        yield _allowed(connection, "insert and update rows", partial(_write_rows, tables=there))


def _allowed(connection: Connection, what: str, attempt: Callable[[Connection], None]) -> Finding:
    """Try, and take it back: a right that is missing shows at once."""
    try:
        attempt(connection)
    except SQLAlchemyError as error:
        if error_code(error) != NO_SUCH_TABLE:
            return Finding(False, f"may not {what}: {explained(error)}")
    except WriteFailed as error:
        return Finding(False, f"may not {what}: {error}")
    finally:
        connection.rollback()
    return Finding(True, f"may {what}")


def _create(connection: Connection, tables: Mapping[str, Table], revision: str | None) -> None:
    """Create the tables for a moment, or one beside those that are there.

    MariaDB cannot take that back, so it is asked for a copy of nothing.
    """
    older = revision not in {None, BEING_CREATED}
    probe = Table("target_seh_sql_probe", MetaData(schema=tables["sites"].schema), Column("id", Integer()))
    if connection.dialect.name == "mariadb":
        name = connection.dialect.identifier_preparer.format_table(probe)
        connection.exec_driver_sql(f"CREATE TABLE {name} LIKE target_seh_sql_check")
    elif older:
        probe.create(connection)
    else:
        create(connection, tables)


def _create_temporary(connection: Connection) -> None:
    connection.exec_driver_sql("CREATE TEMPORARY TABLE target_seh_sql_check (id INTEGER PRIMARY KEY)")
    connection.exec_driver_sql("INSERT INTO target_seh_sql_check VALUES (1)")


def _write_rows(connection: Connection, tables: Iterable[Table]) -> None:
    """Insert and update a row of each: a full disk, a trigger or a column of somebody's shows only then.

    Raises:
        WriteFailed: the row was taken and is not there.
    """
    for table in tables:
        row = {
            column.name: PROBE if column.name == "id" or column.foreign_keys else _probe(column.type)
            for column in table.c
            if not column.nullable or column.primary_key
        }
        more = {"notes": "x" * 4_096} if "notes" in table.c else {"id": PROBE}
        connection.execute(insert(table).values(row))
        if not connection.execute(update(table).where(table.c.id == PROBE).values(more)).rowcount:
            raise WriteFailed(
                f"the table {table.name} takes a row and keeps none: "
                "see what triggers, rules or policies it has"
            )


def _probe(kind: TypeEngine[Any]) -> object:
    """Return a value that a column of this type takes."""
    if isinstance(kind, DateTime):
        return datetime(2000, 1, 1, tzinfo=UTC)
    if isinstance(kind, Date):
        return date(2000, 1, 1)
    return "check" if isinstance(kind, String) else PROBE
