"""The report of kinds of sites: years of one, a day of one, a thousand; and what the page is made of."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from report_pages import NOW, load, messages_of, opened, page_of

from solaredge_simulator.fleet import ROOF
from tools.browser import Browser

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture(scope="module")
def long_history(tmp_path_factory):
    """Return the page of five years of one site."""
    folder = tmp_path_factory.mktemp("long")
    years = [sys.executable, "-m", "tools.benchmarks.target.five_years"]
    with (folder / "messages").open("wb") as file:
        subprocess.run(years, cwd=ROOT, stdout=file, check=True)
    load(f"sqlite:///{folder / 'seh.db'}", folder, folder / "messages")
    return page_of(folder)


def test_five_years_of_a_site_are_less_than_two_megabytes(long_history, browser):
    assert 2e5 < long_history.stat().st_size < 2e6
    opened(browser, long_history, "all")
    assert browser.run("return chosen.site.quarters.count") == 1826 * 96


def test_a_site_with_one_day_of_data_is_shown(tmp_path, browser):
    messages = messages_of(tmp_path / "tap", NOW, 3, [ROOF], first_day=NOW.date())
    load(f"sqlite:///{tmp_path / 'seh.db'}", tmp_path, messages)
    browser.console()
    opened(browser, page_of(tmp_path), "all")
    assert (
        browser.run("return document.querySelector('#period').textContent")
        == "20 November 2026 to 20 November 2026"
    )
    assert browser.console() == []


SITES = 1000


@pytest.fixture(scope="module")
def large_fleet(tmp_path_factory):
    """Return the page of a thousand sites."""
    folder = tmp_path_factory.mktemp("fleet")
    fleet = [sys.executable, "-m", "tools.benchmarks.target.five_years", str(SITES), "--days", "1"]
    with (folder / "messages").open("wb") as file:
        subprocess.run(fleet, cwd=ROOT, stdout=file, check=True)
    load(f"sqlite:///{folder / 'seh.db'}", folder, folder / "messages")
    return page_of(folder)


def test_a_thousand_sites_can_be_sorted_searched_and_opened(large_fleet, browser):
    browser.look(1440, 900, "light")
    opened(browser, large_fleet, "")
    rows = "return [...document.querySelectorAll('#fleet-table tbody tr')].map((row) => row.dataset.site)"
    assert len(browser.run(rows)) == SITES
    browser.click("[data-sort=month]")
    order = browser.run(rows)
    production = {str(s["id"]): s["month"] for s in browser.run("return KNOWN.sites")}
    assert [production[site] for site in order] == sorted(production.values(), reverse=True)
    browser.click("#search")
    browser.press(*"Barn 777")
    assert browser.run(rows) == ["777"]
    browser.click("#fleet-table tbody td")
    browser.wait_for('body[data-drawn="777"]')
    assert (
        browser.run("return document.querySelector('#name').textContent")
        == "Maple House <Utrecht> & Barn 777"
    )


SOURCES = sorted(
    path
    for path in (ROOT / "target-seh-sql" / "target_seh_sql" / "report").rglob("*")
    if path.suffix in {".js", ".css", ".html"}
)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_files_and_functions_of_the_page_keep_the_house_rules(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 300
    assert max(map(len, lines)) <= 130
    begins = {
        n: line for n, line in enumerate(lines) if re.match(r"(async )?function |const \w+ = .*=> \{$", line)
    }
    for number in begins:
        assert lines.index("}", number) - number < 35 if "}" in lines[number:] else True, lines[number]


def test_every_language_has_the_same_words():
    languages = ROOT / "target-seh-sql" / "target_seh_sql" / "report" / "languages"
    words = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in languages.glob("*.json")}
    assert words.keys() == {"en", "de", "nl"}
    places = re.compile(r"\{\w+\}")
    for language in ("de", "nl"):
        assert words[language].keys() == words["en"].keys()
        for key, english in words["en"].items():
            assert sorted(places.findall(words[language][key])) == sorted(places.findall(english)), key
    ages = {text for text in words["de"].values() if "{age}" in text}
    assert all("vor {age}" in text for text in ages)  # "Tagen" stands after "vor" only
