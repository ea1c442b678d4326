"""`power_readings` selected alone: no other stream tells that values came late, or what a battery gave."""

from solaredge_simulator.fleet import HOME, ROOF
from tools import truth

from .schedule import DAY, HOUR, Schedule
from .test_owed_proof import BEGAN

ALONE = {"power_readings"}


def test_it_is_whole_after_a_long_silence_that_began_by_night(start_simulator, tmp_path):
    simulator = start_simulator(now=BEGAN - 8 * HOUR, trouble=False)
    daily = Schedule(simulator, tmp_path, ROOF, only=ALONE).run(2, every=DAY)
    start = simulator.clock.now()
    simulator.outage(ROOF, start, start + 29 * DAY)
    daily.run_until(start + 29 * DAY + HOUR, every=DAY)
    assert daily.run(2, every=DAY).run().wrong() == {}


def test_a_battery_is_taken_out_of_it_where_production_was_found_to_be_the_inverters(
    start_simulator, tmp_path
):
    simulator = start_simulator(now=BEGAN, trouble=False, production="ac")
    hourly = Schedule(simulator, tmp_path, HOME).run(2)
    later = Schedule(simulator, tmp_path, HOME, only=ALONE)
    later.collected.state = hourly.collected.state
    simulator.clock.set(BEGAN + DAY)
    later.alike = alike_by_night
    later.run(2)
    later.first = BEGAN + 6 * DAY + HOUR  # from when on it runs alone
    assert later.newest("power_readings", "power_watts") > "2026-09-21"
    assert later.wrong() == {}


def alike_by_night(expected, found):
    """Tell whether a value is the expected one; what is worked out is 0 by night, and not missing."""
    return found in {None, 0.0} if expected is None else truth.same(expected, found, 1e-6)
