"""Grafana's files: up to date, and each panel's query gives rows, the same on both databases."""

import json
import os
import re
from contextlib import ExitStack, contextmanager
from datetime import datetime
from decimal import Decimal
from functools import reduce
from operator import getitem

import pytest
import yaml
from doc_pages import ROOT, Page
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_macros import expanded, time_range
from grafana_types import misfits, parsed
from long import LONG
from sqlalchemy import text

from solaredge_simulator.fleet import HOME, OFFICE
from solaredge_simulator.pytest_plugin import NOW
from tools.databases import engine_of
from tools.grafana.dashboard import DATABASES, FOLDER, UID, written

READER = f"seh_grafana_{os.getpid()}"
AUTOCOMMIT = {"isolation_level": "AUTOCOMMIT"}
LEAVE = {
    "postgresql": (f"DROP OWNED BY {READER}", f"DROP ROLE {READER}"),
    "mariadb": (f"DROP USER {READER}",),
}


def dashboard(kind):
    return json.loads((FOLDER / f"dashboards/{kind}.json").read_text())


def panels(kind):
    """Return the panels with a query, those of folded rows too."""
    nested = [[panel, *panel.get("panels", [])] for panel in dashboard(kind)["panels"]]
    return [panel for row in nested for panel in row if panel.get("targets")]


TITLES = [f"{number}: {panel['title']}" for number, panel in enumerate(panels("postgresql"))]


def data_source(kind):
    (source,) = yaml.safe_load((FOLDER / f"datasources/{kind}.yaml").read_text())["datasources"]
    return source


def test_the_files_are_what_make_dashboards_writes():
    made = dict(written())
    assert made == {path: path.read_text() for path in made}
    assert sorted(made) == sorted((FOLDER / "dashboards").glob("*.json"))


@pytest.mark.parametrize("kind", DATABASES)
def test_grafanas_own_types_know_every_part_of_the_dashboard(kind):
    read = parsed(dashboard(kind))
    assert misfits(read) == []
    assert json.loads(json.dumps(read, cls=JSONEncoder)) == dashboard(kind)  # what they do not know is lost


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        (("graphTooltip",), 7),
        (("refresh",), 15),
        (("panels", 0, "gridPos", "w"), "wide"),
        (("panels", 0, "options", "graphMode"), "sparkles"),
        (("panels", 3, "fieldConfig", "defaults", "custom", "lineWidth"), "thick"),
    ],
)
def test_grafanas_own_types_refuse(place, wrong):
    content = dashboard("postgresql")
    *way, last = place
    reduce(getitem, way, content)[last] = wrong
    assert len(misfits(parsed(content))) == 1


@pytest.mark.parametrize("kind", DATABASES)
def test_the_dashboard_asks_the_data_source_that_is_provisioned(kind):
    source = data_source(kind)
    assert (source["uid"], source["type"]) == (UID, DATABASES[kind])
    asked = [target["datasource"] for panel in panels(kind) for target in panel["targets"]]
    asked += [variable["datasource"] for variable in dashboard(kind)["templating"]["list"]]
    assert all(reference == {"type": source["type"], "uid": UID} for reference in asked)
    assert len(asked) == len(TITLES) + 1


@pytest.mark.parametrize("kind", DATABASES)
def test_address_and_password_come_from_the_environment(kind):
    source = data_source(kind)
    given = [
        source["url"],
        source["user"],
        source["jsonData"]["database"],
        *source["secureJsonData"].values(),
    ]
    assert given == [f"${{DATABASE_{name}}}" for name in ("ADDRESS", "USER", "NAME", "PASSWORD")]


def test_the_compose_file_gives_grafana_what_the_data_source_asks():
    compose = yaml.safe_load((ROOT / "deploy/docker/compose.yaml").read_text())
    asked = re.findall(r"\$\{(\w+)\}", (FOLDER / "datasources/postgresql.yaml").read_text())
    assert set(asked) <= set(compose["services"]["grafana"]["environment"])
    for mounted in compose["services"]["grafana"]["volumes"]:
        if mounted.startswith(".."):
            assert (ROOT / "deploy/docker" / mounted.partition(":")[0]).is_file()


