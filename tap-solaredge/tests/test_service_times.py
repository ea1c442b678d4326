"""Devices that were removed or are silent: no sum passes a part for all, none waits for what is gone."""

from datetime import UTC, datetime, timedelta

import pytest
import requests

from solaredge_simulator.devices import MeterType
from solaredge_simulator.fleet import HOME
from solaredge_simulator.variety import TWO_BATTERIES
from tap_solaredge.service.v2.requests import DEVICE_TYPES
from tools import truth

from .collected import Collected, selected
from .conftest import tap_run
from .fault_world import rows

START = "2026-07-30T00:00:00Z"
SILENT, BACK = datetime(2026, 8, 3, tzinfo=UTC), datetime(2026, 8, 15, tzinfo=UTC)
UNMETERED = ("load_power", "storage_power", "storage_charge_level")
CHARGED = ("consumption_wh", "charged_wh", "discharged_wh")


def listed(simulator, site):
    """Return what `/devices` lists."""
    address, key = f"{simulator.url}/v2/sites/{site}/devices", {"X-API-Key": simulator.key}
    return requests.get(address, params={"types": DEVICE_TYPES}, headers=key, timeout=10).json()


def remove(simulator, site, kind):
    """Let `/devices` list the devices of a kind as inactive."""
    for index, device in enumerate(listed(simulator, site)):
        if device["type"] == kind:
            simulator.fault("node", path="*/devices", name=f"/{index}/active", value=False)


def flows(runs):
    return {key[2]: row for key, row in rows(runs).items() if key[0] == "power_flows"}


@pytest.mark.parametrize(
    ("name", "value"), [("/storage/*/*/values/*/value", None), ("/storage/*", {}), ("/storage", {})]
)
def test_a_battery_that_was_removed_leaves_the_load_known(start_simulator, run_tap, name, value):
    simulator = start_simulator(trouble=False)
    remove(simulator, HOME, "BATTERY")
    simulator.fault("node", path="*/storage/telemetry", name=name, value=value)
    said = run_tap(simulator, site_ids=[HOME], energy_lookback_days=4, power_lookback_days=3)
    found = flows([said])
    assert len(found) > 280
    metered = [row for row in found.values() if row["grid_power"] is not None]
    assert [row for row in metered if row["load_power"] is None or row["storage_power"] is not None] == []
    days = said.records["energy_readings"]
    assert [day for day in days if day["consumption_wh"] is None or day["charged_wh"] is not None] == []
    assert said.records["battery_readings"] == []
    assert "open" not in said.partition("power_flows", HOME) or len(metered) < len(found)


@pytest.mark.parametrize("site", [HOME, TWO_BATTERIES])
def test_while_a_battery_is_silent_no_sum_is_told_without_it(start_simulator, tmp_path, caplog, site):
    simulator = start_simulator(sites="variety", trouble=False, now=datetime(2026, 8, 1, 12, 5, tzinfo=UTC))
    plant = simulator.plants[site]
    serial = plant.batteries[0].serial
    simulator.outage(site, SILENT, BACK, order="newest first", hours=48, device=serial)
    settings = {"site_ids": [site], "start_date": START, "ledger_path": str(tmp_path / "ledger.db")}
    runs, state = [], {}
    while (now := simulator.clock.now()) < BACK + timedelta(days=4):
        runs.append(tap_run(simulator, state, **settings))
        state = runs[-1].state
        if BACK - timedelta(days=2) < now < BACK:  # silent for longer than a window
            silent = [row for at, row in flows(runs).items() if at >= f"{SILENT:%Y-%m-%dT%H:%M:%SZ}"]
            assert len(silent) > 800
            assert [row for row in silent if any(row[name] is not None for name in UNMETERED)] == []
            days = {key[2]: row for key, row in rows(runs).items() if key[0] == "energy_readings"}
            assert [days["2026-08-10"][name] for name in CHARGED] == [None] * 3
        simulator.clock.advance(days=1)
    assert f"site {site}: Battery {serial} has told nothing since 2026-08-02 2" in caplog.text
    for at, row in flows(runs).items():
        quarter = plant.quarter(datetime.fromisoformat(at))
        assert row["load_power"] in (None, pytest.approx(quarter.consumption_w))
        assert row["load_power"] is not None or at > "2026-08-18T10"
    for day in ("2026-08-03", "2026-08-10", "2026-08-14"):
        row = rows(runs)["energy_readings", site, day, "DAY"]
        begin = plant.local_midnight(datetime.fromisoformat(day).date())
        used, took, gave = (
            plant.total(name, begin, begin + timedelta(days=1))
            for name in ("consumption_wh", "charge_wh", "discharge_wh")
        )
        assert [row[name] for name in CHARGED] == [
            pytest.approx(used),
            pytest.approx(took),
            pytest.approx(gave),
        ]


