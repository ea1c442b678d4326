"""The report of strange names and values: below 0, nothing but 0, millions, a name that is long or none."""

from datetime import date, datetime, timedelta

import pytest
from report_pages import opened, page_of, report
from test_report_odd_sites import NOW, days, filled, quarters, site, texts

from tools.browser import Browser

STANDBY, STILL, LARGE, BLANK, LONG, WORDS, PRICED = range(1, 8)
NARROW, WIDE = 390, 1440


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Return the page of these sites."""
    folder, today = tmp_path_factory.mktemp("strange"), NOW.replace(hour=0, minute=0)
    rows = [
        site(STANDBY, "Standby"),
        *days(STANDBY, date(2026, 11, 1), date(2026, 11, 29), energy_wh=5000.0),
        *quarters(STANDBY, today, 32, pv_power=-12.0, load_power=-300.0, grid_power=288.0),
        *quarters(STANDBY, today + timedelta(hours=8), 16, pv_power=4000.0, load_power=300.0),
        site(STILL, "Still"),
        *days(STILL, date(2026, 1, 1), date(2026, 11, 28), energy_wh=0.0),
        site(LARGE, "Large", 9_000.0),
        *days(LARGE, date(2020, 1, 1), date(2026, 11, 28), energy_wh=4e7, consumption_wh=3.9e7),
        site(BLANK, " "),
        *days(BLANK, date(2026, 11, 28), date(2026, 11, 28), energy_wh=12_345.0),
        site(LONG, "X" * 255),
        site(WORDS, "a name of many words " * 12),
        site(PRICED, "Priced"),
        *days(PRICED, date(2026, 11, 28), NOW.date(), consumption_wh=9e3, purchased_wh=5e3, feed_in_wh=0.0),
    ]
    filled(folder, f"sqlite:///{folder / 'seh.db'}", rows)
    return page_of(folder)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("profile")) as found:
        found.pretend(datetime(2026, 11, 29, 12, 40, tzinfo=NOW.tzinfo))
        yield found


@pytest.mark.parametrize("series", ["production", "consumption"])
def test_powers_below_zero_are_the_palest_of_the_map_and_the_cards_below_it_are_there(page, browser, series):
    browser.console()
    opened(browser, page, f"{STANDBY}/2026-11-29")
    browser.click(f'#card-heat [data-choice="{series}"]')
    assert browser.run("return document.querySelector('#card-heat image') !== null")
    assert "energy by day" in texts(browser, "#card-streams td, #card-streams th")
    assert browser.console() == []


def test_no_two_numbers_of_an_axis_are_the_same_where_all_values_are_0(page, browser):
    opened(browser, page, f"{STILL}/2026")
    numbers = [text for text in texts(browser, "#card-balance text.tick") if text[0].isdigit()]
    assert numbers == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]


def test_figures_in_the_millions_do_not_run_into_each_other(page, browser):
    browser.look(NARROW, 900, "light")
    opened(browser, page, f"{LARGE}/all")
    assert texts(browser, "#card-figures data")[:2] == ["100,960,000 kWh", "98,436,000 kWh"]
    wider = """
        const figures = [...document.querySelectorAll(".figures dd")];
        return figures.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.textContent)"""
    assert browser.run(wider) == []


@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_no_name_of_a_site_is_invisible_or_hides_what_stands_beside_it(page, browser, width):
    browser.look(width, 900, "light")
    opened(browser, page, "")
    assert "Site 4" in texts(browser, "#fleet-table tbody th a")
    names, table = browser.run("""
        const wide = (selector) => document.querySelector(selector).getBoundingClientRect().width;
        return [wide("#fleet-table tbody th"), wide("#fleet-table table")]""")
    assert names < 0.4 * WIDE
    assert table < WIDE


def test_what_has_no_price_is_not_free_of_charge(page, browser):
    (page.parent / "tariff.toml").write_bytes(
        b"\xef\xbb\xbf[[import]]\nprice = 0.3\nsince = 2026-11-29\n"
        b"[[export]]\nprice = 0.1\nfrom = 08:00:00\nto = 07:00:00\n"
    )
    done = report(page.parent, "--site-id", str(PRICED), "--tariff", "tariff.toml", output="money.html")
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stderr.splitlines() if line.startswith("tariff")] == [
        "tariff, import: not all hours have a price before 2026-11-29: money of such days is left out",
        "tariff, export: no price holds at 07:00: money of such days is left out",
    ]
    missing = {
        "2026-11-28": ["–", "1 day has no value"],
        "2026-11-29": ["1.50"],
        "2026-11": ["1.50", "1 day has no value"],
    }
    for period, said in missing.items():
        opened(browser, page.parent / "money.html", period)
        (summary,) = texts(browser, "#card-money .summary")
        assert [*texts(browser, "[data-figure=money-bought]"), *summary.split(" · ")[1:]] == said
