"""What a record does to the row that is there: values replace, NULL does not, no change moves nothing."""

from __future__ import annotations

from datetime import datetime

from .conftest import record, schema

SITE = schema("sites"), record("sites", id=1, name="Dak Zuid")
POWER = schema("power_readings")
FLOW = schema("power_flows")


def power(minute: int, watts: float | None) -> dict:
    return record("power_readings", site_id=1, timestamp=f"2026-11-20T12:{minute:02}:00Z", power_watts=watts)


def flow(**values) -> dict:
    return record("power_flows", site_id=1, timestamp="2026-11-20T12:00:00Z", **values)


def test_a_second_load_of_the_same_changes_nothing(database):
    messages = *SITE, POWER, power(0, 1.0), power(15, None), FLOW, flow(grid_power=1.5, unit="W")
    assert database.load(*messages) == {
        "sites": (1, 0, 0),
        "power_readings": (2, 0, 0),
        "power_flows": (1, 0, 0),
    }
    for table in ("sites", "power_readings", "power_flows"):
        database.make_old(table)
    assert database.load(*messages) == {
        "sites": (0, 0, 1),
        "power_readings": (0, 0, 2),
        "power_flows": (0, 0, 1),
    }
    for table in ("sites", "power_readings", "power_flows"):
        assert set(database.rows(table, "created_at", "updated_at")) == {("2020-01-01 00:00:00",) * 2}


def test_updated_at_moves_for_the_rows_that_changed_and_for_no_other(database):
    database.load(*SITE, POWER, power(0, 1.0), power(15, 2.0))
    database.make_old("power_readings")
    assert database.load(POWER, power(0, 1.0), power(15, 2.5), power(30, 3.0)) == {
        "power_readings": (1, 1, 1)
    }
    today = datetime.now().astimezone().year
    years = [
        (watts, int(created[:4]), int(updated[:4]))
        for watts, created, updated in database.rows(
            "power_readings", "power_watts", "created_at", "updated_at"
        )
    ]
    assert years == [(1.0, 2020, 2020), (2.5, 2020, today), (3.0, today, today)]


def test_null_never_replaces_a_value(database):
    database.load(*SITE, FLOW, flow(grid_power=1.5, unit="W", storage_critical=False))
    assert database.load(FLOW, flow(grid_power=None, unit=None, storage_critical=None, load_power=7.0)) == {
        "power_flows": (0, 1, 0)
    }
    assert database.rows("power_flows", "unit", "grid_power", "load_power", "storage_critical") == [
        ("W", 1.5, 7.0, False)
    ]


def test_a_file_with_only_nulls_changes_nothing(database):
    database.load(*SITE, FLOW, flow(grid_power=1.5), POWER, power(0, 1.0))
    assert database.load(
        schema("sites"), record("sites", id=1), FLOW, flow(grid_power=None), POWER, power(0, None)
    ) == {
        "sites": (0, 0, 1),
        "power_readings": (0, 0, 1),
        "power_flows": (0, 0, 1),
    }
    assert database.rows("sites", "name") == [("Dak Zuid",)]


def test_a_deselected_column_is_left_alone(database):
    database.load(*SITE, FLOW, flow(grid_power=1.5, load_power=2.5))
    database.load(schema("power_flows", "site_id", "timestamp", "grid_power"), flow(grid_power=9.0))
    assert database.rows("power_flows", "grid_power", "load_power") == [(9.0, 2.5)]


def test_the_last_of_a_batchs_duplicates_wins_and_keeps_what_only_the_earlier_had(database):
    assert database.load(
        *SITE,
        FLOW,
        flow(grid_power=1.0, load_power=5.0),
        flow(grid_power=2.0),
        flow(grid_power=3.0, load_power=None),
    )["power_flows"] == (1, 0, 0)
    assert database.rows("power_flows", "grid_power", "load_power") == [(3.0, 5.0)]


def test_duplicates_are_found_across_ways_to_write_an_instant(database):
    same = ("2026-11-20T12:15:00Z", "2026-11-20T13:15:00+01:00", "2026-11-20T12:15:00.5Z")
    readings = (
        record("power_readings", site_id=1, timestamp=t, power_watts=float(i)) for i, t in enumerate(same)
    )
    database.load(*SITE, POWER, *readings)
    assert database.rows("power_readings") == [(1, "2026-11-20 12:15:00", None, 2.0, None)]


def test_keys_that_differ_in_case_accent_or_trailing_space_are_different(database):
    names = ["Zähler", "zähler", "Zahler", "Zahler "]
    database.load(*SITE, schema("meters"), *(record("meters", site_id=1, name=name) for name in names))
    assert sorted(name for (name,) in database.rows("meters", "name")) == sorted(names)


def test_a_value_that_differs_only_in_case_is_a_change(database):
    database.load(*SITE)
    assert database.load(schema("sites"), record("sites", id=1, name="DAK ZUID")) == {"sites": (0, 1, 0)}
    assert database.rows("sites", "name") == [("DAK ZUID",)]


def test_zero_and_false_are_values(database):
    database.load(*SITE, FLOW, flow(grid_power=1.5, storage_critical=True))
    database.load(FLOW, flow(grid_power=0.0, storage_critical=False))
    assert database.rows("power_flows", "grid_power", "storage_critical") == [(0.0, False)]
