"""Every value in the database is the plant's, whatever production means: 60 days, in `make proofs` 400."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from solaredge_simulator.simulator import Simulator
from target_seh_sql.database import open_engine
from tools import truth
from tools.pipeline import Pipeline

CHECKED = {
    "pv": "production is what the panels made (checked",
    "ac": "production is what the inverters gave: what batteries gave and took is taken out of it (checked",
}


@pytest.fixture(scope="module", params=CHECKED)
def harvested(request, tmp_path_factory):
    now = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)
    start = now.replace(hour=0, minute=0) - timedelta(days=400 if os.environ.get("PROOF") == "whole" else 60)
    switches = {"calls_per_minute": None, "monthly_credits": None, "production": request.param}
    with Simulator(now=now, **switches) as simulator:
        pipeline = Pipeline(tmp_path_factory.mktemp("truth"), simulator)
        state, said = pipeline.run(start_date=start.isoformat())
        simulator.clock.advance(minutes=1)
        _, more = pipeline.run(state, start_date=start.isoformat())
        simulator.clock.set(now)
        yield request.param, pipeline, simulator, start, now, said + more


@pytest.mark.parametrize("table", truth.COLUMNS)
def test_the_database_holds_the_plants_own_values(harvested, table):
    meaning, pipeline, simulator, start, now, _ = harvested
    with open_engine(pipeline.url).connect() as connection:
        rows = connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()
        found = truth.stored(connection, table)
    expected = truth.of_plants(table, simulator.plants.values(), start, now)
    if meaning == "ac":  # what inverters gave does not tell a night from a dark day
        expected, found = awake(table, expected), awake(table, found)
    wrong, equal = truth.differences(expected, found)
    assert wrong == []
    assert equal == rows == len(expected)
    assert equal > 200


def test_what_production_means_is_said_once_for_each_site_with_a_battery(harvested):
    meaning, _, simulator, *_, said = harvested
    with_battery = [plant for plant in simulator.plants.values() if plant.batteries and plant.first_day]
    assert said.count(CHECKED[meaning]) == len(with_battery) > 0
    assert "not checked yet" not in said


def awake(table, rows):
    """Return rows in which a production that is not told is 0."""
    produced = {"power_readings": (1,), "power_flows": (4, 5)}.get(table, ())
    nothing = {4: "Idle"} if table == "power_flows" else {}
    return {
        key: tuple(
            nothing.get(place, 0.0) if value is None and place in produced else value
            for place, value in enumerate(values)
        )
        for key, values in rows.items()
    }
