"""From URL to engine: driver, TLS, session."""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from target_seh_sql.errors import UnsupportedDatabase
from target_seh_sql.failures import explained

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import URL, Connection, Engine


@dataclass(frozen=True)
class Backend:
    """How one database is reached."""

    driver: str
    """What SQLAlchemy calls dialect and driver."""
    title: str
    session: tuple[str, ...]
    """Statements that set up each session."""
    extra: str | None = None
    """The extra of this package that brings the driver."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Arguments of create_engine."""


SQLITE: Final = Backend(
    driver="sqlite",
    title="SQLite",
    session=(
        "PRAGMA journal_mode=WAL",
        "PRAGMA foreign_keys=ON",
        "PRAGMA busy_timeout=60000",
        "PRAGMA temp_store=MEMORY",
    ),
)
POSTGRESQL: Final = Backend(
    driver="postgresql+psycopg",
    title="PostgreSQL",
    session=("SET TIME ZONE 'UTC'",),
    extra="postgresql",
    options={"isolation_level": "READ COMMITTED"},
)
MARIADB: Final = Backend(
    driver="mariadb+pymysql",
    title="MariaDB",
    session=(
        "SET time_zone = '+00:00'",
        # Strict, and with double quotes around text: see load/dialects/mariadb.py.
        "SET sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
    ),
    extra="mariadb",
    # Under REPEATABLE READ an INSERT ... SELECT locks the rows it reads: loaders would wait for each other.
    options={"isolation_level": "READ COMMITTED", "connect_args": {"charset": "utf8mb4"}},
)
BACKENDS: Final = {
    "sqlite": SQLITE,
    "postgres": POSTGRESQL,
    "postgresql": POSTGRESQL,
    "mysql": MARIADB,
    "mariadb": MARIADB,
}


def database_url(url: str) -> tuple[URL, Backend]:
    """Parse a URL and name the driver that this target uses for it.

    Raises:
        UnsupportedDatabase: not a URL, or of a database that this target does not write.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise UnsupportedDatabase(
            "sqlalchemy_url is not a database URL; give one like sqlite:///seh.db or "
            "postgresql://user:password@host/database"
        ) from None
    name = parsed.get_backend_name() if parsed.drivername else ""
    backend = BACKENDS.get(name)
    if backend is None:
        raise UnsupportedDatabase(
            f"sqlalchemy_url names the database {name!r}; this target writes {', '.join(sorted(BACKENDS))}"
        )
    return parsed.set(drivername=backend.driver), backend


def missing_file(url: URL) -> Path | None:
    """Return the path of a SQLite database that is not there; to connect would make it."""
    named = url.get_backend_name() == "sqlite" and url.database not in {None, "", ":memory:"}
    path = Path(str(url.database))
    return path if named and not path.exists() else None


def open_engine(url: str, **more: Any) -> Engine:  # noqa: ANN401
    """Return an engine whose sessions are set up for loading; nothing is connected yet.

    Args:
        url: of the database.
        more: further arguments of SQLAlchemy's create_engine.

    Raises:
        UnsupportedDatabase: the URL or its driver cannot be used; the text never holds the password.
    """
    parsed, backend = database_url(url)
    options = dict(backend.options)
    if backend is MARIADB:
        parsed, tls = mariadb_tls(parsed)
        options["connect_args"] = {**options["connect_args"], **tls}
    try:
        engine = create_engine(parsed, hide_parameters=True, **options, **more)
    except (ModuleNotFoundError, NoSuchModuleError):
        raise UnsupportedDatabase(
            f"{backend.title} needs a driver: pip install 'target-seh-sql[{backend.extra}]'"
        ) from None
    event.listen(engine, "connect", _session_setter(backend))
    if backend is SQLITE:
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _session_setter(backend: Backend) -> Any:  # noqa: ANN401
    def set_up(connection: Any, _record: object) -> None:  # noqa: ANN401
        if backend is SQLITE:
            connection.isolation_level = None  # the driver's own BEGIN comes too late: see _begin_sqlite
        cursor = connection.cursor()
        for statement in backend.session:
            cursor.execute(statement)
        cursor.close()
        connection.commit()

    return set_up


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at once, so that two targets wait for each other instead of failing midway."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def mariadb_tls(url: URL) -> tuple[URL, dict[str, Any]]:
    """Take the TLS settings out of a MariaDB URL: the same words as PostgreSQL's, or the usual ssl_ ones.

    `sslmode` is require (encrypt), verify-ca or verify-full; `ssl_ca`, `ssl_cert` and `ssl_key` are files.
    """
    query = {name: str(value) for name, value in url.query.items()}
    mode = query.pop("sslmode", query.pop("ssl_mode", "")).lower().replace("_", "-")
    files = {name: query.pop(name, None) for name in ("ssl_ca", "ssl_cert", "ssl_key")}
    if mode in {"disable", "disabled"} or not (mode or any(files.values())):
        return url.set(query=query), {}
    context = ssl.create_default_context(cafile=files["ssl_ca"])
    context.check_hostname = mode in {"verify-full", "verify-identity"}
    if mode in {"require", "required", "prefer", "preferred"} and not files["ssl_ca"]:
        context.verify_mode = ssl.CERT_NONE
    if files["ssl_cert"]:
        context.load_cert_chain(files["ssl_cert"], files["ssl_key"])
    return url.set(query=query), {"ssl": context}


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """Connect; what the database says is told in words for people."""
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise explained(error) from error
    finally:
        engine.dispose()
