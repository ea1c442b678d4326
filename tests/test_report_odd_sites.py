"""The report of odd sites: absurd values, no flows, no production, dead ones, clocks that go half an hour."""

import json
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from report_pages import load, opened, page_of, report
from test_report_databases import unpacked

from tools.browser import Browser
from tools.databases import KINDS, empty_database

NOW = datetime(2026, 11, 29, 12, 40, tzinfo=UTC)
ABSURD, DEAD, READINGS, USER, ISLAND = range(1, 6)
KEYS = {
    "sites": ["id"],
    "energy_readings": ["site_id", "reading_date", "time_unit"],
    "power_flows": ["site_id", "timestamp"],
    "power_readings": ["site_id", "timestamp"],
}
NAMES = ("energy_wh", "consumption_wh", "purchased_wh", "feed_in_wh")


def lines_of(rows):
    """Yield messages of rows, given as stream and record."""
    for stream, key in KEYS.items():
        records = [record for name, record in rows if name == stream]
        if not records:
            continue
        names = dict.fromkeys(name for record in records for name in record)
        properties = {"type": "object", "properties": {name: {} for name in names}}
        yield {"type": "SCHEMA", "stream": stream, "key_properties": key, "schema": properties}
        for record in records:
            yield {"type": "RECORD", "stream": stream, "record": record}


def quarters(site_id, first, count, stream="power_flows", offset=lambda _: 0, **powers):
    """Yield so many quarter hours with the same powers."""
    for number in range(count):
        at = first + timedelta(minutes=15 * number)
        clock = {"timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}", "utc_offset_minutes": offset(at)}
        yield stream, {"site_id": site_id, **clock, **powers}


def days(site_id, first, last, **energies):
    """Yield days with the same energies."""
    for number in range((last - first).days + 1):
        day = {"reading_date": str(first + timedelta(days=number)), "time_unit": "DAY"}
        yield "energy_readings", {"site_id": site_id, **day, **energies}


def filled(folder, url, rows):
    """Fill a database with rows."""
    folder.mkdir(exist_ok=True)
    (folder / "messages").write_text("".join(json.dumps(line) + "\n" for line in lines_of(rows)))
    load(url, folder, folder / "messages")
    return folder


def site(site_id, name, peak=10.0):
    """Return a site."""
    return "sites", {"id": site_id, "name": name, "peak_power": peak}


