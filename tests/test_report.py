"""The report in a real browser: whole and quiet on every screen; its figures are the sums of the tables.

`make pictures` writes what the browser shows to docs/pictures.
"""

import json
import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from browser import Browser
from sqlalchemy import text
from test_extension_truth import reachable

from solaredge_simulator.fleet import HOME, OFFICE, ROOF
from solaredge_simulator.simulator import Simulator
from target_seh_sql.database import open_engine
from tools.chaos import database
from tools.pipeline import BIN, Pipeline

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
SHOWN = {"report-1440-light.png", "report-390-dark.png"}
NOW = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)
SCREENS = [(width, scheme) for width in (390, 1440) for scheme in ("light", "dark")]


def write_report(url, folder, *options):
    """Run the command; return the page's path and what was said."""
    (folder / "target.json").write_text(json.dumps({"sqlalchemy_url": url}))
    command = [BIN / "target-seh-sql", "report", "--config", folder / "target.json", *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "report.html", done.stdout


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "mariadb"])
def harvested(request, tmp_path_factory):
    """Harvest three sites into one kind of database; give the URL and a folder."""
    folder = tmp_path_factory.mktemp(f"report_{request.param}")
    reachable(request.param)
    with (
        Simulator(now=NOW, calls_per_minute=None, monthly_credits=None) as simulator,
        database(request.param, folder, f"seh_report_{os.getpid()}") as url,
    ):
        wanted = {"site_ids": [HOME, ROOF, OFFICE], "power_lookback_days": 30, "energy_lookback_days": 700}
        Pipeline(folder, simulator, url).run(**wanted)
        yield url, folder


def sums(url, site_id):
    """Return the figures from the tables themselves."""
    of_days = "FROM energy_readings WHERE site_id = :site AND time_unit = 'DAY'"
    queries = {
        "year-production": f"SELECT sum(energy_wh) {of_days} AND reading_date >= '2026-01-01'",
        "year-purchased": f"SELECT sum(purchased_wh) {of_days} AND reading_date >= '2026-01-01'",
        "month-production": f"SELECT sum(energy_wh) {of_days} AND reading_date >= '2026-11-01'",
        "month-feed-in": f"SELECT sum(feed_in_wh) {of_days} AND reading_date >= '2026-11-01'",
        "day-production": f"SELECT energy_wh {of_days} AND reading_date = '2026-11-20'",
        "lifetime": f"SELECT sum(energy_wh) {of_days}",
        "best-day": f"SELECT max(energy_wh) {of_days}",
        "best-power": "SELECT max(pv_power) FROM power_flows WHERE site_id = :site",
        "battery-charged": "SELECT sum(charge_energy_wh) FROM battery_readings WHERE site_id = :site",
    }
    engine = open_engine(url)
    with engine.connect() as connection:
        found = {n: connection.execute(text(q), {"site": site_id}).scalar() for n, q in queries.items()}
    engine.dispose()
    return {name: value for name, value in found.items() if value is not None}


FIGURES = """
const site = document.querySelector("#site-" + ID);
return Object.fromEntries([...site.querySelectorAll("data")].map((d) => [d.dataset.figure, d.value]));
"""


def test_the_figures_on_the_page_are_the_sums_of_the_tables(harvested, browser):
    url, folder = harvested
    path, said = write_report(url, folder)
    assert said.startswith("Wrote report.html: 3 sites, ")
    browser.open(path.as_uri())
    for site_id in (HOME, ROOF, OFFICE):
        shown = browser.run(FIGURES.replace("ID", str(site_id)))
        expected = sums(url, site_id)
        assert len(expected) >= 6
        assert {name: float(shown[name]) for name in expected} == pytest.approx(expected)
    assert browser.run(FIGURES.replace("ID", str(ROOF)))["year-purchased"] == ""  # nobody measures it


def test_one_site_may_be_chosen_and_another_is_named(harvested):
    url, folder = harvested
    _, said = write_report(url, folder, "--site-id", str(ROOF))
    assert said.startswith("Wrote report.html: 1 site, ")
    command = [BIN / "target-seh-sql", "report", "--config", folder / "target.json", "--site-id", "5"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no such site is in the database: 5" in done.stderr


@pytest.fixture(scope="module")
def long_history(tmp_path_factory):
    """Load five years of one site; return the page and its folder."""
    folder = tmp_path_factory.mktemp("long")
    url = f"sqlite:///{folder / 'seh.db'}"
    (folder / "target.json").write_text(json.dumps({"sqlalchemy_url": url}))
    years = [BIN / "python", "-m", "tools.benchmarks.target.five_years"]
    lines = subprocess.run(years, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
    command = [BIN / "target-seh-sql", "--config", folder / "target.json"]
    subprocess.run(command, input=lines, capture_output=True, check=True)
    return write_report(url, folder)[0]


def test_five_years_of_a_site_are_less_than_two_megabytes(long_history):
    assert 1e6 < long_history.stat().st_size < 2e6


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_the_page_is_whole_and_quiet_on_every_screen(long_history, browser, tmp_path, width, scheme):
    browser.console()
    browser.look(width, 900, scheme)
    browser.open(long_history.as_uri())
    browser.wait_for(f".site[data-drawn={scheme}]")
    assert browser.console() == []
    assert browser.run("return document.documentElement.scrollWidth") <= width
    assert browser.run("return performance.getEntriesByType('resource').length") == 0
    charts = browser.run(
        "return [...document.querySelectorAll('.chart')].filter((c) => c.querySelector('svg')).length"
    )
    assert charts == 7
    assert browser.run("return document.querySelector('h1').textContent") == "Maple House <Utrecht> & Barn"
    height = browser.run("return document.documentElement.scrollHeight")
    browser.look(width, height, scheme)
    name = f"report-{width}-{scheme}.png"
    browser.picture(tmp_path / name)
    assert (tmp_path / name).stat().st_size > 40_000
    if os.environ.get("PICTURES") and name in SHOWN:
        PICTURES.mkdir(parents=True, exist_ok=True)
        shutil.copy(tmp_path / name, PICTURES / name)
