"""What first runs that the budget ends leave owed; and every site gets its turn."""

from datetime import timedelta

import pytest

from solaredge_simulator.fleet import HOME, OFFICE
from solaredge_simulator.v1.rules import V1Rules
from tools import truth

from ..collected import Collected  # noqa: TID252 (tests are no installed package)
from ..schedule import DAY, HOUR  # noqa: TID252
from ..test_owed_proof import BEGAN  # noqa: TID252


@pytest.fixture
def of_v1(start_simulator, tmp_path):
    """Return a function that starts the tap on sites of a service that has V1."""

    def start(*sites):
        simulator = start_simulator(now=BEGAN, trouble=False, v1=V1Rules(daily_calls=None))
        key = {"api_version": "v1", "api_key": simulator.v1_key}
        return Collected(simulator, tmp_path, site_ids=list(sites), energy_lookback_days=9, **key)

    return start


def test_after_a_first_run_that_the_budget_ended_and_a_pause_no_provisional_value_is_left(of_v1):
    collected = of_v1(OFFICE)
    simulator = collected.simulator
    simulator.clock.set(BEGAN + 9 * HOUR)  # in New York it is the afternoon
    collected.settings["max_calls_per_run"] = 5
    collected.run()
    assert collected.rows["power_readings"]
    simulator.clock.set(BEGAN + 16 * DAY)
    del collected.settings["max_calls_per_run"]
    collected.run()
    columns = truth.COLUMNS["power_readings"]
    found = collected.table("power_readings", columns, 2)
    end = truth.utc(BEGAN + timedelta(days=16, hours=-3))
    expected = dict(truth.power_readings(simulator.plants[OFFICE], BEGAN - 5 * DAY, simulator.clock.now()))
    expected = {key: values for key, values in expected.items() if key[1] < end}
    assert truth.differences(expected, {key: found[key] for key in expected}) == ([], len(expected))


def test_a_site_that_never_gets_all_its_calls_leaves_the_others_their_turn(of_v1):
    collected = of_v1(OFFICE, HOME)
    collected.settings["max_calls_per_run"] = 5
    served = []
    for run in range(6):
        collected.simulator.clock.set(BEGAN + run * HOUR)
        served.append({call.site for call in collected.run()} - {None})
    assert served[-2] | served[-1] == {OFFICE, HOME}
