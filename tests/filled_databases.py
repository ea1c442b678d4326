"""A database of each kind with all that two sites gave: two years of energy, 200 days of quarter hours.

A home with a battery and an office with several inverters, every stream of the tap, and a few rows cut out.
"""

import json
import subprocess
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import inspect, text

from solaredge_simulator.fleet import HOME, OFFICE
from solaredge_simulator.pytest_plugin import NOW
from solaredge_simulator.simulator import Simulator
from tools.databases import empty_database, engine_of
from tools.pipeline import BIN, Pipeline

CUT = {
    "power_flows": "timestamp BETWEEN '2026-11-18 12:15:00' AND '2026-11-18 13:00:00'",
    "meter_readings": "timestamp = '2026-10-02 08:30:00'",
}
"""Rows that are not there, so that there are gaps."""


def written_messages(folder):
    """Return the file with what the tap writes, all streams selected."""
    with Simulator(now=NOW, calls_per_minute=None, monthly_credits=None) as simulator:
        pipeline = Pipeline(folder, simulator)
        pipeline.settings["site_ids"] = [HOME, OFFICE]
        command = pipeline.tap(energy_lookback_days=760, power_lookback_days=200)
        found = subprocess.run([*command, "--discover"], capture_output=True, check=True)
        (folder / "catalog.json").write_text(json.dumps(all_selected(json.loads(found.stdout))))
        command += ["--catalog", folder / "catalog.json"]
        with (folder / "messages").open("wb") as out:
            subprocess.run(command, stdout=out, stderr=subprocess.PIPE, check=True)
    return folder / "messages"


def all_selected(catalog):
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            entry["metadata"]["selected"] = True
    return catalog


DAYS_OF_MONTHS = """
    SELECT site_id, reading_date, energy_wh, consumption_wh, self_consumption_wh, feed_in_wh, purchased_wh
    FROM energy_readings WHERE time_unit = 'DAY' AND reading_date BETWEEN '2026-01-01' AND '2026-10-31'"""
FIGURES = ("production_wh", "consumption_wh", "self_consumption_wh", "feed_in_wh", "purchased_wh")


def totals_of(connection):
    """Return SolarEdge's figures of ten months as messages, the sums of the days of a database."""
    months = {}
    for site_id, day, *energies in connection.execute(text(DAYS_OF_MONTHS)):
        month = months.setdefault((site_id, str(day)[:7]), {"days": [], "energies": []})
        month["days"].append(str(day))
        month["energies"].append([energy or 0.0 for energy in energies])
    names = ("site_id", "period", "first_day", "last_day", "begins", "ends", "production_meaning", *FIGURES)
    yield {
        "type": "SCHEMA", "stream": "energy_totals", "key_properties": ["site_id", "period"],
        "schema": {"type": "object", "properties": {name: {} for name in names}},
    }  # fmt: skip
    zones = dict(connection.execute(text("SELECT id, timezone FROM sites")).tuples().all())
    for (site_id, period), month in months.items():
        first, last = min(month["days"]), max(month["days"])
        begin, end = date.fromisoformat(first), date.fromisoformat(last) + timedelta(days=1)
        begins, ends = (
            f"{datetime.combine(day, time(), ZoneInfo(zones[site_id])).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
            for day in (begin, end)
        )
        values = (site_id, period, first, last, begins, ends, "PV")
        sums = map(sum, zip(*month["energies"], strict=True))
        total = dict(zip(names, (*values, *sums), strict=True))
        yield {"type": "RECORD", "stream": "energy_totals", "record": total}


def add_totals(engine, command):
    """Load SolarEdge's own figures where the tap has sent none."""
    with engine.connect() as connection:
        sent = inspect(connection).has_table("energy_totals")
        if sent and connection.execute(text("SELECT count(*) FROM energy_totals")).scalar_one():
            return
        lines = "".join(json.dumps(message) + "\n" for message in totals_of(connection))
    subprocess.run(command, input=lines.encode(), capture_output=True, check=True)


@contextmanager
def filled_database(kind, messages, folder):
    """Give the engine of a database that the target has filled from a file of messages."""
    with empty_database(kind, folder) as url, engine_of(url) as engine:
        config = folder / f"{kind}.json"
        config.write_text(json.dumps({"sqlalchemy_url": url}))
        with messages.open("rb") as lines:
            command = [BIN / "target-seh-sql", "--config", config]
            subprocess.run(command, stdin=lines, capture_output=True, check=True)
        add_totals(engine, command)
        with engine.begin() as connection:
            for table, rows in CUT.items():
                connection.execute(text(f"DELETE FROM {table} WHERE {rows}"))
        yield engine
