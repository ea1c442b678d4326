"""A plan spends nothing and says what the run then spends, and when history will be complete."""

import math
import re
from datetime import UTC, datetime, timedelta

import pytest

from solaredge_simulator.fleet import HOME, OFFICE, PENDING, ROOF
from tap_solaredge.budget.limits import Left, Limits, history_ends
from tap_solaredge.errors import NotAuthorized

from .collected import Collected

NOW, START = datetime(2026, 11, 20, 13, 5, tzinfo=UTC), datetime(2022, 5, 20, tzinfo=UTC)

EVERYTHING = {"calls_per_minute": 0, "monthly_credits": 0}


def collected(start_simulator, tmp_path, **settings):
    """Return a home, an office and two more, read once, an hour ago."""
    plan = {"monthly_credits": settings.get("monthly_credits") or None}
    home = Collected(start_simulator(**plan), tmp_path, **(EVERYTHING | settings))
    home.run()
    home.simulator.clock.advance(hours=1)
    return home


def at(year, month, day=1):
    return datetime(year, month, day, tzinfo=UTC)


def planned(collected, capsys):
    """Return the number of calls in a printed plan, and its lines."""
    before = len(collected.simulator.calls)
    capsys.readouterr()
    collected.tap().print_plan()
    said = capsys.readouterr().out
    assert len(collected.simulator.calls) == before
    return int(re.search(r"^Plan: ([\d,]+) calls", said, re.MULTILINE)[1].replace(",", "")), said


@pytest.mark.parametrize(
    "then",
    [
        {},
        {"power_lookback_days": 40},
        {"power_lookback_days": 40, "max_calls_per_run": 40},
        {"power_lookback_days": 40, "max_calls_per_run": 11},
        {"power_lookback_days": 40, "monthly_credits": 1000},
        {"power_lookback_days": 40, "monthly_credits": 290},
        {"site_ids": [HOME], "start_date": "2024-11-20T00:00:00Z"},
        {"site_ids": [HOME, OFFICE], "start_date": "2026-06-01T00:00:00Z", "max_calls_per_run": 60},
    ],
    ids=lambda then: " ".join(f"{name}={value}" for name, value in then.items()) or "an hour later",
)
def test_the_run_spends_what_the_plan_says(start_simulator, tmp_path, capsys, then):
    fleet = collected(start_simulator, tmp_path)
    fleet.settings |= then
    calls, _ = planned(fleet, capsys)
    assert len(fleet.run()) == calls > 0
    assert fleet.error is None


def test_the_plan_and_its_cost_are_logged_before_the_first_call(start_simulator, tmp_path, caplog):
    home = collected(start_simulator, tmp_path, site_ids=[HOME])
    caplog.clear()
    home.simulator.fault("expired_key")
    assert len(home.run()) == 1
    assert isinstance(home.error, NotAuthorized)
    said = [record.getMessage() for record in caplog.records if record.levelname == "INFO"]
    assert "Before the first call: no monthly limit" in said
    assert "Plan: 3 calls (today 3)" in said


def test_a_plan_after_a_pause_moves_no_bookmark(start_simulator, tmp_path):
    home = collected(start_simulator, tmp_path, site_ids=[HOME])
    home.simulator.clock.advance(days=3)
    tap = home.tap()
    tap.print_plan()
    assert tap.state == home.state


def test_a_long_history_is_forecast_in_calls_and_days(start_simulator, tmp_path, capsys):
    home = collected(start_simulator, tmp_path, site_ids=[HOME], monthly_credits=400)
    home.settings["start_date"] = "2022-05-20T00:00:00Z"
    now, said = planned(home, capsys)
    said_later = r"^History: (\d+) calls are left for later runs, until about (\S+)"
    later, until = re.search(said_later, said, re.MULTILINE).groups()
    weeks, months = math.ceil(((NOW - START).days - 7) / 7), math.ceil(((NOW - START).days - 365) / 28)
    whole = weeks * len(("power", "meters", "storage")) + months
    assert whole <= now - 3 + int(later) <= whole * 1.02
    assert until == "2027-03-01"


def test_a_forecast_of_a_history_is_when_it_is_complete():
    left = Left(None, 2000, None, cycle_start=at(2026, 11), cycle_end=at(2026, 12))
    assert history_ends(600, left, Limits(), at(2026, 11), sites=1) == at(2026, 11)
    assert history_ends(1200, left, Limits(), at(2026, 11), sites=1) == at(2026, 12)
    assert history_ends(2600, left, Limits(), at(2026, 11), sites=1) == at(2027, 2)
    daily = Limits(daily_calls_per_site=300)
    assert history_ends(1200, left, daily, at(2026, 11), sites=1) == at(2026, 11, 6)


def test_a_site_that_never_reported_costs_nothing(start_simulator, tmp_path, capsys):
    pending = collected(start_simulator, tmp_path, site_ids=[PENDING], power_lookback_days=40)
    assert planned(pending, capsys)[0] == 0
    assert pending.run() == []


def test_a_site_that_uploaded_nothing_since_is_left_alone(start_simulator, tmp_path):
    simulator = start_simulator(now=datetime(2026, 9, 9, 9, 5, tzinfo=UTC))  # offline from 07:53 to 13:30
    home = Collected(simulator, tmp_path, site_ids=[HOME], inventory_refresh_hours=0, **EVERYTHING)
    data = []
    for _ in range(6):
        data.append(sum("resolution" in c.query and c.query["resolution"] != ["TOTAL"] for c in home.run()))
        simulator.clock.advance(hours=1)
    assert data[0] > 0
    assert data[1:] == [0, 0, 0, 0, 3]


def test_late_data_are_read_once_a_day(start_simulator, tmp_path):
    simulator = start_simulator(quarter_hour_limit="documented")
    home = Collected(simulator, tmp_path, site_ids=[ROOF], power_lookback_days=4, **EVERYTHING)
    late = []
    for hours in (1, 1, 22, 1, 1):
        calls = [call for call in home.run() if call.query.get("resolution") == ["QUARTER_HOUR"]]
        now = simulator.clock.now()
        ends = [datetime.fromisoformat(call.query["to"][0]) for call in calls]
        late.append(sum(end < now - timedelta(hours=1) for end in ends))
        simulator.clock.advance(hours=hours)
    assert late[0] > 0  # the first four days
    assert late[1:] == [0, 0, 6, 0]  # three days in windows of twelve hours: the newest is today's


@pytest.mark.parametrize(("most", "warned"), [(3, True), (4, False)])
def test_a_run_of_too_few_calls_is_named(simulator, run_tap, caplog, most, warned):
    run_tap(simulator, site_ids=[HOME], max_calls_per_run=most)
    assert ("not every stream of a site gets its calls" in caplog.text) is warned
