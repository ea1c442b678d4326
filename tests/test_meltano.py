"""The Meltano project: valid, complete, and run for real."""

import json
import os
import subprocess
from difflib import unified_diff
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
import yaml

from solaredge_simulator.fleet import HOME, ISLAND, OFFICE, ROOF
from tools.pipeline import BIN

ROOT = Path(__file__).parents[1]
PROJECT = yaml.safe_load((ROOT / "meltano.yml").read_text())
SLOW_LISTS = {"/v2/sites", "/v2/sites/{site}", "/v2/sites/{site}/devices"}


def test_the_project_file_is_valid():
    """`env_aliases` works in Meltano 4 but is not in its schema."""
    schema = json.loads(resources.files("meltano").joinpath("schemas/meltano.schema.json").read_text())
    project = yaml.safe_load((ROOT / "meltano.yml").read_text())
    for kind in project["plugins"].values():
        for plugin in kind:
            for setting in plugin["settings"]:
                setting.pop("env_aliases", None)
    jsonschema.validate(project, schema)


def test_secrets_are_never_in_the_project_file():
    demo = {env["name"]: env for env in PROJECT["environments"]}["demo"]["config"]["plugins"]
    assert demo["extractors"][0]["config"]["api_key"] == "demo-fleet-key"  # the simulator's own
    text = (ROOT / "meltano.yml").read_text()
    assert text.count("api_key:") == 1


@pytest.fixture
def meltano(tmp_path, simulator):
    """Return a function that runs Meltano on this project, with files of the test's own."""
    plugins = tmp_path / "meltano.yml"
    plugins.write_text((ROOT / "meltano.yml").read_text())
    (tmp_path / ".venv").symlink_to(BIN.parent)

    def run(*arguments, environment="demo", **more):
        settings = {
            "TAP_SOLAREDGE_API_URL": simulator.url,
            "TAP_SOLAREDGE_POWER_LOOKBACK_DAYS": "7",
            "UV_CONSTRAINT": str(ROOT / "constraints.txt"),
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            **more,
        }
        chosen = [f"--environment={environment}"] if environment else []
        done = subprocess.run(
            [BIN / "meltano", *chosen, *arguments],
            cwd=tmp_path, capture_output=True, text=True, check=False, env=os.environ | settings,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-5000:]
        return done.stdout + done.stderr

    return run


def test_a_plan_costs_nothing_and_a_run_goes_on_from_meltanos_state(meltano, simulator, tmp_path):
    meltano("run", "tap-solaredge", "target-seh-sql")
    simulator.clock.advance(hours=1)
    before = len(simulator.calls)
    state = meltano("state", "get", "demo:tap-solaredge-to-target-seh-sql")
    (tmp_path / "state.json").write_text(next(line for line in state.splitlines() if line.startswith("{")))
    plan = meltano("invoke", "tap-solaredge:plan", "--state=state.json")
    assert len(simulator.calls) == before
    assert "calls (lists " in plan  # by this computer's clock: the lists are old
    assert "Without --state" not in plan
    said = meltano("run", "tap-solaredge", "target-seh-sql")
    calls = [call for call in simulator.calls[before:] if call.endpoint not in SLOW_LISTS]
    cost = {site: sum(call.site == site for call in calls) for site in (HOME, ROOF, OFFICE, ISLAND)}
    assert max(cost.values()) <= 4
    assert sum(cost.values()) == len(calls) > 0
    assert "complete to 2026-11-20T12:" in said


def test_the_names_of_solaredge_harvest_still_work(meltano, monkeypatch):
    monkeypatch.setenv("SEH_API_KEY", "key-of-seh")
    monkeypatch.setenv("SEH_ENERGY_LOOKBACK_DAYS", "12")
    monkeypatch.setenv("SEH_DATABASE_URL", "sqlite:///of-seh.db")
    monkeypatch.setenv("SEH_SITE_IDS", "4100001")  # one number, which is no list
    said = meltano("config", "print", "tap-solaredge", environment="prod")
    assert '"energy_lookback_days": 12' in said
    assert '"site_ids": "4100001"' in said
    assert '"api_key": "*****"' in said
    assert "key-of-seh" not in said


def test_what_meltano_writes_into_the_project_file_is_what_was_asked_and_nothing_else(meltano, tmp_path):
    before = (tmp_path / "meltano.yml").read_text().splitlines()
    meltano("config", "set", "tap-solaredge", "start_date", "2026-01-01", environment=None)
    meltano("config", "set", "target-seh-sql", "table_prefix", "seh_", environment=None)
    meltano("config", "set", "tap-solaredge", "billing_day", "5")
    meltano("select", "tap-solaredge", "alerts", "*", environment=None)
    after = (tmp_path / "meltano.yml").read_text().splitlines()
    changed = [
        line for line in unified_diff(before, after, n=0, lineterm="") if line[:2] not in {"--", "++", "@@"}
    ]
    (selected,) = (line for line in before if line.startswith("    select: "))
    assert changed == [
        f"-{selected}",
        "+    config:",
        "+      start_date: '2026-01-01'",
        f"+{selected[:-1]}, alerts.*]",
        "+    config:",
        "+      table_prefix: seh_",
        "+          billing_day: 5",
    ]


def states(said):
    """Return what Meltano printed as JSON in one line."""
    return json.loads(next(line for line in said.splitlines() if line.startswith("{")))


def test_a_state_that_is_exported_and_imported_without_its_partial_part_goes_on_in_the_database(
    meltano, simulator, tmp_path
):
    run = "demo:tap-solaredge-to-target-seh-sql"
    meltano("run", "tap-solaredge", "target-seh-sql")
    entry = states(meltano("state", "export"))[run]
    (tmp_path / "states.json").write_text(json.dumps({run: {"completed": entry["completed"]}}))
    database = {"MELTANO_STATE_BACKEND_URI": f"seh:sqlite:///{tmp_path / 'demo.db'}"}
    meltano("state", "import", "states.json", **database)
    assert states(meltano("state", "export", **database)) == {
        run: {"completed": entry["completed"], "partial": {}}
    }
    assert states(meltano("state", "get", run, **database)) == entry["completed"]
    before = len(simulator.calls)
    meltano("run", "tap-solaredge", "target-seh-sql", **database)
    assert len(simulator.calls) - before < before / 2
