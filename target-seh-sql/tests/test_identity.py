"""A meter is its serial number and type, a device its serial number, whatever their names and sites."""

from __future__ import annotations

import pytest

from target_seh_sql.errors import BadRecord

from .conftest import record, schema

SITE = schema("sites"), record("sites", id=1, name="Dak"), schema("meters"), schema("meter_readings")


def meter(name: str, serial: str | None = "M1", kind: str = "Purchased", **more) -> dict:
    return record("meters", site_id=1, name=name, serial_number=serial, meter_type=kind, **more)


def reading(name: str, hour: int, power: float) -> dict:
    at = f"2026-11-20T{hour:02}:00:00Z"
    return record("meter_readings", site_id=1, meter_name=name, timestamp=at, power=power)


def readings(database) -> list[tuple]:
    return database.execute(
        "SELECT m.name, m.serial_number, r.power FROM meter_readings AS r "
        "JOIN meters AS m ON m.id = r.meter_id ORDER BY r.power"
    )


def test_a_renamed_meter_keeps_its_readings(database):
    database.load(*SITE, meter("Old"), reading("Old", 1, 1.0))
    before = database.execute("SELECT id FROM meters")
    database.load(*SITE, meter("New"), reading("New", 2, 2.0), reading("Old", 3, 3.0), reading("Old", 1, 1.0))
    assert readings(database) == [("New", "M1", 1.0), ("New", "M1", 2.0), ("New", "M1", 3.0)]
    assert database.execute("SELECT id FROM meters") == before


def test_old_and_new_name_in_one_run_are_one_meter(database):
    database.load(
        *SITE, meter("Old"), reading("Old", 1, 1.0), meter("New"), reading("New", 2, 2.0),
        meter("Newest"), reading("Old", 3, 3.0), reading("New", 4, 4.0), batch_size_rows=1,
    )  # fmt: skip
    assert readings(database) == [("Newest", "M1", power) for power in (1.0, 2.0, 3.0, 4.0)]


def test_readings_under_the_new_name_that_came_first_are_moved(database):
    database.load(*SITE, meter("Old"), reading("Old", 1, 1.0), reading("Old", 2, 2.0))
    database.load(*SITE, reading("New", 2, 2.5), reading("New", 3, 3.0))
    database.load(*SITE, meter("New"))
    assert readings(database) == [("New", "M1", 1.0), ("New", "M1", 2.5), ("New", "M1", 3.0)]
    assert database.rows("meters", "name") == [("New",)]


def test_readings_that_came_before_the_list_named_their_meter_are_moved(database):
    made = "Purchased M1"
    database.load(*SITE, reading(made, 1, 1.0), reading(made, 2, 2.0))
    database.load(*SITE, meter("New"), reading("New", 2, 2.5), reading(made, 3, 3.0))
    assert readings(database) == [("New", "M1", 1.0), ("New", "M1", 2.5), ("New", "M1", 3.0)]
    assert database.rows("meters", "name") == [("New",)]


@pytest.mark.parametrize("now", [{"serial": "M2"}, {"kind": "Consumption"}], ids=["replaced", "another-type"])
def test_a_meter_in_the_place_of_another_takes_its_name_and_not_its_readings(database, now):
    old, new = ("Purchased", "M1"), (now.get("kind", "Purchased"), now.get("serial", "M1"))
    database.load(*SITE, meter("A"), reading("A", 1, 1.0))
    for _ in range(2):
        database.load(*SITE, meter("A", **now), reading("A", 2, 2.0), reading("A (M1)", 1, 1.0))
        assert readings(database) == [("A (M1)", "M1", 1.0), ("A", new[1], 2.0)]
    assert sorted(database.rows("meters", "name", "meter_type")) == [("A", new[0]), ("A (M1)", old[0])]


def test_a_meter_whose_type_changes_again_and_again_is_one_meter_for_each_type(database):
    kinds = ("Purchased", "Production", "Purchased", "Consumption", "Production")
    for hour, kind in enumerate(kinds):
        database.load(*SITE, meter("A", kind=kind), reading("A", hour, float(hour)))
    found = database.execute(
        "SELECT m.meter_type, r.power FROM meter_readings AS r JOIN meters AS m ON m.id = r.meter_id"
    )
    assert sorted(found, key=lambda row: row[1]) == [(kind, float(hour)) for hour, kind in enumerate(kinds)]