@pytest.fixture(scope="module")
def readers(filled):
    """Make the user of docs/grafana.md in both databases; give the user's connections."""
    with ExitStack() as stack:
        yield {kind: stack.enter_context(reader(filled(kind), kind)) for kind in DATABASES}


@contextmanager
def reader(engine, kind):
    names = {"grafana": READER, "solar": engine.url.database, "harvest": engine.url.username}
    url = engine.url.set(username=READER, password="secret").render_as_string(hide_password=False)
    with engine.execution_options(**AUTOCOMMIT).connect() as admin:
        for statement in Page(ROOT / "docs/grafana.md").statements(kind):
            named = re.sub(r"\b(grafana|solar|harvest)\b", lambda name: names[name[0]], statement)
            admin.execute(text(named))
        with engine_of(url) as own, own.execution_options(**AUTOCOMMIT).connect() as connection:
            yield connection
        for statement in LEAVE[kind]:
            admin.execute(text(statement))


def answer(connection, kind, panel):
    """Return the names and rows that a panel's query gives: of the last week, or of the panel's own time."""
    begin, end = time_range(NOW, panel.get("timeFrom") or dashboard(kind)["time"]["from"])
    sql = panel["targets"][0]["rawSql"]
    site = OFFICE if "inverters_compared" in sql else HOME
    result = connection.execute(
        text(expanded(sql, kind, begin, end, panel.get("interval", "15m"), site=site))
    )
    return tuple(result.keys()), [tuple(map(plain, row)) for row in result]


def plain(value):
    """Return a value as both databases have it: times in UTC, numbers to ten digits."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return f"{value:.10g}" if isinstance(value, float | Decimal | int) else value


@LONG
@pytest.mark.parametrize("title", TITLES)
def test_a_panel_shows_the_same_rows_on_both_databases_to_a_user_who_may_only_read(title, readers):
    place = TITLES.index(title)
    found = {kind: answer(readers[kind], kind, panels(kind)[place]) for kind in DATABASES}
    names, rows = found["postgresql"]
    assert found["mariadb"] == (names, rows)
    assert any(value is not None for row in rows for value in row[1:])
    if panels("postgresql")[place]["targets"][0]["format"] == "time_series":
        assert names[0] == "time"
        assert rows == sorted(rows, key=lambda row: row[0])


@LONG
def test_the_panels_of_a_moment_show_the_plants_own_values(readers):
    now = ("2026-11-20 12:45", "1459.75", "497.625", "0", "962.125", "37.3531")
    day = ("2026-11-20", "4556", "5526.5", "36.625", "3799.75")
    for kind, connection in readers.items():
        shown = [answer(connection, kind, panel)[1] for panel in panels(kind)[:2]]
        assert shown == [[now], [day]]


@LONG
def test_the_heat_map_has_a_row_for_each_hour_of_the_sites_clock(readers):
    (sun, _) = (panel for panel in panels("postgresql") if panel["type"] == "heatmap")
    names, rows = answer(readers["postgresql"], "postgresql", sun)
    assert names == ("time", "metric", "value")
    midnight = datetime(2026, 11, 16, 23)  # noqa: DTZ001 (UTC: midnight in Utrecht)
    assert [metric for time, metric, _ in rows if time == midnight] == [f"{hour:02}" for hour in range(24)]


@LONG
def test_the_site_is_chosen_by_name(readers):
    for kind, connection in readers.items():
        (variable,) = dashboard(kind)["templating"]["list"]
        chosen = connection.execute(text(variable["query"])).mappings().all()
        assert {site["__value"]: site["__text"] for site in chosen} == {
            HOME: "Maple House “De Esdoorn”",
            OFFICE: 'Café Noir & Søns "Bakery", East 9th St.',
        }


@pytest.mark.parametrize("kind", DATABASES)
def test_a_macro_that_grafana_does_not_know_is_refused(kind):
    with pytest.raises(KeyError):
        expanded("SELECT $__timeSomething(timestamp)", kind, NOW, NOW, "15m")
