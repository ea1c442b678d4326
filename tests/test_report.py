"""The report in a real browser: whole and quiet on every screen; its figures are the sums of the tables.

`make pictures` writes what the browser shows to docs/pictures; `make proof-report` reads each database.
"""

import json
import os
import random
import re
import shutil
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest
from report_pages import NOW, go, load, messages_of, opened, page_of, report
from sqlalchemy import inspect, text

from solaredge_simulator.fleet import HOME, PENDING, ROOF
from tools.browser import Browser
from tools.databases import KINDS, empty_database, engine_of

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
FIRST, LAST = date(2024, 11, 21), date(2026, 11, 19)
"""The first and the last whole day of the two years."""
SCREENS = [(width, scheme) for width in (390, 768, 1440) for scheme in ("light", "dark")]
WITH_BROWSER = KINDS if os.environ.get("PROOF") == "whole" else KINDS[:1]
"""Whose pages the browser reads whole; test_report_databases.py compares all of them every time."""
TALLEST = 1800
"""Pixels of a picture."""
PICTURED = {
    ("2026", 1440, "light"): "report-1440-light.png",
    ("2026-06-19", 390, "dark"): "report-390-dark.png",
}


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("profile")) as found:
        found.pretend(NOW)
        yield found


@pytest.fixture(scope="module")
def two_years(tmp_path_factory):
    """Return a function that gives URL and folder of a database of a kind with two years of three sites."""
    folder = tmp_path_factory.mktemp("two_years")
    messages = cache(lambda: messages_of(folder / "tap", NOW, 730, [HOME, ROOF, PENDING]))
    with ExitStack() as stack:

        @cache
        def filled(kind):
            (folder / kind).mkdir()
            url = stack.enter_context(empty_database(kind, folder / kind))
            load(url, folder / kind, messages())
            return url, folder / kind

        yield filled


@pytest.fixture(scope="module")
def pages(two_years):
    """Return a function that gives the page of a kind of database."""
    return cache(lambda kind="sqlite": page_of(two_years(kind)[1]))


def shown(browser):
    """Return what each figure of the cards shows."""
    return browser.run("""
        const shown = [...document.querySelectorAll("#cards .card:not([hidden]) data")];
        return Object.fromEntries(shown.map((data) => [data.dataset.figure, data.textContent]));""")


def rounded(value, unit, digits=1):
    """Return a number as the page writes it."""
    step = Decimal(1).scaleb(-digits)
    return f"{Decimal(value).quantize(step, ROUND_HALF_UP):,} {unit}"


def periods():
    """Yield ten days, weeks and months and all years as address, first and last day."""
    chance = random.Random(18)
    days = [FIRST + timedelta(days=chance.randrange((LAST - FIRST).days)) for _ in range(30)]
    for day in days[:10]:
        yield f"{day}", day, day
    for day in days[10:20]:
        monday = day - timedelta(days=day.weekday())
        yield f"{monday}..{monday + timedelta(days=6)}", monday, monday + timedelta(days=6)
    for day in days[20:]:
        first = day.replace(day=1)
        yield f"{day:%Y-%m}", first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    for year in (2024, 2025, 2026):
        yield f"{year}", date(year, 1, 1), date(year, 12, 31)


ENERGIES = {
    "production": "energy_wh", "consumption": "consumption_wh", "own": "self_consumption_wh",
    "feedIn": "feed_in_wh", "purchased": "purchased_wh",
}  # fmt: skip
SUMS = ", ".join(f"sum({column})" for column in ENERGIES.values())
OF_DAYS = f"""
    SELECT {SUMS}, 100.0 * sum(consumption_wh - purchased_wh) / sum(consumption_wh),
        100.0 * sum(self_consumption_wh) / sum(energy_wh), sum(energy_wh) / 1000 / :peak
    FROM energy_readings
    WHERE site_id = :site AND time_unit = 'DAY' AND reading_date BETWEEN :first AND :last"""
