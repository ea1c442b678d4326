"""The ledger may be locked, full, damaged, of another kind or from the future: one line, no hours lost."""

import json
import logging
import resource
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from solaredge_simulator.fleet import HOME, ROOF
from tap_solaredge.budget import ledger_file
from tap_solaredge.budget.ledger import UNKNOWN, Ledger
from tap_solaredge.budget.limits import Limits
from tap_solaredge.clock import Clock
from tap_solaredge.errors import BudgetReached, ConfigError, LedgerFailed, SiteDaySpent

from .conftest import tap_run

TAP = Path(sys.executable).parent / "tap-solaredge"
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SETTINGS = {"site_ids": [ROOF]}
DELETE = "It may be deleted: calls are then counted from 0, and slow lists are read again"


class SetClock(Clock):
    """A clock that shows what it is set to."""

    def __init__(self, now=NOW):
        super().__init__()
        self.shown = now

    def host(self):
        return self.shown


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.db"


@pytest.fixture
def ledger(path):
    """Return a function that opens a ledger at a time that the service has told."""
    opened = []

    def opening(limits, *, heard=True, now=NOW):
        clock = SetClock(now)
        if heard:
            clock.set_by(now)
        opened.append(Ledger(path, "key", limits, clock))
        return opened[-1]

    yield opening
    for each in opened:
        each.close()


def change(path, statement, *values):
    with sqlite3.connect(path) as database:
        count = database.execute(statement, values).rowcount
    database.close()
    return count


def warnings(caplog):
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


# Calls from the future


def write_calls(ledger, path, count, at, site_id=None):
    """Write calls down that were made at some time."""
    opened = ledger(Limits(None, None), now=at)
    for _ in range(count):
        assert opened.spend(site_id, "/energy") == 0.0
    opened.close()


@pytest.mark.parametrize("ahead", [timedelta(minutes=2), timedelta(hours=13), timedelta(days=1500)], ids=str)
def test_calls_from_the_future_cost_a_minute_at_most_and_one_warning(ledger, path, caplog, ahead):
    write_calls(ledger, path, 10, NOW + ahead, HOME)
    opened = ledger(Limits(10, 2000, daily_calls_per_site=300, daily_calls=300))
    assert 0 < opened.spend(HOME, "/energy") <= 61.0
    opened._clock.shown += timedelta(seconds=62)
    for _ in range(10):
        assert opened.spend(HOME, "/energy") == 0.0
    assert warnings(caplog) == ["The ledger holds 10 calls from the future; counted as made now"]
    assert (opened.left().month, opened.left_today(HOME)) == (1980, 280)


@pytest.mark.parametrize("ahead", [timedelta(minutes=2), timedelta(hours=13), timedelta(days=1500)], ids=str)
def test_before_the_service_has_told_its_time_nothing_is_changed(ledger, path, caplog, ahead):
    write_calls(ledger, path, 10, NOW + ahead, HOME)
    opened = ledger(Limits(10, 2000, daily_calls_per_site=10, daily_calls=10), heard=False)
    assert opened.spend(HOME, "/energy") == 0.0
    assert warnings(caplog) == []
    assert change(path, "UPDATE calls SET at = at WHERE at > ?", (NOW + ahead).timestamp() - 1) == 10


def test_calls_of_another_process_that_is_a_little_ahead_count(ledger, path):
    write_calls(ledger, path, 10, NOW + timedelta(seconds=50))
    assert ledger(Limits(10, None)).spend(None, "/energy") == 61.0


def test_a_computer_a_year_ahead_does_not_forget_the_months_calls(ledger, path):
    write_calls(ledger, path, 10, NOW)
    opened = ledger(Limits(None, 2000), heard=False, now=NOW + timedelta(days=400))
    assert opened.spend(None, "/sites") == 0.0
    opened._clock.set_by(NOW)
    assert opened.spend(None, "/sites") == 0.0
    assert opened.left().month == 2000 - 12


