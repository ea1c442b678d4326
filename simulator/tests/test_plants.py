"""The plants: their truth is physically consistent, repeatable, and visible when it should be."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from solaredge_simulator.fleet import FIRST_EXTRA, HOME, ISLAND, OFFICE, PENDING, REPLACED_AT, ROOF, fleet
from solaredge_simulator.quarters import Quarter

NOW = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)
WEEK = (datetime(2026, 5, 30, tzinfo=UTC), datetime(2026, 6, 6, tzinfo=UTC))
METERED = (HOME, OFFICE, ISLAND)


def values(plant, name, window=WEEK):
    return [getattr(quarter, name) for quarter in plant.quarters(*window)]


@pytest.mark.parametrize("unit", ["wh", "w"])
@pytest.mark.parametrize("site", METERED)
def test_energy_and_power_balance_exactly(site, unit):
    checked = 0
    for quarter in fleet()[site].quarters(
        datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 20, tzinfo=UTC)
    ):
        got = [getattr(quarter, f"{name}_{unit}") or 0.0 for name in ("production", "purchased", "discharge")]
        gone = [getattr(quarter, f"{name}_{unit}") or 0.0 for name in ("consumption", "feed_in", "charge")]
        assert sum(got) == sum(gone), quarter
        checked += quarter.consumption_wh is not None
    assert checked > 4000


def test_every_flow_is_zero_or_more_and_self_consumption_never_negative():
    for site in METERED:
        for quarter in fleet()[site].quarters(*WEEK):
            if quarter.feed_in_wh is None:
                continue
            assert min(quarter.feed_in_wh, quarter.purchased_wh, quarter.consumption_wh) >= 0
            assert (quarter.production_wh or 0) - quarter.feed_in_wh - (quarter.charge_wh or 0) >= 0


def test_a_battery_carries_its_level_over_midnight_and_gives_back_less_than_it_took():
    home = fleet(trouble=False)[HOME]
    (battery,) = home.batteries
    start, end = datetime(2025, 11, 20, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)
    quarters = [quarter.batteries[battery.serial] for quarter in home.quarters(start, end)]
    taken, given = (sum(getattr(q, name) for q in quarters) for name in ("charge_wh", "discharge_wh"))
    assert 0.9 < given / taken < 0.97
    for before, after in pairwise(quarters):
        least, most = -after.discharge_wh, after.charge_wh
        assert least <= after.remaining_wh - before.remaining_wh <= most


def test_the_level_at_midnight_does_not_depend_on_what_was_asked_before():
    day, serial = datetime(2026, 6, 10, 22, tzinfo=UTC), fleet()[HOME].batteries[0].serial
    first, second = (fleet(seed=77, first_day=date(2021, 9, month))[HOME] for month in (15, 16))
    for quarter in second.quarters(day - timedelta(days=40), day):
        assert quarter.batteries[serial].remaining_wh != 0
    assert first.quarter(day).batteries == second.quarter(day).batteries


def test_values_are_eighths_so_that_sums_are_exact():
    quarter = fleet()[OFFICE].quarter(datetime(2026, 6, 3, 16, 0, tzinfo=UTC))
    for value in (quarter.production_wh, quarter.production_w, quarter.consumption_w, quarter.purchased_wh):
        assert value * 8 == int(value * 8)
        assert float(f"{value:.8g}") == value


def test_mean_power_is_not_exactly_four_times_the_energy():
    differing = sum(
        q.production_w != 4 * q.production_wh for q in fleet()[ROOF].quarters(*WEEK) if q.production_wh
    )
    assert differing > 200


def test_import_and_export_can_both_happen_in_one_quarter():
    pairs = zip(values(fleet()[HOME], "feed_in_wh"), values(fleet()[HOME], "purchased_wh"), strict=True)
    assert any(fed and bought for fed, bought in pairs)


def test_charge_and_discharge_can_both_happen_in_one_quarter():
    pairs = zip(values(fleet()[HOME], "charge_w"), values(fleet()[HOME], "discharge_w"), strict=True)
    assert any(charge and discharge for charge, discharge in pairs)


def test_the_home_sleeps_at_night_while_meter_and_battery_report():
    quarter = fleet()[HOME].quarter(datetime(2026, 6, 3, 23, 0, tzinfo=UTC))
    assert (quarter.production_wh, quarter.production_w) == (None, None)
    assert quarter.purchased_wh is not None
    assert quarter.consumption_wh > 0
    (battery,) = quarter.batteries.values()
    assert 0 < battery.state_of_charge < 100
    assert battery.remaining_wh == pytest.approx(9700 * battery.state_of_charge / 100, abs=0.01)


def test_the_office_and_the_island_report_zero_at_night():
    assert fleet()[OFFICE].quarter(datetime(2026, 6, 3, 5, 0, tzinfo=UTC)).production_wh == 0.0
    assert fleet()[ISLAND].quarter(datetime(2026, 6, 3, 14, 0, tzinfo=UTC)).production_w == 0.0


def test_nobody_measures_consumption_on_the_roof():
    quarter = fleet()[ROOF].quarter(datetime(2026, 6, 3, 11, 0, tzinfo=UTC))
    assert quarter.production_wh > 0
    assert (quarter.consumption_wh, quarter.feed_in_wh, quarter.purchased_wh) == (None, None, None)
    assert (quarter.meters, quarter.batteries) == ({}, {})


def test_the_inverters_of_the_office_add_up_and_the_replaced_one_worked_before():
    office = fleet()[OFFICE]
    before = office.quarter(REPLACED_AT - timedelta(minutes=15))
    after = office.quarter(REPLACED_AT)
    for quarter in (before, after):
        assert len(quarter.inverters) == 4
        assert sum(i.energy_wh for i in quarter.inverters.values()) == quarter.production_wh > 0
        assert sum(i.power_w for i in quarter.inverters.values()) == quarter.production_w
    (old,) = before.inverters.keys() - after.inverters.keys()
    (new,) = after.inverters.keys() - before.inverters.keys()
    names = {inverter.serial: inverter.name for inverter in office.inverters}
    assert names[old] == names[new] == "Inverter 2"


def test_a_meter_counts_in_its_own_direction():
    quarter = fleet()[OFFICE].quarter(datetime(2026, 6, 3, 16, 0, tzinfo=UTC))
    by_type = {meter_type: meter for (_, meter_type), meter in quarter.meters.items()}
    assert by_type["FeedIn"].energy_wh == quarter.feed_in_wh
    assert by_type["Purchased"].power_w == quarter.purchased_w
    assert by_type["Consumption"].energy_wh == quarter.consumption_wh
    assert len({serial for serial, _ in quarter.meters}) == 2


def test_the_pending_site_has_no_data_ever():
    pending = fleet()[PENDING]
    start = datetime(2026, 11, 1, 12, tzinfo=UTC)
    assert pending.quarter(start) == Quarter(start)
    assert pending.last_upload(NOW) is None
    assert pending.newest_quarter_end(NOW) is None


def test_the_same_seed_gives_the_same_values_in_any_order():
    start = datetime(2025, 8, 3, 10, 15, tzinfo=UTC)
    first = fleet(seed=3)[HOME].quarter(start)
    assert fleet(seed=3)[HOME] is fleet(seed=3)[HOME]
    assert fleet(seed=3, extra=1)[HOME].quarter(start) == first
    assert fleet(seed=4)[HOME].quarter(start) != first


def test_more_sites_have_ids_and_serials_of_their_own():
    plants = fleet(extra=295)
    assert len(plants) == 300
    assert max(plants) == FIRST_EXTRA + 294
    serials = [inverter.serial for plant in plants.values() for inverter in plant.inverters]
    assert len(serials) == len(set(serials))


def test_first_day_limits_how_far_back_data_go():
    plants = fleet(first_day=date(2026, 10, 1))
    assert plants[HOME].quarter(datetime(2026, 9, 30, 12, tzinfo=UTC)).production_wh is None
    assert plants[HOME].quarter(datetime(2026, 10, 1, 12, tzinfo=UTC)).production_wh is not None
    assert plants[PENDING].first_day is None


def test_hours_offline_are_lost_for_all_series():
    home = fleet()[HOME]
    lost = next(
        q.start for q in home.quarters(datetime(2026, 1, 1, tzinfo=UTC), NOW) if q.consumption_wh is None
    )
    quarter = home.quarter(lost)
    assert home.visible(lost, NOW)
    assert (quarter.feed_in_wh, quarter.charge_w, quarter.purchased_w) == (None, None, None)
    assert all(inverter.power_w is None for inverter in quarter.inverters.values())


def test_a_quarter_shows_within_sixteen_minutes_or_comes_late():
    home = fleet()[HOME]
    waits = [home.visible_at(q.start) - q.start for q in home.quarters(*WEEK)]
    assert min(waits) >= timedelta(minutes=16, seconds=30)
    prompt = [wait for wait in waits if wait <= timedelta(minutes=31)]
    assert 0.8 * len(waits) < len(prompt) <= len(waits)


def test_late_data_come_after_newer_data():
    home = fleet()[HOME]
    starts = [
        q.start for q in home.quarters(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC))
    ]
    overtaken = [a for a, b in pairwise(starts) if home.visible_at(a) > home.visible_at(b)]
    assert overtaken
    late = overtaken[0]
    now = home.visible_at(late) - timedelta(seconds=1)
    assert home.settled_until(now) <= late
    assert home.seen(late, now).consumption_wh is None
    assert home.seen(late, now + timedelta(seconds=1)).consumption_wh is not None
    assert home.all_visible_at(late + timedelta(minutes=15)) >= home.visible_at(late)


def test_without_trouble_nothing_is_late_or_lost():
    calm = fleet(trouble=False)[HOME]
    assert all(q.consumption_wh is not None for q in calm.quarters(datetime(2026, 9, 1, tzinfo=UTC), NOW))
    assert NOW - calm.settled_until(NOW) <= timedelta(minutes=35)


def test_the_last_upload_moves_whenever_something_becomes_visible():
    home = fleet()[HOME]
    start = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
    arrival = home.visible_at(start)
    assert home.last_upload(arrival - timedelta(seconds=1)) < home.last_upload(arrival) == arrival


@pytest.mark.parametrize(
    ("site", "day", "quarters"),
    [
        (HOME, date(2026, 3, 29), 92),
        (HOME, date(2026, 10, 25), 100),
        (ROOF, date(2026, 10, 25), 100),
        (OFFICE, date(2026, 3, 8), 92),
        (OFFICE, date(2026, 11, 1), 100),
        (ISLAND, date(2026, 4, 5), 98),
        (ISLAND, date(2026, 10, 4), 94),
        (ISLAND, date(2026, 6, 1), 96),
    ],
)
def test_days_of_a_clock_change_lose_no_quarter(site, day, quarters):
    plant = fleet()[site]
    start, end = plant.local_midnight(day), plant.local_midnight(day + timedelta(days=1))
    starts = [quarter.start for quarter in plant.quarters(start, end)]
    assert plant.quarter_count(day) == len(starts) == len(set(starts)) == quarters
    assert starts == [start + timedelta(minutes=15) * number for number in range(quarters)]
