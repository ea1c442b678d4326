"""Days at the seams of zones, other periods, sites that vanish, dead devices, latitudes, serial numbers."""

import logging
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from solaredge_simulator.fleet import HOME, ROOF
from solaredge_simulator.sites import Listed
from solaredge_simulator.v1.rules import V1Rules
from tap_solaredge.measured.readings import MeterSeries, MeterType
from tap_solaredge.measured.site import Inventory, Site
from tools import truth

from .collected import Collected

NOW = datetime(2026, 11, 10, 12, 5, tzinfo=UTC)
SPLIT = {
    "energy_wh": "production_wh", "consumption_wh": "consumption_wh", "feed_in_wh": "feed_in_wh",
    "purchased_wh": "purchased_wh", "charged_wh": "charge_wh", "discharged_wh": "discharge_wh",
}  # fmt: skip


@pytest.mark.parametrize("zone", [None, "UTC", "America/Los_Angeles"])
def test_no_day_is_lost_where_windows_meet_and_the_zone_is_wrong(start_simulator, tmp_path, zone):
    simulator = start_simulator(trouble=False, now=NOW)
    plant = simulator.change(HOME, listed=Listed(zone=zone))
    harvest = Collected(
        simulator, tmp_path, only=["sites", "energy_readings"], site_ids=[HOME], start_date="2026-08-15",
        calls_per_minute=0,
    )  # fmt: skip
    harvest.run()
    expected = dict(truth.energy_readings(plant, datetime(2026, 8, 16, tzinfo=UTC), NOW - timedelta(days=1)))
    found = harvest.table("energy_readings", truth.COLUMNS["energy_readings"], 3)
    over = {key for key in expected if key[1] < "2026-11-09"}
    assert {key: found[key][1] for key in over} == pytest.approx({key: expected[key][1] for key in over})


@pytest.mark.parametrize(("zone", "unit"), [("UTC", "MONTH"), ("UTC", "WEEK")])
def test_the_first_period_is_whole_where_only_an_offset_is_known(start_simulator, tmp_path, zone, unit):
    found = []
    for number, told in enumerate(("own", zone)):
        simulator = start_simulator(trouble=False, now=NOW)
        simulator.change(HOME, listed=Listed(zone=told))
        folder = tmp_path / str(number)
        folder.mkdir()
        harvest = Collected(
            simulator, folder, only=["sites", "energy_readings"], site_ids=[HOME], start_date="2026-07-06",
            calls_per_minute=0, energy_time_unit=unit,
        )  # fmt: skip
        harvest.run()
        found.append({key: row["energy_wh"] for key, row in harvest.rows["energy_readings"].items()})
    assert found[0] == pytest.approx(found[1])


@pytest.mark.parametrize("version", ["v2", "v1"])
@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Africa/Cairo", date(2026, 4, 24)),
        ("America/Santiago", date(2026, 9, 6)),
        ("Asia/Beirut", date(2026, 3, 29)),
        ("America/Havana", date(2026, 11, 1)),  # there the hour before midnight comes twice
    ],
)
def test_a_day_whose_clocks_change_at_midnight_has_its_split(start_simulator, tmp_path, version, zone, day):
    at = ZoneInfo(zone)
    simulator = start_simulator(
        trouble=False, now=datetime(day.year, day.month, day.day, 17, tzinfo=UTC) + timedelta(days=4),
        v1=V1Rules(daily_calls=None),
    )  # fmt: skip
    plant = simulator.change(HOME, zone=at)
    harvest = Collected(
        simulator, tmp_path, only=["sites", "power_flows", "energy_readings"], site_ids=[HOME],
        start_date=plant.local_midnight(day).isoformat(), calls_per_minute=0, daily_calls_per_site=0,
        api_version=version, api_key=simulator.v1_key if version == "v1" else simulator.key,
    )  # fmt: skip
    harvest.run()
    for number in range(3):
        row = harvest.rows["energy_readings"][HOME, (day + timedelta(days=number)).isoformat(), "DAY"]
        span = [plant.local_midnight(day + timedelta(days=n)) for n in (number, number + 1)]
        for ours, theirs in SPLIT.items():
            assert row[ours] == pytest.approx(plant.total(theirs, *span), abs=4), (number, ours)


