"""docs/from-solaredge-harvest.md is followed word by word from an old database; a harvest with V2 ends it.

With Meltano and without, from both layouts on three databases with `make adoption`; the short form has two.
"""

import os
from itertools import product

import old_harvest
import old_rows
import pytest
from doc_pages import ROOT, Page
from doc_project import Project
from test_adoption_then_harvest import LAYOUTS, in_another_zone, problems

from solaredge_simulator.fleet import HOME
from solaredge_simulator.simulator import Simulator
from tools.databases import KINDS, empty_database

PAGE = Page(ROOT / "docs/from-solaredge-harvest.md")
WAYS = ("with Meltano", "without")
SHORT = [("newest", "sqlite", "without")]
CHOSEN = list(product(LAYOUTS, KINDS, WAYS)) if os.environ.get("PROOF") == "whole" else SHORT


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return Project(tmp_path_factory.mktemp("adoption"))


def commands_of(way):
    """Return the commands of the page for one way, its last, which removes the old tables, for both."""
    texts = [command.text for command in PAGE.commands]
    meltano = [text for text in texts if text.startswith("meltano ")]
    plain = [text for text in texts if text not in meltano]
    assert (len(meltano), len(plain)) == (5, 4)
    return [*meltano, plain[-1]] if way == "with Meltano" else plain


@pytest.mark.parametrize(("layout", "kind", "way"), CHOSEN)
def test_the_page_leads_from_an_old_database_to_the_truth(project, tmp_path, layout, kind, way):
    prefix = LAYOUTS[layout]
    with Simulator(now=old_rows.STOPPED) as simulator:
        plants = [simulator.plants[HOME]]
    rows = old_rows.of_plants(plants, newest=layout == "newest")
    with empty_database(kind, tmp_path) as url, project.page() as run:
        in_another_zone(url)
        old_harvest.make(url, rows, newest=layout == "newest")
        settings = [
            f"TARGET_SEH_SQL_TABLE_PREFIX={prefix}",
            f"TAP_SOLAREDGE_START_DATE={old_rows.START:%Y-%m-%d}",
            f"TARGET_SEH_SQL_SQLALCHEMY_URL={url}",
            *(
                ["SEH_SITE_IDS", "SEH_SMTP_HOST=mail"]
                if way == "with Meltano"
                else ["TAP_SOLAREDGE_SITE_IDS"]
            ),
        ]
        exports = [f"export {each}" if "=" in each else f"export {each}={HOME}" for each in settings]
        commands = [*exports, *commands_of(way)]
        said, code = run(commands)
        assert code == 0, f"$ {commands[len(said) - 1]}\n{said[-1][-3000:]}"
        found, counts = problems(url, prefix, plants)
    assert found == []
    assert counts["energy_readings"] > 45
    assert "Removed " in said[-1]
    assert any(f"Set start_date to {old_rows.START:%Y-%m-%d}" in text for text in said)
    if way == "with Meltano":
        (told,) = [text for text in said if "ignored here" in text]
        assert told.count("SEH_SMTP_HOST: set for SolarEdge Harvest, ignored here") == 1