def test_a_run_after_one_on_a_fast_host_does_not_sleep_for_hours(simulator, run_tap, path, caplog):
    limits = {"calls_per_minute": 10, "monthly_credits": 2000}
    state = run_tap(simulator, **SETTINGS, **limits).state
    assert change(path, "UPDATE calls SET at = at + 4 * 86400") > 0
    for _ in range(3):
        change(path, "INSERT INTO calls SELECT * FROM calls")
    simulator.clock.advance(days=2)
    caplog.clear()
    said = run_tap(simulator, state=state, **SETTINGS, **limits)
    assert said.error is None
    assert sum(said.waits) <= 122
    (line,) = warnings(caplog)
    assert line.endswith(" calls from the future; counted as made now")


def test_the_days_calls_from_the_future_do_not_end_runs_for_days(ledger, path):
    write_calls(ledger, path, 300, NOW + timedelta(days=3), HOME)
    opened = ledger(Limits(None, None, daily_calls_per_site=300))
    with pytest.raises(SiteDaySpent, match="come back at 2026-11-21 12:00 UTC"):
        opened.spend(HOME, "/energy")


def test_no_wait_for_the_minute_is_longer_than_the_minute(ledger, path):
    write_calls(ledger, path, 3, NOW + timedelta(seconds=60))
    assert ledger(Limits(3, None)).spend(None, "/energy") == 61.0


# What is kept


@pytest.mark.parametrize(
    "body", [b"", b'{"a": ', b"\xff", b'{"a": "\xff"}', "text", 7, b"[" * 100_000], ids=repr
)
def test_a_kept_answer_that_is_damaged_is_read_again_with_one_line(simulator, run_tap, path, caplog, body):
    state = run_tap(simulator, **SETTINGS).state
    change(path, "UPDATE answers SET body = ?", body)
    simulator.clock.advance(hours=1)
    caplog.clear()
    said = run_tap(simulator, state=state, **SETTINGS)
    assert said.error is None
    assert any(
        line.startswith("The ledger's copy of /v2/sites ") and line.endswith(" is damaged; it is read again")
        for line in warnings(caplog)
    )


@pytest.mark.parametrize(("heard", "ahead"), [(True, timedelta(minutes=2)), (False, timedelta(days=2))])
def test_an_answer_kept_in_the_future_is_old(ledger, heard, ahead):
    ledger(Limits(), now=NOW + ahead).keep("/v2/sites", b"[]")
    assert ledger(Limits(), heard=heard).kept("/v2/sites") == (UNKNOWN, b"[]")


def test_an_answer_is_kept_while_this_computers_clock_is_not_set_yet(ledger):
    ledger(Limits()).keep("/v2/sites", b"[]")
    assert ledger(Limits(), heard=False, now=NOW - timedelta(hours=3)).kept("/v2/sites") == (NOW, b"[]")


@pytest.mark.parametrize("at", ["soon", b"x", float("inf"), -1e300, 1e300], ids=repr)
def test_times_that_are_none_are_old_and_do_not_count(ledger, path, at):
    write_calls(ledger, path, 2, NOW)
    ledger(Limits()).keep("/v2/sites", b"[]")
    change(path, "UPDATE answers SET at = ?", at)
    change(path, "UPDATE calls SET at = ?", at)
    opened = ledger(Limits(2, 100), heard=False)
    assert opened.kept("/v2/sites") == (UNKNOWN, b"[]")
    assert opened.spend(None, "/energy") == 0.0
    assert opened.left().month == 99


@pytest.mark.parametrize("value", ["many", b"x", float("inf"), -5.0, 0.0], ids=repr)
def test_a_remembered_limit_that_is_none_is_not_believed(ledger, path, value):
    ledger(Limits()).learn_minute_limit(10)
    change(path, "UPDATE facts SET value = ?", value)
    assert ledger(Limits(7, None)).left().minute == 7


# The file


def failed(simulator, path, **settings):
    """Return the error of a run that made no call."""
    calls = len(simulator.calls)
    said = tap_run(simulator, ledger_path=str(path), **SETTINGS | settings)
    assert len(simulator.calls) == calls
    assert str(said.error).isprintable()
    return said.error


@pytest.mark.parametrize(
    "content", [b"not a database" * 100, bytes(range(256)) * 20, b"SQLite format 3\x00" + b"\xff" * 8000]
)
def test_a_damaged_file_may_be_deleted(simulator, tmp_path, path, content):
    path.write_bytes(content)
    error = failed(simulator, path)
    assert isinstance(error, LedgerFailed)
    assert str(error).startswith(f"The ledger {path} is damaged (")
    assert str(error).endswith(DELETE)
    path.unlink()
    assert tap_run(simulator, ledger_path=str(path), **SETTINGS).error is None