def test_days_are_owed_where_months_were_read(simulator, run_tap):
    settings = {"site_ids": [HOME], "start_date": "2026-04-01", "power_lookback_days": 1}
    state = run_tap(simulator, energy_time_unit="MONTH", **settings).state
    simulator.clock.advance(hours=25)
    said = run_tap(simulator, state=state, energy_time_unit="DAY", **settings)
    days = {record["reading_date"] for record in said.records["energy_readings"]}
    assert min(days) == "2026-04-01"
    assert "2026-04-15" in days


def test_a_site_that_is_not_listed_any_more_is_named(simulator, run_tap, caplog):
    state = run_tap(simulator, power_lookback_days=1, energy_lookback_days=1).state
    del simulator.plants[HOME]
    simulator.clock.advance(hours=25)
    run_tap(simulator, state=state, power_lookback_days=1, energy_lookback_days=1)
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert f"1 site no longer open to this credential and not read, the data stay: {HOME}" in said


def test_a_dead_battery_beside_a_healthy_one_costs_no_calls(start_simulator, run_tap):
    simulator = start_simulator(trouble=False, sites="variety", now=datetime(2026, 6, 10, 12, 5, tzinfo=UTC))
    plant = next(plant for plant in simulator.plants.values() if len(plant.batteries) > 1)
    ever = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
    simulator.outage(plant.site_id, *ever, device=plant.batteries[1].serial)
    settings = {"site_ids": [plant.site_id], "start_date": "2026-04-15"}
    said = run_tap(simulator, **settings)
    for _ in range(3):
        before = len(simulator.calls)
        simulator.clock.advance(hours=3)
        said = run_tap(simulator, state=said.state, **settings)
    assert len(simulator.calls) - before <= 8


@pytest.mark.parametrize("latitude", [90.0, None])
def test_power_is_read_in_winter_whatever_latitude_is_told(start_simulator, run_tap, latitude):
    simulator = start_simulator(trouble=False, now=NOW)
    simulator.change(ROOF, listed=Listed(latitude=latitude))
    settings = {"site_ids": [ROOF], "power_lookback_days": 1, "energy_lookback_days": 1}
    said = run_tap(simulator, **settings)
    for _ in range(20):
        simulator.clock.advance(hours=2)
        said = run_tap(simulator, state=said.state, **settings)
    newest = said.state["bookmarks"]["power_readings"]["partitions"][0]["replication_key_value"]
    assert newest > (simulator.clock.now() - timedelta(hours=24)).isoformat()


@pytest.mark.parametrize("streams", [["power_readings"], ["power_readings", "energy_readings"]])
def test_data_are_read_though_the_installation_is_still_to_come(start_simulator, tmp_path, streams):
    simulator = start_simulator(trouble=False, now=NOW)
    simulator.change(ROOF, listed=Listed(installed=date(2027, 4, 1)))
    harvest = Collected(
        simulator, tmp_path, only=["sites", *streams], site_ids=[ROOF], calls_per_minute=0,
        power_lookback_days=7, energy_lookback_days=60,
    )  # fmt: skip
    harvest.run()
    produced = [key[1] for key, row in harvest.rows["power_readings"].items() if row.get("power_watts")]
    assert min(produced)[:10] == "2026-11-03"
    assert len(harvest.rows["energy_readings"]) in {0, 61}


WRITINGS = pytest.mark.parametrize(
    "change", [str.lower, lambda serial: serial.rsplit("-", 1)[0]], ids=["case", "digits"]
)


@WRITINGS
def test_telemetry_is_that_of_the_device_however_its_serial_number_is_written(change):
    listed = [
        {"serial_number": serial, "meter_type": "Production"} for serial in ("7F0A12B3-C4", "7F0A12B4-C5")
    ]
    site = Site(1, "", ZoneInfo("UTC"), None, pending=False, devices=Inventory([], listed, listed[1:]))
    answer = [
        MeterSeries(change("7F0A12B3-C4"), MeterType.PRODUCTION),
        MeterSeries("9-11", MeterType.PRODUCTION),
    ]
    assert [series.serial_number for series in site.spelled(answer)] == ["7F0A12B3-C4", "9-11"]


