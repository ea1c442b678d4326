"""From URL to engine: driver, TLS, session."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from sqlalchemy import create_engine, event
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from target_seh_sql.database_url import (
    MARIADB,
    POSTGRESQL,
    SQLITE,
    Backend,
    check_parameters,
    database_url,
    file_of,
    mariadb_tls,
)
from target_seh_sql.errors import UnsupportedDatabase, WriteFailed
from target_seh_sql.failures import explained

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL, Connection, Engine

OPTIONS: Final[dict[str, dict[str, Any]]] = {
    SQLITE.driver: {},
    # A pooler hands a session on after each transaction: a statement prepared in it is not there, or twice.
    POSTGRESQL.driver: {"isolation_level": "READ COMMITTED", "connect_args": {"prepare_threshold": None}},
    # Under REPEATABLE READ an INSERT ... SELECT locks the rows it reads: loaders would wait for each other.
    MARIADB.driver: {"isolation_level": "READ COMMITTED", "connect_args": {"charset": "utf8mb4"}},
}
"""Arguments of create_engine."""
SESSION: Final[dict[str, tuple[str, ...]]] = {
    SQLITE.driver: (
        "PRAGMA busy_timeout=60000",  # first: another process may be in the way of the next
        "PRAGMA journal_mode=WAL",
        "PRAGMA foreign_keys=ON",
        "PRAGMA temp_store=MEMORY",
    ),
    # Whatever server, role or PGCLIENTENCODING would have instead.
    POSTGRESQL.driver: (
        "SET client_encoding TO 'UTF8'",
        "SET TIME ZONE 'UTC'",
        "SET datestyle TO 'ISO, YMD'",
        "SET standard_conforming_strings TO on",
        "SET extra_float_digits TO 1",
    ),
    MARIADB.driver: (
        "SET NAMES utf8mb4",
        "SET time_zone = '+00:00'",
        # Strict, and with double quotes around text: see load/dialects/mariadb.py.
        "SET sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
        # With the first the staging table cannot be emptied, with the others queries see less or more.
        "SET sql_safe_updates = 0, sql_select_limit = DEFAULT, sql_auto_is_null = 0, completion_type = 0",
        "SET group_concat_max_len = 16777216",  # the report's lists, which would be cut short in silence
        "SET system_versioning_alter_history = KEEP",  # upgrades of tables that keep their history
        "SET lock_wait_timeout = 60",  # a table that somebody alters: by default a day of silence
    ),
}
"""Statements that set up each session, before SQLAlchemy looks at it."""
FILE: Final = "file"
"""Under which a session of SQLite notes what it opened."""
SECONDS_TO_SET_UP, BETWEEN_TRIES = 10.0, 0.05
"""How long a session of SQLite is set up while another one is in the way; seconds between tries."""
READ_ONLY: Final = {
    SQLITE.driver: ("PRAGMA busy_timeout=60000",),
    POSTGRESQL.driver: (),  # of each transaction alone: a pooler would hand the session on as it is
    MARIADB.driver: ("SET SESSION TRANSACTION READ ONLY",),
}
"""The same for a session that only reads; on servers in addition."""


def open_engine(url: str, *, read_only: bool = False, **more: Any) -> Engine:  # noqa: ANN401
    """Return an engine whose sessions are set up for loading; nothing is connected yet.

    Args:
        url: of the database.
        read_only: nothing will be written: a SELECT right, or a file that may be read, is enough.
        more: further arguments of SQLAlchemy's create_engine.

    Raises:
        UnsupportedDatabase: the URL or its driver cannot be used; the text never holds the password.
    """
    parsed, backend = database_url(url)
    options = dict(OPTIONS[backend.driver])
    try:
        check_parameters(parsed, backend, backend.parameters or _parameters_of_libpq())
        if backend is MARIADB:
            parsed, tls = mariadb_tls(parsed)
            options["connect_args"] = {**options["connect_args"], **tls}
        if backend is SQLITE:
            parsed = _read_only_file(parsed) if read_only else _as_uri(parsed)
        engine = create_engine(parsed, hide_parameters=True, **options, **more)
    except (ImportError, NoSuchModuleError):
        raise UnsupportedDatabase(
            f"{backend.title} needs a driver: pip install 'target-seh-sql[{backend.extra}]'"
        ) from None
    except (ArgumentError, TypeError, ValueError):
        raise UnsupportedDatabase(
            f"sqlalchemy_url ({parsed.get_backend_name()}://...) has a parameter with a value that cannot be"
        ) from None
    _listen(engine, backend, read_only=read_only)
    return engine


def _listen(engine: Engine, backend: Backend, *, read_only: bool) -> None:
    statements = SESSION[backend.driver]
    if read_only:
        more = READ_ONLY[backend.driver]
        statements = more if backend is SQLITE else (*statements, *more)
    # First of all: SQLAlchemy asks the session for its sql_mode and encoding, and quotes names accordingly.
    event.listen(engine, "connect", _session_setter(backend, statements, read_only), insert=True)
    event.listen(engine, "do_connect", _connect)
    if backend is SQLITE and not read_only:
        event.listen(engine, "connect", _note_file)
        event.listen(engine, "begin", _begin_sqlite)
    if backend is POSTGRESQL:
        event.listen(engine, "begin", _begin_postgresql)


def _connect(dialect: Any, _record: object, args: Any, params: Any) -> Any:  # noqa: ANN401
    """Connect; what a driver raises beside its own errors becomes one of ours."""
    try:
        return dialect.connect(*args, **params)
    except dialect.loaded_dbapi.Error:
        raise
    except RuntimeError as error:  # PyMySQL's: a package is missing for this way to log in
        raise UnsupportedDatabase(f"the driver cannot connect: {error}") from None
    except (OSError, TypeError, ValueError):
        raise UnsupportedDatabase(
            "the driver cannot connect with sqlalchemy_url: check host, port and parameters"
        ) from None


def _session_setter(backend: Backend, statements: tuple[str, ...], read_only: bool) -> Any:  # noqa: ANN401
    def set_up(connection: Any, _record: object) -> None:  # noqa: ANN401
        if backend is POSTGRESQL and read_only:
            connection.read_only = True
        if backend is SQLITE:
            connection.isolation_level = None  # the driver's own BEGIN comes too late: see _begin_sqlite
        cursor = connection.cursor()
        if backend is MARIADB:
            _refuse_mysql(cursor)
        for statement in statements:
            _execute(cursor, statement)
        cursor.close()
        connection.commit()

    return set_up


def _refuse_mysql(cursor: Any) -> None:  # noqa: ANN401
    """Refuse a server that is no MariaDB, before it stumbles over a statement that only MariaDB knows.

    Raises:
        UnsupportedDatabase: it is MySQL.
    """
    cursor.execute("SELECT version()")
    (version,) = cursor.fetchone()
    if "mariadb" not in version.lower():
        raise UnsupportedDatabase(
            f"the server is MySQL {version}; this target writes MariaDB, PostgreSQL or SQLite"
        )


def _execute(cursor: Any, statement: str) -> None:  # noqa: ANN401
    """Execute a statement that sets up a session.

    While another session changes the journal, SQLite refuses at once, whatever its timeout says; while
    one reads, and the journal is no WAL yet, after its timeout.
    """
    end = time.monotonic() + SECONDS_TO_SET_UP
    while True:
        try:
            cursor.execute(statement)
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(BETWEEN_TRIES)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at once, so that two targets wait for each other instead of failing midway.

    Raises:
        WriteFailed: another file has the name now; SQLite would write on into one that nobody finds.
    """
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    file = file_of(connection.engine.url)
    if _identity(file) != connection.info[FILE]:
        raise WriteFailed(f"{file} was moved, replaced or removed while it was written to: run again")


