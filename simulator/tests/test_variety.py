"""The variety of the fleet, and master data, names and counters that are wrong, in both dialects."""

from datetime import UTC, date, datetime, timedelta

import pytest

from solaredge_simulator.devices import MeterType
from solaredge_simulator.fleet import HOME, OFFICE, fleet
from solaredge_simulator.sites import Listed
from solaredge_simulator.v1.rules import V1Rules
from solaredge_simulator.variety import BATTERY_ALONE, CHARGER, MISLISTED, MOVED, SELLER, TWO_BATTERIES

PLANTS = fleet(sites="variety", trouble=False)
WINTER = (datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 12, tzinfo=UTC))
SUMMER = (datetime(2026, 6, 8, tzinfo=UTC), datetime(2026, 6, 15, tzinfo=UTC))


@pytest.fixture
def varied(start_simulator):
    return start_simulator(sites="variety", v1=V1Rules(daily_calls=None))


@pytest.fixture
def varied_client(varied, make_client):
    return make_client(varied)


@pytest.mark.parametrize("unit", ["wh", "w"])
@pytest.mark.parametrize("site", [TWO_BATTERIES, SELLER, CHARGER])
def test_energy_and_power_of_the_variety_balance_exactly(site, unit):
    for start, end in (WINTER, SUMMER):
        for q in PLANTS[site].quarters(start, end):
            got = [getattr(q, f"{name}_{unit}") or 0.0 for name in ("production", "purchased", "discharge")]
            gone = [getattr(q, f"{name}_{unit}") or 0.0 for name in ("consumption", "feed_in", "charge")]
            assert sum(got) == sum(gone), q


def test_two_batteries_each_take_and_give():
    plant = PLANTS[TWO_BATTERIES]
    assert [battery.manufacturer for battery in plant.batteries] == ["SolarEdge", "LG"]
    quarters = list(plant.quarters(*SUMMER))
    for battery in plant.batteries:
        assert sum(q.batteries[battery.serial].charge_wh for q in quarters) > 300
        assert sum(q.batteries[battery.serial].discharge_wh for q in quarters) > 300
    output = [sum(i.energy_wh or 0.0 for i in q.inverters.values()) for q in quarters]
    made = [(q.production_wh or 0.0) + q.discharge_wh - q.charge_wh for q in quarters]
    assert output == made


def test_a_battery_without_a_meter_is_all_that_is_known_besides_the_production(varied, varied_client):
    plant = PLANTS[BATTERY_ALONE]
    quarter = plant.quarter(datetime(2026, 6, 10, 10, tzinfo=UTC))
    assert quarter.production_wh > 0
    assert quarter.charge_wh is not None
    assert (quarter.consumption_wh, quarter.feed_in_wh, quarter.meters) == (None, None, {})
    path = f"/v2/sites/{BATTERY_ALONE}"
    assert varied_client.json(f"{path}/meters/telemetry")["meters"] == {}
    assert len(varied_client.json(f"{path}/storage/telemetry")["storage"]) == 1
    assert varied_client.json(f"{path}/overview")["consumption"]["total"] is None


def test_a_seller_feeds_in_more_than_its_roof_makes():
    plant = PLANTS[SELLER]
    excess = []
    for day in range(5, 12):
        begin = plant.local_midnight(date(2026, 1, day))
        made, fed = (
            plant.total(n, begin, begin + timedelta(days=1)) for n in ("production_wh", "feed_in_wh")
        )
        excess.append(fed - made)
    assert max(excess) > 500, excess
    evening = plant.quarter(datetime(2026, 1, 7, 17, 15, tzinfo=UTC))
    night = plant.quarter(datetime(2026, 1, 7, 1, 15, tzinfo=UTC))
    assert evening.feed_in_wh > (evening.production_wh or 0.0)
    assert (night.charge_wh > 0, night.purchased_wh > night.charge_wh) == (True, True)


def test_a_charger_and_alerts_with_codes_are_listed(varied, varied_client):
    (charger,) = varied_client.json(f"/v2/sites/{CHARGER}/devices", types="EV_CHARGER")
    assert (charger["name"], charger["nameplate"], charger["active"]) == ("EV Charger 1", 7400.0, True)
    alerts = varied_client.json(f"/v2/sites/{CHARGER}/alerts", only_open="false", alerts_in_page=100)
    assert [(a["type"], a["status"], a["errorCodes"]) for a in alerts if a["errorCodes"]] == [
        ("SNOW_ON_SITE", "CLOSED", ["18xB5"]),
        ("DC Isolation", "OPEN", ["8x25", "3x6A"]),
    ]
    ids = [alert["alertId"] for alert in varied_client.json("/v2/alerts", alerts_in_page=100)]
    assert len(ids) == len(set(ids))


def test_an_outage_is_an_alert_while_it_lasts(simulator, client):
    start = simulator.clock.now() - timedelta(hours=5)
    simulator.outage(HOME, start, start + timedelta(hours=6))
    (alert,) = client.json(f"/v2/sites/{HOME}/alerts", only_open="true")
    assert (alert["type"], alert["firstTrigger"]) == ("SITE_COMMUNICATION_FAULT", "2026-11-20T07:05:00Z")
    simulator.clock.advance(hours=2)
    assert client.json(f"/v2/sites/{HOME}/alerts", only_open="true") == []


