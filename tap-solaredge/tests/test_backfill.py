"""A long history in runs of sixty calls: hardly a call more than its windows need, today's data always first.

`make proofs` reads five years; the short form half a year.
"""

import math
import os
from datetime import UTC, datetime, timedelta

import pytest

from solaredge_simulator.fleet import HOME
from solaredge_simulator.simulator import Simulator
from tools import truth

from .collected import KEYS, Collected

WHOLE = os.environ.get("PROOF") == "whole"
NOW = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)
START = datetime(2021, 11, 20, tzinfo=UTC) if WHOLE else datetime(2026, 5, 20, tzinfo=UTC)
PER_RUN = 60
QUARTER_HOURS = ("power", "meters", "storage")
WEEK, FOUR_WEEKS = timedelta(days=7), timedelta(days=28)


class Backfill:
    """Hourly runs of one home until its history is complete."""

    def __init__(self, simulator, folder):
        self.simulator, self.plant = simulator, simulator.plants[HOME]
        self.collected = Collected(
            simulator, folder, site_ids=[HOME], start_date=START.isoformat(),
            max_calls_per_run=PER_RUN, monthly_credits=0,
        )  # fmt: skip
        self.calls, self.ages = [], []

    def run(self):
        """Run until a run has nothing of history to read, and return the calls of each run."""
        while not self.complete():
            self.calls.append(self.collected.run())
            assert self.collected.error is None
            self.ages.append(self.newest_age())
            self.simulator.clock.set(NOW + len(self.calls) * timedelta(hours=1))
        return self.calls

    def complete(self):
        """Whether each series has been read in one span from the start on."""
        bookmarks = self.collected.state.get("bookmarks", {})
        partitions = [bookmarks.get(name, {"partitions": [{}]})["partitions"][0] for name in KEYS]
        covered = [partition.get("covered", []) for partition in partitions]
        return all(len(spans) == 1 and datetime.fromisoformat(spans[0][0]) <= START for spans in covered)

    def newest_age(self):
        newest = max(k[1] for k, row in self.collected.rows["power_flows"].items() if "grid_power" in row)
        return self.simulator.clock.now() - datetime.fromisoformat(newest) - timedelta(minutes=15)

    def fresh_calls(self):
        """Return the calls of later runs for the newest windows and the slow lists."""
        return sum(
            datetime.fromisoformat(call.query["to"][0]) > NOW if "to" in call.query else True
            for calls in self.calls[1:]
            for call in calls
        )

    def bound(self):
        """Return the calls that the span needs: whole windows of each endpoint, and each slow list once."""
        windows = math.ceil((NOW - START) / WEEK) * len(QUARTER_HOURS)
        slow_lists = len(("sites", "details", "devices", "lifetime"))
        totals = round((NOW - START) / timedelta(days=30.44)) + len(("lifetime", "meaning of production"))
        return windows + math.ceil((NOW - START) / FOUR_WEEKS) + slow_lists + totals


@pytest.fixture(scope="module")
def backfill(tmp_path_factory):
    with Simulator(now=NOW, monthly_credits=None) as simulator:
        backfill = Backfill(simulator, tmp_path_factory.mktemp("backfill"))
        backfill.run()
        yield backfill


def test_a_long_history_takes_hardly_more_calls_than_its_windows(backfill):
    runs = backfill.calls
    spent, fresh, bound = sum(map(len, runs)), backfill.fresh_calls(), backfill.bound()
    years = (NOW - START) / timedelta(days=365.25)
    print(  # noqa: T201 (the proof)
        f"\n{years:.1f} years of quarter hours in {len(runs)} runs: {spent} calls, of which {fresh} kept "
        f"today's data fresh in later runs; {spent - fresh} for history against a lower bound of {bound} "
        f"({(spent - fresh) / bound - 1:+.1%}); calls by run {[len(calls) for calls in runs]}"
    )
    assert {call.status for calls in runs for call in calls} == {200}
    assert spent - fresh <= bound * 1.02 + (0 if WHOLE else 3)
    assert len(runs) <= math.ceil(spent / PER_RUN) + 1
    assert max(backfill.ages) <= timedelta(hours=1)


@pytest.mark.parametrize("table", truth.COLUMNS)
def test_a_history_of_many_runs_is_the_plants_own(backfill, table):
    clock = backfill.simulator.clock
    clock.set(NOW + timedelta(days=1, minutes=15))
    backfill.collected.run()
    assert backfill.collected.error is None
    expected = dict(getattr(truth, table)(backfill.plant, START, clock.now()))
    found = backfill.collected.table(table, truth.COLUMNS[table], truth.KEY_COLUMNS[table])
    wrong, equal = truth.differences(expected, found)
    assert wrong == []
    assert equal == len(found)
