"""Under V1 too the calls of a plan are made, and where several run at once its order decides which ones."""

import pytest

from solaredge_simulator.fleet import HOME, ISLAND, ROOF
from solaredge_simulator.v1.rules import V1Rules

from ..collected import Collected  # noqa: TID252 (tests are no installed package)
from ..test_plan_is_run import NO_LIMITS, compare, made, planned, without_state  # noqa: TID252


@pytest.fixture
def start(start_simulator, tmp_path):
    """Return a function that starts the tap on sites of which it knows the lists and nothing else."""

    def begin(*sites, **settings):
        simulator = start_simulator(v1=V1Rules(daily_calls=None))
        key = {"api_version": "v1", "api_key": simulator.v1_key, "energy_lookback_days": 60}
        settings |= NO_LIMITS | key | {"site_ids": list(sites)}
        return without_state(Collected(simulator, tmp_path, **settings))

    return begin


@pytest.mark.parametrize("sites", [[HOME], [ISLAND, ROOF]], ids=["home", "island and roof"])
def test_a_first_run_and_later_ones_make_the_calls_of_their_plans(start, capsys, sites):
    assert min(compare(start(*sites, max_concurrent=1), capsys)) > 0


@pytest.mark.parametrize("most", [7, 8, 9, 12])
def test_of_calls_that_run_at_once_the_first_of_the_plan_get_what_the_budget_has_left(start, capsys, most):
    collected = start(HOME, max_concurrent=3)
    collected.settings["max_calls_per_run"] = most
    plan = planned(collected, capsys)
    assert len(plan) == most
    assert sorted(made(collected), key=str) == sorted(plan, key=str)
