"""Scratch databases: emptied before each load, looked into after it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import make_url, text

from target_seh_sql.database import connected, open_engine
from target_seh_sql.tables.schema import ensure_tables
from target_seh_sql.tables.streams import nine_tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tools.benchmarks.target.messages import Expected

NAME: Final = "seh_bench"
EMPTY: Final = {
    "postgresql": (f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)", f"CREATE DATABASE {NAME}"),
    "mariadb": (
        *(f"DROP DATABASE IF EXISTS {name}" for name in (NAME, "bench", "bench_staging")),
        f"CREATE DATABASE {NAME}",
    ),
}


def make_empty(server: str, folder: Path) -> str:
    """Make an empty database on a server (any database of it), or a file; return its URL."""
    kind = make_url(server).get_backend_name()
    if kind == "sqlite":
        for path in folder.glob("bench*.db*"):
            path.unlink()
        return f"sqlite:///{folder / 'bench.db'}"
    execute(server, *EMPTY[kind])
    return make_url(server).set(database=NAME).render_as_string(hide_password=False)


def execute(url: str, *statements: str) -> None:
    """Run statements, each on its own."""
    engine = open_engine(url).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def make_tables(url: str) -> None:
    """Make the nine tables."""
    with connected(url) as connection:
        ensure_tables(connection, nine_tables())


def remove(server: str) -> None:
    """Remove the scratch database of a server."""
    if make_url(server).get_backend_name() != "sqlite":
        execute(server, *EMPTY[make_url(server).get_backend_name()][:-1])


def differences(url: str, schema: str, expected: Mapping[str, Expected]) -> list[str]:
    """Return what is wrong in the tables: rows and sums."""
    path = make_url(url).database or ""
    if schema and url.startswith("sqlite"):  # dlt has a file for each schema
        url, schema = f"sqlite:///{Path(path).with_suffix('')}__{schema[:-1]}.db", ""
    engine = open_engine(url)
    wrong = []
    with engine.connect() as connection:
        for table, wanted in expected.items():
            sums = ", ".join(f"sum({column})" for column in wanted.sums)
            found = connection.execute(text(f"SELECT count(*), {sums} FROM {schema}{table}")).one()
            for name, want, got in zip(
                ("rows", *wanted.sums), (wanted.rows, *wanted.sums.values()), found, strict=True
            ):
                if got is None or float(got) != want:
                    wrong.append(f"{table}: {name} {got} instead of {want}")
    engine.dispose()
    return wrong


def stamps(url: str) -> list[tuple[object, ...]]:
    """Return how many rows each table has, and its first and last updated_at."""
    engine = open_engine(url)
    with engine.connect() as connection:
        found = [
            tuple(
                connection.execute(
                    text(f"SELECT count(*), min(updated_at), max(updated_at) FROM {table}")
                ).one()
            )
            for table in ("power_readings", "power_flows", "meter_readings")
        ]
    engine.dispose()
    return found
