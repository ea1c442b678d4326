"""Ours beside SolarEdge's own figures: equal where all is there, and named exactly where it is not."""

import subprocess
from contextlib import ExitStack
from datetime import UTC, date, datetime

import pytest
from long import WHOLE

from solaredge_simulator.fleet import HOME, ISLAND, ROOF
from solaredge_simulator.simulator import Simulator
from solaredge_simulator.v1.rules import V1Rules
from tools.databases import KINDS, empty_database, engine_of
from tools.pipeline import BIN, Pipeline

NOW = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)
START = "2026-08-25T00:00:00Z"
"""October has the night of the clock change at HOME and ROOF, and that of the other one at ISLAND."""
MONTHS = {"2026-09", "2026-10"}
QUANTITIES = {"production", "consumption", "self_consumption", "feed_in", "purchased"}
SAME = {"v2": 1e-4, "v1": 0.02}
"""Percent: V1 counts batteries with six digits."""
WORLDS = [
    ("sqlite", "v2", "pv"), ("postgresql", "v2", "ac"), ("mariadb", "v1", "ac"), ("sqlite", "v1", "pv"),
]  # fmt: skip
ALL_OF, SINCE = (HOME, "2021-09-01") if WHOLE else (ROOF, "2026-04-01")
"""A site that is read from its first day on: five years with a battery, or seven months of a roof."""
OF_MONTHS = "FROM reconciliation WHERE period <> 'TOTAL'"


class World:
    """A simulator, and the database of a kind into which a pipeline harvests it."""

    def __init__(self, kind, folder, stack):
        self.folder, self.stack = folder, stack
        self.url = stack.enter_context(empty_database(kind, folder))
        self.simulator = self.pipeline = self.state = None

    def harvest(self, version, meaning, sites=(HOME, ROOF, ISLAND), now=NOW):
        """Start the simulator and run once."""
        switches = {"production": meaning} if version == "v2" else {"v1": V1Rules(production=meaning)}
        self.simulator = self.stack.enter_context(
            Simulator(now=now, calls_per_minute=None, monthly_credits=None, **switches)
        )
        self.pipeline = Pipeline(self.folder, self.simulator, self.url)
        key = self.simulator.key if version == "v2" else self.simulator.v1_key
        self.pipeline.settings |= {
            "api_version": version, "api_key": key, "site_ids": list(sites), "start_date": START,
            "daily_calls_per_site": 0, "live_power_flow": False,
        }  # fmt: skip
        self.run()

    def run(self, **settings):
        """Run once more."""
        self.pipeline.settings |= settings
        self.state, _ = self.pipeline.run(self.state)

    def rows(self, query):
        """Return the rows of a query."""
        with engine_of(self.url) as engine, engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]

    def change(self, *statements):
        """Let rows be missing."""
        with engine_of(self.url) as engine, engine.begin() as connection:
            for statement in statements:
                assert connection.exec_driver_sql(statement).rowcount > 0

    def differing(self, percent):
        """Return the days missing by month and quantity that is not equal, or of which days are missing."""
        rows = self.rows(
            f"SELECT site_id, period, quantity, difference_wh, difference_percent, days_missing {OF_MONTHS}"
        )
        return {
            (site, period, quantity): days
            for site, period, quantity, wh, part, days in rows
            if wh is None or (abs(wh) > 1 and abs(part or 100) > percent) or days
        }


@pytest.fixture
def world(tmp_path):
    """Return a function that gives the world of a kind of database."""
    with ExitStack() as stack:
        yield lambda kind: World(kind, tmp_path, stack)


@pytest.mark.parametrize(("kind", "version", "meaning"), WORLDS)
def test_where_all_is_there_every_month_agrees(world, kind, version, meaning):
    here = world(kind)
    here.harvest(version, meaning)
    compared = set(here.rows(f"SELECT site_id, period, quantity {OF_MONTHS}"))
    metered = {(site, month, name) for site in (HOME, ISLAND) for month in MONTHS for name in QUANTITIES}
    assert compared == metered | {(ROOF, month, "production") for month in MONTHS}
    assert here.differing(SAME[version]) == {}
    ((days, most),) = here.rows(
        "SELECT count(*), max(abs(difference_percent)) FROM reconciliation_by_day"
        " WHERE quarters_missing = 0 AND official_wh > 1000"
    )
    assert days > 15
    assert most < (1 if version == "v2" else 3)  # a mean power is not quite its energy


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_missing_is_named_exactly(world, kind):
    here = world(kind)
    here.harvest("v2", "ac", sites=[HOME])
    here.change(
        "DELETE FROM energy_readings WHERE reading_date = '2026-09-12'",
        "UPDATE energy_readings SET feed_in_wh = NULL WHERE reading_date = '2026-10-25'",
        "DELETE FROM power_readings WHERE timestamp BETWEEN '2026-11-18 10:00:00' AND '2026-11-18 19:45:00'",
    )
    assert here.differing(SAME["v2"]) == {
        (HOME, "2026-10", "feed_in"): 1,
        **{(HOME, "2026-09", name): 1 for name in QUANTITIES},
    }
    ((day, missing),) = here.rows(
        "SELECT day, quarters_missing FROM reconciliation_by_day "
        "WHERE quarters_missing > 0 AND day > '2026-11-13'"
    )
    assert (str(day), missing) == ("2026-11-18", 40)
    told = subprocess.run(
        [BIN / "target-seh-sql", "status", *here.pipeline.target(), "--max-age", "999999"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 1
    assert "2026-09 production" in told.stdout
    assert "2026-10 feed_in" in told.stdout
    assert "Your data agree" not in told.stdout


def test_a_month_is_compared_again_when_an_outage_has_healed(world):
    """A logger is silent from the last week of September on, and uploads in the middle of October."""
    here, silent = (
        world("sqlite"),
        (datetime(2026, 9, 24, 6, tzinfo=UTC), datetime(2026, 10, 14, 9, tzinfo=UTC)),
    )
    here.harvest("v2", "pv", sites=[HOME], now=datetime(2026, 9, 23, tzinfo=UTC))
    here.simulator.outage(HOME, *silent)
    theirs = []
    for day in range(5, 30, 3):
        here.simulator.clock.set(datetime(2026, 10, day, 12, tzinfo=UTC))
        here.run()
        theirs += here.rows("SELECT production_wh FROM energy_totals WHERE period = '2026-09'")
    assert theirs[0] < theirs[-1]
    assert here.differing(SAME["v2"]) == {}
    plant = here.simulator.plants[HOME]
    start, end = (plant.local_midnight(date(2026, month, 1)) for month in (9, 10))
    assert theirs[-1][0] == pytest.approx(plant.total("production_wh", start, end), rel=1e-6)


def test_the_total_since_installation_agrees_once_all_days_are_there(world):
    here, query = (
        world("sqlite"),
        "SELECT difference_percent, days_missing FROM reconciliation WHERE month IS NULL",
    )
    here.harvest("v2", "ac", sites=[ALL_OF])
    ((_, missing),) = here.rows(query)
    assert missing > 100
    here.simulator.clock.advance(days=1)
    here.run(start_date=f"{SINCE}T00:00:00Z")
    ((percent, missing),) = here.rows(query)
    assert abs(percent) < 1e-3
    assert missing == 0