def test_a_battery_that_never_told_anything_is_named(start_simulator, run_tap, caplog):
    simulator = start_simulator(trouble=False)
    simulator.fault("node", path="*/storage/telemetry", name="/storage", value={})
    run_tap(simulator, site_ids=[HOME], energy_lookback_days=4, power_lookback_days=3)
    serial = simulator.plants[HOME].batteries[0].serial
    assert f"Battery {serial} has told nothing for a long time, or never: sums" in caplog.text


def test_the_load_before_a_battery_was_installed_is_known(start_simulator, run_tap):
    simulator = start_simulator(trouble=False)
    since = "2026-11-18T12:00:00+01:00"
    battery = next(n for n, d in enumerate(listed(simulator, HOME)) if d["type"] == "BATTERY")
    simulator.fault("node", path="*/devices", name=f"/{battery}/createdAt", value=since)
    for place in range(4 * 24):  # the first day of the window
        simulator.fault(
            "node", path="*/storage/telemetry", name=f"/storage/*/*/values/{place}/value", value=None
        )
    said = run_tap(simulator, site_ids=[HOME], energy_lookback_days=4, power_lookback_days=3)
    early = [
        row for at, row in flows([said]).items() if at < "2026-11-18T11" and row["grid_power"] is not None
    ]
    assert len(early) > 80
    assert [row for row in early if row["load_power"] is None] == []


def test_two_listings_of_one_meter_with_one_name_stay_two_meters(start_simulator, tmp_path):
    simulator = start_simulator(trouble=False)
    plant = simulator.plants[HOME]
    serial = plant.meters[0].serial
    for kind in (MeterType.FEED_IN, MeterType.PURCHASED):
        plant = plant.renamed(serial, "Meter", kind)
    simulator.change(HOME, meters=plant.meters)
    home = Collected(simulator, tmp_path, site_ids=[HOME], power_lookback_days=3, energy_lookback_days=3)
    home.run()
    names = {f"Meter {serial} FeedIn": MeterType.FEED_IN, f"Meter {serial} Purchased": MeterType.PURCHASED}
    found = home.table("meter_readings", truth.COLUMNS["meter_readings"], truth.KEY_COLUMNS["meter_readings"])
    assert {name for _, name, _ in found} == set(names)
    told = {key: values for key, values in home.rows["meter_readings"].items() if values.get("power")}
    assert len(told) > 150
    for (_, name, at), values in told.items():
        reading = plant.quarter(datetime.fromisoformat(at)).meters[serial, names[name]]
        assert (values["power"], values["energy_wh"]) == (reading.power_w, reading.energy_wh)


def test_a_window_whose_answer_is_too_large_is_read_in_shorter_ones(start_simulator, run_tap, monkeypatch):
    monkeypatch.setattr("tap_solaredge.transport.LARGEST_BODY", 200_000)
    simulator = start_simulator(trouble=False)
    said = run_tap(
        simulator, catalog=selected({"inverter_readings"}), site_ids=[HOME], power_lookback_days=10
    )
    assert said.error is None
    assert len(said.records["inverter_readings"]) > 950
