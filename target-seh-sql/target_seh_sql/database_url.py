"""From `sqlalchemy_url` to what a driver takes, or one line that shows nothing after the scheme."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from target_seh_sql.errors import ConfigError, UnsupportedDatabase

if TYPE_CHECKING:
    from sqlalchemy import URL


@dataclass(frozen=True)
class Backend:
    """How one database is named and reached."""

    driver: str
    """What SQLAlchemy calls dialect and driver."""
    title: str
    example: str
    parameters: frozenset[str] | None = None
    """What may stand behind the question mark of a URL; None where the driver itself knows."""
    extra: str | None = None
    """The extra of this package that brings the driver."""


SQLITE: Final = Backend(
    driver="sqlite",
    title="SQLite",
    example="sqlite:///seh.db (three slashes)",
    parameters=frozenset({"timeout", "uri", "mode", "cache", "immutable", "nolock", "vfs"}),
)
POSTGRESQL: Final = Backend(
    driver="postgresql+psycopg",
    title="PostgreSQL",
    example="postgresql://user:password@host/database",
    extra="postgresql",
)
MARIADB: Final = Backend(
    driver="mariadb+pymysql",
    title="MariaDB",
    example="mariadb://user:password@host/database",
    parameters=frozenset(
        {"connect_timeout", "read_timeout", "write_timeout", "unix_socket", "bind_address", "charset"}
        | {"read_default_file", "read_default_group", "program_name", "local_infile"}
        | {"sslmode", "ssl_mode", "ssl_ca", "ssl_cert", "ssl_key"}
    ),
    extra="mariadb",
)
BACKENDS: Final = {
    "sqlite": SQLITE,
    "postgres": POSTGRESQL,
    "postgresql": POSTGRESQL,
    "mysql": MARIADB,
    "mariadb": MARIADB,
}
_NUMBERS: Final = frozenset({"timeout", "connect_timeout", "read_timeout", "write_timeout"})
_NUMBER: Final = re.compile(r"\d+(\.\d+)?")
_FILES: Final = ("ssl_ca", "ssl_cert", "ssl_key", "sslrootcert", "sslcert", "sslkey", "sslcrl")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


def database_url(url: str) -> tuple[URL, Backend]:
    """Parse a URL and name the driver that this target uses for it.

    Raises:
        UnsupportedDatabase: not a URL, or one that cannot be used; the text shows nothing after the scheme.
    """
    try:
        parsed = make_url(url.strip())
    except (ArgumentError, ValueError):
        raise UnsupportedDatabase(
            "sqlalchemy_url is not a database URL; give one like sqlite:///seh.db or "
            "postgresql://user:password@host/database. "
            "In user and password, write %40 for @, %23 for #, %2F for / and %3A for :"
        ) from None
    name = parsed.get_backend_name() if parsed.drivername else ""
    backend = BACKENDS.get(name)
    if backend is None:
        raise UnsupportedDatabase(
            f"sqlalchemy_url names the database {name!r}; this target writes {', '.join(sorted(BACKENDS))}"
        )
    if problem := _problem(parsed, backend, query=url.partition("?")[2]):
        raise UnsupportedDatabase(f"sqlalchemy_url ({name}://...) {problem}")
    return parsed.set(drivername=backend.driver), backend


def check_schema(url: str, schema: str | None) -> None:
    """Check the schema of the tables against the database that has them.

    Raises:
        ConfigError: SQLite has no schemas.
        UnsupportedDatabase: the URL cannot be used.
    """
    _, backend = database_url(url)
    if schema and backend is SQLITE:
        raise ConfigError("default_target_schema is for PostgreSQL, SQLite has no schemas: leave it out")


def _problem(url: URL, backend: Backend, query: str) -> str | None:
    """Name what makes a URL useless, without a piece of it: any may be one of the password."""
    if _CONTROL.search(url.render_as_string(hide_password=False)):
        return "has a line break or another control character inside"
    if backend is not SQLITE and any("@" in part for part in (url.host or "", url.database or "", query)):
        return "has an @ too many: in user and password, write %40 for @, %23 for #, %2F for / and %3F for ?"
    if query and not all(part.partition("=")[2] for part in query.split("&")):
        return "has a ? without ?name=value: no file's name may hold one; in user and password, write %3F"
    if backend is SQLITE:
        return _problem_of_file(url)
    if not url.database and not {"dbname", "service"} & url.query.keys():
        return f"names no database: write {backend.example}"
    return None


def _problem_of_file(url: URL) -> str | None:
    if url.host or url.username or url.port:
        return f"has two slashes, which name a server: write {SQLITE.example}"
    in_memory = url.query.get("mode") == "memory" or url.query.get("vfs") == "memdb"
    if not url.database or ":memory:" in url.database or in_memory:
        return f"is a database in memory, which ends with the run: write {SQLITE.example}"
    if Path(url.database.removeprefix("file:")).is_dir():
        return "names a folder: add the name of a file, such as seh.db"
    return None


def check_parameters(url: URL, backend: Backend, known: frozenset[str]) -> None:
    """Check what stands behind the question mark of a URL.

    Raises:
        UnsupportedDatabase: an unknown parameter, a value that cannot be, or a file that is not there.
    """
    where = f"sqlalchemy_url ({url.get_backend_name()}://...)"
    if url.query.keys() - known:
        raise UnsupportedDatabase(
            f"{where} has a parameter that {backend.title} does not know; it knows {', '.join(sorted(known))}"
        )
    for name, value in url.query.items():
        if name in _NUMBERS and not _NUMBER.fullmatch(str(value)):
            raise UnsupportedDatabase(f"{where}: {name} is not a number of seconds")
        if name == "uri" and value != "true":
            raise UnsupportedDatabase(f"{where}: uri is true, or left out")
        if name in _FILES and value != "system" and not Path(str(value)).is_file():
            raise UnsupportedDatabase(f"{where}: {name} names no file that is there")


def file_of(url: URL) -> Path | None:
    """Return the file of a SQLite database; None for a server."""
    if url.get_backend_name() != "sqlite":
        return None
    name = str(url.database)
    return Path(unquote(name.removeprefix("file:")) if name.startswith("file:") else name)


def missing_file(url: URL) -> Path | None:
    """Return the path of a SQLite database that is not there; to connect would make it."""
    path = file_of(url)
    return path if path is not None and not path.exists() else None


def mariadb_tls(url: URL) -> tuple[URL, dict[str, Any]]:
    """Take the TLS settings out of a MariaDB URL: the same words as PostgreSQL's, or the usual ssl_ ones.

    `sslmode` is require (encrypt), verify-ca or verify-full; `ssl_ca`, `ssl_cert` and `ssl_key` are files.

    Raises:
        UnsupportedDatabase: a file holds no certificate or key.
    """
    query = {name: str(value) for name, value in url.query.items()}
    mode = query.pop("sslmode", query.pop("ssl_mode", "")).lower().replace("_", "-")
    files = {name: query.pop(name, None) for name in ("ssl_ca", "ssl_cert", "ssl_key")}
    if mode in {"disable", "disabled"} or not (mode or any(files.values())):
        return url.set(query=query), {}
    try:
        context = ssl.create_default_context(cafile=files["ssl_ca"])
        context.check_hostname = mode in {"verify-full", "verify-identity"}
        if mode in {"require", "required", "prefer", "preferred"} and not files["ssl_ca"]:
            context.verify_mode = ssl.CERT_NONE
        if files["ssl_cert"]:
            context.load_cert_chain(files["ssl_cert"], files["ssl_key"])
    except (OSError, ValueError):
        raise UnsupportedDatabase(
            "sqlalchemy_url (mariadb://...): "
            "ssl_ca, ssl_cert or ssl_key cannot be read, or holds no certificate or key"
        ) from None
    return url.set(query=query), {"ssl": context}
