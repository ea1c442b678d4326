"""The calls that `--plan --urls` prints are the calls that the run then makes, one by one, in that order.

Only answers can change a plan: late data, or another time zone than the site's details say.
"""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from solaredge_simulator.fleet import HOME, ISLAND, OFFICE, PENDING, ROOF
from solaredge_simulator.variety import BATTERY_ALONE, CHARGER, MOVED, SELLER, TWO_BATTERIES

from .collected import Collected
from .schedule import DAY, HOUR

NO_LIMITS = {"calls_per_minute": 0, "monthly_credits": 0}
LATER = [
    ({"max_calls_per_run": 9}, HOUR),
    ({"max_calls_per_run": None}, HOUR),
    ({"max_calls_per_run": 9}, 12 * DAY),
    ({"max_calls_per_run": None, "power_lookback_days": 40}, timedelta(minutes=10)),
    ({}, 100 * DAY),
]
"""Settings of later runs, and the pauses before them."""
OF_A_CHECK = "/overview"
"""Which day tells what production means depends on what the batteries did."""


@pytest.fixture
def start(start_simulator, tmp_path):
    """Return a function that starts the tap on sites of which it knows the lists and nothing else."""

    def begin(site):
        simulator = start_simulator(sites="variety", monthly_credits=None)
        return without_state(Collected(simulator, tmp_path, site_ids=[site], **NO_LIMITS))

    return begin


def without_state(collected):
    """Return a tap that has run once, and lost its state."""
    collected.settings["max_calls_per_run"] = 20
    collected.run()
    collected.state = {}
    return collected


def planned(collected, capsys):
    """Return path and query of the calls of a plan."""
    capsys.readouterr()
    collected.tap().print_plan(urls=True)
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("/")]
    return [compared(urlsplit(line).path, parse_qs(urlsplit(line).query)) for line in lines]


def made(collected):
    """Run, and return path and query of the calls as the service saw them."""
    calls = collected.run()
    assert collected.error is None
    return [compared(call.path, call.query) for call in calls]


def compared(path, query):
    """Return what is compared of a call: not its key, nor the day of a check."""
    params = {name: values for name, values in query.items() if name != "api_key"}
    return (path, None if path.endswith(OF_A_CHECK) and "from" in params else params)


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
