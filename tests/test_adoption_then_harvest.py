"""Databases of SolarEdge Harvest over both clock changes: adopted, harvested on with V1, then with V2.

No interval is lost or doubled, no day keeps the inverters' output or lacks its split. Six of them with
`make adoption`; the short form has two.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from datetime import datetime
from itertools import product

import old_harvest
import old_rows
import pytest
from old_rows import SITES, START, STOPPED, later
from sqlalchemy import text
from test_from_v1_to_v2 import as_v2_tells

from solaredge_simulator.fleet import ISLAND, OFFICE
from solaredge_simulator.simulator import Simulator
from solaredge_simulator.v1.rules import V1Rules
from tools import truth
from tools.databases import KINDS, empty_database, engine_of
from tools.pipeline import BIN, Pipeline

NOW = datetime.fromisoformat("2026-11-20T12:05:00Z")
LAYOUTS = {"oldest": "", "newest": "seh_"}
"""Layouts and the prefixes of their tables."""
SHORT = [("newest", "postgresql")]
CHOSEN = list(product(LAYOUTS, KINDS)) if os.environ.get("PROOF") == "whole" else SHORT


class Prefixed(Pipeline):
    """Writes tables with a prefix."""

    prefix = ""

    def target(self, **settings):
        return super().target(table_prefix=self.prefix, **settings)


@pytest.fixture(scope="module")
def rows():
    """Return a function that gives the rows of a layout."""
    with Simulator(now=STOPPED) as simulator:
        plants = [simulator.plants[site_id] for site_id in SITES]
        made = {layout: old_rows.of_plants(plants, newest=layout == "newest") for layout in LAYOUTS}
    return made.__getitem__


@pytest.fixture
def world():
    """A service that still has V1 besides V2, when the old program stopped."""
    rules = V1Rules(daily_calls=None)
    with Simulator(now=STOPPED, calls_per_minute=None, monthly_credits=None, v1=rules) as simulator:
        yield simulator


class Only(Pipeline):
    """Reads some streams: of others the oldest layout has no history, that is still to come."""

    streams: tuple[str, ...] = ()

    def tap(self, state=None, **settings):
        command = [self.executables / "tap-solaredge", "--discover"]
        catalog = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        wanted = [each for each in catalog["streams"] if each["stream"] in {"sites", *self.streams}]
        self.catalog = {"streams": wanted}
        return super().tap(state, **settings)


def adopt(url, prefix, *options):
    command = [BIN / "target-seh-sql", "adopt", "--config=ENV", *options]
    settings = {"TARGET_SEH_SQL_SQLALCHEMY_URL": url, "TARGET_SEH_SQL_TABLE_PREFIX": prefix}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | settings)
    return done.stdout


def in_another_zone(url):
    """Let the server's sessions have another zone than the sites and the machine."""
    with engine_of(url) as engine, engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(
                text(f"ALTER DATABASE {engine.url.database} SET timezone = 'America/New_York'")
            )


def problems(url, prefix, plants):
    """Return what differs from the plants' own values, and how many rows there are of each table."""
    with engine_of(url) as engine, engine.begin() as connection:
        connection.execute(text(f"DELETE FROM {prefix}power_flows WHERE resolution = 'SNAPSHOT'"))
        if prefix:
            for table in ("meters", *truth.COLUMNS):
                connection.execute(text(f"CREATE VIEW {table} AS SELECT * FROM {prefix}{table}"))
        found, counts = [], {}
        for table in truth.COLUMNS:
            expected = truth.of_plants(table, plants, START, NOW)
            stored = truth.stored(connection, table)
            counts[table] = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            stored |= dict(as_v2_tells(table, stored, expected))
            wrong, equal = truth.differences(expected, stored)
            found += [f"{table}: {each}" for each in wrong]
            if not equal == counts[table] == len(expected):
                found.append(f"{table}: {equal} equal, {counts[table]} stored, {len(expected)} expected")
    return found, counts


