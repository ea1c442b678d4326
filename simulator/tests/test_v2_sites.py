"""V2: site list, details, overview, devices, benefits and alerts (reference, 5.2 to 5.14)."""

from datetime import UTC, datetime, timedelta

import pytest

from solaredge_simulator.fleet import HOME, ISLAND, OFFICE, PENDING, REPLACED_AT, ROOF

TODAY = (datetime(2026, 11, 19, 23, 0, tzinfo=UTC), datetime(2026, 11, 20, 12, 5, tzinfo=UTC))


def test_the_site_list_is_nested_and_has_no_time_zone(client):
    sites = client.json("/v2/sites")["sites"]
    assert sites["count"] == 5
    assert sites["site"][4] == {
        "siteId": PENDING,
        "name": "Scheune Süd – Straße 5",
        "peakPower": 42.5,
        "installationDate": "2026-10-02",
        "location": {
            "address": "Dorfstraße 5",
            "city": "Zeist",
            "state": None,
            "zip": "3701 CD",
            "country": "Netherlands",
        },
        "activationStatus": "PENDING",
        "note": "waiting for grid approval",
    }


def test_names_have_any_script_quotes_and_trailing_blanks(client):
    names = [site["name"] for site in client.json("/v2/sites")["sites"]["site"]]
    assert names[0] == "Maple House “De Esdoorn” "
    assert names[2:4] == ['Café Noir & Søns "Bakery", East 9th St.', "Lagoon Lodge 太陽"]


