"""The Meltano project: valid, complete, and run for real."""

import json
import os
import subprocess
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
import yaml
from pipeline import BIN

from solaredge_simulator.fleet import HOME, ISLAND, OFFICE, ROOF

ROOT = Path(__file__).parents[1]
PROJECT = yaml.safe_load((ROOT / "meltano.yml").read_text())
PLUGINS = {
    plugin["name"]: plugin for kind in ("extractors", "loaders") for plugin in PROJECT["plugins"][kind]
}
SDKS_OWN = ("stream_map", "faker", "flattening")
"""Settings that the SDK adds to every plugin."""
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


@pytest.mark.parametrize("name", PLUGINS)
def test_the_settings_of_a_plugin_are_those_of_about(name):
    about = json.loads(
        subprocess.run(
            [BIN / name, "--about", "--format=json"], capture_output=True, text=True, check=True
        ).stdout
    )
    known = about["settings"]["properties"]
    own = {key: known[key] for key in known if not key.startswith(SDKS_OWN)}
    settings = {setting["name"]: setting for setting in PLUGINS[name]["settings"]}
    assert set(settings) == set(own)
    for key, setting in settings.items():
        assert setting["description"] == own[key]["description"], key
        assert setting.get("value") == own[key].get("default"), key
        assert setting.get("sensitive", False) == own[key].get("secret", False), key


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
    for folder in ("tap-solaredge", "target-seh-sql"):
        (tmp_path / folder).symlink_to(ROOT / folder)

    def run(*arguments, environment="demo"):
        settings = {
            "TAP_SOLAREDGE_API_URL": simulator.url,
            "TAP_SOLAREDGE_POWER_LOOKBACK_DAYS": "7",
            "UV_CONSTRAINT": str(ROOT / "constraints.txt"),
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        }
        done = subprocess.run(
            [BIN / "meltano", f"--environment={environment}", *arguments],
            cwd=tmp_path, capture_output=True, text=True, check=False, env=os.environ | settings,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-5000:]
        return done.stdout + done.stderr

    return run


@pytest.mark.xdist_group("meltano")
def test_a_run_an_hour_later_goes_on_from_meltanos_state(meltano, simulator):
    meltano("run", "tap-solaredge", "target-seh-sql")
    simulator.clock.advance(hours=1)
    before = len(simulator.calls)
    said = meltano("run", "tap-solaredge", "target-seh-sql")
    calls = [call for call in simulator.calls[before:] if call.endpoint not in SLOW_LISTS]
    cost = {site: sum(call.site == site for call in calls) for site in (HOME, ROOF, OFFICE, ISLAND)}
    assert max(cost.values()) <= 4
    assert sum(cost.values()) == len(calls) > 0
    assert "complete to 2026-11-20T12:" in said


@pytest.mark.xdist_group("meltano")
def test_the_names_of_solaredge_harvest_still_work(meltano, monkeypatch):
    monkeypatch.setenv("SEH_API_KEY", "key-of-seh")
    monkeypatch.setenv("SEH_ENERGY_LOOKBACK_DAYS", "12")
    monkeypatch.setenv("SEH_DATABASE_URL", "sqlite:///of-seh.db")
    said = meltano("config", "print", "tap-solaredge", environment="prod")
    assert '"energy_lookback_days": 12' in said
    assert '"api_key": "*****"' in said
    assert "key-of-seh" not in said


def test_the_settings_of_the_target_in_the_readme_are_those_of_about():
    command = [BIN / "target-seh-sql", "--about", "--format=markdown"]
    about = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    section = (ROOT / "README.md").read_text().split("<!-- target settings -->")[1]
    rows = [[line for line in text.splitlines() if line.startswith("| ")] for text in (section, about)]
    assert rows[0] == rows[1]
