"""Scratch databases: emptied before each load, looked into after it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import make_url, text

from target_seh_sql.database import connected, open_engine
from target_seh_sql.tables.metadata import all_tables
from target_seh_sql.tables.schema import ensure_tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Engine

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
        ensure_tables(connection, all_tables())


def remove(server: str) -> None:
    """Remove the scratch database of a server."""
    if make_url(server).get_backend_name() != "sqlite":
        execute(server, *EMPTY[make_url(server).get_backend_name()][:-1])


def differences(url: str, schema: str, expected: Mapping[str, Expected]) -> list[str]:
    """Return what is wrong in the tables: rows and sums."""
    engine, schema = _opened(url, schema)
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


SIZE: Final = {
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
    "postgresql": "SELECT sum(pg_total_relation_size(n)) FROM unnest(string_to_array(:names, ',')) AS n",
    "mariadb": "SELECT sum(data_length + index_length) FROM information_schema.tables "
    "WHERE find_in_set(concat(table_schema, '.', table_name), :names)",
}
"""Bytes of tables with all their indexes; SQLite tells those of its file."""


def bytes_per_row(url: str, schema: str, expected: Mapping[str, Expected]) -> float:
    """Return how many bytes a row of the tables takes on disk, its share of all indexes included."""
    engine, schema = _opened(url, schema)
    names = [f"{schema}{table}" for table in expected]
    with engine.connect() as connection:
        kind = connection.dialect.name
        if kind == "mariadb":
            names = [name if schema else f"{NAME}.{name}" for name in names]
            connection.execute(text(f"ANALYZE TABLE {', '.join(names)}")).all()
        given = {} if kind == "sqlite" else {"names": ",".join(names)}
        size = float(connection.execute(text(SIZE[kind]), given).scalar_one())
    engine.dispose()
    return size / sum(wanted.rows for wanted in expected.values())


def _opened(url: str, schema: str) -> tuple[Engine, str]:
    """Return an engine for the tables of a schema, and what to put before their names."""
    if schema and url.startswith("sqlite"):  # dlt has a file for each schema
        path = Path(make_url(url).database or "")
        url, schema = f"sqlite:///{path.with_suffix('')}__{schema[:-1]}.db", ""
    return open_engine(url), schema


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
