"""A database of each kind with all that two sites gave: two years of energy, 200 days of quarter hours.

A home with a battery and an office with several inverters, every stream of the tap, and a few rows cut out.
"""

import json
import subprocess
from contextlib import contextmanager

from sqlalchemy import text

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


@contextmanager
def filled_database(kind, messages, folder):
    """Give the engine of a database that the target has filled from a file of messages."""
    with empty_database(kind, folder) as url, engine_of(url) as engine:
        config = folder / f"{kind}.json"
        config.write_text(json.dumps({"sqlalchemy_url": url}))
        with messages.open("rb") as lines:
            command = [BIN / "target-seh-sql", "--config", config]
            subprocess.run(command, stdin=lines, capture_output=True, check=True)
        with engine.begin() as connection:
            for table, rows in CUT.items():
                connection.execute(text(f"DELETE FROM {table} WHERE {rows}"))
        yield engine
