"""A month of three sites in targets that we did not write: every value, the keys, how a value looks."""

import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache

import pytest
from other_targets import ROWS, OtherTarget, as_truth, executables
from sqlalchemy.exc import OperationalError

from solaredge_simulator.fleet import HOME, ISLAND, ROOF, fleet
from solaredge_simulator.pytest_plugin import NOW
from solaredge_simulator.simulator import Simulator
from tools import truth
from tools.chaos import database
from tools.pipeline import Pipeline

START = datetime(2026, 10, 20, tzinfo=UTC)
PLANTS = [fleet()[site] for site in (HOME, ROOF, ISLAND)]


@pytest.fixture(scope="module")
def month(tmp_path_factory):
    """Return a file with all that the tap says of a month of three sites."""
    folder = tmp_path_factory.mktemp("month")
    with (
        Simulator(now=NOW, calls_per_minute=None, monthly_credits=None) as simulator,
        (folder / "messages.jsonl").open("w") as messages,
    ):
        tap = Pipeline(folder, simulator).tap(
            start_date=START.isoformat(), site_ids=[plant.site_id for plant in PLANTS]
        )
        subprocess.run(tap, stdout=messages, check=True)
    return folder / "messages.jsonl"


@pytest.fixture(scope="module", params=ROWS)
def target(request, month, tmp_path_factory):
    """Return one of the targets, the month loaded into it."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "target-duckdb" and sys.version_info >= (3, 14):
        pytest.skip("duckdb below 1.3 needs a Python below 3.14")
    executables(request.param)
    if request.param != "target-postgres":
        yield _loaded(OtherTarget(request.param, folder), month)
        return
    try:
        with database("postgresql", folder, f"seh_other_{os.getpid()}") as url:
            yield _loaded(OtherTarget(request.param, folder, url.replace("+psycopg", "")), month)
    except OperationalError as error:
        pytest.fail(str(error)) if os.environ.get("CI") else pytest.skip(f"no PostgreSQL: {error}")


def _loaded(target, messages):
    target.load(messages)
    return target


@cache
def plants_own(stream):
    return truth.of_plants(stream, PLANTS, START, NOW)


@pytest.mark.parametrize("stream", truth.COLUMNS)
def test_every_value_is_the_plants_own_and_every_key_is_there_once(target, stream):
    columns = ["meter_name" if name == "name" else name for name in truth.COLUMNS[stream]]
    rows = [tuple(as_truth(row[column]) for column in columns) for row in target.rows(stream)]
    keys = truth.KEY_COLUMNS[stream]
    found = {row[:keys]: row[keys:] for row in rows}
    expected = plants_own(stream)
    wrong, equal = truth.differences(expected, found)
    assert wrong == []
    assert equal == len(rows) == len(expected) > 90


def test_sites_and_devices_are_the_plants_own(target):
    meters = {(p.site_id, meter.name) for p in PLANTS for meter in p.meters}
    batteries = {(p.site_id, battery.serial) for p in PLANTS for battery in p.batteries}
    assert told(target, "sites", "id", "name") == sorted((p.site_id, p.name.strip()) for p in PLANTS)
    assert told(target, "meters", "site_id", "name") == sorted(meters)
    assert told(target, "batteries", "site_id", "serial_number") == sorted(batteries)
    assert len(told(target, "equipment", "serial_number")) == sum(
        1 + inverter.optimizers for p in PLANTS for inverter in p.inverters
    )


def test_the_last_line_that_it_prints_is_the_state_of_the_next_run(target, month):
    with month.open() as lines:
        states = [json.loads(line)["value"] for line in lines if line.startswith('{"type":"STATE"')]
    printed = (target.folder / "state.jsonl").read_text().splitlines()
    assert json.loads(printed[-1]) == states[-1] != states[-2]


def told(target, stream, *columns):
    return sorted(tuple(as_truth(row[column]) for column in columns) for row in target.rows(stream))


naive = datetime.fromisoformat
AS_IT_ARRIVES = {
    "target-jsonl": (
        [4100004, "Lagoon Lodge 太陽", "2026-11-20T11:55:49Z", "2024-02-01", None],
        [4100002, "2026-11-20T11:30:00Z", 60, None, "Active", 1300.375],
    ),
    "target-csv": (
        ["4100004", "Lagoon Lodge 太陽", "2026-11-20 11:55:49+00:00", "2024-02-01", ""],
        ["4100002", "2026-11-20 11:30:00+00:00", "60", "", "Active", "1300.375"],
    ),
    "target-postgres": (
        [4100004, "Lagoon Lodge 太陽", naive("2026-11-20T11:55:49"), date(2024, 2, 1), None],
        [4100002, naive("2026-11-20T11:30:00"), 60, None, "Active", Decimal("1300.375")],
    ),
    "target-duckdb": (
        [4100004, "Lagoon Lodge 太陽", "2026-11-20 11:55:49", "2024-02-01", None],
        [4100002, "2026-11-20 11:30:00", 60, None, "Active", 1300.375],
    ),
}  # fmt: skip
"""A site, and a quarter hour of one without a meter."""


OF_SITE = ("id", "name", "last_update_time", "installation_date", "currency")
OF_FLOW = ("site_id", "timestamp", "utc_offset_minutes", "grid_power", "pv_status", "pv_power")


def test_times_are_utc_and_no_value_is_null(target):
    site = next(row for row in target.rows("sites") if as_truth(row["id"]) == ISLAND)
    flow = next(
        row
        for row in target.rows("power_flows")
        if (as_truth(row["site_id"]), as_truth(row["timestamp"])) == (ROOF, "2026-11-20T11:30:00Z")
    )
    arrived = [site[name] for name in OF_SITE], [flow[name] for name in OF_FLOW]
    assert arrived == AS_IT_ARRIVES[target.name]


def test_a_later_run_replaces_a_row_or_adds_it_in_a_later_file(target, month, tmp_path):
    later = tmp_path / "later.jsonl"
    with month.open() as lines:
        schema = next(line for line in lines if '"SCHEMA"' in line and '"energy_readings"' in line)
    key = {"site_id": HOME, "reading_date": "2026-11-19", "time_unit": "DAY"}
    record = {"type": "RECORD", "stream": "energy_readings", "record": key | {"energy_wh": 1.5}}
    later.write_text(f"{schema}{json.dumps(record)}\n")
    before = len(target.rows("energy_readings"))
    target.load(later)
    rows = target.rows("energy_readings")
    newest = [
        r for r in rows if (as_truth(r["site_id"]), as_truth(r["reading_date"])) == (HOME, "2026-11-19")
    ]
    assert as_truth(newest[-1]["energy_wh"]) == 1.5
    assert len(rows) - before == len(newest) - 1 == (target.name in {"target-jsonl", "target-csv"})
