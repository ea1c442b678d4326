"""The calls that `--plan --urls` prints are the calls that the run then makes, one by one, in that order.

Only answers can change a plan: late data, or another time zone than the site's details say.
"""

import re
from datetime import timedelta

import pytest

from solaredge_simulator.fleet import HOME, ISLAND, OFFICE, PENDING, ROOF
from solaredge_simulator.v1.rules import V1Rules
from solaredge_simulator.variety import BATTERY_ALONE, CHARGER, MOVED, SELLER, TWO_BATTERIES
from tap_solaredge.service.request import Request

from .collected import Collected
from .schedule import DAY, HOUR

LATER = [
    ({"max_calls_per_run": 9}, HOUR),
    ({"max_calls_per_run": None}, HOUR),
    ({"max_calls_per_run": 9}, 12 * DAY),
    ({"max_calls_per_run": None, "power_lookback_days": 40}, timedelta(minutes=10)),
    ({}, 100 * DAY),
]
"""Settings of later runs, and the pauses before them."""
OF_A_CHECK = re.compile(r"(/overview)\?.*")
"""Which day tells what production means depends on what the batteries did."""


@pytest.fixture
def start(start_simulator, tmp_path):
    """Return a function that starts the tap on sites of which it knows the lists and nothing else."""

    def begin(*sites, v1=False, **settings):
        simulator = start_simulator(sites="variety", monthly_credits=None, v1=V1Rules(daily_calls=None))
        key = {"api_version": "v1", "api_key": simulator.v1_key} if v1 else {}
        limits = {"calls_per_minute": 0, "monthly_credits": 0, "max_calls_per_run": 20}
        collected = Collected(simulator, tmp_path, site_ids=list(sites), **limits | key | settings)
        collected.run()
        collected.state = {}
        return collected

    return begin


def planned(collected, capsys):
    """Return path and query of the calls of a plan."""
    capsys.readouterr()
    collected.tap().print_plan(urls=True)
    return [OF_A_CHECK.sub(r"\1", line) for line in capsys.readouterr().out.splitlines() if line[0] == "/"]


def made(collected):
    """Run, and return path and query of the calls without the key."""
    found = []
    for call in collected.run():
        query = call.query.items()
        params = [(name, value) for name, values in query for value in values if name != "api_key"]
        found.append(Request(call.path, tuple(params)).path_and_query)
    assert collected.error is None
    return [OF_A_CHECK.sub(r"\1", line) for line in found]


def compare(collected, capsys):
    """Compare the plan of a run with its calls, then those of later runs; return how many there were."""
    plans = [planned(collected, capsys)]
    assert made(collected) == plans[-1]
    for settings, pause in LATER:
        collected.settings |= settings
        collected.simulator.clock.set(collected.simulator.clock.now() + pause)
        plans.append(planned(collected, capsys))
        assert made(collected) == plans[-1]
    return [len(plan) for plan in plans]


@pytest.mark.parametrize(
    "kind", [HOME, ROOF, OFFICE, ISLAND, TWO_BATTERIES, BATTERY_ALONE, SELLER, CHARGER, MOVED]
)
def test_a_first_run_and_later_ones_make_the_calls_of_their_plans(start, capsys, kind):
    assert min(compare(start(kind), capsys)) > 0


def test_of_a_site_without_data_only_the_lists_are_planned_and_read(start, capsys):
    assert max(compare(start(PENDING), capsys)) < 5


@pytest.mark.parametrize("kinds", [[HOME], [ISLAND, ROOF]])
def test_v1_makes_the_calls_of_its_plans_too(start, capsys, kinds):
    assert min(compare(start(*kinds, v1=True, max_concurrent=1, energy_lookback_days=60), capsys)) > 0


@pytest.mark.parametrize("most", [7, 8, 9, 12])
def test_of_calls_that_run_at_once_the_first_of_the_plan_get_what_the_budget_has_left(start, capsys, most):
    collected = start(HOME, v1=True, max_concurrent=3)
    collected.settings["max_calls_per_run"] = most
    plan = planned(collected, capsys)
    assert len(plan) == most
    assert sorted(made(collected)) == sorted(plan)