def test_a_serial_number_that_is_written_differently_is_no_other_meter(database):
    database.load(*SITE, meter("A", "7e1234"), reading("A", 1, 1.0))
    database.load(*SITE, meter("A", "7E1234-AB"), reading("A", 2, 2.0))
    assert readings(database) == [("A", "7E1234-AB", 1.0), ("A", "7E1234-AB", 2.0)]


def test_meters_that_change_places_keep_their_readings(database):
    database.load(*SITE, meter("A"), meter("B", "M2"), reading("A", 1, 1.0), reading("B", 1, 2.0))
    database.load(*SITE, meter("B"), meter("A", "M2"), reading("B", 2, 3.0), reading("A", 2, 4.0))
    assert readings(database) == [("B", "M1", 1.0), ("A", "M2", 2.0), ("B", "M1", 3.0), ("A", "M2", 4.0)]


def test_a_name_that_another_meter_had_goes_to_the_one_that_has_it_now(database):
    database.load(*SITE, meter("A"), meter("B", "M2"), reading("A", 1, 1.0), reading("B", 1, 2.0))
    database.load(*SITE, meter("B"), reading("B", 2, 3.0))
    assert readings(database) == [("B", "M1", 1.0), ("B (M2)", "M2", 2.0), ("B", "M1", 3.0)]
    database.load(*SITE, meter("C", "M2"), reading("C", 2, 4.0))
    assert readings(database)[1::2] == [("C", "M2", 2.0), ("C", "M2", 4.0)]


def test_one_serial_number_of_two_types_is_two_meters(database):
    database.load(
        *SITE, meter("In"), meter("Out", kind="FeedIn"), reading("In", 1, 1.0), reading("Out", 1, 2.0)
    )
    assert readings(database) == [("In", "M1", 1.0), ("Out", "M1", 2.0)]


@pytest.mark.parametrize("missing", [{"serial": None}, {"kind": None}, {"serial": ""}])
def test_a_meter_without_serial_number_or_type_is_its_name(database, missing):
    database.load(*SITE, meter("Old", **missing), meter("New", **missing))
    assert database.rows("meters", "name") == [("New",), ("Old",)]


def battery(site: int, *, active: bool | None, **more) -> dict:
    return record("batteries", site_id=site, serial_number="B1", active=active, **more)


def sites_of(*messages) -> tuple:
    named = (record("sites", id=site, name=f"Site {site}") for site in (1, 2))
    return (schema("sites"), *named, schema("batteries"), *messages)


@pytest.mark.parametrize("rows", [1, 10], ids=["apart", "together"])
@pytest.mark.parametrize("order", [1, -1], ids=["active-first", "active-last"])
def test_of_a_device_at_two_sites_the_active_one_wins(database, rows, order):
    both = [battery(2, active=True, name="Now"), battery(1, active=False, name="Then")][::order]
    for _ in range(2):
        database.load(*sites_of(*both), batch_size_rows=rows)
        assert database.rows("batteries", "site_id", "name", "active") == [(2, "Now", True)]


def test_a_batch_whose_devices_are_all_active_elsewhere_writes_none(database):
    database.load(*sites_of(battery(2, active=True)))
    database.load(*sites_of(battery(1, active=False)))
    assert database.rows("batteries", "site_id", "active") == [(2, True)]


def test_a_device_that_is_taken_out_where_it_is_becomes_inactive(database):
    database.load(*sites_of(battery(1, active=True)))
    database.load(*sites_of(battery(1, active=False)))
    assert database.rows("batteries", "site_id", "active") == [(1, False)]


def test_texts_that_describe_are_cut_and_cleaned_with_one_warning_each(database, caplog):
    from target_seh_sql.load import records  # noqa: PLC0415

    records._warn_of_text.cache_clear()
    sent = [record("sites", id=site, name="x" * 300, notes="a\0b", city="\ud83dc") for site in (1, 2)]
    database.load(schema("sites"), *sent)
    assert database.rows("sites", "name", "notes", "city") == [("x" * 255, "ab", "c")] * 2
    assert [entry.getMessage() for entry in caplog.records if entry.levelname == "WARNING"] == [
        f"stream 'sites': a text in {name} is cut to {length} characters, or cleaned of what databases refuse"
        for name, length in (("name", 255), ("notes", 16_000), ("city", 100))
    ]


@pytest.mark.parametrize("name", ["x" * 101, "a\0b"], ids=["long", "nul"])
def test_a_key_that_does_not_fit_is_an_error(database, name):
    with pytest.raises(BadRecord, match="field 'name'"):
        database.load(*SITE, meter(name))
    assert database.rows("meters") == []
