"""V1: rows of batteries and inverters, and counters of meters, agree with the quarters of the plant."""

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from solaredge_simulator.fleet import HOME, OFFICE, ROOF

DAY = {"startTime": "2026-06-03 00:00:00", "endTime": "2026-06-04 00:00:00"}
QUARTERS = {"timeUnit": "QUARTER_OF_AN_HOUR"}
JUNE_3 = (datetime(2026, 6, 2, 22, tzinfo=UTC), datetime(2026, 6, 3, 22, tzinfo=UTC))


def storage_rows(client, window=DAY):
    (battery,) = client.json(f"/site/{HOME}/storageData", **window)["storageData"]["batteries"]
    assert battery["telemetryCount"] == len(battery["telemetries"])
    return battery["telemetries"]


def test_five_minute_rows_of_a_battery_agree_with_its_quarters(v1):
    rows, zone = storage_rows(v1), v1.simulator.plants[HOME].zone
    truth = {quarter.start: quarter for quarter in v1.simulator.plants[HOME].quarters(*JUNE_3)}
    assert len(rows) == 288
    both = 0
    for number in range(0, len(rows), 3):
        three = rows[number : number + 3]
        instants = [datetime.fromisoformat(row["timeStamp"]).replace(tzinfo=zone) for row in three]
        quarter = truth[instants[0].astimezone(UTC) - timedelta(seconds=instants[0].timestamp() % 900)]
        assert instants[2].timestamp() - quarter.start.timestamp() < 900
        powers = [row["power"] for row in three]
        assert sum(powers) / 3 == quarter.charge_w - quarter.discharge_w
        assert sum(max(power, 0) for power in powers) / 3 == quarter.charge_w
        assert sum(max(-power, 0) for power in powers) / 3 == quarter.discharge_w
        (battery,) = quarter.batteries.values()
        level = sum(row["batteryPercentageState"] for row in three) / 3
        assert level == pytest.approx(battery.state_of_charge, abs=1e-9)
        both += bool(quarter.charge_w and quarter.discharge_w)
    assert both


def test_rows_drift_and_stay_inside_zero_and_a_hundred_percent(v1):
    rows = storage_rows(v1)
    seconds = {row["timeStamp"][-2:] for row in rows}
    assert len(seconds) > 10
    assert min(row["batteryPercentageState"] for row in rows) >= 0
    assert max(row["batteryPercentageState"] for row in rows) <= 100


def test_the_lifetime_counters_end_where_v2s_total_does(v1, make_client):
    (last,) = storage_rows(v1, {"startTime": "2026-06-03 23:55:00", "endTime": "2026-06-04 00:00:00"})[-1:]
    total = make_client(v1.simulator).json(
        f"/v2/sites/{HOME}/storage/telemetry",
        resolution="TOTAL",
        from_="2000-01-01T00:00:00Z",
        to="2026-06-04T00:00:00+02:00",
    )
    (battery,) = total["storage"].values()
    assert last["lifeTimeEnergyCharged"] == battery["chargeEnergy"]["values"][0]["value"]
    assert last["lifeTimeEnergyDischarged"] == battery["dischargeEnergy"]["values"][0]["value"]


def test_storage_takes_seven_days_and_serials_and_no_battery_is_no_error(v1):
    week = {"startTime": "2026-06-01 00:00:00", "endTime": "2026-06-08 00:00:00"}
    assert v1.get(f"/site/{HOME}/storageData", **week).status_code == 200
    assert v1.get(f"/site/{HOME}/storageData", **week | {"endTime": "2026-06-08 00:00:01"}).status_code == 403
    assert v1.json(f"/site/{HOME}/storageData", serials="other", **DAY)["storageData"]["batteryCount"] == 0
    assert v1.json(f"/site/{ROOF}/storageData", **DAY) == {
        "storageData": {"batteryCount": 0, "batteries": []}
    }


def test_inverter_rows_average_to_the_quarter_and_sleep_at_night(v1):
    home = v1.simulator.plants[HOME]
    serial = home.inverters[0].serial
    rows = v1.json(f"/equipment/{HOME}/{serial}/data", **DAY)["data"]["telemetries"]
    quarter = home.quarter(JUNE_3[0] + timedelta(hours=12))
    noon = [row["totalActivePower"] for row in rows if row["date"][11:16] >= "12:00"][:3]
    assert sum(noon) / 3 == quarter.inverters[serial].power_w
    assert "L3Data" in rows[0]
    roof = v1.simulator.plants[ROOF].inverters[0].serial
    night = v1.json(f"/equipment/{ROOF}/{roof}/data", **DAY)["data"]["telemetries"][0]
    assert (night["inverterMode"], night["dcVoltage"], night["totalActivePower"]) == ("SLEEPING", None, 0.0)
    assert "L2Data" not in night
    assert v1.get(f"/equipment/{HOME}/none/data", **DAY).status_code == 404


def test_meters_are_counters_whose_differences_are_the_energy(v1):
    meters = v1.json(f"/site/{OFFICE}/meters", **QUARTERS, **DAY)["meterEnergyDetails"]["meters"]
    assert [(meter["meterSerialNumber"], meter["meterType"]) for meter in meters] == [
        ("6074100003", "FeedIn"),
        ("6074100003", "Purchased"),
        ("6084100003", "Consumption"),
    ]
    values = meters[2]["values"]
    assert (len(values), values[0]["date"]) == (96, "2026-06-03 00:01:17")
    truth = v1.simulator.plants[OFFICE].quarter(datetime(2026, 6, 3, 4, tzinfo=UTC))
    assert values[1]["value"] - values[0]["value"] == pytest.approx(truth.consumption_wh, abs=20)


def test_meters_answer_in_xml_unless_json_is_asked_for(v1):
    path = f"/site/{HOME}/meters"
    xml = v1.get(path, headers={"Accept": "*/*"}, **DAY)
    assert xml.headers["Content-Type"] == "application/xml"
    assert ET.fromstring(xml.content).findtext("meters/meterType") == "FeedIn"  # noqa: S314
    assert v1.get(path + ".json", headers={"Accept": "*/*"}, **DAY).json() == v1.get(path, **DAY).json()
    assert v1.get(f"/site/{HOME}/details.json").status_code == 200
    assert v1.get(f"/site/{HOME}/details", headers={"Accept": "text/csv"}).status_code == 406
