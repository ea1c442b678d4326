"""A database and its state go from V1 to V2: no gap, no doubled row, every value the plant's own.

200 days under V1 with `make proofs`; the short form has 40.
"""

import os
from datetime import UTC, datetime, timedelta

import pytest

from solaredge_simulator.fleet import HOME, OFFICE
from solaredge_simulator.simulator import Simulator
from solaredge_simulator.v1.rules import V1Rules
from target_seh_sql.database import open_engine
from tools import truth
from tools.pipeline import Pipeline

SWITCHED = datetime(2026, 10, 24, 12, 5, tzinfo=UTC)  # the day before the clocks go back
NOW = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)
START = SWITCHED.replace(hour=0, minute=0) - timedelta(days=200 if os.environ.get("PROOF") == "whole" else 40)
PRODUCTION = {"power_readings": (1,), "power_flows": (4, 5)}
"""Where V1 tells 0 of a sleeping inverter whose battery works, V2 nothing: by the table of differences."""
WITHIN = 3.0
"""Wh; what V1's counters of a battery's energy leave open."""


@pytest.fixture(scope="module")
def harvested(tmp_path_factory):
    rules = V1Rules(daily_calls=None)
    with Simulator(now=SWITCHED, calls_per_minute=None, monthly_credits=None, v1=rules) as simulator:
        pipeline = Pipeline(tmp_path_factory.mktemp("switched"), simulator)
        wanted = {"start_date": START.isoformat(), "site_ids": [HOME, OFFICE]}
        v1 = {"api_version": "v1", "api_key": simulator.v1_key, "daily_calls_per_site": 0}
        state, _ = pipeline.run(**wanted, **v1)
        before = len(simulator.calls)
        simulator.clock.set(NOW)
        pipeline.run(state, **wanted)
        yield pipeline, simulator, simulator.calls[before:], still_open(state)


def still_open(state):
    """Return the spans of each site that V1 told no value of."""
    spans = {}
    for stream in state["bookmarks"].values():
        for partition in stream["partitions"]:
            spans.setdefault(partition["context"]["site_id"], []).extend(partition.get("open", []))
    return spans


def as_v2_tells(table, rows, expected):
    """Return rows of a site with a battery with the differences taken out that a dialect cannot know."""
    for key, values in rows.items():
        wanted = expected.get(key)
        if key[0] != HOME or wanted is None:
            continue
        told = list(values)
        for column in PRODUCTION.get(table, ()):
            if wanted[column] is None and told[column] in {0.0, "Idle"}:
                told[column] = None
        if table == "energy_readings":
            told = [
                w if w is not None and abs(w - t) <= WITHIN else t for w, t in zip(wanted, told, strict=True)
            ]
        yield key, tuple(told)


@pytest.mark.parametrize("table", truth.COLUMNS)
def test_every_interval_of_both_is_there_once_and_true(harvested, table):
    pipeline, simulator, _, _ = harvested
    with open_engine(pipeline.url).connect() as connection:
        connection.exec_driver_sql("DELETE FROM power_flows WHERE resolution = 'SNAPSHOT'")
        count = connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()
        found = truth.stored(connection, table)
        connection.rollback()
    expected = truth.of_plants(table, [simulator.plants[site] for site in (HOME, OFFICE)], START, NOW)
    found |= dict(as_v2_tells(table, found, expected))
    wrong, equal = truth.differences(expected, found)
    assert wrong == []
    assert equal == count == len(expected) > 130


def test_v2_reads_again_only_what_v1_left_without_values(harvested):
    _, _, calls, spans = harvested
    assert {call.status for call in calls} == {200}
    read = [call for call in calls if call.query.get("resolution") == ["QUARTER_HOUR"]]
    older = [call for call in read if call.query["to"][0] < (SWITCHED - timedelta(days=8)).isoformat()]
    assert all(touches_one(call, spans[call.site]) for call in older)
    series = {(call.site, call.path) for call in read}
    all_of_them = len(series) * ((SWITCHED - START) / timedelta(days=7) - 1)
    assert 0 < len(older) < all_of_them / 2


def touches_one(call, spans):
    start, end = (datetime.fromisoformat(call.query[name][0]) for name in ("from", "to"))
    return any(datetime.fromisoformat(a) < end and start < datetime.fromisoformat(b) for a, b in spans)