OF_BATTERY = """
    SELECT sum(charged_wh), sum(discharged_wh), sum(cycles) FROM battery_by_day
    WHERE site_id = :site AND day BETWEEN :first AND :last"""


def in_the_database(connection, site_id, first, last):
    """Return what the page has to show of a period."""
    asked = {"site": site_id, "first": first.isoformat(), "last": last.isoformat()}
    query = text("SELECT peak_power FROM sites WHERE id = :site")
    peak = connection.execute(query, asked).scalar_one()
    sums = connection.execute(text(OF_DAYS), asked | {"peak": peak}).one()
    charged, discharged, cycles = connection.execute(text(OF_BATTERY), asked).one()
    found = {name: rounded(value / 1000, "kWh") for name, value in zip(ENERGIES, sums[:5], strict=True)}
    return found | {
        "sufficiency": rounded(sums[5], "%"),
        "rate": rounded(sums[6], "%"),
        "yield": rounded(sums[7], "kWh/kWp", 2),
        "charged": rounded(charged / 1000, "kWh"),
        "discharged": rounded(discharged / 1000, "kWh"),
        "cycles": rounded(cycles, "", 2).strip(),
    }


@pytest.mark.parametrize("kind", WITH_BROWSER)
def test_the_figures_of_any_period_are_those_of_the_database(kind, two_years, pages, browser):
    url, _ = two_years(kind)
    opened(browser, pages(kind), f"{HOME}/all")
    wrong = {}
    with engine_of(url) as engine, engine.connect() as connection:
        for address, first, last in periods():
            go(browser, f"{HOME}/{address}")
            expected, found = in_the_database(connection, HOME, first, last), shown(browser)
            if {name: found.get(name) for name in expected} != expected:
                wrong[address] = (expected, found)
    assert wrong == {}


