"""Order does not matter, and a child without its parent is kept."""

from __future__ import annotations

from .conftest import record, schema, state

READING = record(
    "meter_readings", site_id=7, meter_name="Purchased", timestamp="2026-11-20T12:00:00Z", power=3.0
)


def warnings(caplog) -> list[str]:
    return [entry.getMessage() for entry in caplog.records if entry.levelname == "WARNING"]


def test_children_before_their_parents_in_one_batch(database, caplog):
    database.load(
        schema("meter_readings"), READING,
        schema("meters"), record("meters", site_id=7, name="Purchased", meter_type="Purchased"),
        schema("sites"), record("sites", id=7, name="Dak"),
    )  # fmt: skip
    assert database.rows("sites", "id", "name") == [(7, "Dak")]
    assert database.rows("meters", "site_id", "name", "meter_type") == [(7, "Purchased", "Purchased")]
    assert database.rows("meter_readings", "power") == [(3.0,)]
    assert warnings(caplog) == []


def test_a_child_whose_parents_never_come_gets_bare_ones_and_one_warning_each(database, caplog):
    later = {**READING, "record": {**READING["record"], "timestamp": "2026-11-20T12:15:00Z"}}
    database.load(schema("meter_readings"), READING, later)
    assert database.rows("sites", "id", "name") == [(7, "Site 7")]
    assert database.rows("meters", "site_id", "name") == [(7, "Purchased")]
    assert database.rows("meter_readings", "timestamp", "power") == [
        ("2026-11-20 12:00:00", 3.0),
        ("2026-11-20 12:15:00", 3.0),
    ]
    assert warnings(caplog) == [
        "meter_readings came without their parent in sites (id=7): a bare row stands for it",
        (
            "meter_readings came without their parent in meters (site_id=7, name='Purchased'): "
            "a bare row stands for it"
        ),
    ]


def test_a_bare_parent_is_filled_when_it_comes(database, caplog):
    database.load(schema("meter_readings"), READING)
    database.load(
        schema("meters"), record("meters", site_id=7, name="Purchased", model="WN"),
        schema("sites"), record("sites", id=7, name="Dak", status="ACTIVE"),
        schema("meter_readings"), READING,
    )  # fmt: skip
    assert database.rows("sites", "id", "name", "status") == [(7, "Dak", "ACTIVE")]
    assert database.rows("meters", "name", "model") == [("Purchased", "WN")]
    assert len(warnings(caplog)) == 2


def test_a_site_without_a_name_gets_one_and_loses_none(database):
    database.load(schema("sites", "id", "status"), record("sites", id=7, status="PENDING"))
    assert database.rows("sites", "name", "status") == [("Site 7", "PENDING")]
    database.load(schema("sites"), record("sites", id=7, name="Dak"))
    database.load(schema("sites", "id", "status"), record("sites", id=7, status="ACTIVE"))
    assert database.rows("sites", "name", "status") == [("Dak", "ACTIVE")]


def test_the_state_of_a_site_that_sent_nothing_is_kept(database, caplog):
    database.load(
        state("power_readings", 7, status="error", error_message="403", synced_at="2026-11-20T12:00:00Z")
    )
    assert database.rows("sync_metadata", "site_id", "data_type", "status", "error_message") == [
        (7, "power_readings", "error", "403")
    ]
    assert warnings(caplog) == [
        "sync_metadata came without their parent in sites (id=7): a bare row stands for it"
    ]


def test_deleting_a_site_deletes_all_that_hangs_on_it(database):
    database.load(schema("meter_readings"), READING, state("meter_readings", 7))
    database.execute("DELETE FROM sites WHERE id = 7")
    assert [database.rows(table) for table in ("meters", "meter_readings", "sync_metadata")] == [[], [], []]