def _note_file(connection: sqlite3.Connection, record: Any) -> None:  # noqa: ANN401
    """Note which file was opened, and by now is there."""
    record.info[FILE] = _identity(Path(connection.execute("PRAGMA database_list").fetchone()[2]))


def _identity(file: Path | None) -> tuple[int, int] | None:
    """Return what tells a file from another of the same name; None where none is."""
    try:
        found = Path(str(file)).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _begin_postgresql(connection: Connection) -> None:
    """Wait a minute for a lock, not for ever in silence; the role's own limit counts. Of this transaction."""
    connection.exec_driver_sql(
        "SELECT set_config('lock_timeout', '60s', true) WHERE current_setting('lock_timeout') = '0'"
    )


def _parameters_of_libpq() -> frozenset[str]:
    from psycopg.pq import Conninfo  # noqa: PLC0415 -- only PostgreSQL has it

    return frozenset(option.keyword.decode() for option in Conninfo.get_defaults())


def _read_only_file(url: URL) -> URL:
    """Open a file without writing: in a closed folder, not even the index that WAL mode has beside it.

    Raises:
        UnsupportedDatabase: rows are in the WAL beside the file, and it cannot be read there.
    """
    url = _as_uri(url)
    query = {**url.query, "mode": "ro"}
    try:
        with closing(sqlite3.connect(f"{url.database}?mode=ro", uri=True)) as probe:
            probe.execute("PRAGMA schema_version")
    except sqlite3.Error as error:
        if error.sqlite_errorname.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY")):
            wal = Path(f"{Path(str(file_of(url))).resolve()}-wal")  # it is beside what a link names
            if wal.exists() and wal.stat().st_size:
                raise UnsupportedDatabase(
                    f"{wal} holds rows that cannot be read here: copy it and the database to a folder that "
                    "can be written"
                ) from None
            query["immutable"] = "1"
    return url.set(query=query)


def _as_uri(url: URL) -> URL:
    """Name a file as a URI: elsewhere SQLite does not look at what stands behind the question mark."""
    name = str(url.database)
    file = name if name.startswith("file:") else f"file:{quote(name)}"
    return url.set(database=file, query={**url.query, "uri": "true"})


@contextmanager
def connected(url: str, *, read_only: bool = False) -> Iterator[Connection]:
    """Connect; what the database says is told in words for people."""
    engine = open_engine(url, read_only=read_only)
    try:
        with engine.connect() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise explained(error) from error
    finally:
        engine.dispose()
