"""The views, row by row, on every database."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import inspect

from target_seh_sql.tables.views import views

from .conftest import record, schema, state

SITE = schema("sites"), record("sites", id=1, name="Dak")


def rows(database, view, columns="*", order="1, 2, 3, 4", prefix=""):
    """Return the rows of a view, numbers as floats, dates and times as text."""
    found = database.execute(f"SELECT {columns} FROM {prefix}{view} ORDER BY {order}")  # noqa: S608
    return [tuple(map(_plain, row)) for row in found]


def _plain(value):
    if isinstance(value, datetime):
        utc = value.astimezone(UTC) if value.tzinfo else value
        return utc.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    return value if value is None or isinstance(value, str) else round(float(value), 3)


def day(first, *values, unit="DAY", site_id=1):
    """Return a day's energy: production, consumption, self-consumption, feed-in, purchased, charged ..."""
    names = (
        "energy_wh", "consumption_wh", "self_consumption_wh", "feed_in_wh", "purchased_wh", "charged_wh",
        "discharged_wh",
    )  # fmt: skip
    values = dict(zip(names, values, strict=False))
    return record("energy_readings", site_id=site_id, reading_date=first, time_unit=unit, **values)


def at(stream, time, offset=60, **values):
    """Return a reading; the time is UTC, in November 2026 where it names no day."""
    stamp = f"2026-11-20T{time}:00Z" if len(time) == 5 else time
    return record(stream, **{"site_id": 1, "timestamp": stamp, "utc_offset_minutes": offset} | values)


ENERGY = (
    *SITE,
    schema("energy_readings"),
    day("2025-12-31", 4000.0, 8000.0, 3000.0, 1000.0, 5000.0, 800.0, 700.0),
    day("2026-01-01", 6000.0, 8000.0, 4500.0, 1500.0, 3500.0, 0.0, 400.0),
    day("2026-01-02", 2000.0),  # no meter that day
    day("2026-01-03", 0.0, 0.0, 0.0, 0.0, 0.0),
    day("2026-01-01", 9999.0, unit="MONTH"),
)


def test_days_have_their_ratios_where_both_parts_are_known(database):
    database.load(*ENERGY)
    assert rows(database, "energy_by_day", order="day") == [
        (1, "Dak", "2025-12-31", 4000, 8000, 3000, 1000, 5000, 37.5, 75, 800, 700),
        (1, "Dak", "2026-01-01", 6000, 8000, 4500, 1500, 3500, 56.25, 75, 0, 400),
        (1, "Dak", "2026-01-02", 2000, None, None, None, None, None, None, None, None),
        (1, "Dak", "2026-01-03", 0, 0, 0, 0, 0, None, None, None, None),
    ]


def test_months_and_years_sum_days_and_compare_only_what_is_known(database):
    database.load(*ENERGY)
    assert rows(database, "energy_by_month", order="month") == [
        (1, "Dak", "2025-12-01", 1, 4000, 8000, 3000, 1000, 5000, 37.5, 75, 800, 700),
        (1, "Dak", "2026-01-01", 3, 8000, 8000, 4500, 1500, 3500, 56.25, 75, 0, 400),
    ]
    assert rows(database, "energy_by_year", order="year") == [
        (1, "Dak", 2025, 1, 4000, 8000, 3000, 1000, 5000, 37.5, 75, 800, 700),
        (1, "Dak", 2026, 3, 8000, 8000, 4500, 1500, 3500, 56.25, 75, 0, 400),
    ]


def test_a_site_without_a_meter_has_sums_of_its_production_only(database):
    database.load(*SITE, schema("energy_readings"), day("2026-01-01", 6000.0), day("2026-01-02", 500.0))
    nothing = [None] * 8
    assert rows(database, "energy_by_year") == [(1, "Dak", 2026, 2, 6500, *nothing)]


