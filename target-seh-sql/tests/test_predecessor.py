"""What is set for SolarEdge Harvest and does nothing here is named, once in each run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from target_seh_sql.predecessor import HEARD, NOT_HEARD, unheard

from .conftest import lines, record, schema

ROOT = Path(__file__).parents[2]
SET = {"SEH_API_KEY": "k", "SEH_SMTP_HOST": "mail", "SEH_LOG_FILE": "", "SEH_OF_ANOTHER": "1", "PATH": "/"}


@pytest.mark.parametrize(
    ("more", "names"),
    [({}, ["SEH_API_KEY", "SEH_SMTP_HOST"]), ({"MELTANO_PROJECT_ROOT": "/p"}, ["SEH_SMTP_HOST"])],
)
def test_meltano_hears_some_of_them_and_nobody_else_any(more, names):
    assert unheard(SET | more) == names


def test_those_that_are_heard_are_the_aliases_of_our_project():
    project = yaml.safe_load((ROOT / "meltano.yml").read_text())
    aliases = {
        alias: setting["name"]
        for kind in ("extractors", "loaders")
        for plugin in project["plugins"][kind]
        for setting in plugin["settings"]
        for alias in setting.get("env_aliases", [])
    }
    assert aliases == HEARD


def test_the_page_has_every_variable_of_solaredge_harvest_once():
    page = (ROOT / "docs/from-solaredge-harvest.md").read_text()
    rows = re.findall(r"^\| `(SEH_[A-Z_]+)` \| (.+) \|$", page, re.MULTILINE)
    assert sorted(name for name, _ in rows) == sorted([*HEARD, *NOT_HEARD])
    assert all(f"`{setting}`" in dict(rows)[name] for name, setting in HEARD.items())
    assert len(rows) == 31


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_run_names_them_once(database, monkeypatch):
    monkeypatch.setenv("SEH_SMTP_HOST", "mail.example.org")
    monkeypatch.setenv("SEH_NOTIFY_ON_ERROR", "true")
    monkeypatch.delenv("MELTANO_PROJECT_ROOT", raising=False)
    done = database.run(lines(schema("sites"), record("sites", id=1, name="Dak")))
    assert done.returncode == 0
    assert (
        done.stderr.count("SEH_NOTIFY_ON_ERROR, SEH_SMTP_HOST: set for SolarEdge Harvest, ignored here") == 1
    )
    assert "mail.example.org" not in done.stderr
