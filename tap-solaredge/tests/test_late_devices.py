"""A meter or battery that `/devices` names late, or leaves out for a while, leaves no hole."""

import pytest
import requests

from solaredge_simulator.fleet import HOME

from .conftest import tap_run
from .fault_world import rows

START = "2026-11-01T00:00:00Z"
SETTINGS = {"site_ids": [HOME], "start_date": START, "daily_calls_per_site": 0}
STREAMS = ("power_flows", "power_readings", "meter_readings", "battery_readings", "energy_readings")
DAY = 24 * 3600


def unlist(simulator, kind):
    """Let `/devices` of both versions leave out a kind of devices."""
    types = ["INVERTER", "METER", "BATTERY", "OPTIMIZER", "GATEWAY", "EV_CHARGER", "BUI", "BATTERY_MODULE"]
    address, key = f"{simulator.url}/v2/sites/{HOME}/devices", {"X-API-Key": simulator.key}
    listed = requests.get(address, params={"types": types}, headers=key, timeout=10).json()
    for index in reversed([number for number, device in enumerate(listed) if device["type"] == kind]):
        simulator.fault("node_gone", path="*/devices", name=f"/{index}")
    names = {"METER": "meters", "BATTERY": "batteries"}
    simulator.fault("node", path="*/inventory", name=f"/Inventory/{names[kind]}", value=[])


class Household:
    """A tap that runs once a day, and what a target holds of it."""

    def __init__(self, simulator, folder, version):
        self.simulator, self.folder = simulator, folder
        self.settings = SETTINGS | {"api_version": version}
        self.settings["api_key"] = simulator.key if version == "v2" else simulator.v1_key
        self.runs = []

    def run(self, days):
        """Run once a day, and return the calls of each run."""
        spent = []
        for _ in range(days):
            if self.runs:
                self.simulator.clock.advance(seconds=DAY)
            before = len(self.simulator.calls)
            state = self.runs[-1].state if self.runs else None
            ledger = str(self.folder / "ledger.db")
            self.runs.append(tap_run(self.simulator, state, ledger_path=ledger, **self.settings))
            assert self.runs[-1].error is None
            spent.append(len(self.simulator.calls) - before)
        return spent

    def check(self):
        """Compare with a tap that begins now; the running day is open."""
        ledger = str(self.folder / "fresh.db")
        fresh = tap_run(self.simulator, ledger_path=ledger, **self.settings)
        today = self.simulator.clock.now().date().isoformat()

        def kept(runs):
            found = rows(runs).items()
            return {key: row for key, row in found if key[0] in STREAMS and str(key[-1]) < today
                    and not (key[0] == "energy_readings" and key[2] >= today)}  # fmt: skip

        found, truth = kept(self.runs), kept([fresh])
        assert found.keys() == truth.keys()
        assert {key: row for key, row in found.items() if row != truth[key]} == {}


@pytest.fixture
def household(start_simulator, tmp_path):
    """Return a function that starts a household of a version."""

    def start(version):
        return Household(start_simulator(v1="active", trouble=False), tmp_path, version)

    return start


@pytest.mark.parametrize("version", ["v2", "v1"])
@pytest.mark.parametrize("kind", ["METER", "BATTERY"])
def test_what_was_read_before_a_device_was_listed_is_read_again(household, caplog, kind, version):
    home = household(version)
    unlist(home.simulator, kind)
    home.run(1)
    home.simulator.lift_faults()
    home.run(2)
    assert f"site {HOME}: the first {kind.lower()} is listed: what was read without it" in caplog.text
    home.check()


@pytest.mark.parametrize("version", ["v2", "v1"])
@pytest.mark.parametrize("kind", ["METER", "BATTERY"])
def test_a_device_that_is_left_out_for_a_while_is_read_on(household, caplog, kind, version):
    home = household(version)
    home.run(2)
    unlist(home.simulator, kind)
    left_out = home.run(3)
    home.simulator.lift_faults()
    listed = home.run(2)
    assert f"site {HOME}: no {kind.lower()} is listed any more" in caplog.text
    assert max(left_out) <= max(listed)
    home.check()


@pytest.mark.parametrize(("kind", "read_from"), [("METER", "/meters/"), ("BATTERY", "/storage/")])
def test_a_device_that_no_list_has_named_for_three_months_costs_no_call(household, caplog, kind, read_from):
    home = household("v2")
    home.run(1)
    unlist(home.simulator, kind)
    home.simulator.clock.advance(seconds=92 * DAY)
    caplog.clear()
    (calls,) = home.run(1)
    assert "is listed any more" not in caplog.text
    assert not [call.path for call in home.simulator.calls[-calls:] if read_from in call.path]


def test_a_new_battery_does_not_cost_the_years_before_it(household):
    home = household("v2")
    unlist(home.simulator, "BATTERY")
    home.run(1)
    home.simulator.lift_faults()
    now = home.simulator.clock.now().isoformat()
    home.simulator.fault("node", path="*/devices", name="/*/createdAt", value=now)
    arrived, after = home.run(2)
    assert arrived <= after + 3
