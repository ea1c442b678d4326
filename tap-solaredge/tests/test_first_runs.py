"""Where reading begins: first runs that fail, sites that wait for data, history that is wanted later."""

import pytest

from solaredge_simulator.fleet import HOME
from solaredge_simulator.variety import SELLER
from tools import truth

from .schedule import DAY, Schedule
from .test_owed_proof import BEGAN


def test_a_stream_begins_where_the_first_run_did_however_long_its_calls_fail(start_simulator, tmp_path):
    hourly = Schedule(start_simulator(now=BEGAN, trouble=False), tmp_path, HOME, request_retries=0)
    hourly.simulator.fault("500", path="*/power")
    hourly.collected.run()
    assert hourly.collected.error is not None
    hourly.simulator.lift_faults()
    hourly.simulator.clock.set(BEGAN + 5 * DAY)
    hourly.run(3)
    assert hourly.wrong() == {}


def test_history_that_is_wanted_later_tells_what_a_battery_sold(start_simulator, tmp_path):
    simulator = start_simulator(now=BEGAN, trouble=False, sites="variety")
    hourly = Schedule(simulator, tmp_path, SELLER).run()
    hourly.collected.settings["start_date"] = (BEGAN - 40 * DAY).isoformat()
    hourly.first = BEGAN - 19 * DAY  # the day of its start is known in part
    assert hourly.run(2).wrong() == {}


@pytest.mark.parametrize("days", [3, 30])
def test_a_site_that_waits_for_its_first_data_begins_with_the_last_run_that_found_none(
    start_simulator, tmp_path, days
):
    simulator = start_simulator(now=BEGAN, trouble=False, first_day=(BEGAN + days * DAY).date())
    daily = Schedule(simulator, tmp_path, HOME).run(days, every=DAY)
    waited = sum(daily.calls)
    simulator.clock.set(BEGAN + (days + 40) * DAY)
    daily.run(3)
    assert daily.wrong() == {}
    assert daily.newest("power_readings", "power_watts") > truth.utc(BEGAN + (days + 39) * DAY)
    assert waited <= 4 * days
