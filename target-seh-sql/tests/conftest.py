"""A database per test, and Singer messages in one line each."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from sqlalchemy import make_url, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from target_seh_sql import database as seh_database
from target_seh_sql.cli import main
from target_seh_sql.load.records import RECORD_TYPES
from target_seh_sql.tables.metadata import all_tables
from target_seh_sql.target import TargetSehSql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LONG_AGO = datetime(2020, 1, 1)  # noqa: DTZ001
SURROGATES = {"id", "created_at", "updated_at"}


def schema(stream: str, *columns: str) -> dict[str, Any]:
    """Return a SCHEMA with the named columns, or with all of them."""
    kind = RECORD_TYPES[stream]
    properties = {name: {} for name in columns or kind.fields}
    return {
        "type": "SCHEMA",
        "stream": stream,
        "schema": {"type": "object", "properties": properties},
        "key_properties": list(kind.stream.key),
    }


def record(stream: str, **values: Any) -> dict[str, Any]:
    """Return a RECORD."""
    return {"type": "RECORD", "stream": stream, "record": values}


def state(stream: str, site_id: int, **partition: Any) -> dict[str, Any]:
    """Return a STATE with one partition."""
    return {
        "type": "STATE",
        "value": {"bookmarks": {stream: {"partitions": [{"context": {"site_id": site_id}, **partition}]}}},
    }


def lines(*messages: dict[str, Any] | str) -> str:
    """Return messages as the target reads them; a text is taken as it is."""
    return "".join(m if isinstance(m, str) else json.dumps(m) + "\n" for m in messages)


class Database:
    """An empty database, what the target does to it, and what is in it then."""

    def __init__(self, url: str) -> None:
        self.url = url

    def load(self, *messages: dict[str, Any] | str, **config: Any) -> dict[str, tuple[int, int, int]]:
        """Run the target; return rows inserted, changed and unchanged by table."""
        target = TargetSehSql(config={"sqlalchemy_url": self.url, **config})
        target.listen(io.StringIO(lines(*messages)))
        return {name: tuple(counts) for name, counts in target._loader.merged.items()}

    def run(self, given: str | bytes, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run the target as a process of its own."""
        given = given if isinstance(given, bytes) else given.encode()
        done = subprocess.run(
            self.command,
            input=given,
            env=self.environment,
            capture_output=True,
            check=False,
            timeout=60,
            **options,
        )
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )

    @property
    def command(self) -> list[str]:
        """The target's command line."""
        return [sys.executable, "-m", "target_seh_sql", "--config=ENV"]

    @property
    def environment(self) -> dict[str, str]:
        """The target's environment."""
        return {**os.environ, "TARGET_SEH_SQL_SQLALCHEMY_URL": self.url}

    def rows(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """Return rows by key, times as text: the named columns, or all but id, created_at and updated_at."""
        found = all_tables()[table]
        wanted = [found.c[name] for name in columns] or [
            c for c in found.c if c.name not in SURROGATES or (table, c.name) == ("sites", "id")
        ]
        key = [found.c[name] for name in RECORD_TYPES[table].stream.table_key]
        with self.connect() as connection:
            return [tuple(map(_plain, row)) for row in connection.execute(select(*wanted).order_by(*key))]

    def make_old(self, table: str) -> None:
        """Move created_at and updated_at of all rows to 2020-01-01."""
        with self.connect() as connection:
            connection.execute(update(all_tables()[table]).values(created_at=LONG_AGO, updated_at=LONG_AGO))
            connection.commit()

    def execute(self, *statements: str) -> list[Any]:
        """Run SQL of any kind; return the rows of the last statement."""
        with self.connect() as connection:
            for statement in statements:
                result = connection.execute(text(statement))
            found = list(map(tuple, result)) if result.returns_rows else []
            connection.commit()
            return found

    def connect(self) -> Any:
        """Return a connection that closes its engine."""
        engine = seh_database.open_engine(self.url)
        connection = engine.connect()
        leave = connection.close

        def close() -> None:
            leave()
            engine.dispose()

        connection.close = close
        return connection


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return value.isoformat() if isinstance(value, date) else value


SERVERS = {
    "postgresql": os.environ.get("TEST_POSTGRESQL_URL", "postgresql://root@127.0.0.1:5432/postgres"),
    "mariadb": os.environ.get("TEST_MARIADB_URL", "mariadb://root@127.0.0.1:3306/test"),
}
EMPTY_AGAIN = {
    "postgresql": ("DROP SCHEMA IF EXISTS public, solar, before_adoption CASCADE", "CREATE SCHEMA public"),
    "mariadb": ("DROP DATABASE {0}", "CREATE DATABASE {0}", "USE {0}"),
}


def server(kind: str) -> Any:
    """Return a connection to a running server; skip without one, but fail in CI."""
    try:
        engine = seh_database.open_engine(SERVERS[kind])
        return engine.execution_options(isolation_level="AUTOCOMMIT").connect()
    except SQLAlchemyError as error:
        reason = f"no {kind} at {SERVERS[kind]} (set TEST_{kind.upper()}_URL): {error}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def scratch(worker_id: str) -> Iterator[Callable[[str], str]]:
    """Return a function that makes a database of this test process on a server, and gives its URL."""
    name = f"seh_{worker_id}_{os.getpid()}"
    made: dict[str, str] = {}

    def make(kind: str) -> str:
        if kind not in made:
            with server(kind) as connection:
                connection.execute(text(f"CREATE DATABASE {name}"))
            connection.engine.dispose()
            made[kind] = make_url(SERVERS[kind]).set(database=name).render_as_string(hide_password=False)
        return made[kind]

    yield make
    for kind in made:
        with server(kind) as connection:
            connection.execute(text(f"DROP DATABASE {name}"))
        connection.engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def database(
    request: pytest.FixtureRequest, tmp_path: Path, scratch: Callable[[str], str]
) -> Iterator[Database]:
    """An empty database of each kind."""
    kind = request.param
    if kind == "sqlite":
        yield Database(f"sqlite:///{tmp_path / 'seh.db'}")
        return
    found = Database(scratch(kind))
    yield found
    found.execute(*(statement.format(make_url(found.url).database) for statement in EMPTY_AGAIN[kind]))


@pytest.fixture
def command(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Callable[..., tuple[int, str, str]]:
    """Return a function that runs a command of the target; it gives exit code, output and errors."""

    def run(database: Database, name: str, *options: str, **config: Any) -> tuple[int, str, str]:
        file = tmp_path / "target.json"
        file.write_text(json.dumps({"sqlalchemy_url": database.url, **config}))
        caplog.clear()
        arguments = [name, f"--config={file}", *options]
        done = CliRunner().invoke(main, arguments, catch_exceptions=False)
        errors = [entry.getMessage() for entry in caplog.records if entry.levelname == "ERROR"]
        return done.exit_code, done.stdout, done.stderr + "\n".join(errors)

    return run
