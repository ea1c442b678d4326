"""A meter that is renamed in the portal between two runs stays the same meter, on every database."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from solaredge_simulator.fleet import HOME
from solaredge_simulator.simulator import Simulator
from tools import truth
from tools.databases import KINDS, empty_database, engine_of
from tools.pipeline import Pipeline

FIRST = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)
START = datetime(2026, 11, 19, tzinfo=UTC)
DAY = {"site_ids": [HOME], "start_date": f"{START:%Y-%m-%d}"}


def rows(url, query):
    with engine_of(url) as engine, engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


@pytest.mark.parametrize("kind", KINDS)
def test_a_renamed_meter_keeps_its_row_and_no_quarter_hour_stands_twice(tmp_path, kind):
    with (
        Simulator(now=FIRST, calls_per_minute=None, monthly_credits=None) as simulator,
        empty_database(kind, tmp_path) as url,
    ):
        pipeline = Pipeline(tmp_path, simulator, url)
        state, _ = pipeline.run(**DAY)
        before = rows(url, "SELECT id, serial_number, meter_type FROM meters ORDER BY id")
        plant = simulator.plants[HOME]
        meter = plant.meters[0]
        simulator.plants[HOME] = renamed = plant.renamed(meter.serial, "Meterkast", meter.meter_type)
        assert len({each.name for each in renamed.meters}) == len(before)
        for hours in (2, 26):  # before the list of devices is read again, and after it
            simulator.clock.set(FIRST + timedelta(hours=hours))
            state, _ = pipeline.run(state, **DAY)
        after = rows(url, "SELECT id, serial_number, meter_type FROM meters ORDER BY id")
        names = [row[0] for row in rows(url, "SELECT name FROM meters ORDER BY name")]
        doubled = rows(
            url,
            "SELECT m.serial_number, m.meter_type, r.timestamp FROM meter_readings AS r "
            "JOIN meters AS m ON m.id = r.meter_id "
            "GROUP BY m.serial_number, m.meter_type, r.timestamp HAVING count(*) > 1",
        )
        with engine_of(url) as engine, engine.connect() as connection:
            stored = truth.stored(connection, "meter_readings")
            count = connection.execute(text("SELECT count(*) FROM meter_readings")).scalar_one()
    assert after == before
    assert names == sorted(meter.name for meter in renamed.meters)
    assert doubled == []
    expected = truth.of_plants("meter_readings", [renamed], START, FIRST + timedelta(hours=26))
    assert truth.differences(expected, stored) == ([], len(expected))
    assert count == len(expected)