def test_the_site_list_is_paged(start_simulator, make_client):
    client = make_client(start_simulator(extra=115))
    pages = [client.json("/v2/sites", page=page)["sites"]["site"] for page in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [50, 50, 20, 0]
    assert len({site["siteId"] for page in pages for site in page}) == 120
    assert len(client.json("/v2/sites", sites_in_page=1000)["sites"]["site"]) == 120
    assert client.get("/v2/sites", sites_in_page=1001).status_code == 400
    assert client.get("/v2/sites", page=0).status_code == 400


def test_details_are_flat_with_zone_and_last_update(client):
    details = client.json(f"/v2/sites/{ISLAND}")
    assert details["location"]["timezone"] == "Australia/Lord_Howe"
    assert details["location"]["countryCode"] == "AU"
    assert details["lastUpdateTime"].startswith("2026-11-20T")
    assert details["lastUpdateTime"].endswith("+11:00")
    assert datetime.fromisoformat(details["lastUpdateTime"]).microsecond
    assert (details["accountId"], details["peakPower"]) == (40123, 20.7)


def test_a_pending_site_has_no_last_update_and_no_data(client):
    assert client.json(f"/v2/sites/{PENDING}")["lastUpdateTime"] is None
    assert client.json(f"/v2/sites/{PENDING}/devices") == []
    values = client.json(f"/v2/sites/{PENDING}/energy")["values"]
    assert {value["value"] for value in values} == {None}
    total = client.json(f"/v2/sites/{PENDING}/energy", from_="2000-01-01T00:00:00Z", resolution="TOTAL")
    assert total["values"][0]["value"] is None


def test_the_overview_is_of_today_and_its_parts_add_up(client, simulator):
    home = simulator.plants[HOME]
    overview = client.json(f"/v2/sites/{HOME}/overview")
    made, used = overview["production"], overview["consumption"]
    now = simulator.clock.now()
    assert made["total"] == home.total("production_wh", *TODAY, now)
    assert made["toGrid"] == home.total("feed_in_wh", *TODAY, now)
    assert used["total"] == home.total("consumption_wh", *TODAY, now)
    assert made["toSelfConsumption"] + made["toStorage"] + made["toGrid"] == pytest.approx(made["total"])
    assert used["fromPv"] + used["fromStorage"] + used["fromGrid"] == pytest.approx(used["total"])
    assert used["fromPv"] == made["toSelfConsumption"]


def test_the_overview_of_any_window_agrees_with_its_day(client):
    window = {"from_": "2026-11-10T00:00:00", "to": "2026-11-11T00:00:00"}
    overview = client.json(f"/v2/sites/{HOME}/overview", **window)
    (day,) = client.json(f"/v2/sites/{HOME}/energy", resolution="DAY", **window)["values"]
    assert overview["production"]["total"] == day["value"]


def test_a_bare_site_has_a_production_total_and_null_parts(client):
    overview = client.json(f"/v2/sites/{ROOF}/overview")
    assert overview["production"].pop("total") > 0
    assert overview["production"] == {
        "unit": "WH",
        "toSelfConsumption": None,
        "toStorage": None,
        "toGrid": None,
    }
    assert set(overview["consumption"].values()) == {None, "WH"}


def test_devices_are_inverters_only_unless_asked(client):
    assert {device["type"] for device in client.json(f"/v2/sites/{HOME}/devices")} == {"INVERTER"}


@pytest.mark.parametrize(
    "types", ["INVERTER,METER,BATTERY,GATEWAY", ["INVERTER", "METER", "BATTERY", "GATEWAY"]]
)
def test_types_are_taken_by_comma_and_by_repetition(client, types):
    devices = client.json(f"/v2/sites/{HOME}/devices", types=types)
    assert sorted(device["type"] for device in devices) == ["BATTERY", "INVERTER", "METER", "METER", "METER"]


def test_a_physical_meter_is_listed_per_type_and_a_virtual_one_has_no_serial(client):
    meters = client.json(f"/v2/sites/{HOME}/devices", types="METER")
    assert [(m["serialNumber"], m["meterType"], m["name"], m["form"]) for m in meters] == [
        ("6064100001", "FeedIn", "Export Meter", "PHYSICAL"),
        ("6064100001", "Purchased", "Import Meter", "PHYSICAL"),
        (None, "SelfConsumption", "Self Consumption Meter", "VIRTUAL"),
    ]


def test_a_battery_brings_its_nameplate_in_kilowatt_hours(client):
    (battery,) = client.json(f"/v2/sites/{HOME}/devices", types="BATTERY")
    assert (battery["nameplate"], battery["name"], battery["manufacturer"]) == (9.7, "Battery 1", "SolarEdge")


def test_optimizers_and_gateways_are_listed_when_asked(client):
    devices = client.json(f"/v2/sites/{OFFICE}/devices", types="OPTIMIZER,GATEWAY")
    assert [device["type"] for device in devices].count("OPTIMIZER") == 96 * 3 + 80
    assert [device["name"] for device in devices if device["type"] == "GATEWAY"] == ["Gateway 1"]


def test_a_replaced_inverter_stays_inactive_beside_its_successor(client, simulator):
    inverters = client.json(f"/v2/sites/{OFFICE}/devices")
    second = [inverter for inverter in inverters if inverter["name"] == "Inverter 2"]
    assert [inverter["active"] for inverter in second] == [False, True]
    assert second[0]["serialNumber"] != second[1]["serialNumber"]
    assert second[1]["createdAt"] == "2026-03-17T14:00:00-04:00"
    simulator.clock.set(REPLACED_AT - timedelta(minutes=1))
    inverters = client.json(f"/v2/sites/{OFFICE}/devices")
    assert [i["active"] for i in inverters if i["name"] == "Inverter 2"] == [True]


def test_an_unknown_device_type_is_refused(client):
    assert client.get(f"/v2/sites/{HOME}/devices", types="inverter").status_code == 400


def test_one_device_can_be_asked_by_serial(client):
    (inverter,) = client.json(f"/v2/sites/{HOME}/devices")
    assert client.json(f"/v2/sites/{HOME}/devices/{inverter['serialNumber']}") == inverter
    assert client.get(f"/v2/sites/{HOME}/devices/nothing").status_code == 404


def test_benefits_come_in_both_unit_systems(client):
    metric = client.json(f"/v2/sites/{ROOF}/environmental-benefits")
    imperial = client.json(f"/v2/sites/{ROOF}/environmental-benefits", unit="IMPERIAL")
    lifetime = client.json(f"/v2/sites/{ROOF}/lifetime-energy")
    assert metric["co2Emissions"] == pytest.approx(0.392 * lifetime["energy"] / 1000)
    assert (metric["unit"], imperial["unit"]) == ("METRIC", "IMPERIAL")
    assert imperial["co2Emissions"] == pytest.approx(2.20462 * metric["co2Emissions"])


def test_performance_is_energy_per_peak_power(client):
    performance = client.json(f"/v2/sites/{ROOF}/overview/performance")
    made = client.json(f"/v2/sites/{ROOF}/overview")["production"]["total"]
    assert performance["specificYield"] == pytest.approx(made / 5940)


def test_alerts_are_bare_lists_of_a_site_and_of_the_fleet(client):
    own = client.json(f"/v2/sites/{HOME}/alerts")
    assert own[0].keys() >= {"alertId", "siteId", "status", "firstTrigger", "component", "errorCodes"}
    assert own[0]["firstTrigger"].endswith("Z")
    every = client.json("/v2/alerts", alerts_in_page=100)
    assert {alert["siteId"] for alert in every} == {HOME, ROOF, OFFICE, ISLAND}
    assert client.json("/v2/alerts", alerts_in_page=2, page=2) == every[2:4]
    assert client.json("/v2/alerts", only_open="true") == [a for a in every if a["status"] == "OPEN"]
    assert client.get("/v2/alerts", alerts_in_page=101).status_code == 400


def test_the_power_flow_belongs_to_paid_plans(client, start_simulator, make_client):
    assert client.get(f"/v2/sites/{HOME}/power-flow").status_code == 403
    flow = make_client(start_simulator(plan="pro")).json(f"/v2/sites/{HOME}/power-flow")
    assert flow["unit"] == "W"
    assert flow["grid"]["status"] in {"IMPORT", "EXPORT"}
