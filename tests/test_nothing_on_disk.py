"""Runs on machines that forget everything: the state is in the database, or in what a CI system keeps."""

import json
import os
import shutil
import subprocess
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from long import LONG

from solaredge_simulator.fleet import HOME, OFFICE
from tools import truth
from tools.databases import empty_database, engine_of
from tools.pipeline import BIN

ROOT = Path(__file__).parents[1]
START = datetime(2026, 11, 17, tzinfo=UTC)
SITES = [HOME, OFFICE]
EQUAL = {
    "energy_readings": ([], 7),
    "power_readings": ([], 688),
    "power_flows": ([], 688),
    "meter_readings": ([], 1720),
}
LISTS = {"/v2/sites": 1, "/v2/sites/{site}": 2, "/v2/sites/{site}/devices": 2}
"""What is asked again because nothing has kept it."""
HOURLY = {
    "/v2/sites/{site}/power": 2,
    "/v2/sites/{site}/meters/telemetry": 2,
    "/v2/sites/{site}/storage/telemetry": 2,
}
"""The newest window of all that two sites measure, and what the battery has stored so far."""


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """What docs/ci.md says: Meltano, both plugins and the drivers in one environment, the project file."""
    folder = tmp_path_factory.mktemp("image")
    packages = ["meltano", ROOT / "tap-solaredge", f"{ROOT / 'target-seh-sql'}[postgresql,mariadb]"]
    install = ["pip", "install", "--quiet", "--python", folder / "bin" / "python", *packages]
    for command in (["venv", "--quiet", "--python", BIN / "python", folder], install):
        subprocess.run(
            [BIN / "uv", *command],
            check=True,
            env=os.environ | {"UV_CONSTRAINT": str(ROOT / "constraints.txt")},
        )
    project = yaml.safe_load((ROOT / "meltano.yml").read_text())
    del project["plugins"]["utilities"]
    for plugin in (*project["plugins"]["extractors"], *project["plugins"]["loaders"]):
        plugin["executable"] = plugin["name"]
    (folder / "meltano.yml").write_text(yaml.safe_dump(project))
    return folder


@pytest.fixture
def machine(image, tmp_path):
    """Return a function that gives a new machine: an empty home, and a directory with the project file."""

    def start(number):
        folder = tmp_path / f"machine-{number}"
        (folder / "home").mkdir(parents=True)
        shutil.copy(image / "meltano.yml", folder)
        return folder

    return start


@pytest.fixture
def run(image, simulator):
    """Return a function that runs the pipeline on a machine; it gives its calls and what was said."""

    def start(machine, **variables):
        before = len(simulator.calls)
        done = subprocess.run(
            ["meltano", "--environment=prod", "run", "tap-solaredge", "target-seh-sql"],
            cwd=machine, capture_output=True, text=True, check=False,
            env={
                "PATH": f"{image / 'bin'}{os.pathsep}{os.environ['PATH']}",
                "HOME": str(machine / "home"),
                "TAP_SOLAREDGE_API_URL": simulator.url,
                "TAP_SOLAREDGE_START_DATE": START.isoformat(),
                "TAP_SOLAREDGE_CALLS_PER_MINUTE": "0",
                **variables,
            },
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-5000:]
        return Counter(call.endpoint for call in simulator.calls[before:]), done.stdout + done.stderr

    return start


def differences(url, simulator, sites):
    """Return, for each table, what differs from the truth and how many rows are equal.

    The running day's energy is read anew a few times a day only: it is left out.
    """
    found, now = {}, simulator.clock.now()
    with engine_of(url) as engine, engine.connect() as connection:
        for table in truth.COLUMNS:
            expected = {}
            for site_id in sites:
                expected |= dict(getattr(truth, table)(simulator.plants[site_id], START, now))
            stored = truth.stored(connection, table)
            if table == "energy_readings":
                expected, stored = (
                    {k: rows[k] for k in rows if k[1] < f"{now:%Y-%m-%d}"} for rows in (expected, stored)
                )
            found[table] = truth.differences(expected, stored)
    return found


@LONG
def test_three_containers_in_a_row_harvest_without_gap_or_repeat(simulator, machine, run, tmp_path):
    with empty_database("postgresql", tmp_path) as url:
        calls = []
        for number in range(3):
            simulator.clock.advance(minutes=55 if number else 0)
            made, said = run(
                machine(number),
                TAP_SOLAREDGE_API_KEY=simulator.key,
                TAP_SOLAREDGE_SITE_IDS=json.dumps(SITES),
                TARGET_SEH_SQL_SQLALCHEMY_URL=url,
                MELTANO_STATE_BACKEND_URI=f"seh:{url}",
            )
            assert "Using SehStateStoreManager add-on state backend" in said
            calls.append(made)
        found = differences(url, simulator, SITES)
    assert found == EQUAL
    assert calls[1] == calls[2] == LISTS | HOURLY


def test_ci_runners_get_back_what_was_kept(simulator, machine, run, tmp_path):
    """State and ledger are in a folder that is restored and saved; the database is elsewhere."""
    cache, url, calls = tmp_path / "cache", f"sqlite:///{tmp_path}/seh.db", []
    cache.mkdir()
    for number in range(3):
        simulator.clock.advance(minutes=55 if number else 0)
        runner = machine(number)
        shutil.copytree(cache, runner / "kept")
        made, _ = run(
            runner,
            TAP_SOLAREDGE_API_KEY=simulator.key,
            TAP_SOLAREDGE_SITE_IDS=json.dumps(SITES),
            TAP_SOLAREDGE_LEDGER_PATH=str(runner / "kept" / "ledger.db"),
            TARGET_SEH_SQL_SQLALCHEMY_URL=url,
            MELTANO_STATE_BACKEND_URI=f"file://{runner}/kept/state",
        )
        shutil.rmtree(cache)
        shutil.copytree(runner / "kept", cache)
        calls.append(made)
    assert differences(url, simulator, SITES) == EQUAL
    for later in calls[1:]:
        assert later.keys() & LISTS.keys() == {
            "/v2/sites"
        }  # this computer's clock is days later: old by that
        assert later.total() < calls[0].total()