@pytest.mark.parametrize("kind", WITH_BROWSER)
def test_every_quarter_hour_is_in_the_page(kind, two_years, pages, browser):
    opened(browser, pages(kind), f"{HOME}/all")
    unpacked = browser.run(f"""
        const {{ quarters }} = sites.get({HOME});
        return Array.from(quarters.pv, (pv, place) => {{
            const values = [pv, quarters.load[place], quarters.grid[place], quarters.storage[place]];
            return [localQuarter(quarters, place), ...values].map((v) => (Number.isNaN(v) ? null : v));
        }});""")
    with engine_of(two_years(kind)[0]) as engine, engine.connect() as connection:
        query = text("""
            SELECT local_time, pv_power, load_power, grid_power, storage_power
            FROM power_by_time WHERE site_id = :site ORDER BY timestamp""")
        rows = connection.execute(query, {"site": HOME}).all()
    assert len(unpacked) == len(rows) == 730 * 96
    for packed, (local, *values) in zip(unpacked, rows, strict=True):
        moment = datetime.fromisoformat(str(local)).replace(tzinfo=UTC)
        assert packed[0] == moment.timestamp() // 900
        for watts, value in zip(packed[1:], values, strict=True):
            assert watts == (None if value is None else pytest.approx(float(value), abs=0.501))


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_the_page_is_whole_and_quiet_on_every_screen(pages, browser, tmp_path, width, scheme):
    browser.console()
    browser.look(width, 900, scheme)
    for address, cards in (("2026-06-19", 10), ("2026-06", 10), ("2026", 10), ("all", 10)):
        opened(browser, pages(), f"{HOME}/{address}")
        assert browser.run("return document.documentElement.scrollWidth") <= width
        assert browser.run("return performance.getEntriesByType('resource').length") == 0
        visible = "return document.querySelectorAll('#cards > .card:not([hidden])').length"
        assert browser.run(visible) == cards
        height = browser.run("return document.documentElement.scrollHeight")
        browser.look(width, min(height, TALLEST), scheme)
        browser.picture(tmp_path / "page.png")
        browser.look(width, 900, scheme)
        if os.environ.get("PICTURES") and (address, width, scheme) in PICTURED:
            shutil.copy(tmp_path / "page.png", PICTURES / PICTURED[address, width, scheme])
    assert browser.console() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "address", ["", f"{HOME}/2026-06-19", f"{HOME}/2026", f"{ROOF}/2026-07", f"{PENDING}"]
)
def test_axe_finds_nothing_serious(pages, browser, address, scheme):
    browser.look(1440, 900, scheme)
    opened(browser, pages(), address)
    browser.run("document.querySelector('#card-balance [data-table]')?.click()")
    browser.run(axe_core())
    found = browser.run_async("const done = arguments[0]; axe.run().then((all) => done(all.violations))")
    assert [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")] == []


def axe_core():
    """Return the source of the checker of accessibility."""
    return (files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8")


def test_every_control_works_by_mouse(pages, browser):
    browser.look(1440, 900, "light")
    opened(browser, pages(), f"{HOME}/2026-06-17")
    steps = [
        ("[data-kind=week]", "2026-06-15..2026-06-21"),
        ("#earlier", "2026-06-08..2026-06-14"),
        ("[data-kind=month]", "2026-06"),
        ("#later", "2026-07"),
        ("[data-kind=year]", "2026"),
        ("#earlier", "2025"),
        ("[data-kind=day]", "2025-01-01"),
        ("[data-kind=all]", "all"),
        ("[data-kind=month]", "2025-01"),
        ("#newest", "2026-11"),
    ]
    for selector, address in steps:
        browser.click(selector)
        browser.wait_for(f'body[data-drawn="{HOME}/{address}"]')
    browser.drag("#card-balance .plot svg", 0.3, 0.5)
    browser.wait_for(f'body[data-drawn="{HOME}/2026-11-09..2026-11-15"]')
    for choice in ("bars", "curve"):
        browser.click(f"#card-balance [data-choice={choice}]")
        assert pressed(browser, "#card-balance") == [choice]
    browser.drag("#card-balance .plot svg", 0.3, 0.5)
    browser.click("#unzoom")
    assert browser.run("return document.querySelector('#unzoom').hidden")
    for choice in ("consumption", "purchased", "feedIn"):
        browser.click(f"#card-heat [data-choice={choice}]")
        assert pressed(browser, "#card-heat") == [choice]
    for name in ("flow", "figures", "balance", "battery", "shares", "years", "records", "heat"):
        browser.click(f"[data-table={name}]")
        assert browser.run(f"return document.querySelectorAll('#card-{name} .table tbody tr').length") > 3


def pressed(browser, card):
    """Return which choices of a card are on."""
    return browser.run(f"""
        const on = document.querySelectorAll("{card} [data-choice][aria-pressed=true]");
        return [...on].map((button) => button.dataset.choice);""")


def test_every_control_works_by_keyboard(pages, browser):
    opened(browser, pages(), f"{HOME}/2026-06-17")
    browser.press("ArrowLeft")
    browser.wait_for(f'body[data-drawn="{HOME}/2026-06-16"]')
    browser.press("ArrowRight", "ArrowRight")
    browser.wait_for(f'body[data-drawn="{HOME}/2026-06-18"]')
    reached = set()
    for _ in range(60):
        browser.press("Tab")
        reached.add(
            browser.run("""
            const { activeElement: on } = document;
            const named = on.id || on.dataset.kind || on.dataset.table || on.dataset.choice;
            return named || on.closest("section")?.id;""")
        )
    assert reached >= {
        "which", "day", "week", "month", "year", "all", "earlier", "later", "date", "newest", "compare",
        "now", "chosen", "bars", "curve", "heat", "flow", "card-balance", "card-heat", "card-streams",
    }  # fmt: skip
    browser.run("document.querySelector('[data-kind=month]').focus()")
    browser.press("Enter")
    browser.wait_for(f'body[data-drawn="{HOME}/2026-06"]')
    browser.run("document.querySelector('#card-balance svg').focus()")
    browser.press("ArrowRight", "ArrowRight", "ArrowRight")
    told = "return document.querySelector('#card-balance .tip b').textContent"
    assert browser.run(told) == "Wednesday, 3 June 2026"
    browser.press("Enter")
    browser.wait_for(f'body[data-drawn="{HOME}/2026-06-03"]')


def test_the_pointer_tells_all_values_of_a_moment_in_every_chart_of_the_day(pages, browser):
    opened(browser, pages(), f"{HOME}/2026-06-17")
    browser.run("document.querySelector('#card-balance svg').focus()")
    browser.press("End")
    tip = browser.run(
        "return [...document.querySelectorAll('#card-balance .tip > *')].map((e) => e.textContent)"
    )
    assert tip[0] == "17 June 2026, 23:45"
    assert tip[1::2] == [
        "out of the battery", "from the grid", "consumption", "into the battery", "to the grid",
        "level of charge",
    ]  # fmt: skip
    lines = browser.run("""
        const lines = [...document.querySelectorAll(".pointer[visibility=visible]")];
        return lines.map((line) => line.closest(".card").id);""")
    assert lines == ["card-balance", "card-battery"]


def test_a_period_is_compared_with_the_one_before_or_a_year_before(pages, browser):
    opened(browser, pages(), f"{HOME}/2026-06")
    for choice, title in (("before", "May 2026"), ("year", "June 2025")):
        browser.run(f"""
            const select = document.querySelector("#compare");
            select.value = "{choice}";
            select.dispatchEvent(new Event("change"));""")
        said = browser.run("return document.querySelector('#card-figures .summary').textContent")
        assert said == f"compared with {title}"
        first = browser.run("return document.querySelector('#card-figures .change').textContent")
        assert re.fullmatch(r"[▲▼=] \d+\.\d %", first)
    browser.run("document.querySelector('#compare').value = 'none'")


def test_a_month_is_printed_on_two_pages(pages, browser):
    browser.look(1440, 900, "light")
    opened(browser, pages(), f"{HOME}/2026-06")
    printed = browser.printed()
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 2


def test_a_day_with_a_change_of_clocks_has_all_its_hours(pages, browser):
    for day, quarters in (("2026-03-29", 92), ("2026-10-25", 100)):
        opened(browser, pages(), f"{HOME}/{day}")
        begin, end = browser.run("return placesOf(chosen.site.quarters, chosen.period)")
        assert end - begin == quarters


def test_sites_without_meter_or_any_data_show_what_they_have(pages, browser):
    opened(browser, pages(), f"{ROOF}/2026-07")
    cards = "return [...document.querySelectorAll('#cards > .card:not([hidden])')].map((c) => c.dataset.card)"
    assert browser.run(cards) == [
        "flow",
        "figures",
        "balance",
        "years",
        "records",
        "heat",
        "alerts",
        "streams",
    ]
    assert sorted(shown(browser)) == [
        "best_day",
        "best_month",
        "best_power",
        "best_year",
        "lifetime",
        "production",
        "yield",
    ]
    opened(browser, pages(), f"{PENDING}")
    assert browser.run(cards) == ["alerts", "streams"]
    assert (
        browser.run("return document.querySelector('#period').textContent")
        == "Nothing has been measured yet."
    )


def test_one_site_may_be_chosen_and_another_is_named(two_years):
    _, folder = two_years("sqlite")
    done = report(folder, "--site-id", str(ROOF), output="roof.html")
    assert done.stdout.startswith("Wrote roof.html: 1 site, ")
    done = report(folder, "--site-id", "5", output="five.html")
    assert done.returncode == 1
    assert "no such site is in the database: 5" in done.stderr
    assert not (folder / "five.html").exists()


@pytest.mark.parametrize(
    ("language", "month"), [("de", "Juni 2026"), ("nl", "juni 2026"), ("en", "June 2026")]
)
def test_words_dates_and_numbers_are_those_of_the_language(two_years, browser, language, month):
    _, folder = two_years("sqlite")
    page = page_of(folder, "--site-id", str(HOME), "--language", language, output=f"{language}.html")
    opened(browser, page, "2026-06")
    assert browser.run("return document.documentElement.lang") == language
    assert browser.run("return document.querySelector('#period').textContent") == month
    figure = browser.run("return document.querySelector('[data-figure=production]').textContent")
    assert re.fullmatch(r"1,\d{3}\.\d kWh" if language == "en" else r"1\.\d{3},\d kWh", figure)


TARIFF = """
currency = "EUR"
import = [{ price = 0.30 }, { price = 0.20, from = 23:00:00, to = 07:00:00 }]
export = [{ price = 0.05 }, { price = 0.10, since = 2026-01-01 }]
"""


def test_money_is_counted_by_the_hour_of_the_purchase(two_years, browser):
    url, folder = two_years("sqlite")
    (folder / "tariff.toml").write_text(TARIFF)
    page = page_of(folder, "--site-id", str(HOME), "--tariff", "tariff.toml", output="money.html")
    opened(browser, page, BOUGHT_ON)
    with engine_of(url) as engine, engine.connect() as connection:
        night = "CAST(strftime('%H', local_time) AS INTEGER) NOT BETWEEN 7 AND 22"
        quarters = f"""
            SELECT sum(price * bought) / sum(bought), sum(price * load_power) / sum(load_power)
            FROM (
                SELECT CASE WHEN {night} THEN 0.2 ELSE 0.3 END AS price, load_power,
                    max(0, -grid_power) AS bought, site_id, local_date
                FROM power_by_time
            ) AS q WHERE site_id = :site AND local_date = '{BOUGHT_ON}'"""
        bought, used = connection.execute(text(quarters), {"site": HOME}).one()
        days = f"SELECT purchased_wh, consumption_wh, feed_in_wh {ON_THE_DAY}"
        purchased, consumption, feed_in = connection.execute(text(days), {"site": HOME}).one()
    assert 0.2 < bought < 0.3  # at both prices
    expected = {
        "money-bought": purchased / 1000 * bought, "money-without": consumption / 1000 * used,
        "money-earned": feed_in / 1000 * 0.10,
    }  # fmt: skip
    expected["money-saved"] = expected["money-without"] - expected["money-bought"] + expected["money-earned"]
    found = shown(browser)
    assert {name: found[name] for name in expected} == {name: f"{v:.2f} EUR" for name, v in expected.items()}


def test_days_whose_hours_nobody_knows_are_counted_beside_the_money(two_years, browser, tmp_path):
    _, folder = two_years("sqlite")
    shutil.copy(folder / "test.db", tmp_path / "test.db")
    (tmp_path / "target.json").write_text(json.dumps({"sqlalchemy_url": f"sqlite:///{tmp_path / 'test.db'}"}))
    (tmp_path / "tariff.toml").write_text(TARIFF)
    with engine_of(f"sqlite:///{tmp_path / 'test.db'}") as engine, engine.begin() as connection:
        local = "datetime(timestamp, utc_offset_minutes || ' minutes')"
        connection.execute(text(f"DELETE FROM power_flows WHERE date({local}) = '{BOUGHT_ON}'"))
    page = page_of(tmp_path, "--site-id", str(HOME), "--tariff", "tariff.toml", output="money.html")
    told = "document.querySelector('#card-money').textContent.match(/[0-9]+ days? .* not known/)?.[0]"
    for address, guessed in {
        BOUGHT_ON: "1 day is priced at its average: the hours are not known",
        "2026-02-23..2026-02-24": "1 day is priced at its average: the hours are not known",
        "2026-02-23": None,
    }.items():
        opened(browser, page, address)
        assert browser.run(f"return {told}") == guessed


BOUGHT_ON = "2026-02-24"
"""A day on which the site bought by night and by day."""
ON_THE_DAY = (
    f"FROM energy_readings WHERE site_id = :site AND time_unit = 'DAY' AND reading_date = '{BOUGHT_ON}'"
)


@pytest.mark.parametrize(
    ("content", "complaint"), [("import = 3", "is no tariff"), ("[[import", "is no TOML file")]
)
def test_a_file_that_is_no_tariff_is_refused(two_years, content, complaint):
    _, folder = two_years("sqlite")
    (folder / "wrong.toml").write_text(content)
    done = report(folder, "--tariff", "wrong.toml", output="wrong.html")
    assert done.returncode == 2
    assert complaint in done.stderr


TOTALS = {
    "type": "SCHEMA", "stream": "energy_totals", "key_properties": ["site_id", "period"],
    "schema": {
        "type": "object",
        "properties": {
            name: {} for name in ("site_id", "period", "first_day", "last_day", "ends", "production_wh")
        },
    },
}  # fmt: skip
MONTHS = (("2026-06", "2026-06-01", "2026-06-30"), ("2026-07", "2026-07-01", "2026-07-31"))
CARD = """
    const card = document.querySelector('#card-agreement');
    const texts = (part) => [...card.querySelectorAll(part)].map((each) => each.textContent);
    return [card.hidden, ...texts('.summary'), ...texts('data'), ...texts('td')];"""


def with_totals(folder, source, factors):
    """Return a folder with a copy of a database in which SolarEdge's figures are ours times a factor."""
    folder.mkdir()
    for name in ("test.db", "target.json"):
        shutil.copy(source / name, folder)
    url = f"sqlite:///{folder / 'test.db'}"
    (folder / "target.json").write_text(json.dumps({"sqlalchemy_url": url}))
    with engine_of(url) as engine, engine.begin() as connection:
        if inspect(connection).has_table("energy_totals"):
            connection.execute(text("DELETE FROM energy_totals"))
        lines = [TOTALS]
        for (period, first, last), factor in zip(MONTHS, factors, strict=True):
            asked = {"site": HOME, "first": first, "last": last}
            ours = connection.execute(text(OF_PRODUCTION), asked).scalar_one()
            total = {"site_id": HOME, "period": period, "first_day": first, "last_day": last}
            total |= {"production_wh": ours * factor, "ends": f"{last}T22:00:00Z"}
            lines.append({"type": "RECORD", "stream": "energy_totals", "record": total})
    (folder / "totals").write_text("".join(json.dumps(line) + "\n" for line in lines))
    load(url, folder, folder / "totals")
    return folder


OF_PRODUCTION = """
    SELECT sum(energy_wh) FROM energy_readings
    WHERE site_id = :site AND time_unit = 'DAY' AND reading_date BETWEEN :first AND :last"""


def test_the_card_on_agreement_tells_the_worst_month(two_years, browser, tmp_path):
    folder = with_totals(tmp_path / "agrees", two_years("sqlite")[1], (1.0008, 1.0))
    opened(browser, page_of(folder, "--site-id", str(HOME)), "2026-06")
    summary = "each month and quantity, beside SolarEdge's own figure"
    assert browser.run(CARD) == [False, summary, "2 of 2", "0.08 %"]
    assert browser.console() == []


def test_the_card_on_agreement_lists_what_differs(two_years, browser, tmp_path):
    folder = with_totals(tmp_path / "differs", two_years("sqlite")[1], (1.25, 1.0))
    page = page_of(folder, "--site-id", str(HOME), "--language", "de", output="differs.html")
    opened(browser, page, "2026-06")
    hidden, summary, *shown = browser.run(CARD)
    assert (hidden, summary) == (False, "1 Wert ist nicht der von SolarEdge")
    assert shown[:4] == ["1 von 2", "20,00 %", "Juni 2026", "Erzeugung"]
    assert shown[-2:] == ["-20,00 %", "keine"]
    assert browser.console() == []
