"""A battery that falls silent beside another one: `status` and the report name it until that is over."""

from datetime import UTC, datetime, timedelta

import pytest
import requests
from report_pages import opened, page_of
from sqlalchemy import text
from test_report_databases import unpacked
from test_report_odd_sites import texts

from solaredge_simulator.simulator import Simulator
from solaredge_simulator.variety import TWO_BATTERIES
from tap_solaredge.plan.owed import GIVEN_UP
from tap_solaredge.service.v2.requests import DEVICE_TYPES
from target_seh_sql.commands.status import Asked, show_streams
from target_seh_sql.status.silent_devices import AWAITED
from tools.browser import Browser
from tools.databases import KINDS, empty_database, engine_of
from tools.pipeline import Pipeline

BEGAN = datetime(2026, 8, 3, 12, 5, tzinfo=UTC)
DAY = timedelta(days=1)
WELL = (0, ["Nothing is late, failed or missing."])
EMPTY = (
    "storage_power, storage_charge_level, load_power of power_flows and "
    "charged_wh, discharged_wh, consumption_wh of energy_readings"
)
PORTAL = "Look at it in SolarEdge's portal; if it was removed, it must be inactive there"
STREAM = f"late     {TWO_BATTERIES} Two Batteries: battery_readings:"


@pytest.fixture
def told(capsys):
    """Return a function that gives the exit code and the lines of what is wrong."""

    def run(url, now):
        code = 0
        try:
            show_streams({"sqlalchemy_url": url, "table_prefix": ""}, Asked(problems=True), now)
        except SystemExit as ended:
            code = ended.code
        found = capsys.readouterr().out.splitlines()
        return code, [line for line in found if "SolarEdge yet" not in line and "of 1 site" not in line]

    return run


def list_as_inactive(simulator, serial):
    address = f"{simulator.url}/v2/sites/{TWO_BATTERIES}/devices"
    key = {"X-API-Key": simulator.key}
    listed = requests.get(address, params={"types": DEVICE_TYPES}, headers=key, timeout=10).json()
    place = next(n for n, device in enumerate(listed) if device.get("serialNumber") == serial)
    simulator.fault("node", path="*/devices", name=f"/{place}/active", value=False)


def empty_loads(url):
    """Return how many quarter hours since the battery's last word have no load."""
    query = text(
        "SELECT count(*) FROM power_flows WHERE load_power IS NULL AND grid_power IS NOT NULL "
        "AND timestamp > '2026-08-03 11:30:00'"
    )
    with engine_of(url) as engine, engine.connect() as connection:
        return connection.execute(query).scalar_one()


@pytest.mark.parametrize("kind", KINDS)
def test_a_silent_battery_is_named_until_it_is_inactive_or_its_data_come(kind, tmp_path, told):
    with (
        Simulator(
            sites="variety", now=BEGAN, trouble=False, calls_per_minute=None, monthly_credits=None
        ) as simulator,
        empty_database(kind, tmp_path) as url,
    ):
        pipe = Pipeline(tmp_path, simulator, url)
        pipe.settings |= {"site_ids": [TWO_BATTERIES], "start_date": "2026-08-01"}
        state, _ = pipe.run()
        serial = simulator.plants[TWO_BATTERIES].batteries[0].serial
        simulator.outage(TWO_BATTERIES, BEGAN, BEGAN + 5 * DAY, device=serial)

        def after(days):
            nonlocal state
            simulator.clock.set(BEGAN + days * DAY)
            state, _ = pipe.run(state=state)
            return told(url, simulator.clock.now())

        assert after(1) == WELL
        battery = f"{STREAM} Battery 1 ({serial}) has told nothing since 2026-08-03 11:30 UTC"
        assert after(3) == (1, [f"{battery}; empty since then: {EMPTY}. {PORTAL}"])
        assert empty_loads(url) > 250
        page = page_of(tmp_path)
        list_as_inactive(simulator, serial)
        assert after(4.1) == WELL
        assert empty_loads(url) == 0
        simulator.lift_faults()
        assert after(6) == WELL
        assert empty_loads(url) == 0
    figures, _ = unpacked(page.read_text(encoding="utf-8"), TWO_BATTERIES)
    silent = [each for stream in figures["streams"] for each in stream["silent"]]
    at = int(datetime(2026, 8, 3, 11, 30, tzinfo=UTC).timestamp())
    assert silent == [
        {"device": f"Battery 1 ({serial})", "since": at, "empty": ["battery", "charge", "consumption"]}
    ]
    if kind == "sqlite":
        with Browser(tmp_path / "profile") as browser:
            opened(browser, page, "")
            (line, *_) = texts(browser, "#card-streams p:has(.bad)")
        since = f"Battery 1 ({serial}) has told nothing since 3 August 2026, 11:30 (UTC)."
        assert line == f"{since} No values since then: battery, level of charge, consumption. {PORTAL}."


def test_status_names_a_device_for_as_long_as_the_tap_waits_for_it():
    assert AWAITED == GIVEN_UP
