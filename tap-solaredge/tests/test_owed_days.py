"""Days are right after pauses and late uploads: selected alone, and of a battery that sells."""

from datetime import UTC, date, datetime

import pytest

from solaredge_simulator.fleet import HOME
from solaredge_simulator.variety import BATTERY_ALONE, SELLER

from .collected import Collected
from .schedule import DAY, HOUR, Schedule
from .test_owed_proof import BEGAN, PLANTS

INVERTER = PLANTS[HOME].inverters[0].serial


def split_by_day(call):
    """Whether a call reads what devices measured by the day."""
    return call.endpoint.endswith("/telemetry") and call.query["resolution"] == ["DAY"]


@pytest.mark.parametrize("device", [None, INVERTER], ids=["the site", "its inverter"])
def test_days_alone_are_whole_after_a_silence_longer_than_a_call_reads(start_simulator, tmp_path, device):
    simulator = start_simulator(now=BEGAN, trouble=False)
    daily = Schedule(simulator, tmp_path, HOME, only={"energy_readings"}).run(2, every=DAY)
    start = simulator.clock.now() - 20 * HOUR
    simulator.outage(HOME, start, start + 45 * DAY, device=device)
    daily.run_until(start + 45 * DAY + HOUR, every=DAY)
    daily.run(2, every=DAY).run()
    assert daily.wrong().get("energy_readings") is None


@pytest.mark.parametrize("trouble", ["a pause", "a late upload"])
def test_what_a_battery_sold_is_told_by_the_quarter_hours_of_the_days_that_were_missed(
    start_simulator, tmp_path, trouble
):
    simulator = start_simulator(now=BEGAN, trouble=False, sites="variety")
    daily = Schedule(simulator, tmp_path, SELLER).run(2, every=DAY)
    begin, before = simulator.clock.now(), len(simulator.calls)
    if trouble == "a pause":
        simulator.clock.set(begin + 20 * DAY)
    else:
        simulator.outage(SELLER, begin, begin + 3 * HOUR, order="oldest first", hours=20 * 24)
        daily.run_until(begin + 20 * DAY + 4 * HOUR, every=DAY)
    daily.run(3)
    calls = simulator.calls[before:]
    assert self_consumption(daily.collected, begin) == self_consumption(fresh(simulator, tmp_path), begin)
    if trouble == "a pause":
        assert not any(map(split_by_day, calls))


def test_days_tell_what_a_battery_did_that_stands_alone(start_simulator, tmp_path):
    simulator = start_simulator(now=BEGAN, trouble=False, sites="variety")
    plant = simulator.plants[BATTERY_ALONE]
    daily = Schedule(simulator, tmp_path, BATTERY_ALONE, energy_lookback_days=40).run(2, every=DAY)
    days = {key[1]: row for key, row in daily.collected.rows["energy_readings"].items()}
    for day in list(days)[:-1]:
        begin, end = (plant.local_midnight(date.fromisoformat(day) + after * DAY) for after in (0, 1))
        known = plant.total("charge_wh", begin, end), plant.total("discharge_wh", begin, end)
        assert (days[day]["charged_wh"], days[day]["discharged_wh"]) == pytest.approx(known), day
    assert len(days) == 42


def test_days_before_the_quarter_hours_of_a_battery_that_sells_have_no_self_consumption(
    start_simulator, tmp_path
):
    simulator = start_simulator(now=BEGAN, trouble=False, sites="variety")
    daily = Schedule(simulator, tmp_path, SELLER).run(2, every=DAY)
    days = {date.fromisoformat(key[1]): row for key, row in daily.collected.rows["energy_readings"].items()}
    quarters = (BEGAN - 6 * DAY).date()
    assert len(days) > 300
    assert {day for day, row in days.items() if "self_consumption_wh" in row} == {
        day for day in days if day >= quarters
    }


def fresh(simulator, folder):
    """Return what a tap reads that begins now."""
    found = Collected(simulator, folder, site_ids=[SELLER], ledger_path=str(folder / "fresh.db"))
    found.settings |= {"start_date": (BEGAN - DAY).isoformat(), "monthly_credits": 0}
    found.run()
    return found


def self_consumption(collected, begin):
    """Return the self-consumption of each whole day since an instant."""
    today = f"{collected.simulator.clock.now():%Y-%m-%d}"
    rows = collected.rows["energy_readings"].items()
    return {key: row["self_consumption_wh"] for key, row in rows if f"{begin:%Y-%m-%d}" <= key[1] < today}


def test_late_values_of_a_northern_winter_are_read(start_simulator, tmp_path):
    began = datetime(2026, 12, 20, 10, 5, tzinfo=UTC)
    simulator = start_simulator(now=began, trouble=False)
    place = simulator.plants[HOME].place._replace(latitude=63.4)  # at noon the sun stands three degrees high
    simulator.change(HOME, place=place)
    daily = Schedule(simulator, tmp_path, HOME, only={"power_flows"}).run()
    battery = simulator.plants[HOME].batteries[0].serial
    simulator.outage(HOME, began, began + 12 * DAY, device=battery)
    daily.run_until(began + 12 * DAY + HOUR, every=DAY)
    daily.run(3)
    assert daily.wrong().get("power_flows") is None
