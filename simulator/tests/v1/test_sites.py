"""V1: site list, details, period, overview, power flow, inventory, benefits."""

from datetime import UTC, datetime, timedelta

import pytest

from solaredge_simulator.fleet import HOME, ISLAND, OFFICE, PENDING, REPLACED_AT, ROOF


def test_the_site_list_counts_all_matches_and_pages_from_zero(start_v1):
    client = start_v1(extra=115)
    pages = [client.json("/sites/list", startIndex=index)["sites"] for index in (0, 100, 200)]
    assert [page["count"] for page in pages] == [120, 120, 120]
    assert [len(page["site"]) for page in pages] == [100, 20, 0]
    assert client.get("/sites/list", size=101).status_code == 400


def test_a_site_has_dates_without_time_and_its_zone(v1):
    sites = v1.json("/sites/list")["sites"]["site"]
    assert sites[3]["location"]["timeZone"] == "Australia/Lord_Howe"
    assert (sites[0]["lastUpdateTime"], sites[0]["installationDate"]) == ("2026-11-20", "2021-09-14")
    assert (sites[4]["status"], sites[4]["lastUpdateTime"]) == ("Pending", None)
    assert v1.json(f"/site/{HOME}/details") == {"details": sites[0]}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"status": "Active"}, [HOME, ROOF, OFFICE, ISLAND]),
        ({"status": "Pending"}, [PENDING]),
        ({"Status": "Disabled"}, []),
        ({"status": "All", "searchText": "forlì"}, [ROOF]),
        ({"sortProperty": "PeakPower", "sortOrder": "DESC"}, [OFFICE, PENDING, ISLAND, HOME, ROOF]),
    ],
)
def test_the_list_is_filtered_and_sorted(v1, query, found):
    assert [site["id"] for site in v1.json("/sites/list", **query)["sites"]["site"]] == found


def test_the_data_period_is_dates_or_null(v1):
    assert v1.json(f"/site/{ROOF}/dataPeriod") == {
        "dataPeriod": {"startDate": "2026-05-05", "endDate": "2026-11-20"}
    }
    assert v1.json(f"/site/{PENDING}/dataPeriod") == {"dataPeriod": {"startDate": None, "endDate": None}}


def test_the_overview_has_current_periods_and_a_time(v1):
    overview = v1.json(f"/site/{ROOF}/overview")["overview"]
    assert overview["lastUpdateTime"] == "2026-11-20 12:59:29"
    assert overview["lifeTimeData"]["energy"] == overview["lastYearData"]["energy"]
    today = v1.json(f"/site/{ROOF}/energy", startDate="2026-11-20", endDate="2026-11-20")["energy"]["values"]
    assert overview["lastDayData"]["energy"] == today[0]["value"]


def test_the_power_flow_is_in_kilowatts_with_its_direction_in_the_connections(v1):
    flow = v1.json(f"/site/{HOME}/currentPowerFlow")["siteCurrentPowerFlow"]
    truth = v1.simulator.plants[HOME].quarter(datetime(2026, 11, 20, 12, tzinfo=UTC))
    assert flow["unit"] == "kW"
    assert flow["PV"] == {"status": "Active", "currentPower": truth.production_w / 1000}
    assert flow["STORAGE"]["status"] == "Charging"
    assert {"from": "PV", "to": "Storage"} in flow["connections"]
    v1.simulator.clock.set(datetime(2026, 6, 3, 12, tzinfo=UTC))
    export = v1.json(f"/site/{HOME}/currentPowerFlow")["siteCurrentPowerFlow"]
    assert {"from": "LOAD", "to": "Grid"} in export["connections"]
    assert v1.json(f"/site/{ROOF}/currentPowerFlow") == {"siteCurrentPowerFlow": {}}


def test_a_replaced_inverter_vanishes_from_the_inventory(v1):
    office = v1.simulator.plants[OFFICE]
    old, new = (inverter.serial for inverter in office.inverters if inverter.name == "Inverter 2")
    now = [inverter["SN"] for inverter in v1.json(f"/site/{OFFICE}/inventory")["Inventory"]["inverters"]]
    v1.simulator.clock.set(REPLACED_AT - timedelta(days=1))
    before = [item["serialNumber"] for item in v1.json(f"/equipment/{OFFICE}/list")["reporters"]["list"]]
    assert (old in now, new in now, old in before, new in before) == (False, True, True, False)


def test_the_inventory_knows_physical_and_virtual_meters_and_batteries(v1):
    inventory = v1.json(f"/site/{HOME}/inventory")["Inventory"]
    assert [(meter["type"], meter["form"], meter.get("SN")) for meter in inventory["meters"]] == [
        ("FeedIn", "physical", "6064100001"),
        ("Purchased", "physical", "6064100001"),
        ("SelfConsumption", "virtual", None),
    ]
    assert inventory["batteries"][0]["nameplateCapacity"] == 9700.0
    assert v1.json(f"/site/{PENDING}/inventory")["Inventory"]["inverters"] == []


def test_benefits_follow_the_case_of_the_units(v1):
    metric = v1.json(f"/site/{ROOF}/envBenefits")["envBenefits"]["gasEmissionSaved"]
    imperial = v1.json(f"/site/{ROOF}/envBenefits", systemUnits="Imperial")["envBenefits"]["gasEmissionSaved"]
    assert (metric["units"], imperial["units"]) == ("kg", "lb")
    assert v1.get(f"/site/{ROOF}/envBenefits", systemUnits="imperial").status_code == 400