def test_a_device_that_moved_is_listed_at_both_sites(varied_client):
    listed = [
        (site, device["serialNumber"], device["active"])
        for site in (CHARGER, MOVED)
        for device in varied_client.json(f"/v2/sites/{site}/devices")
    ]
    serial = PLANTS[CHARGER].inverters[0].serial
    assert [entry for entry in listed if entry[1] == serial] == [
        (CHARGER, serial, True),
        (MOVED, serial, False),
    ]
    assert list(varied_client.json(f"/v2/sites/{MOVED}/inverters/telemetry")["inverters"]) == [
        PLANTS[MOVED].inverters[0].serial
    ]


def test_master_data_are_wrong_and_data_come(varied, varied_client):
    path = f"/v2/sites/{MISLISTED}"
    details = varied_client.json(path)
    assert (details["activationStatus"], details["installationDate"], details["location"]["timezone"]) == (
        "PENDING", "2026-09-01", "GMT-05:00"
    )  # fmt: skip
    assert varied_client.json(f"{path}/lifetime-energy")["energy"] > 1e6
    assert varied_client.json(f"{path}/energy", resolution="DAY")["period"]["from"].endswith("+01:00")
    site = varied_client.json(f"/site/{MISLISTED}/details?api_key={varied.v1_key}")["details"]
    assert (site["status"], site["installationDate"], site["location"]["timeZone"]) == (
        "Pending", "2026-09-01", "GMT-05:00"
    )  # fmt: skip


def test_fields_of_a_site_change_while_it_runs(simulator, client):
    simulator.change(HOME, name="x" * 300, listed=Listed(zone=None))
    details = client.json(f"/v2/sites/{HOME}")
    assert (details["name"], details["location"]["timezone"]) == ("x" * 300, None)


def test_a_meter_gets_another_name_in_one_direction_or_both(simulator, client):
    serial = simulator.plants[HOME].meters[0].serial
    plant = simulator.plants[HOME].renamed(serial, "Net Meter", MeterType.FEED_IN)
    assert [meter.name for meter in plant.meters][:2] == ["Net Meter", "Import Meter"]
    simulator.plants[HOME] = plant.renamed(serial, "Grid")
    names = [meter["name"] for meter in client.json(f"/v2/sites/{HOME}/devices", types="METER")]
    assert names == ["Grid", "Grid", "Self Consumption Meter"]


def test_the_demo_keeps_its_five_sites():
    assert len(fleet()) == 5
    assert {site: plant.name for site, plant in PLANTS.items() if site >= TWO_BATTERIES} == {
        TWO_BATTERIES: "Two Batteries", BATTERY_ALONE: "Battery Alone", SELLER: "Market Trader",
        CHARGER: "Carport", MOVED: "Old Barn", MISLISTED: "Wrong Papers",
    }  # fmt: skip


def counters(simulator, make_client, serial):
    """Return (time, counter) of an inverter of the office over two days of November."""
    span = {"startTime": "2026-11-10 00:00:00", "endTime": "2026-11-12 00:00:00"}
    answer = make_client(simulator).get(
        f"/equipment/{OFFICE}/{serial}/data?api_key={simulator.v1_key}", **span
    )
    return [(row["date"], row["totalEnergy"]) for row in answer.json()["data"]["telemetries"]]


def test_counters_of_inverters_have_few_digits(start_simulator, make_client):
    serial = fleet()[OFFICE].inverters[0].serial
    found = [
        counters(start_simulator(v1=V1Rules(counter_digits=digits)), make_client, serial) for digits in (8, 6)
    ]
    assert [(at, float(f"{value:.6g}")) for at, value in found[0]] == found[1]
    assert all(value % 100 == 0 for _, value in found[1])
    assert len({value for _, value in found[1]}) < len({value for _, value in found[0]})


def test_counters_go_on_while_the_data_are_lost(start_simulator, make_client):
    office = fleet()[OFFICE]
    lost = next(
        q.start
        for q in office.quarters(datetime(2026, 3, 1, 16, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
        if q.consumption_wh is None and 15 <= q.start.hour <= 18
    )
    day = office.local(lost).date()
    begin, end = office.local_midnight(day), office.local_midnight(day + timedelta(days=1))
    span = {"startTime": f"{day} 00:00:00", "endTime": f"{day + timedelta(days=2)} 00:00:00"}
    rises = []
    for rule in ("pause", "go on"):
        simulator = start_simulator(v1=V1Rules(counters=rule))
        answer = make_client(simulator).get(
            f"/site/{OFFICE}/meters?api_key={simulator.v1_key}",
            headers={"Accept": "application/json"},
            **span,
            timeUnit="DAY",
            meters="CONSUMPTION",
        )
        first, second = answer.json()["meterEnergyDetails"]["meters"][0]["values"]
        rises.append(second["value"] - first["value"])
    known, whole = (
        plant.total("consumption_wh", begin, end) for plant in (office, fleet(trouble=False)[OFFICE])
    )
    assert rises == [pytest.approx(known, abs=20), pytest.approx(whole, abs=20)]
    assert rises[1] > rises[0] + 1000
