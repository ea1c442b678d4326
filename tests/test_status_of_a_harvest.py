"""`status` after real runs: quiet while all is well, loud when rows were cut out or time has passed."""

from contextlib import contextmanager

import pytest

from solaredge_simulator.fleet import HOME, ISLAND, ROOF
from target_seh_sql.commands.status import Asked, show_streams
from tools.databases import KINDS, empty_database, engine_of
from tools.pipeline import Pipeline

CUT = {
    "power_readings": "timestamp BETWEEN '2026-11-18 03:00:00' AND '2026-11-18 03:45:00'",
    "power_flows": "timestamp = '2026-11-19 12:15:00'",
    "meter_readings": "timestamp = '2026-11-19 12:15:00' AND meter_id IN (SELECT id FROM meters WHERE {} "
    "AND meter_type = 'FeedIn')",
    "energy_readings": "reading_date IN ('2026-11-01', '2026-11-02')",
}
HOUSE = "{0} Maple House “De Esdoorn”"
FOUND = [
    "4 missing: 1 of 3 sites",
    f"missing  {HOUSE}: energy_readings: 2 missing in 1 gap",
    f"missing  {HOUSE}: power_readings: 4 missing in 1 gap",
    f"missing  {HOUSE}: power_flows, meter_readings: 1 missing in 1 gap",
    "{0} energy_readings (DAY): 2026-11-01 to 2026-11-03, 2 missing",
    "{0} power_readings: 2026-11-18 03:00 to 2026-11-18 04:00, 4 missing",
    "{0} power_flows: 2026-11-19 12:15 to 2026-11-19 12:30, 1 missing",
    "{0} meter_readings (Export Meter): 2026-11-19 12:15 to 2026-11-19 12:30, 1 missing",
]


@pytest.fixture
def told(capsys):
    """Return a function that gives the exit code and the lines under the table."""

    def run(url, now):
        config, code = {"sqlalchemy_url": url, "table_prefix": ""}, 0
        try:
            show_streams(config, Asked(gaps=True, problems=True), now)
        except SystemExit as ended:
            code = ended.code
        found = capsys.readouterr().out.splitlines()
        return code, [line for line in found if "SolarEdge" not in line]  # whether it agrees

    return run


@contextmanager
def harvested(simulator, folder, kind):
    """Give the URL of a database with three sites: with battery, without meter, on another continent."""
    with empty_database(kind, folder) as url:
        pipe = Pipeline(folder, simulator, url)
        pipe.settings["site_ids"] = [HOME, ROOF, ISLAND]
        state, _ = pipe.run()
        yield url, pipe, state


@pytest.mark.parametrize("kind", KINDS)
def test_a_gap_that_was_cut_in_and_a_clock_that_went_on_are_told(simulator, tmp_path, told, kind):
    with harvested(simulator, tmp_path, kind) as (url, pipe, state):
        assert told(url, simulator.clock.now()) == (0, ["Nothing is late, failed or missing."])
        simulator.clock.advance(hours=4)
        code, lines = told(url, simulator.clock.now())
        assert code == 1
        assert lines[0] == "30 late: 3 of 3 sites"
        assert [line.rpartition(": 10 streams: ")[2] for line in lines[1:]] == ["not read for 4 h"] * 3
        pipe.run(state=state)
        assert told(url, simulator.clock.now())[0] == 0
        with engine_of(url) as engine, engine.begin() as connection:
            for table, rows in CUT.items():
                site = f"site_id = {HOME}"
                mine = rows.format(site) if "{}" in rows else f"{site} AND {rows}"
                connection.exec_driver_sql(f"DELETE FROM {table} WHERE {mine}")
        assert told(url, simulator.clock.now()) == (1, [line.format(HOME) for line in FOUND])
