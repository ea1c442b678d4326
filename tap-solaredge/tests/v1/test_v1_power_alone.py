"""V1 tells what the inverters gave: of `power_readings` alone, too, the battery is taken out."""

import pytest

from solaredge_simulator.fleet import HOME
from solaredge_simulator.v1.rules import V1Rules
from solaredge_simulator.variety import BATTERY_ALONE

from ..schedule import Schedule  # noqa: TID252 (tests are no installed package)
from ..test_owed_proof import BEGAN  # noqa: TID252
from ..worlds import alike_in_v1  # noqa: TID252


@pytest.mark.parametrize("site", [HOME, BATTERY_ALONE])
def test_a_battery_is_taken_out_of_power_that_is_selected_alone(start_simulator, tmp_path, site):
    simulator = start_simulator(now=BEGAN, trouble=False, sites="variety", v1=V1Rules(daily_calls=None))
    key = {"api_version": "v1", "api_key": simulator.v1_key}
    hourly = Schedule(simulator, tmp_path, site, only={"power_readings"}, **key)
    hourly.alike = alike_in_v1
    assert hourly.run(2).wrong() == {}
    assert hourly.collected.rows["power_readings"]
