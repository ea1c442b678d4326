"""While the database merges a batch the next is decoded: order, STATE, errors and signals as without."""

from __future__ import annotations

import signal
from threading import Event, Timer
from typing import Any

import pytest
from sqlalchemy import text

from target_seh_sql.database import open_engine
from target_seh_sql.errors import WriteFailed
from target_seh_sql.load.records import RECORD_TYPES
from target_seh_sql.load.writer import Writer

from .conftest import Database, record
from .test_commit import START, feed, start, window

STATE = '{"bookmarks": {}}'


class SlowDatabase:
    """Stands for a loader: a batch is staged at once, and merged when the test says so."""

    def __init__(self) -> None:
        self.merged: dict[str, Any] = {}
        self.may_commit = Event()
        self.error: Exception | None = None
        self.committed: list[int] = []

    def write(self, rows, staged):
        staged()
        assert self.may_commit.wait(20)
        if self.error:
            raise self.error
        self.committed.append(rows["sites"][0].id)


def batch(number: int) -> dict[str, list]:
    return {"sites": [RECORD_TYPES["sites"].row(id=number, name="Dak")]}


def test_a_batch_is_handed_over_before_it_is_merged_and_its_state_leaves_after(capsys):
    database = SlowDatabase()
    writer = Writer(database)
    writer.begin(batch(1), STATE)
    assert writer.is_busy
    assert (database.committed, capsys.readouterr().out) == ([], "")
    database.may_commit.set()
    writer.finish()
    assert (database.committed, capsys.readouterr().out) == ([1], f"{STATE}\n")


def test_a_batch_begins_when_the_one_before_is_committed(capsys):
    database = SlowDatabase()
    writer = Writer(database)
    writer.begin(batch(1), STATE)
    Timer(0.1, database.may_commit.set).start()
    writer.begin(batch(2), None)
    assert database.committed[0] == 1
    assert capsys.readouterr().out == f"{STATE}\n"
    writer.finish()
    assert (database.committed, capsys.readouterr().out) == ([1, 2], "")


def test_a_batch_that_fails_while_the_next_is_read_stops_the_load_and_its_state(capsys):
    database = SlowDatabase()
    database.error = WriteFailed("the disk is full")
    writer = Writer(database)
    writer.begin(batch(1), STATE)
    database.may_commit.set()
    with pytest.raises(WriteFailed, match="the disk is full"):
        writer.begin(batch(2), STATE)
    writer.finish()
    assert (database.committed, capsys.readouterr().out) == ([], "")


def test_a_bad_line_behind_a_batch_costs_nothing_of_it(database, capsys):
    windows = [message for hour in range(1, 9) for message in window(hour)]
    with pytest.raises(Exception, match="not a Singer message"):
        database.load(*START, *windows, "{", batch_size_rows=5)
    assert len(database.rows("power_readings")) == 32
    assert capsys.readouterr().out.splitlines()[-1].count("2026-11-20T08:45:00Z") == 1


def test_a_signal_ends_a_load_that_waits_for_somebody_elses_lock(database):
    engine = open_engine(database.url)
    with engine.connect() as other, start(database) as process:
        feed(process, *START, *window(1))
        assert process.stdout.readline()  # it has begun
        other.execute(text("UPDATE power_readings SET power_watts = 5"))
        again = [record("power_readings", **{**m["record"], "power_watts": 2.0}) for m in window(1)[:-1]]
        feed(process, *again, *window(2))
        Timer(1, process.send_signal, [signal.SIGTERM]).start()
        assert process.wait(30) == 143
        assert process.stdout.read() == b""
        other.rollback()
    engine.dispose()
    assert {power for (power,) in database.rows("power_readings", "power_watts")} == {1.0}


def test_a_signal_ends_the_wait_for_a_database_that_is_not_there():
    away = Database("postgresql://root@127.0.0.1:1/nowhere")
    with start(away) as process:
        feed(process, *START, *window(1))
        process.stdin.close()
        while b"trying again" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 143
