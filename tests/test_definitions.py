"""The plugins' definitions for Meltano: made from --about, valid, and all that an empty project needs."""

import json
import os
import re
import subprocess
import sys
from datetime import timedelta
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
import yaml
from other_targets import OtherTarget, blocks
from sqlalchemy import inspect

from solaredge_simulator.pytest_plugin import NOW
from solaredge_simulator.simulator import Simulator
from target_seh_sql.database import open_engine
from target_seh_sql.tables.streams import STREAMS
from tools import truth
from tools.hub.definitions import PROJECT, written
from tools.pipeline import BIN

ROOT = Path(__file__).parents[1]
PLUGINS = {"tap-solaredge": "extractors", "target-seh-sql": "loaders"}
ONLY_THE_HUBS = {"domain_url", "keywords", "maintenance_status", "supported_python_versions"}
"""What the Hub keeps of a plugin besides what Meltano's own schema knows."""
START = NOW.replace(hour=0, minute=0) - timedelta(days=3)


def definition(name):
    """Return a plugin's definition with its only variant laid flat, as the Hub has it."""
    plugin = yaml.safe_load((ROOT / name / "plugin.yml").read_text())
    (variant,) = plugin.pop("variants")
    return variant | plugin


def test_the_files_are_what_make_definitions_writes():
    made = written((ROOT / PROJECT).read_text())
    assert made == {path: (ROOT / path).read_text() for path in made}
    assert set(made) == {PROJECT, "tap-solaredge/plugin.yml", "target-seh-sql/plugin.yml"}


@pytest.mark.parametrize(("name", "kind"), PLUGINS.items())
def test_a_definition_is_valid_and_has_what_the_hub_asks(name, kind):
    schema = json.loads(resources.files("meltano").joinpath("schemas/meltano.schema.json").read_text())
    plugin = definition(name)
    assert plugin.keys() >= {"name", "namespace", "variant", "label", "keywords", "maintenance_status"}
    known = {key: plugin[key] for key in plugin.keys() - ONLY_THE_HUBS}
    jsonschema.validate({"plugins": {kind: [known]}}, schema)
    names = {setting["name"] for setting in plugin["settings"]}
    assert {name for group in plugin.get("settings_group_validation", []) for name in group} <= names


def test_secrets_are_sensitive():
    sensitive = {s["name"] for name in PLUGINS for s in definition(name)["settings"] if s.get("sensitive")}
    assert sensitive == {"api_key", "account_key", "client_secret", "refresh_token", "sqlalchemy_url"}


@pytest.fixture(scope="module")
def simulator():
    with Simulator(now=NOW, calls_per_minute=None, monthly_credits=None) as running:
        yield running


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Return the folder of an empty project."""
    folder = tmp_path_factory.mktemp("project")
    begin = 'requires_meltano: ">=4,<5"\ndefault_environment: dev\nenvironments:\n- name: dev\n'
    (folder / PROJECT).write_text(begin)
    return folder


@pytest.fixture(scope="module")
def meltano(project, packages, simulator):
    """Return a function that runs Meltano in the project, both plugins added, without a way to the Hub."""
    settings = {
        "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
        "MELTANO_CLI_DISABLE_VERSION_CHECK": "true",
        "MELTANO_HUB_URL": "http://127.0.0.1:9",
        "UV_CONSTRAINT": str(ROOT / "constraints.txt"),
        "UV_FIND_LINKS": str(packages),
        "UV_COMPILE_BYTECODE": "0",
        "PYTHONDONTWRITEBYTECODE": "",
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "TAP_SOLAREDGE_API_URL": simulator.url,
        "TAP_SOLAREDGE_API_KEY": simulator.key,
        "TAP_SOLAREDGE_START_DATE": START.isoformat(),
        "TAP_SOLAREDGE_CALLS_PER_MINUTE": "0",
        "TAP_SOLAREDGE_MONTHLY_CREDITS": "0",
        "TAP_SOLAREDGE_LEDGER_PATH": str(project / "ledger.db"),
        "TARGET_SEH_SQL_SQLALCHEMY_URL": f"sqlite:///{project / 'solar.db'}",
    }

    def run(*arguments):
        done = subprocess.run(
            [BIN / "meltano", *arguments],
            cwd=project, capture_output=True, text=True, check=False, env=os.environ | settings,
        )  # fmt: skip
        assert done.returncode == 0, (done.stdout + done.stderr)[-5000:]

    for name, kind in PLUGINS.items():
        run("add", "--plugin-type", kind[:-1], name, "--from-ref", ROOT / name / "plugin.yml")
    return run


def test_an_empty_project_with_both_definitions_harvests_the_truth(meltano, project, simulator):
    meltano("run", "tap-solaredge", "target-seh-sql")
    with open_engine(f"sqlite:///{project / 'solar.db'}").connect() as connection:
        assert truth.problems(connection, simulator.plants.values(), START, NOW) == []


def test_what_is_added_selects_what_is_selected_by_default_and_spends_nothing_on_more(
    meltano, project, simulator
):
    (plugin,) = yaml.safe_load((project / PROJECT).read_text())["plugins"]["extractors"]
    ours = yaml.safe_load((ROOT / PROJECT).read_text())["plugins"]["extractors"][0]["select"]
    assert plugin["select"] == ours
    simulator.calls.clear()
    meltano("run", "--full-refresh", "tap-solaredge", "target-seh-sql")
    endpoints = {call.endpoint for call in simulator.calls}
    assert [path for path in endpoints if re.search("alerts|environmental|inverters", path)] == []
    with open_engine(f"sqlite:///{project / 'solar.db'}").connect() as connection:
        tables = {*inspect(connection).get_table_names()}
    loaded = {stream.name for stream in STREAMS if stream.name in tables}
    assert {f"{name}.*" for name in loaded - {"sync_metadata"}} == {*ours}


def test_commands_and_settings_come_with_a_definition(meltano, project):
    added = yaml.safe_load((project / PROJECT).read_text())["plugins"]
    for name, kind in PLUGINS.items():
        (plugin,) = added[kind]
        known = definition(name)
        assert (list(plugin["commands"]), plugin["settings"]) == (list(known["commands"]), known["settings"])


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="duckdb below 1.3 needs a Python below 3.14")
def test_another_target_that_the_page_shows_for_meltano_gets_the_streams_too(meltano, project, simulator):
    content = yaml.safe_load((project / PROJECT).read_text())
    content["plugins"]["loaders"] += yaml.safe_load(blocks("target-duckdb", "yaml")[0])["plugins"]["loaders"]
    (project / PROJECT).write_text(yaml.safe_dump(content))
    meltano("run", "tap-solaredge", "target-duckdb")
    target = OtherTarget("target-duckdb", project)
    target.export()
    rows = {stream: len(target.rows(stream)) for stream in truth.COLUMNS}
    plants = simulator.plants.values()
    assert rows == {stream: len(truth.of_plants(stream, plants, START, NOW)) for stream in truth.COLUMNS}
