"""Empty databases of each kind, gone after the test."""

import os
from contextlib import contextmanager

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import SQLAlchemyError

from target_seh_sql.database import open_engine

KINDS = ("sqlite", "postgresql", "mariadb")
SERVERS = {
    "postgresql": os.environ.get("TEST_POSTGRESQL_URL", "postgresql://root@127.0.0.1:5432/postgres"),
    "mariadb": os.environ.get("TEST_MARIADB_URL", "mariadb://root@127.0.0.1:3306/test"),
}


@contextmanager
def empty_database(kind, folder):
    """Give the URL of an empty database; without its server skip, but fail in CI."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'test.db'}"
        return
    name = f"seh_test_{os.getpid()}"
    with server(kind) as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        try:
            yield make_url(SERVERS[kind]).set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(text(f"DROP DATABASE {name}"))


@contextmanager
def server(kind):
    engine = open_engine(SERVERS[kind])
    try:
        connection = engine.execution_options(isolation_level="AUTOCOMMIT").connect()
    except SQLAlchemyError as error:
        reason = f"no {kind} at {SERVERS[kind]} (set TEST_{kind.upper()}_URL): {error}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    try:
        with connection:
            yield connection
    finally:
        engine.dispose()


@contextmanager
def engine_of(url):
    engine = open_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()