@pytest.mark.parametrize(("layout", "kind"), CHOSEN)
def test_adopted_and_harvested_on_every_interval_is_there_once_and_true(world, rows, tmp_path, layout, kind):
    prefix = LAYOUTS[layout]
    with empty_database(kind, tmp_path) as url:
        in_another_zone(url)
        old_harvest.make(url, rows(layout), newest=layout == "newest")
        assert "8 in the repeated hour" in adopt(url, prefix, "--machine-zone", "Europe/Amsterdam")
        pipeline = Prefixed(tmp_path, world, url)
        pipeline.prefix = prefix
        wanted = {"start_date": START.isoformat(), "site_ids": list(SITES)}
        state = json.loads(adopt(url, prefix, "--print-state"))
        world.clock.set(later(hours=20))
        v1 = {"api_version": "v1", "api_key": world.v1_key, "daily_calls_per_site": 0}
        state, _ = pipeline.run(state, **wanted, **v1)
        world.clock.set(NOW)
        pipeline.run(state, **wanted)
        assert adopt(url, prefix, "--drop-old").startswith("Removed ")
        with engine_of(url) as engine, engine.connect() as connection:
            for view in old_harvest.VIEWS:
                if layout == "newest" or view != "power_details":
                    assert connection.execute(text(f"SELECT count(*) FROM v_{prefix}{view}")).scalar_one()
        found, counts = problems(url, prefix, [world.plants[site_id] for site_id in SITES])
    assert found == []
    sys.stdout.write(f"{layout}, {kind}: equal to the truth: {counts}\n")
    assert counts["power_readings"] > 14_000


def test_after_an_adoption_nothing_is_asked_that_the_rows_tell(world, tmp_path):
    plants = [world.plants[site_id] for site_id in (OFFICE, ISLAND)]  # nothing is believed where a battery is
    with empty_database("sqlite", tmp_path) as url:
        old_harvest.make(url, old_rows.of_plants(plants, newest=False))
        adopt(url, "", "--machine-zone", "Europe/Amsterdam")
        state = json.loads(adopt(url, "", "--print-state"))
        world.clock.set(NOW)
        pipeline = Only(tmp_path, world, url)
        pipeline.streams = ("power_readings",)
        pipeline.run(state, start_date=START.isoformat(), site_ids=[OFFICE, ISLAND])
        with engine_of(url) as engine, engine.connect() as connection:
            stored = truth.stored(connection, "power_readings")
    asked = Counter()
    for call in world.calls:
        if call.path.endswith("/power"):
            is_new = datetime.fromisoformat(call.query["to"][0]) > STOPPED
            asked[int(call.path.split("/")[3]), "since" if is_new else "before"] += 1
    # Since it stopped, 18 days: three windows of 7. Before: an outage each, which these do not reach.
    assert asked == {
        (OFFICE, "since"): 3, (ISLAND, "since"): 3, (OFFICE, "before"): 1, (ISLAND, "before"): 1,
    }  # fmt: skip
    expected = truth.of_plants("power_readings", plants, START, NOW)
    assert truth.differences(expected, stored) == ([], len(expected))


def test_after_an_adoption_old_days_get_their_split_without_a_start_date(world, rows, tmp_path):
    with empty_database("sqlite", tmp_path) as url:
        old_harvest.make(url, rows("oldest"))
        adopt(url, "")
        state = json.loads(adopt(url, "", "--print-state"))
        world.clock.set(later(hours=20))
        pipeline = Only(tmp_path, world, url)
        pipeline.streams = ("energy_readings",)
        pipeline.run(state, energy_lookback_days=7, site_ids=list(SITES))
        with engine_of(url) as engine, engine.connect() as connection:
            stored = truth.stored(connection, "energy_readings")
    plants = [world.plants[site_id] for site_id in SITES]
    expected = truth.of_plants("energy_readings", plants, START, later(hours=20))
    assert len(expected) > 3 * 33
    assert truth.differences(expected, stored) == ([], len(expected))
