"""Behind a pooler such as PgBouncer one client's session is the next one's: nothing may be left in it."""

from __future__ import annotations

import psycopg
import pytest

from target_seh_sql.database import connected
from target_seh_sql.report import figures

from .conftest import record, schema, state

AT = "2026-11-20T12:00:00Z"
LOAD = (
    schema("sites"),
    record("sites", id=1, name="Dak"),
    schema("power_readings"),
    *(record("power_readings", site_id=1, timestamp=f"2026-11-20T{hour:02}:00:00Z") for hour in range(20)),
    schema("alerts"),
    record("alerts", site_id=1, alert_id=1),
    state("power_readings", 1, replication_key_value=AT, synced_at=AT),
)


@pytest.fixture
def one_session(monkeypatch):
    """Let all who connect have the same session, as the one before left it."""
    connect, close, kept = psycopg.connect, psycopg.Connection.close, []

    def connect_again(*args, **options):
        if not kept:
            kept.append(connect(*args, **options))
        kept[0].read_only = None  # of the client, not of the session
        return kept[0]

    monkeypatch.setattr(psycopg, "connect", connect_again)
    monkeypatch.setattr(figures, "SESSIONS", 1)
    monkeypatch.setattr(psycopg.Connection, "close", psycopg.Connection.rollback)
    yield
    close(kept[0])


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.usefixtures("one_session")
def test_every_run_and_command_finds_the_session_as_if_it_were_new(database, command, tmp_path):
    report = f"report --output {tmp_path / 'report.html'}"
    for _ in range(2):
        database.load(*LOAD)
        for name in ("init-db", "status --tables", "check --quiet", report, "export sites"):
            assert command(database, *name.split())[::2] == (0, ""), name
    left = (
        "SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema()), "
        "(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()), "
        "(SELECT count(*) FROM pg_prepared_statements), "
        "current_setting('default_transaction_read_only')"
    )
    assert database.execute(left) == [(0, 0, 0, "off")]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_what_only_reads_cannot_write(database):
    database.load(*LOAD)
    with connected(database.url, read_only=True) as connection:
        assert connection.exec_driver_sql("SHOW transaction_read_only").scalar() == "on"
