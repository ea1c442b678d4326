"""The report says the same whichever database it reads, also where quarter hours are missing."""

import json
import re
import zlib
from array import array
from base64 import b64decode
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import cache

import pytest
from report_pages import NOW, load, messages_of, page_of
from sqlalchemy import text

from solaredge_simulator.fleet import HOME, PENDING, ROOF
from target_seh_sql import database, database_url
from target_seh_sql.errors import UnsupportedDatabase
from target_seh_sql.report.figures import Figures
from target_seh_sql.report.page import page as report_page
from target_seh_sql.tables.metadata import all_tables
from target_seh_sql.tables.schema import existing
from tools.databases import KINDS, empty_database, engine_of

DAYS = 60
"""With a change of clocks, 25 October 2026."""
LOST = (("2026-10-01 10:15:00", "2026-10-01 10:15:00"), ("2026-11-02 06:00:00", "2026-11-04 05:45:00"))
"""Quarter hours that are taken out of the middle, first and last."""
NOTHING = -(2**15)
QUARTER = 900


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return a function that gives URL and page of a kind of database."""
    folder = tmp_path_factory.mktemp("two_months")
    messages = messages_of(folder / "tap", NOW, DAYS, [HOME, ROOF, PENDING])
    with ExitStack() as stack:

        @cache
        def filled(kind):
            (folder / kind).mkdir()
            url = stack.enter_context(empty_database(kind, folder / kind))
            load(url, folder / kind, messages)
            _lose_some(url)
            return url, page_of(folder / kind).read_text(encoding="utf-8")

        yield filled


def _lose_some(url):
    with engine_of(url) as engine, engine.begin() as connection:
        for first, last in LOST:
            span = {"first": first, "last": last}
            query = text("DELETE FROM power_flows WHERE timestamp BETWEEN :first AND :last")
            assert connection.execute(query, span).rowcount > 0


def unpacked(page, site_id):
    """Return figures and series of a site as the page has them; a number that is not there is None."""
    (content,) = re.findall(rf'id="site-{site_id}">([^<]*)</script>', page)
    plain = zlib.decompress(b64decode(content))
    end = 4 + int.from_bytes(plain[:4], "little")
    figures, series = json.loads(plain[4:end]), {}
    count = figures["quarters"]["count"]
    for number, (name, divider) in enumerate(figures["quarters"]["series"]):
        begin = end + 2 * count * number
        low, high = plain[begin : begin + count], plain[begin + count : begin + 2 * count]
        values = array("h", b"".join(map(bytes, zip(low, high, strict=True))))
        series[name] = [None if value == NOTHING else value * divider for value in values]
    return figures, series


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_has_the_quarter_hours_of_its_database_and_no_others(kind, made):
    url, page = made(kind)
    figures, series = unpacked(page, HOME)
    query = text("""
        SELECT timestamp, pv_power, load_power, grid_power, storage_power FROM power_flows
        WHERE site_id = :site AND coalesce(resolution, '') <> 'SNAPSHOT' ORDER BY timestamp""")
    with engine_of(url) as engine, engine.connect() as connection:
        rows = connection.execute(query, {"site": HOME}).all()
    expected = {_quarter(at): values for at, *values in rows}
    first, count = figures["quarters"]["first"], figures["quarters"]["count"]
    assert [min(expected), max(expected)] == [first, first + count - 1]
    assert count - len(expected) == 1 + 2 * 96
    for place, found in enumerate(
        zip(*(series[name] for name in ("pv", "load", "grid", "storage")), strict=True)
    ):
        values = expected.get(first + place, [None] * 4)
        assert all(
            (watts is None) if value is None else abs(watts - value) <= 0.501
            for watts, value in zip(found, values, strict=True)
        ), (kind, place, found, values)


def _quarter(at):
    moment = datetime.fromisoformat(str(at))
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() // QUARTER


@pytest.mark.parametrize("site_id", [HOME, ROOF, PENDING])
@pytest.mark.parametrize("kind", KINDS[1:])
def test_pages_of_all_databases_say_the_same(kind, site_id, made):
    (figures, series), (expected, others) = (_said(made(name)[1], site_id) for name in (kind, "sqlite"))
    assert figures == expected
    assert series.keys() == others.keys()
    for name, values in series.items():
        assert [value is None for value in values] == [value is None for value in others[name]]
        known = ((a, b) for a, b in zip(values, others[name], strict=True) if a is not None)
        assert all(abs(a - b) <= 1 for a, b in known), name  # half a watt is rounded up, or to an even one


def _said(page, site_id):
    figures, series = unpacked(page, site_id)
    streams = [{**stream, "read": stream["read"] is not None} for stream in figures["streams"]]
    return {**figures, "streams": streams}, series


SHORT = "SET group_concat_max_len = 1024"


def _page_where_sessions_do(statements, made, monkeypatch):
    url, page = made("mariadb")
    monkeypatch.setitem(database.SESSION, database_url.MARIADB.driver, statements)
    with database.connected(url, read_only=True) as connection:
        figures = Figures(connection, existing(connection, all_tables()))
        return page, "".join(report_page(figures, datetime.now(UTC), "en", None))


def test_a_server_that_cuts_lists_short_by_default_changes_no_figure(made, monkeypatch):
    usual = database.SESSION[database_url.MARIADB.driver]
    page, found = _page_where_sessions_do((SHORT, *usual), made, monkeypatch)
    assert unpacked(found, HOME) == unpacked(page, HOME)


def test_lists_that_are_cut_short_nevertheless_are_told(made, monkeypatch):
    usual = database.SESSION[database_url.MARIADB.driver]
    with pytest.raises(UnsupportedDatabase) as refused:
        _page_where_sessions_do((*usual, SHORT), made, monkeypatch)
    assert str(refused.value).startswith("the database cut a list of quarter hours short: ")
