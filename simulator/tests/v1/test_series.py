"""V1: energies and powers by wall clock, alone and in bulk."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from solaredge_simulator.fleet import HOME, ISLAND, OFFICE, ROOF

DAY = {"startTime": "2026-06-03 00:00:00", "endTime": "2026-06-04 00:00:00"}
QUARTERS = {"timeUnit": "QUARTER_OF_AN_HOUR"}
JUNE_3 = (datetime(2026, 6, 2, 22, tzinfo=UTC), datetime(2026, 6, 3, 22, tzinfo=UTC))


def test_energy_of_days_includes_both_and_agrees_with_the_plant(v1):
    energy = v1.json(f"/site/{ROOF}/energy", startDate="2026-05-04", endDate="2026-05-05")["energy"]
    assert (energy["timeUnit"], energy["unit"], energy["measuredBy"]) == ("DAY", "Wh", "INVERTER")
    assert [value["date"] for value in energy["values"]] == ["2026-05-04 00:00:00", "2026-05-05 00:00:00"]
    start = datetime(2026, 5, 4, 22, tzinfo=UTC)
    truth = v1.simulator.plants[ROOF].total("production_wh", start, start + timedelta(days=1))
    assert [value["value"] for value in energy["values"]] == [None, truth]


def test_weeks_begin_on_monday_and_sum_their_days(v1):
    window = {"startDate": "2026-06-01", "endDate": "2026-06-14"}
    days = v1.json(f"/site/{ISLAND}/energy", **window)["energy"]["values"]
    weeks = v1.json(f"/site/{ISLAND}/energy", timeUnit="WEEK", **window)["energy"]["values"]
    assert [week["date"] for week in weeks] == ["2026-06-01 00:00:00", "2026-06-08 00:00:00"]
    assert weeks[0]["value"] == pytest.approx(sum(day["value"] for day in days[:7]), rel=1e-6)


def test_what_is_missing_is_null_in_power_and_absent_in_details(v1):
    power = v1.json(f"/site/{ISLAND}/power", startTime="2026-11-21 00:00:00", endTime="2026-11-21 06:00:00")
    assert {"date": "2026-11-21 05:00:00", "value": None} in power["power"]["values"]
    details = v1.json(
        f"/site/{HOME}/powerDetails", startTime="2026-11-20 13:30:00", endTime="2026-11-20 14:00:00"
    )
    values = details["powerDetails"]["meters"][0]["values"]
    assert values == [{"date": "2026-11-20 13:30:00"}, {"date": "2026-11-20 13:45:00"}]


def test_the_end_is_in_for_power_and_out_for_details(v1):
    window = {"startTime": "2026-06-03 11:07:54", "endTime": "2026-06-03 12:00:00"}
    power = v1.json(f"/site/{ROOF}/power", **window)["power"]["values"]
    assert [value["date"][11:16] for value in power] == ["11:15", "11:30", "11:45", "12:00"]
    details = v1.json(f"/site/{HOME}/powerDetails", **window)["powerDetails"]["meters"][0]["values"]
    assert [value["date"][11:16] for value in details] == ["11:15", "11:30", "11:45"]


def test_details_are_the_plants_own_flows(v1):
    truth = list(
        v1.simulator.plants[OFFICE].quarters(
            datetime(2026, 6, 3, 4, tzinfo=UTC), datetime(2026, 6, 4, 4, tzinfo=UTC)
        )
    )
    power = v1.details(OFFICE)
    assert power["Production"] == [quarter.production_w for quarter in truth]
    assert power["Consumption"] == [quarter.consumption_w for quarter in truth]
    assert power["FeedIn"] == [quarter.feed_in_w for quarter in truth]
    energy = v1.details(OFFICE, "energyDetails", **QUARTERS)
    assert energy["Purchased"] == [quarter.purchased_wh for quarter in truth]
    assert energy["SelfConsumption"] == [quarter.production_wh - quarter.feed_in_wh for quarter in truth]


def test_production_with_a_battery_is_what_the_inverters_give(v1, start_v1):
    truth = list(v1.simulator.plants[HOME].quarters(*JUNE_3))
    expected = [
        None
        if q.production_wh is None and not q.discharge_wh
        else (q.production_wh or 0) + q.discharge_wh - q.charge_wh
        for q in truth
    ]
    assert v1.details(HOME, "energyDetails", **QUARTERS)["Production"] == expected
    pv = start_v1({"production": "pv"})
    assert pv.details(HOME, "energyDetails", **QUARTERS)["Production"] == [q.production_wh for q in truth]
    assert pv.details(HOME)["Consumption"] == [q.consumption_w for q in truth]


def test_meters_are_chosen_in_any_case_and_a_bare_site_has_none(v1):
    assert set(v1.details(HOME, meters="PRODUCTION,feedin")) == {"Production", "FeedIn"}
    assert v1.details(ROOF) == {}


def test_the_running_interval_has_a_value_that_is_too_low(v1):
    window = {"startTime": "2026-11-20 13:00:00", "endTime": "2026-11-20 13:15:00"}
    truth = v1.simulator.plants[HOME].quarter(datetime(2026, 11, 20, 12, tzinfo=UTC)).consumption_w
    (value,) = v1.details(HOME, window=window)["Consumption"]
    assert 0 < value < truth
    v1.simulator.clock.advance(hours=1)
    assert v1.details(HOME, window=window)["Consumption"] == [truth]


@pytest.mark.parametrize(
    ("site", "day", "count", "repeated"),
    [
        (HOME, "2026-10-25", 100, "2026-10-25 02:15:00"),
        (HOME, "2026-03-29", 92, None),
        (OFFICE, "2026-11-01", 100, "2026-11-01 01:45:00"),
        (ISLAND, "2026-04-05", 98, "2026-04-05 01:30:00"),
        (ISLAND, "2026-10-04", 94, None),
    ],
)
def test_the_repeated_hour_comes_twice_in_order_and_the_missing_one_not_at_all(
    v1, site, day, count, repeated
):
    after = datetime.fromisoformat(day) + timedelta(days=1)
    window = {"startTime": f"{day} 00:00:00", "endTime": f"{after:%Y-%m-%d} 00:00:00"}
    (load,) = v1.json(f"/site/{site}/powerDetails", meters="CONSUMPTION", **window)["powerDetails"]["meters"]
    dates = [value["date"] for value in load["values"]]
    assert (len(dates), dates.count(repeated)) == (count, 2 if repeated else 0)
    plant = v1.simulator.plants[site]
    start = plant.local_midnight(datetime.fromisoformat(day).date())
    truth = plant.quarters(start, start + timedelta(minutes=15 * count))
    assert [value.get("value") for value in load["values"]] == [quarter.consumption_w for quarter in truth]


def test_windows_that_meet_in_the_repeated_hour_lose_nothing(v1):
    edges = ["2026-10-25 00:00:00", "2026-10-25 02:30:00", "2026-10-26 00:00:00"]
    parts = [
        v1.details(HOME, window={"startTime": start, "endTime": end})["Consumption"]
        for start, end in pairwise(edges)
    ]
    assert sum(map(len, parts)) == 100


def test_a_time_frame_agrees_with_its_days_and_with_the_lifetime(v1):
    window = {"startDate": "2026-06-01", "endDate": "2026-06-03"}
    frame = v1.json(f"/site/{ROOF}/timeFrameEnergy", **window)["timeFrameEnergy"]
    days = v1.json(f"/site/{ROOF}/energy", **window)["energy"]["values"]
    assert frame["energy"] == sum(day["value"] for day in days)
    gained = frame["endLifetimeEnergy"]["energy"] - frame["startLifetimeEnergy"]["energy"]
    assert gained == pytest.approx(frame["energy"], abs=0.5)


@pytest.mark.parametrize(
    ("call", "query", "shape"),
    [
        (
            "energy",
            {"startDate": "2026-06-01", "endDate": "2026-06-02"},
            ("sitesEnergy", "siteEnergyList", "energyValues"),
        ),
        ("power", DAY, ("powerDateValuesList", "siteEnergyList", "powerDataValueSeries")),
        ("overview", {}, ("sitesOverviews", "siteEnergyList", "siteOverview")),
        ("dataPeriod", {}, ("datePeriodList", "siteEnergyList", "dataPeriod")),
        (
            "timeFrameEnergy",
            {"startDate": "2026-06-01", "endDate": "2026-06-02"},
            ("timeFrameEnergyList", "timeFrameEnergyList", "timeFrameEnergy"),
        ),
    ],
)
def test_bulk_calls_give_each_site_what_its_own_call_gives(v1, call, query, shape):
    root, array, own = shape
    found = v1.json(f"/sites/{ROOF},{ISLAND}/{call}", **query)[root]
    assert (found["count"], [site["siteId"] for site in found[array]]) == (2, [ROOF, ISLAND])
    (single,) = v1.json(f"/site/{ISLAND}/{call}", **query).values()
    assert found[array][1][own].items() <= single.items()
