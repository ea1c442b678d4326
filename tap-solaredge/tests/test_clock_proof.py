"""A host whose clock is wrong for one run costs nothing later: the next run on a right clock is fresh.

The run before was healthy and less than 24 hours ago, so that the slow lists are kept.
"""

import logging
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from solaredge_simulator.fleet import HOME

from .owner import grant_access, settings
from .schedule import DAY, HOUR, Schedule

BEGAN = datetime(2026, 9, 20, 6, 5, tzinfo=UTC)
MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?")
VALUES = {
    "power_readings": "power_watts",
    "power_flows": "grid_power",
    "meter_readings": "energy_wh",
    "battery_readings": "state_of_charge",
}
"""The tables of quarter hours, and a column that has a value by day."""


@pytest.fixture(params=["fleet key", "login"])
def schedule(request, start_simulator, tmp_path):
    """Return the runs of a home by day: two of them are over, an hour ago the last one."""
    simulator = start_simulator(now=BEGAN, trouble=False)
    more = settings(simulator, tmp_path) if request.param == "login" else {}
    for unwanted in ("ledger_path", "calls_per_minute", "monthly_credits"):
        more.pop(unwanted, None)
    if more:
        grant_access(simulator, Path(more["token_file"]), HOME)
    return Schedule(simulator, tmp_path, HOME, **more).run(2)


def lag(schedule, began):
    """Return how far the newest stored values are behind what the service showed at `began`, by table."""
    start = began.replace(minute=0)
    while not schedule.plant.visible(start, began):
        start -= timedelta(minutes=15)
    newest = {table: schedule.newest(table, column) for table, column in VALUES.items()}
    return {table: max(start - datetime.fromisoformat(at), 0 * HOUR) for table, at in newest.items()}


def fresh(schedule):
    """Run once, and require that this took no waiting and that the newest values are there."""
    began = schedule.simulator.clock.now()
    schedule.run()
    return schedule.simulator.clock.now() == began + HOUR and max(lag(schedule, began).values()) <= HOUR


@pytest.mark.parametrize("fast", [13 * HOUR, 5 * DAY, -5 * DAY], ids=["13 h fast", "5 d fast", "5 d slow"])
def test_the_run_after_one_on_a_wrong_clock_is_fresh(schedule, fast):
    schedule.collected.fast = fast
    schedule.run(every=4 * HOUR)
    schedule.collected.fast = 0 * HOUR
    assert fresh(schedule), lag(schedule, schedule.simulator.clock.now() - HOUR)
    schedule.run(3)
    assert schedule.wrong() == {}
    print(f"\nclock off by {fast}: calls by run {schedule.calls}")  # noqa: T201 (the proof)


def test_a_state_from_the_future_is_said_once_and_not_believed(schedule, caplog):
    schedule.collected.state = later(schedule.collected.state, 13 * DAY)
    schedule.simulator.clock.advance(hours=3)
    caplog.clear()
    assert fresh(schedule), lag(schedule, schedule.simulator.clock.now() - HOUR)
    assert len(warnings(caplog)) == 1, warnings(caplog)
    caplog.clear()
    schedule.run(3)
    assert warnings(caplog) == []
    assert schedule.wrong() == {}
    now = f"{schedule.simulator.clock.now():%Y-%m-%dT%H:%M:%SZ}"
    assert max(moments(schedule.collected.state)) <= now


def warnings(caplog):
    """Return the warnings and errors that were logged."""
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def later(value, by):
    """Return a state with later bookmarks and a coverage that reaches further, as a fast clock leaves it."""
    if isinstance(value, dict):
        return {name: later(part, by) for name, part in value.items()}
    if isinstance(value, list):
        spans = [part for part in value if isinstance(part, list)]
        return [[start, later(end, by)] for start, end in spans] or [later(part, by) for part in value]
    if isinstance(value, str) and MOMENT.fullmatch(value):
        moved = datetime.fromisoformat(value) + by
        return f"{moved:%Y-%m-%dT%H:%M:%SZ}" if "T" in value else f"{moved:%Y-%m-%d}"
    return value


def moments(value):
    """Return all times of a state."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    found = [moment for part in parts for moment in moments(part)]
    return [*found, value] if isinstance(value, str) and MOMENT.fullmatch(value) else found