def test_power_has_the_sites_wall_clock_on_both_nights(database):
    database.load(
        *SITE,
        schema("power_flows"),
        at("power_flows", "2026-10-24T23:45:00Z", 120, pv_power=0.0, resolution="QUARTER_HOUR"),
        at("power_flows", "2026-10-25T00:45:00Z", 120, pv_power=1.0, resolution="QUARTER_HOUR"),
        at("power_flows", "2026-10-25T01:00:00Z", 60, load_power=2.0, grid_power=-2.0),
        at("power_flows", "2026-03-29T00:45:00Z", 60, storage_power=3.0, storage_charge_level=50.5),
        at("power_flows", "2026-03-29T01:00:00Z", 120, pv_power=4.0),
        at("power_flows", "2026-11-20T12:03:11Z", pv_power=5.0, resolution="SNAPSHOT"),
        at("power_flows", "2026-11-20T23:00:00Z", None, pv_power=6.0),
    )
    assert rows(database, "power_by_time", order="timestamp") == [
        (
            1,
            "Dak",
            "2026-03-29 00:45:00",
            "2026-03-29 01:45:00",
            "2026-03-29",
            None,
            None,
            None,
            3,
            50.5,
        ),
        (
            1,
            "Dak",
            "2026-03-29 01:00:00",
            "2026-03-29 03:00:00",
            "2026-03-29",
            4,
            None,
            None,
            None,
            None,
        ),
        (
            1,
            "Dak",
            "2026-10-24 23:45:00",
            "2026-10-25 01:45:00",
            "2026-10-25",
            0,
            None,
            None,
            None,
            None,
        ),
        (
            1,
            "Dak",
            "2026-10-25 00:45:00",
            "2026-10-25 02:45:00",
            "2026-10-25",
            1,
            None,
            None,
            None,
            None,
        ),
        (1, "Dak", "2026-10-25 01:00:00", "2026-10-25 02:00:00", "2026-10-25", None, 2, -2, None, None),
        (
            1,
            "Dak",
            "2026-11-20 23:00:00",
            "2026-11-20 23:00:00",
            "2026-11-20",
            6,
            None,
            None,
            None,
            None,
        ),
    ]


def test_the_profile_is_the_mean_of_a_months_local_quarter_hours(database):
    database.load(
        *SITE,
        schema("power_flows"),
        at("power_flows", "2026-11-20T22:45:00Z", pv_power=0.0, load_power=300.0, grid_power=-100.0,
           storage_power=-200.0),
        at("power_flows", "2026-11-21T22:45:00Z", pv_power=0.0, load_power=500.0, grid_power=200.0,
           storage_power=0.0),
        at("power_flows", "2026-11-21T23:00:00Z", pv_power=7.0),
        at("power_flows", "2026-11-30T23:00:00Z", storage_power=80.0),
    )  # fmt: skip
    assert rows(database, "power_profile", order="month, quarter") == [
        (1, "Dak", "2026-11-01", 0, 1, 7, None, None, None, None, None),
        (1, "Dak", "2026-11-01", 95, 2, 0, 400, 50, 100, 0, 100),
        (1, "Dak", "2026-12-01", 0, 1, None, None, None, None, 80, 0),
    ]


def test_the_latest_flow_is_the_newest_with_a_value(database):
    database.load(
        *SITE,
        record("sites", id=2, name="Schuur"),
        schema("power_flows"),
        at("power_flows", "11:45", pv_power=5.0, resolution="QUARTER_HOUR"),
        at("power_flows", "2026-11-20T12:03:11Z", storage_power=-7.0, resolution="SNAPSHOT"),
        at("power_flows", "12:15"),
    )
    assert rows(database, "latest_flow") == [
        (1, "Dak", "2026-11-20 12:03:11", "2026-11-20 13:03:11", "SNAPSHOT", None, None, None, -7, None)
    ]


BATTERY = (
    *SITE,
    schema("batteries"),
    record("batteries", serial_number="B1", site_id=1, capacity=10000.0, nameplate_capacity=11000.0),
    record("batteries", serial_number="B2", site_id=1, nameplate_capacity=5000.0),
    schema("battery_readings"),
    at("battery_readings", "2026-11-20T22:45:00Z", serial_number="B1", charge_energy_wh=4000.0,
       discharge_energy_wh=2500.0, state_of_charge=80.0),
    at("battery_readings", "2026-11-20T22:30:00Z", serial_number="B1", charge_energy_wh=-1576.0,
       discharge_energy_wh=0.0, state_of_charge=20.5),
    at("battery_readings", "2026-11-20T23:00:00Z", serial_number="B1", charge_energy_wh=1000.0,
       discharge_energy_wh=2000.0),
    at("battery_readings", "2026-11-20T22:45:00Z", serial_number="B2", discharge_energy_wh=5000.0),
    at("battery_readings", "2026-11-20T22:45:00Z", serial_number="B3", charge_energy_wh=1.0),
)  # fmt: skip


def test_a_battery_day_has_energy_levels_and_cycles(database):
    database.load(*BATTERY)
    assert rows(database, "battery_by_day") == [
        (1, "Dak", "B1", "2026-11-20", 4000, 2500, 20.5, 80, 0.25),
        (1, "Dak", "B1", "2026-11-21", 1000, 2000, None, None, 0.2),
        (1, "Dak", "B2", "2026-11-20", None, 5000, None, None, 1),
        (1, "Dak", "B3", "2026-11-20", 1, None, None, None, None),
    ]


