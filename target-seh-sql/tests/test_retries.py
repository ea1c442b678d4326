"""A deadlock and a killed connection: the batch is written again, whole, by itself."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager

import pytest
from sqlalchemy import make_url, text

from .conftest import record, schema

SITE = schema("sites"), record("sites", id=1, name="Dak"), schema("power_readings")
WEIGHT = 2_000
"""Rows that the other session changes: MariaDB gives up the transaction that changed fewer."""
WAITING = {
    "postgresql": "SELECT pid FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock'",
    "mariadb": "SELECT trx_mysql_thread_id FROM information_schema.innodb_trx "
    "JOIN information_schema.processlist ON id = trx_mysql_thread_id "
    "WHERE db = database() AND trx_state = 'LOCK WAIT'",
}
KILL = {"postgresql": "SELECT pg_terminate_backend({0})", "mariadb": "KILL {0}"}


def power(minute: int, watts: float, day: int = 20) -> dict:
    return record(
        "power_readings",
        site_id=1,
        timestamp=f"2026-11-{day:02}T{minute // 60:02}:{minute % 60:02}:00Z",
        power_watts=watts,
    )


servers_only = pytest.mark.parametrize("database", ["postgresql", "mariadb"], indirect=True)
"""SQLite has one writer at a time: see test_together.py."""


@contextmanager
def loading(database, *messages):
    """Load in the background; the result is there after the block."""
    result = {}
    thread = threading.Thread(target=lambda: result.update(database.load(*messages)))
    thread.start()
    yield result, thread
    thread.join(60)
    assert not thread.is_alive()


def waiting_session(database, loader: threading.Thread) -> int:
    """Return the session of a load that waits for a lock, as soon as it does."""
    kind = database.url.partition(":")[0]
    with database.connect() as connection:
        while loader.is_alive():
            if row := connection.execute(text(WAITING[kind])).first():
                return row[0]
            connection.rollback()
            loader.join(0.15)  # InnoDB shows news only to those who did not ask in the last 0.1 s
    raise AssertionError("the load waited for nobody")


def set_power(connection, minute: int) -> None:
    time = f"2026-11-20 {minute // 60:02}:{minute % 60:02}:00"
    connection.execute(text("UPDATE power_readings SET power_watts = -1 WHERE timestamp = :t"), {"t": time})


@servers_only
def test_a_deadlock_is_retried(database, caplog):
    database.load(*SITE, power(0, 1.0), power(15, 1.0))
    database.load(*SITE, *(power(m % 1440, 1.0, 1 + m // 1440) for m in range(WEIGHT)))
    with database.connect() as other:
        if other.dialect.name == "postgresql":
            other.execute(text("SET deadlock_timeout = '1min'"))  # whoever notices it gives up: the target
        else:  # MariaDB also spares who wrote a table without transactions, such as a staging table
            other.execute(text("CREATE TEMPORARY TABLE spared (number INTEGER) ENGINE = MyISAM"))
            other.execute(text("INSERT INTO spared VALUES (1)"))
        other.execute(text("UPDATE power_readings SET power_watts = -1 WHERE timestamp < '2026-11-19'"))
        set_power(other, 15)
        with loading(database, *SITE, power(0, 2.0), power(15, 2.0)) as (result, loader):
            waiting_session(database, loader)
            set_power(other, 0)
            other.rollback()
    warnings = [entry.getMessage().lower() for entry in caplog.records if entry.levelname == "WARNING"]
    assert ["deadlock" in warning and "trying again in" in warning for warning in warnings] == [True]
    assert result["power_readings"] == (0, 2, 0)
    assert database.execute("SELECT power_watts FROM power_readings WHERE timestamp >= '2026-11-20'") == [
        (2.0,),
        (2.0,),
    ]


@servers_only
def test_a_killed_connection_is_replaced(database, caplog):
    database.load(*SITE, power(0, 1.0), power(15, 1.0))
    with database.connect() as other:
        set_power(other, 15)
        with loading(database, *SITE, power(0, 2.0), power(15, 2.0), power(30, 2.0)) as (result, loader):
            session = waiting_session(database, loader)
            database.execute(KILL[other.dialect.name].format(session))
            other.rollback()
    warnings = [entry.getMessage() for entry in caplog.records if entry.levelname == "WARNING"]
    assert ["trying again in" in warning for warning in warnings] == [True]
    assert result["power_readings"] == (1, 2, 0)
    assert database.rows("power_readings", "power_watts") == [(2.0,), (2.0,), (2.0,)]


LIMIT = {"postgresql": ("SHOW lock_timeout", "1min"), "mariadb": ("SELECT @@lock_wait_timeout", 60)}


@servers_only
def test_a_lock_of_others_is_waited_for_a_minute_and_not_for_ever_in_silence(database):
    asked, limit = LIMIT[database.url.partition(":")[0]]
    assert database.execute(asked) == [(limit,)]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_what_waits_longer_for_a_lock_than_the_role_allows_is_tried_again(database, caplog):
    name = make_url(database.url).database
    database.load(*SITE, power(0, 1.0))
    database.execute(f"ALTER DATABASE {name} SET lock_timeout = '100ms'")
    try:
        assert database.execute("SHOW lock_timeout") == [("100ms",)]
        with database.connect() as other:
            set_power(other, 0)
            with loading(database, *SITE, power(0, 2.0)) as (result, _):
                while "due to lock timeout" not in caplog.text:
                    time.sleep(0.05)
                other.rollback()
    finally:
        database.execute(f"ALTER DATABASE {name} RESET ALL")
    assert result["power_readings"] == (0, 1, 0)
