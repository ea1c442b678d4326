"""What somebody typed into a SQLite database by hand: the cell is named, whichever command meets it."""

import json

import pytest

from target_seh_sql.report.figures import Figures
from target_seh_sql.tables.metadata import all_tables
from target_seh_sql.tables.schema import existing

from .conftest import record, schema

AT = "2026-11-20T12:00:00Z"
ROWS = (
    schema("sites"), record("sites", id=1, name="Dak", peak_power=5.0),
    schema("meters"), record("meters", site_id=1, name="Net", serial_number="M1", meter_type="Purchased"),
    schema("energy_readings"),
    record("energy_readings", site_id=1, reading_date="2026-11-20", time_unit="DAY", energy_wh=4000.0),
    schema("power_flows"), record("power_flows", site_id=1, timestamp=AT, pv_power=400.0),
    schema("meter_readings"), record("meter_readings", site_id=1, meter_name="Net", timestamp=AT, power=3.0),
    schema("battery_readings"),
    record("battery_readings", site_id=1, serial_number="B1", timestamp=AT, charge_energy_wh=100.0),
)  # fmt: skip
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
COMMANDS = {
    "status": ("status", "--all", "--max-age=1000000"),
    "tables": ("status", "--tables"),
    "report": ("report",),
    "export": ("export",),
}


@pytest.mark.parametrize(
    ("cell", "value", "named_by"),
    [
        ("sites.peak_power", "''", {"status", "export"}),
        ("sites.created_at", "'1.6.2026'", {"status", "report", "export"}),
        ("energy_readings.energy_wh", "''", {"status", "report", "export"}),
        ("energy_readings.energy_wh", "'1,5'", {"status", "report", "export"}),
        ("energy_readings.reading_date", "'2026/06/01'", set(COMMANDS)),
        ("power_flows.timestamp", "'2026/06/01'", {"tables", "report", "export"}),
        ("power_flows.utc_offset_minutes", "x'ff00'", {"status", "report", "export"}),
        ("meter_readings.power", "'abc'", {"status", "export"}),
        ("battery_readings.timestamp", "''", {"report", "export"}),
        ("meters.manufacturer", "x'ff00'", {"status"}),
    ],
)
@pytest.mark.usefixtures("in_a_folder")
def test_a_cell_that_its_column_is_not_for_is_named(database, command, cell, value, named_by):
    database.load(*ROWS)
    table, _, column = cell.partition(".")
    database.execute(f"UPDATE {table} SET {column} = {value}")  # noqa: S608
    number = database.execute(f"SELECT id FROM {table}")[0][0]  # noqa: S608
    line = f"{column} of {table}, where id is {number}, holds "
    for name, options in COMMANDS.items():
        code, out, errors = command(database, *options, *([table] if name == "export" else []))
        assert "a fault of the program" not in errors
        if name in named_by:
            assert (code, line in out + errors) == (1, True), (name, out, errors)
            assert ", which is no " in out + errors


@pytest.fixture
def in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_text_for_a_power_is_no_0_in_the_report(database, command, tmp_path):
    database.load(*ROWS)
    database.execute("UPDATE power_flows SET pv_power = ''")
    code, _, errors = command(database, "report", f"--output={tmp_path / 'page.html'}")
    assert (code, "count as no value: pv_power 1" in errors) == (0, True)


def test_infinity_is_no_value_in_the_report_whose_page_would_be_empty(database):
    database.load(*ROWS)
    cells = ("sites SET peak_power", "energy_readings SET energy_wh", "power_flows SET pv_power")
    database.execute(*(f"UPDATE {cell} = 9e999" for cell in cells))
    with database.connect() as connection:
        (site,) = Figures(connection, existing(connection, all_tables()))
    assert (site.about["peak"], site.details["days"]["production"]) == (None, [None])
    assert json.dumps([site.about, site.details], allow_nan=False, default=str)


def test_of_readings_from_before_the_window_only_all_tells(database, command):
    database.load(*ROWS)
    database.execute("UPDATE power_flows SET timestamp = '2020-01-01 00:00:00', pv_power = 'abc'")
    told = "pv_power of power_flows"
    assert told not in command(database, "status")[1]
    assert told in command(database, "status", "--all")[1]


def test_the_next_value_of_the_service_takes_the_place_of_an_odd_cell(database, command):
    database.load(*ROWS)
    database.execute("UPDATE sites SET peak_power = ''", "UPDATE power_flows SET pv_power = 'abc'")
    database.load(*ROWS)
    assert database.rows("power_flows", "pv_power") == [(400.0,)]
    assert database.rows("sites", "peak_power") == [(5.0,)]
    assert " holds " not in command(database, "status", "--all")[1]