def test_a_battery_month_has_its_round_trip(database):
    database.load(*BATTERY)
    assert rows(database, "battery_by_month") == [
        (1, "Dak", "B1", "2026-11-01", 2, 5000, 4500, 0.45, 90),
        (1, "Dak", "B2", "2026-11-01", 1, None, 5000, 1, None),
        (1, "Dak", "B3", "2026-11-01", 1, 1, None, None, None),
    ]


def test_inverters_are_compared_by_hours_of_their_nameplate_power(database):
    database.load(
        *SITE,
        schema("equipment"),
        record("equipment", serial_number="I1", site_id=1, name="Inverter 1", nameplate_power=8000.0),
        record("equipment", serial_number="I2", site_id=1, name="Inverter 2", nameplate_power=4000.0),
        schema("inverter_readings"),
        at("inverter_readings", "11:00", serial_number="I1", energy_wh=1000.0, power=4000.0),
        at("inverter_readings", "11:15", serial_number="I1", energy_wh=3000.0, power=5000.0),
        at("inverter_readings", "2026-11-20T23:00:00Z", serial_number="I1", energy_wh=4000.0),
        at("inverter_readings", "11:00", serial_number="I2", energy_wh=1000.0),
        at("inverter_readings", "11:00", serial_number="I3", energy_wh=7.0),
    )
    assert rows(database, "inverter_by_day", order="serial_number, day") == [
        (1, "Dak", "I1", "Inverter 1", "2026-11-20", 4000, 5000, 8000),
        (1, "Dak", "I1", "Inverter 1", "2026-11-21", 4000, None, 8000),
        (1, "Dak", "I2", "Inverter 2", "2026-11-20", 1000, None, 4000),
        (1, "Dak", "I3", None, "2026-11-20", 7, None, None),
    ]
    assert rows(database, "inverters_compared", order="serial_number") == [
        (1, "Dak", "I1", "Inverter 1", "2026-11-01", 8000, 8000, 1, 160),
        (1, "Dak", "I2", "Inverter 2", "2026-11-01", 1000, 4000, 0.25, 40),
        (1, "Dak", "I3", None, "2026-11-01", 7, None, None, None),
    ]


def test_devices_that_moved_keep_name_and_size_in_what_they_did_before(database):
    database.load(
        schema("sites"), record("sites", id=1, name="Dak"), record("sites", id=2, name="Schuur"),
        schema("equipment"),
        record("equipment", serial_number="I1", site_id=2, name="Inverter 1", nameplate_power=8000.0),
        schema("batteries"), record("batteries", serial_number="B1", site_id=2, capacity=5000.0),
        schema("inverter_readings"), at("inverter_readings", "11:00", serial_number="I1", energy_wh=1000.0),
        schema("battery_readings"),
        at("battery_readings", "11:00", serial_number="B1", discharge_energy_wh=1000.0),
    )  # fmt: skip
    expected = (1, "Dak", "I1", "Inverter 1", "2026-11-20", 1000, None, 8000)
    assert rows(database, "inverter_by_day") == [expected]
    assert rows(database, "battery_by_day", "site_id, serial_number, cycles", "1") == [(1, "B1", 0.2)]


def test_gaps_are_told_for_every_series(database):
    database.load(
        *SITE,
        schema("power_readings"),
        *(at("power_readings", time, power_watts=1.0) for time in ("11:00", "11:15", "12:00")),
        schema("power_flows"),
        at("power_flows", "11:00", pv_power=1.0),
        at("power_flows", "2026-11-20T11:20:00Z", pv_power=1.0, resolution="SNAPSHOT"),
        at("power_flows", "11:30", pv_power=1.0),
        schema("meter_readings"),
        *(at("meter_readings", time, meter_name=name, power=1.0) for name, time in (
            ("Export", "11:00"), ("Export", "11:30"), ("Import", "11:00"), ("Import", "11:15"))),
        at("meter_readings", "2026-11-20T11:17:00Z", meter_name="Export", energy_lifetime=1.0),
        schema("battery_readings"),
        *(at("battery_readings", time, serial_number=serial, charge_power=1.0) for serial, time in (
            ("B1", "11:00"), ("B2", "11:15"), ("B1", "11:45"))),
        schema("inverter_readings"),
        *(at("inverter_readings", time, serial_number="I1", power=1.0) for time in ("11:00", "11:30")),
        schema("energy_readings"),
        day("2026-11-18", 1.0), day("2026-11-20", 1.0), day("2026-10-01", 1.0, unit="MONTH"),
    )  # fmt: skip
    assert rows(database, "gaps", order="stream") == [
        (1, "Dak", "battery_readings", "B1", "2026-11-20 11:15:00", "2026-11-20 11:45:00", 2),
        (1, "Dak", "energy_readings", "DAY", "2026-11-19 00:00:00", "2026-11-20 00:00:00", 1),
        (1, "Dak", "inverter_readings", "I1", "2026-11-20 11:15:00", "2026-11-20 11:30:00", 1),
        (1, "Dak", "meter_readings", "Export", "2026-11-20 11:15:00", "2026-11-20 11:30:00", 1),
        (1, "Dak", "power_flows", None, "2026-11-20 11:15:00", "2026-11-20 11:30:00", 1),
        (1, "Dak", "power_readings", None, "2026-11-20 11:30:00", "2026-11-20 12:00:00", 2),
    ]