@WRITINGS
def test_a_device_stays_the_one_it_is_however_lists_write_its_serial_number(simulator, run_tap, change):
    settings = {"site_ids": [HOME], "power_lookback_days": 1, "energy_lookback_days": 1}
    streams = ("batteries", "battery_readings", "meters")
    first = run_tap(simulator, **settings)
    plant = simulator.plants[HOME]
    simulator.clock.advance(hours=25)
    for device in (*plant.inverters, *plant.batteries, *plant.meters):
        if device.serial:
            simulator.fault("rewritten", path="*/devices", serial=device.serial, value=change(device.serial))
    second = run_tap(simulator, state=first.state, **settings)
    for said in (first, second):
        assert {record["serial_number"] for stream in streams for record in said.records[stream]} == {
            *(battery.serial for battery in plant.batteries), *(meter.serial for meter in plant.meters)
        }  # fmt: skip
    inverters = [plant.inverters[0].serial]
    rows = second.records["equipment"]
    assert [row["serial_number"] for row in rows if row["equipment_type"] == "INVERTER"] == inverters
    assert [row["connected_inverter_sn"] for row in second.records["batteries"]] == inverters


@WRITINGS
def test_devices_that_are_listed_in_two_writings_stay_two(change):
    old, new = "7F0A12B3-C4", change("7F0A12B3-C4")
    listed = [{"serial_number": serial, "active": serial == new} for serial in (old, new)]
    Inventory([], [], listed).write_as_before([old])
    assert [battery["serial_number"] for battery in listed] == [old, new]


def test_days_are_read_again_where_the_time_zone_is_corrected(start_simulator, tmp_path, caplog):
    simulator = start_simulator(trouble=False, now=NOW)
    harvest = Collected(
        simulator, tmp_path, only=["sites", "energy_readings"], site_ids=[HOME], start_date="2026-08-15",
        calls_per_minute=0, inventory_refresh_hours=1,
    )  # fmt: skip
    harvest.run()
    plant = simulator.change(HOME, zone=ZoneInfo("America/New_York"))
    for _ in range(2):
        simulator.clock.advance(hours=13)
        harvest.run()
    said = "its time zone is America/New_York now, it was Europe/Amsterdam: its days and quarter hours"
    assert caplog.text.count(said) == 1
    assert "the answers show" not in caplog.text
    expected = dict(
        truth.energy_readings(plant, datetime(2026, 8, 16, 12, tzinfo=UTC), NOW - timedelta(days=1))
    )
    found = harvest.table("energy_readings", truth.COLUMNS["energy_readings"], 3)
    over = {key for key in expected if key[1] < "2026-11-09"}
    for key in sorted(over):
        assert found[key][1:] == pytest.approx(expected[key][1:], abs=1), key


@pytest.mark.parametrize("version", ["v2", "v1"])
def test_quarter_hours_and_months_follow_a_time_zone_that_is_corrected(start_simulator, tmp_path, version):
    simulator = start_simulator(trouble=False, now=NOW, v1="active")
    harvest = Collected(
        simulator, tmp_path, only=["sites", "power_readings", "energy_totals"], site_ids=[HOME],
        start_date="2026-09-01", calls_per_minute=0, daily_calls_per_site=0, api_version=version,
        api_key=simulator.key if version == "v2" else simulator.v1_key,
    )  # fmt: skip
    harvest.run()
    plant = simulator.change(HOME, zone=ZoneInfo("Europe/London"))
    simulator.clock.advance(hours=1)
    harvest.run()  # the answers show the new clock before the site's details are read
    simulator.clock.advance(hours=25)
    harvest.run()
    expected = dict(truth.power_readings(plant, datetime(2026, 9, 1, tzinfo=UTC), simulator.clock.now()))
    found = harvest.table("power_readings", truth.COLUMNS["power_readings"], 2)
    assert {key: found[key][0] for key in expected} == {key: row[0] for key, row in expected.items()}
    (months,) = harvest.state["bookmarks"]["energy_totals"]["partitions"]
    assert months["replication_key_value"] == "2026-11-01T00:00:00Z"


def test_another_name_of_the_same_time_zone_is_no_correction(start_simulator, run_tap, caplog):
    simulator = start_simulator(trouble=False, now=NOW)
    settings = {"site_ids": [HOME], "inventory_refresh_hours": 1, "start_date": "2026-09-01"}
    said = run_tap(simulator, **settings)
    simulator.change(HOME, listed=Listed(zone="Europe/Berlin"))
    simulator.clock.advance(hours=2)
    before = len(simulator.calls)
    said = run_tap(simulator, state=said.state, **settings)
    assert said.partition("sites", HOME)["timezone"] == "Europe/Berlin"
    assert len(simulator.calls) - before <= 8
    assert "time zone" not in caplog.text
