"""Every value in the database is the plant's own: 60 days, in `make proofs` 400 with both DST changes."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from solaredge_simulator.simulator import Simulator
from target_seh_sql.database import open_engine
from tools import truth
from tools.pipeline import Pipeline


@pytest.fixture(scope="module")
def harvested(tmp_path_factory):
    now = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)
    start = now.replace(hour=0, minute=0) - timedelta(days=400 if os.environ.get("PROOF") == "whole" else 60)
    with Simulator(now=now, calls_per_minute=None, monthly_credits=None) as simulator:
        pipeline = Pipeline(tmp_path_factory.mktemp("truth"), simulator)
        pipeline.run(start_date=start.isoformat())
        yield pipeline, simulator, start, now


@pytest.mark.parametrize("table", truth.COLUMNS)
def test_the_database_holds_the_plants_own_values(harvested, table):
    pipeline, simulator, start, now = harvested
    with open_engine(pipeline.url).connect() as connection:
        rows = connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()
        found = truth.stored(connection, table)
    expected = truth.of_plants(table, simulator.plants.values(), start, now)
    wrong, equal = truth.differences(expected, found)
    assert wrong == []
    assert equal == rows == len(expected)
    assert equal > 200
