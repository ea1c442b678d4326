"""What adoption makes of one time, one flow, one list of rows; no database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import create_engine, text

from target_seh_sql.adoption.conversion import in_watts
from target_seh_sql.adoption.newer import alert, benefits, flow
from target_seh_sql.adoption.newer import quarters as whole_quarters
from target_seh_sql.adoption.recorded import NEWER, differences, recorded_columns
from target_seh_sql.adoption.spans import days_covered, quarters_covered, utc_text
from target_seh_sql.adoption.takeover import find
from target_seh_sql.adoption.wall_time import Kind, instant_of, offset_minutes, wall_of
from target_seh_sql.errors import SchemaMismatch
from target_seh_sql.tables.streams import NINE


@pytest.mark.parametrize(
    ("wall", "zone", "utc", "offset", "kind"),
    [
        ("2026-10-25T01:45:00", "Europe/Amsterdam", "2026-10-24T23:45:00Z", 120, Kind.ONCE),
        ("2026-10-25T02:15:00", "Europe/Amsterdam", "2026-10-25T00:15:00Z", 120, Kind.TWICE),
        ("2026-10-25T03:00:00", "Europe/Amsterdam", "2026-10-25T02:00:00Z", 60, Kind.ONCE),
        ("2026-03-29T01:45:00", "Europe/Amsterdam", "2026-03-29T00:45:00Z", 60, Kind.ONCE),
        ("2026-03-29T02:15:00", "Europe/Amsterdam", "2026-03-29T01:15:00Z", 120, Kind.NEVER),
        ("2026-03-29T03:15:00", "Europe/Amsterdam", "2026-03-29T01:15:00Z", 120, Kind.ONCE),
        ("2026-11-01T01:30:00", "America/New_York", "2026-11-01T05:30:00Z", -240, Kind.TWICE),
        ("2026-03-08T02:30:00", "America/New_York", "2026-03-08T07:30:00Z", -240, Kind.NEVER),
        ("2026-04-05T01:45:00", "Australia/Lord_Howe", "2026-04-04T14:45:00Z", 660, Kind.TWICE),
        ("2026-10-04T02:15:00", "Australia/Lord_Howe", "2026-10-03T15:45:00Z", 660, Kind.NEVER),
        ("2026-07-01T12:00:00.654321", "Australia/Lord_Howe", "2026-07-01T01:30:00Z", 630, Kind.ONCE),
    ],
)
def test_a_wall_clock_time_is_one_instant_on_every_night(wall, zone, utc, offset, kind):
    found = instant_of(datetime.fromisoformat(wall), ZoneInfo(zone))
    assert (utc_text(found.utc), offset_minutes(found.utc, ZoneInfo(zone)), found.kind) == (utc, offset, kind)


@pytest.mark.parametrize(
    ("stored", "session", "wall"),
    [
        ("2026-10-25T01:15:00+00:00", "Europe/Amsterdam", "2026-10-25T02:15:00"),
        ("2026-06-01T12:00:00+00:00", "UTC", "2026-06-01T12:00:00"),
        (
            "2026-06-01T12:00:00",
            "Europe/Amsterdam",
            "2026-06-01T12:00:00",
        ),  # a database that keeps what it is told
    ],
)
def test_what_was_written_is_taken_back_by_the_sessions_zone(stored, session, wall):
    assert wall_of(datetime.fromisoformat(stored), ZoneInfo(session)) == datetime.fromisoformat(wall)


def snapshot(*, unit="kW", grid=0.35, pv=2.88, load=1.07, storage=1.46, status="Charging"):
    return {
        "unit": unit,
        "grid_power": grid,
        "pv_power": pv,
        "load_power": load,
        "storage_power": storage,
        "storage_status": status,
    }


@pytest.mark.parametrize(
    ("row", "grid", "storage", "unknown"),
    [
        (snapshot(), 350.0, 1460.0, 0),  # what is left over goes out
        (snapshot(grid=0.35, pv=0.0, load=0.35, storage=0.0, status="Idle"), -350.0, 0.0, 0),
        (snapshot(grid=0.5, pv=0.0, load=2.0, storage=1.5, status="Discharging"), -500.0, -1500.0, 0),
        (snapshot(unit="W", grid=350, pv=2880, load=1070, storage=1460), 350.0, 1460.0, 0),
        (snapshot(grid=1.0, pv=5.0, load=1.0, storage=0.0, status="Idle"), None, 0.0, 1),
        (snapshot(grid=0.35, load=None), None, 1460.0, 1),
        (snapshot(status="Active"), None, None, 1),
        (snapshot(grid=0.0, pv=None, load=1.0, storage=None, status=None), 0.0, None, 0),
        (snapshot(grid=None, pv=1.0, load=1.0, storage=None, status=None), None, None, 0),
    ],
)
def test_a_flow_is_in_watts_with_signs_or_unknown(row, grid, storage, unknown):
    counts = in_watts(row)
    found = None if row["storage_power"] is None else round(row["storage_power"], 6)
    assert (row["grid_power"], found, row["unit"]) == (grid, storage, "W")
    assert counts["with grid_power of unknown direction, now NULL"] == unknown


def test_a_flow_of_unknown_unit_stays_as_it_is():
    row = snapshot(unit="hp")
    assert in_watts(row) == {"of unknown unit, kept as they are": 1}
    assert row == snapshot(unit="hp")


def quarters(*texts):
    return [(datetime.fromisoformat(text).replace(tzinfo=UTC), True) for text in texts]


def shown(spans):
    return [(utc_text(start), utc_text(end)) for start, end in spans]


def test_rows_cover_their_own_quarter_hours_and_no_gap():
    starts = quarters("2026-06-01T10:00", "2026-06-01T10:15", "2026-06-01T10:45", "2026-06-01T10:50")
    assert shown(quarters_covered(starts, ZoneInfo("Europe/Amsterdam"))) == [
        ("2026-06-01T10:00:00Z", "2026-06-01T10:30:00Z"),
        ("2026-06-01T10:45:00Z", "2026-06-01T11:00:00Z"),
    ]


def test_a_quarter_of_the_repeated_hour_counts_only_with_its_second_pass():
    zone = ZoneInfo("Europe/Amsterdam")
    once = quarters("2026-10-24T23:45", "2026-10-25T00:00", "2026-10-25T00:15", "2026-10-25T02:00")
    assert shown(quarters_covered(once, zone)) == [
        ("2026-10-24T23:45:00Z", "2026-10-25T00:00:00Z"),
        ("2026-10-25T02:00:00Z", "2026-10-25T02:15:00Z"),
    ]
    both = quarters("2026-10-25T00:00", "2026-10-25T00:15", "2026-10-25T01:00")
    assert shown(quarters_covered(both, zone)) == [
        ("2026-10-25T00:00:00Z", "2026-10-25T00:15:00Z"),
        ("2026-10-25T01:00:00Z", "2026-10-25T01:15:00Z"),
    ]


def test_nights_are_covered_and_outages_are_not():
    first = datetime(2026, 6, 1, tzinfo=UTC)
    rows = []
    for number in range(96 * 8):
        start = first + timedelta(minutes=15 * number)
        outage = (start.day == 3 and start.hour == 12) or start.day in {5, 6}
        rows.append((start, 5 <= start.hour < 19 and not outage))
    assert shown(quarters_covered(rows, ZoneInfo("UTC"))) == [
        ("2026-06-01T00:00:00Z", "2026-06-03T12:00:00Z"),
        ("2026-06-03T13:00:00Z", "2026-06-04T19:00:00Z"),
        ("2026-06-07T05:00:00Z", "2026-06-09T00:00:00Z"),
    ]


def test_days_cover_23_and_25_hours_too():
    days = [date(2026, 10, 24), date(2026, 10, 25), date(2026, 10, 27)]
    assert shown(days_covered(days, ZoneInfo("Europe/Amsterdam"))) == [
        ("2026-10-23T22:00:00Z", "2026-10-25T23:00:00Z"),
        ("2026-10-26T23:00:00Z", "2026-10-27T23:00:00Z"),
    ]


def test_what_differs_from_a_solaredge_harvest_is_named():
    found = {stream.name: set(recorded_columns(stream)) for stream in NINE} | {"alerts": set(NEWER["alerts"])}
    assert list(differences(found)) == []
    assert list(differences({"sites": found["sites"]})) == []
    found["power_readings"].remove("power_watts")
    found["alerts"].remove("severity")
    found["meters"].add("colour")
    assert list(differences(found)) == [
        "meters also has colour",
        "power_readings lacks power_watts",
        "alerts lacks severity",
    ]
    assert next(differences({"meters": found["meters"]})) == "there is no table of sites"


def test_two_sets_of_tables_are_told_apart_by_a_setting():
    columns = ", ".join(recorded_columns(next(stream for stream in NINE if stream.is_site)))
    with create_engine("sqlite://").connect() as connection:
        for prefix in ("", "seh_"):
            connection.execute(text(f"CREATE TABLE {prefix}sites ({columns})"))
        with pytest.raises(SchemaMismatch, match="set table_prefix to 'seh_'"):
            find(connection, None, None)
        assert find(connection, "seh_", None).prefix == "seh_"


AT = datetime.fromisoformat("2026-06-01T10:00:00")
STAMPS = {"created_at": 1, "updated_at": 2}
ALERT = {
    **STAMPS, "id": 4, "site_id": 1, "alert_id": 77, "severity": "HIGH", "alert_type": "GRID",
    "alert_code": 18, "name": "Inverter 1", "description": "Grid lost", "serial_number": "7E1",
    "alert_timestamp": 9,
}  # fmt: skip


def test_an_alert_has_the_names_of_ours():
    assert alert(ALERT) == {
        **STAMPS, "id": 4, "site_id": 1, "alert_id": 77, "type": "GRID", "first_trigger": 9,
        "last_trigger": 9, "component_name": "Inverter 1", "component_serial_number": "7E1",
        "error_codes": "[18]",
    }  # fmt: skip
    assert alert(ALERT | {"alert_code": None})["error_codes"] is None


@pytest.mark.parametrize(("unit", "kilograms"), [("KG", 10.0), (None, 10.0), ("LB", 4.5359237), ("t", None)])
def test_what_a_site_spared_is_in_kilograms_or_unknown(unit, kilograms):
    old = {"site_id": 1, "co2_saved": 10.0, "so2_saved": None, "nox_saved": None, "trees_planted": 3.0}
    found = benefits(old | {"co2_units": unit, "benefits_timestamp": None})
    assert found == {**old, "co2_saved": pytest.approx(kilograms)}


@pytest.mark.parametrize(
    ("powers", "grid", "words"),
    [
        ((800.0, 300.0, 300.0, 500.0, 0.0), 500.0, ("Exporting", "Active", "Active")),
        ((0.0, 300.0, 0.0, 0.0, 300.0), -300.0, ("Importing", "Idle", "Active")),
        ((800.0, None, None, None, 0.0), None, (None, "Active", None)),
    ],
)
def test_power_details_are_a_flow(powers, grid, words):
    names = ("production_w", "consumption_w", "self_consumption_w", "feed_in_w", "purchased_w")
    found = flow({**STAMPS, "id": 1, "site_id": 2, "timestamp": 3} | dict(zip(names, powers, strict=True)))
    assert found == {
        **STAMPS, "id": 1, "site_id": 2, "timestamp": 3, "resolution": "QUARTER_HOUR", "unit": "W",
        "grid_status": words[0], "grid_power": grid, "pv_status": words[1], "pv_power": powers[0],
        "load_status": words[2], "load_power": powers[1], "feed_in_power": powers[3],
        "purchased_power": powers[4], "self_consumption_power": powers[2],
    }  # fmt: skip


def sample(minute, power, counted, **more):
    return {
        "site_id": 1, "serial_number": "7E1", **STAMPS, "timestamp": AT.replace(minute=minute, second=7),
        "total_active_power": power, "total_energy": counted, "ac_voltage": 230.0, "ac_frequency": 50.0,
        "dc_voltage": 750.0, "temperature": 40.0, "power_limit": 100.0, "inverter_mode": "MPPT",
        "apparent_power": 500.0, "reactive_power": -30.0, **more,
    }  # fmt: skip


def test_samples_of_an_inverter_are_whole_quarter_hours_or_none():
    rows = [
        *(sample(minute, 400.0, 1000.0) for minute in (0, 5, 10)),
        *(sample(minute, 460.0, 1114.0, temperature=None) for minute in (15, 20, 25)),
        *(sample(minute, 460.0, 1200.0) for minute in (30, 35)),  # one is missing
        *(sample(m, 0.0, None, inverter_mode="SLEEPING", dc_voltage=0.0) for m in (45, 50, 55)),
    ]
    found = list(whole_quarters(rows))
    assert {(row["apparent_power"], row["reactive_power"]) for row in found} == {(500.0, -30.0)}
    names = ("timestamp", "power", "energy_wh", "current", "temperature", "dc_voltage", "energy_lifetime")
    assert [tuple(row[name] for name in names) for row in found] == [
        (AT, 400.0, 100.0, 400 / 230, 40.0, 750.0, 1000.0),
        (AT.replace(minute=15), 460.0, 114.0, 2.0, None, 750.0, 1114.0),
        (AT.replace(minute=45), 0.0, 0.0, 0.0, None, None, None),
    ]
