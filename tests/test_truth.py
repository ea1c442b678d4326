"""Every value in the database is the plant's own: 400 days, both DST changes, all plants."""

from datetime import UTC, datetime, timedelta

import pytest
import truth
from pipeline import Pipeline

from solaredge_simulator.simulator import Simulator

QUERIES = {
    "energy_readings": """
        SELECT site_id, reading_date, time_unit,
               utc_offset_minutes, energy_wh, consumption_wh, self_consumption_wh, feed_in_wh, purchased_wh
        FROM energy_readings""",
    "power_readings": """
        SELECT site_id, strftime('%Y-%m-%dT%H:%M:%SZ', timestamp), utc_offset_minutes, power_watts
        FROM power_readings""",
    "power_flows": """
        SELECT site_id, strftime('%Y-%m-%dT%H:%M:%SZ', timestamp), utc_offset_minutes, unit, grid_status,
               grid_power, pv_status, pv_power, load_status, load_power, storage_status, storage_power,
               storage_charge_level
        FROM power_flows""",
    "meter_readings": """
        SELECT meters.site_id, name, strftime('%Y-%m-%dT%H:%M:%SZ', timestamp),
               utc_offset_minutes, power, energy_wh
        FROM meter_readings JOIN meters ON meters.id = meter_id""",
}
KEY_COLUMNS = {"energy_readings": 3, "power_readings": 2, "power_flows": 2, "meter_readings": 3}


@pytest.fixture(scope="module")
def harvested(tmp_path_factory):
    now = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)
    start = now.replace(hour=0, minute=0) - timedelta(days=400)
    with Simulator(now=now, calls_per_minute=None, monthly_credits=None) as simulator:
        pipeline = Pipeline(tmp_path_factory.mktemp("truth"), simulator)
        pipeline.run(start_date=start.isoformat())
        yield pipeline, simulator, start, now


@pytest.mark.xdist_group("truth")
@pytest.mark.parametrize("table", QUERIES)
def test_the_database_holds_the_plants_own_values(harvested, table):
    pipeline, simulator, start, now = harvested
    keys = KEY_COLUMNS[table]
    rows = pipeline.rows(QUERIES[table])
    found = {row[:keys]: row[keys:] for row in rows}
    expected = {}
    for plant in simulator.plants.values():
        if plant.first_day:  # a pending site has none
            expected |= dict(getattr(truth, table)(plant, start, now))
    wrong, equal = truth.differences(expected, found)
    assert wrong == []
    assert equal == len(rows) == len(expected)
    assert equal > 1_000