def test_freshness_is_what_the_last_run_left(database):
    database.load(
        *SITE,
        schema("power_readings"),
        state(
            "power_readings", 1, replication_key_value="2026-11-20T12:00:00Z",
            synced_at="2026-11-20T12:05:00Z", status="error", error_message="429",
        ),
    )  # fmt: skip
    columns = "site_id, site_name, stream, newest, status, error"
    assert rows(database, "freshness", columns) == [
        (1, "Dak", "power_readings", "2026-11-20 12:00:00", "error", "429")
    ]


def test_views_have_the_prefix(database):
    database.load(*SITE, schema("energy_readings"), day("2026-01-01", 6000.0), table_prefix="seh_")
    assert rows(database, "energy_by_day", "site_name, production_wh", "1", "seh_") == [("Dak", 6000)]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_views_are_in_the_schema_of_the_tables(database):
    database.load(*SITE, schema("energy_readings"), day("2026-01-01", 6000.0), default_target_schema="solar")
    assert rows(database, "solar.energy_by_day", "site_name, production_wh", "1") == [("Dak", 6000)]


def test_an_older_database_gets_the_views_with_its_rows(database, command):
    database.load(*ENERGY)
    drop = [f"DROP VIEW {view.name}" for view in reversed(views()) if _made(database, view.name)]
    database.execute(*drop, "UPDATE schema_version SET version_num = '0001'")
    assert command(database, "init-db") == (0, "Upgraded the tables from revision 0001 to 0004.\n", "")
    assert rows(database, "energy_by_year", "production_wh", "1") == [(4000,), (8000,)]


def _made(database, view):
    with database.connect() as connection:
        return view in inspect(connection).get_view_names()


def test_views_on_extension_tables_come_with_them(database):
    database.load(*SITE)
    made = [view.name for view in views() if _made(database, view.name)]
    assert made == [
        "energy_by_day", "energy_by_month", "energy_by_year", "power_by_time", "power_profile", "latest_flow",
        "gaps", "reconciliation_by_day", "specific_yield_by_day", "specific_yield_by_month",
        "specific_yield_by_year", "freshness",
    ]  # fmt: skip
    more = schema("battery_readings"), schema("inverter_readings"), schema("energy_totals")
    database.load(*more, state("battery_readings", 1))
    assert all(_made(database, view.name) for view in views())


def test_what_an_owner_called_the_same_is_left_alone(database, caplog):
    database.execute("CREATE TABLE energy_by_day (id INTEGER)", "CREATE VIEW gaps AS SELECT 1 AS mine")
    database.load(*ENERGY)
    assert database.execute("SELECT * FROM energy_by_day") == []
    assert database.execute("SELECT mine FROM gaps") == [(1,)]
    warned = [entry.getMessage() for entry in caplog.records if entry.levelname == "WARNING"]
    assert warned == [
        f"{name!r} is not this target's view: it is left alone, and ours is not made"
        for name in ("energy_by_day", "gaps")
    ]


@pytest.mark.parametrize("database", ["mariadb"], indirect=True)
def test_a_user_who_may_not_make_views_can_load(database, caplog):
    name = database.url.rpartition("/")[2]
    user = f"loader_{name}"[:32]
    rights = "SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX, REFERENCES, CREATE TEMPORARY TABLES"
    database.execute(
        f"CREATE OR REPLACE USER {user}@'%' IDENTIFIED BY 'secret'",
        f"GRANT {rights} ON {name}.* TO {user}@'%'",
    )
    try:
        owner, database.url = database.url, database.url.replace("root@", f"{user}:secret@")
        assert database.load(*SITE)["sites"] == (1, 0, 0)
        database.url = owner
    finally:
        database.execute(f"DROP USER {user}@'%'")
    warned = [entry.getMessage() for entry in caplog.records if entry.levelname == "WARNING"]
    assert len(warned) == 1
    assert warned[0].startswith("no views are made: ")
    assert "CREATE VIEW command denied" in warned[0]