@pytest.mark.parametrize("kind", KINDS)
def test_values_that_no_site_can_have_are_no_values(kind, tmp_path):
    morning = datetime(2026, 11, 28, 8, tzinfo=UTC)
    rows = [
        site(ABSURD, "Absurd"),
        *quarters(ABSURD, morning, 8, pv_power=1234.0, load_power=567.0, storage_charge_level=50.5),
        *quarters(ABSURD, morning + timedelta(hours=2), 1, pv_power=1e10, load_power=-1e30),
        *quarters(ABSURD, morning + timedelta(hours=2.25), 1, pv_power=1.1e6, storage_charge_level=1e9),
    ]
    with empty_database(kind, tmp_path) as url:
        done = report(filled(tmp_path, url, rows))
    assert done.returncode == 0, done.stderr
    begins = "site 1: values that no site can have count as no value: "
    said = [line for line in done.stderr.splitlines() if "no site can have" in line]
    assert said == [begins + "pv_power 2, load_power 1, storage_charge_level 1"]
    _, series = unpacked((tmp_path / "report.html").read_text(encoding="utf-8"), ABSURD)
    assert series == {
        "pv": [1234] * 8 + [None] * 2,
        "load": [567] * 8 + [None] * 2,
        "charge": [505] * 8 + [None] * 2,
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_clock_that_comes_back_within_weeks_is_that_of_its_quarter_hours(kind, tmp_path):
    first = datetime(2026, 10, 20, tzinfo=UTC)
    clocks = ((60, 5), (0, 10), (60, 5))  # such as British time, that is corrected to that of the continent
    rows, expected, day = [site(ABSURD, "Corrected")], [], first
    for offset, count in clocks:
        rows += quarters(ABSURD, day, 96 * count, offset=lambda _, offset=offset: offset, pv_power=400.0)
        expected.append([int(day.timestamp()) // 900, offset])
        day += timedelta(days=count)
    with empty_database(kind, tmp_path) as url:
        page = page_of(filled(tmp_path, url, rows)).read_text(encoding="utf-8")
    figures, _ = unpacked(page, ABSURD)
    assert figures["quarters"]["offsets"] == expected


def island_offset(at):
    """Return the offset of Lord Howe."""
    summer = not datetime(2026, 4, 4, 15, tzinfo=UTC) <= at < datetime(2026, 10, 3, 15, 30, tzinfo=UTC)
    return 660 if summer else 630


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Return the page of odd sites."""
    folder = tmp_path_factory.mktemp("odd")
    today = NOW.replace(hour=0, minute=0)
    rows = [
        site(ABSURD, "Large", 1000.0),
        *days(ABSURD, date(2025, 9, 1), NOW.date(), energy_wh=4e6),
        *quarters(ABSURD, today, 50, pv_power=8e5),
        site(DEAD, "Dead"),
        *days(DEAD, date(2026, 5, 1), date(2026, 5, 20), energy_wh=1e6),
        site(READINGS, "Readings"),
        *days(READINGS, date(2026, 11, 1), NOW.date(), energy_wh=1000),
        *quarters(READINGS, today, 50, "power_readings", power_watts=700.0),
        site(USER, "User"),
        *days(USER, date(2026, 11, 1), NOW.date(), consumption_wh=5000, purchased_wh=5000),
        *quarters(USER, today, 50, load_power=300.0, grid_power=-300.0),
        site(ISLAND, "Island"),
        *quarters(ISLAND, datetime(2026, 4, 4, tzinfo=UTC), 192, offset=island_offset, pv_power=400.0),
        *quarters(ISLAND, datetime(2026, 10, 3, tzinfo=UTC), 192, offset=island_offset, pv_power=400.0),
    ]
    filled(folder, f"sqlite:///{folder / 'seh.db'}", rows)
    return page_of(folder)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("profile")) as found:
        found.pretend(NOW)
        yield found


def texts(browser, selector):
    """Return the texts of what a selector finds."""
    return browser.run(f"return [...document.querySelectorAll({selector!r})].map((each) => each.textContent)")


def test_a_fleet_counts_the_newest_period_only_of_sites_that_are_in_it(page, browser):
    opened(browser, page, "")
    figures = browser.run("""
        const shown = [...document.querySelectorAll("#fleet-figures data")];
        return Object.fromEntries(shown.map((data) => [data.dataset.figure, data.textContent]));""")
    assert figures["fleet_today"] == "4,001.0 kWh"
    assert figures["fleet_month"] == f"{29 * 4001:,}.0 kWh"
    assert figures["fleet_year"] == f"{333 * 4000 + 29 + 20000:,} kWh"
    assert figures["fleet_late"] == "2"
    cells = {row: texts(browser, f"#fleet-table tr[data-site='{row}'] td")[:6] for row in (DEAD, READINGS)}
    assert cells[DEAD][:3] == ["–", "–", "–"]
    assert cells[DEAD][4:] == ["20 May 2026", "none"]
    assert cells[READINGS][4] == "25 minutes ago"


def test_a_site_whose_clock_is_wrong_takes_the_newest_day_from_no_other(tmp_path, browser):
    rows = [
        *(site(USER, "Now"), site(DEAD, "Ahead")),
        *days(USER, date(2026, 11, 1), NOW.date(), energy_wh=5000),
        *days(DEAD, date(2026, 11, 1), date(2027, 1, 10), energy_wh=3000),
    ]
    page = page_of(filled(tmp_path, f"sqlite:///{tmp_path / 'seh.db'}", rows))
    opened(browser, page, "")
    cells = {row: texts(browser, f"#fleet-table tr[data-site='{row}'] td")[:2] for row in (USER, DEAD)}
    assert cells == {USER: ["5.0 kWh", "145.0 kWh"], DEAD: ["–", "–"]}


def test_what_was_measured_in_another_way_is_no_empty_site(page, browser):
    said = {}
    for number in (READINGS, DEAD):
        opened(browser, page, str(number))
        said[number] = texts(browser, "#age")
    assert said == {
        READINGS: ["newest data: 25 minutes ago"],
        DEAD: ["newest data: 20 May 2026"],
    }


def test_a_running_period_is_compared_with_as_many_days(page, browser):
    opened(browser, page, f"{ABSURD}/2026-11")
    choose = """
        const select = document.querySelector("#compare");
        select.value = %r;
        select.dispatchEvent(new Event("change"));
        const data = document.querySelector("#card-figures .change").textContent;
        return [data, document.querySelector("#card-figures .summary").textContent];"""
    assert browser.run(choose % "before") == [
        "= 0.0 %",
        "compared with 1 October 2026 to 29 October 2026",
    ]
    opened(browser, page, f"{ABSURD}/2026")
    _, said = browser.run(choose % "year")
    assert said == "compared with 1 January 2025 to 29 November 2025"
    assert browser.run("return document.querySelectorAll('#card-balance path.before').length") == 3
    opened(browser, page, f"{ABSURD}/2026-10")
    assert browser.run(choose % "before")[1] == "compared with September 2026"


def test_all_numbers_at_the_axes_of_a_large_plant_are_whole(page, browser):
    opened(browser, page, f"{ABSURD}/2026")
    left = "return [...document.querySelectorAll('.plot text.tick')].map((text) => text.getBBox().x)"
    assert min(browser.run(left)) >= 0
    assert "150,000" in texts(browser, "#card-balance text.tick")


def test_nothing_is_listed_that_nobody_measures(page, browser):
    opened(browser, page, f"{READINGS}/2026-11-29")
    browser.run(
        "for (const name of ['balance', 'flow']) document.querySelector(`[data-table=${name}]`).click()"
    )
    assert texts(browser, "#card-balance .legend span") == ["production"]
    assert texts(browser, "#card-balance th") == ["when", "production"]
    assert texts(browser, "#card-flow td") == ["production", "0.70 kW"]
    (said,) = texts(browser, "#card-flow .summary")
    assert said.startswith("29 November 2026, 12:15 · No meter measures the grid: ")


CARDS = "return [...document.querySelectorAll('#cards > .card:not([hidden])')].map((c) => c.dataset.card)"


def test_a_site_without_production_has_days_and_no_empty_cards(page, browser):
    opened(browser, page, f"{USER}/2026-11-28")
    assert browser.run(CARDS) == ["flow", "figures", "balance", "shares", "heat", "streams"]
    assert texts(browser, "#card-figures .summary") == ["Saturday, 28 November 2026"]
    opened(browser, page, f"{DEAD}/2026-05-20")
    assert {"years", "records"} <= set(browser.run(CARDS))


def test_texts_of_a_summary_stand_apart(page, browser):
    opened(browser, page, f"{ISLAND}/2026-10")
    assert texts(browser, "#card-figures .summary") == ["October 2026 · 5 days have no value"]


def test_the_page_tells_minutes(page, browser):
    opened(browser, page, "")
    assert browser.run("return utc(1795956600)") == "29 November 2026, 12:50"
    assert browser.run("return utc(1795956600 + 299)") == "29 November 2026, 12:54"


def test_hours_of_a_clock_that_goes_half_an_hour_are_those_of_the_clock(page, browser):
    for day, halves in (("2026-10-04", ["02:00"]), ("2026-04-05", ["01:00"])):
        opened(browser, page, f"{ISLAND}/{day}")
        parts = browser.run("""
            const found = hoursOf(chosen.site, chosen.period.first);
            return found.map(({ hour, sums }) => [clock(hour * 4), sums.production]);""")
        assert [hour for hour, energy in parts if energy == 200] == halves
        assert {energy for hour, energy in parts if hour not in halves} == {400}
        assert sorted({hour for hour, _ in parts}) == [f"{hour:02}:00" for hour in range(24)]


def test_hours_of_the_night_that_changes_the_clock_stand_beside_the_same_hours(tmp_path, browser):
    """Here power is as many times 100 W as it is o'clock in Amsterdam."""
    rows, at = [site(ISLAND, "Night"), site(USER, "Night")], datetime(2026, 10, 23, 22, tzinfo=UTC)
    for hour in (*range(24), 0, 1, 2, *range(2, 24)):
        offset = 120 if at < datetime(2026, 10, 25, 1, tzinfo=UTC) else 60
        rows += quarters(ISLAND, at, 4, offset=lambda _, offset=offset: offset, pv_power=100.0 * hour)
        at += timedelta(hours=1)
    page = page_of(filled(tmp_path, f"sqlite:///{tmp_path / 'seh.db'}", rows))
    opened(browser, page, f"{ISLAND}/2026-10-25")
    assert texts(browser, "#which option") == [f"Night ({USER})", f"Night ({ISLAND})"]
    hours = browser.run("""
        const [site, day] = [chosen.site, chosen.period.first];
        const parts = hoursOf(site, day);
        const before = hoursBeside(parts, site, day - 1);
        const made = (part) => part.sums.production;
        return parts.map((part, index) => [part.hour, made(part), made(before[index])]);""")
    assert hours == [[hour, 100 * hour, 100 * hour] for hour in (0, 1, 2, *range(2, 24))]
    browser.run("""
        const select = document.querySelector("#compare");
        select.value = "before";
        select.dispatchEvent(new Event("change"));""")
    drawn = "return document.querySelector('#card-balance path.before').getAttribute('d')"
    edges = "return document.querySelector('#card-balance path.production').getAttribute('d')"
    heights = [re.findall(r"[MV](?:\S+ )?([\d.]+)H", browser.run(path)) for path in (drawn, edges)]
    assert heights[0][4:] == heights[1][:96]  # the area goes back along the axis


def test_addresses_that_say_nothing_or_days_that_nobody_knows(page, browser):
    period = "return document.querySelector('#period').textContent"
    browser.console()
    browser.open("about:blank")
    browser.open(f"{page.as_uri()}#%E0%A4%A")
    browser.wait_for("#fleet-table tbody tr")
    for address, said in (
        ("2026-02-30", "Sunday, 29 November 2026"),
        ("2031-01-01", "Sunday, 29 November 2026"),
        ("2031", "2026"),
        ("2019-03", "September 2025"),
        ("2019-03-01..2019-03-20", "Sunday, 29 November 2026"),
    ):
        opened(browser, page, f"{ABSURD}/{address}")
        assert browser.run(period) == said
    browser.run("""
        const date = document.querySelector("#date");
        date.value = "2031-01-01";
        date.dispatchEvent(new Event("change"));""")
    browser.wait_for(f'body[data-drawn="{ABSURD}/2026-11-29"]')
    assert browser.console() == []


def test_the_day_is_kept_and_so_is_the_period_of_another_site(page, browser):
    opened(browser, page, f"{ABSURD}/2026-11-17")
    for kind, address in (("year", "2026"), ("all", "all"), ("month", "2026-11"), ("day", "2026-11-17")):
        browser.click(f"[data-kind={kind}]")
        browser.wait_for(f'body[data-drawn="{ABSURD}/{address}"]')
    choose = """
        const which = document.querySelector("#which");
        which.value = %d;
        which.dispatchEvent(new Event("change"));"""
    browser.run(choose % READINGS)
    browser.wait_for(f'body[data-drawn="{READINGS}/2026-11-17"]')
    browser.run(choose % DEAD)
    browser.wait_for(f'body[data-drawn="{DEAD}/2026-11-17"]')
    assert browser.run("return document.querySelector('#date').value") == "2026-05-20"