def test_damage_that_shows_in_the_middle_of_a_run_ends_it_with_one_line(simulator, run_tap, path):
    state = run_tap(simulator, **SETTINGS).state
    change(path, "VACUUM")
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    simulator.clock.advance(hours=1)
    said = run_tap(simulator, state=state, **SETTINGS)
    assert isinstance(said.error, LedgerFailed)
    assert said.code == 1
    assert str(said.error).endswith(DELETE)


def test_a_file_of_a_newer_tap_is_told(simulator, path):
    change(path, "PRAGMA user_version = 2")
    error = failed(simulator, path)
    assert isinstance(error, LedgerFailed)
    assert str(error) == (
        f"The ledger {path} was written by a newer tap-solaredge: install that one, or set `ledger_path` to "
        f"another file. {DELETE}"
    )


def test_a_file_of_the_first_tap_is_used_on(simulator, run_tap, path):
    run_tap(simulator, **SETTINGS)
    calls = len(simulator.calls)
    change(path, "PRAGMA user_version = 0")
    simulator.clock.advance(hours=1)
    assert run_tap(simulator, **SETTINGS).error is None
    assert change(path, "UPDATE calls SET at = at") == len(simulator.calls) > calls


def test_a_column_more_is_no_obstacle(simulator, run_tap, path):
    run_tap(simulator, **SETTINGS)
    for table in ("calls", "facts", "answers"):
        change(path, f"ALTER TABLE {table} ADD COLUMN more TEXT")
    simulator.clock.advance(days=2)
    assert run_tap(simulator, **SETTINGS).error is None


@pytest.mark.parametrize("table", ["calls (at TEXT)", "facts (x)", "answers (credential TEXT, request TEXT)"])
def test_tables_of_another_program_are_told(simulator, path, table):
    change(path, f"CREATE TABLE {table}")
    error = failed(simulator, path)
    assert isinstance(error, LedgerFailed)
    assert str(error).startswith(f"The ledger {path} is of another kind (")


def test_a_locked_file_is_told(simulator, run_tap, path, monkeypatch):
    state = run_tap(simulator, **SETTINGS).state
    calls = len(simulator.calls)
    monkeypatch.setattr(ledger_file, "WAIT_FOR_LOCK", 0.2)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    said = run_tap(simulator, state=state, **SETTINGS)
    other.close()
    assert isinstance(said.error, LedgerFailed)
    assert str(said.error) == f"Another program has held the ledger {path} for 0 s; the next run goes on"
    assert len(simulator.calls) == calls
    assert run_tap(simulator, state=state, **SETTINGS).error is None


def test_a_full_disk_is_told_and_no_call_is_made_that_is_not_counted(simulator, tmp_path):
    config = tmp_path / "tap.json"
    known = {"api_url": simulator.url, "api_key": simulator.key, "calls_per_minute": 0, "monthly_credits": 0}
    config.write_text(json.dumps(known | {"ledger_path": str(tmp_path / "ledger.db")}))
    room = 100_000  # enough for some calls
    run = subprocess.run(
        [TAP, "--config", config], capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
    )  # fmt: skip
    assert run.returncode == 1
    assert "Traceback" not in run.stderr
    last = run.stderr.splitlines()[-1]
    assert f"The ledger {tmp_path}/ledger.db cannot be written (" in last
    assert last.endswith(
        "no call is made that is not counted; make room on its disk, and the next run goes on"
    )
    written = change(tmp_path / "ledger.db", "UPDATE calls SET at = at")
    assert len(simulator.calls) <= written


def test_a_place_that_cannot_be_written_is_a_wrong_setting(simulator, tmp_path):
    (tmp_path / "file").write_text("")
    for place in (tmp_path, tmp_path / "file" / "ledger.db"):
        error = failed(simulator, place)
        assert isinstance(error, ConfigError)
        assert str(error).endswith("set `ledger_path` to a file that can")


def test_a_month_that_is_spent_still_ends_well(ledger, path):
    write_calls(ledger, path, 5, NOW)
    with pytest.raises(BudgetReached):
        ledger(Limits(None, 5)).spend(None, "/energy")
