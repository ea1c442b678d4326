"""Order does not matter, and a child without its parent is kept."""

from __future__ import annotations

import pytest
from sqlalchemy import make_url

from target_seh_sql.errors import WriteFailed

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


@pytest.mark.parametrize("ended", ["success", "skipped"])
def test_a_site_that_was_deleted_does_not_come_back_with_the_state(database, caplog, ended):
    bookmark = state("power_readings", 7, status=ended, synced_at="2026-11-20T12:00:00Z")
    database.load(schema("meter_readings"), READING, bookmark)
    database.execute("DELETE FROM sites WHERE id = 7")
    caplog.clear()
    database.load(bookmark)
    assert database.rows("sites") == database.rows("sync_metadata") == []
    assert warnings(caplog) == []


def test_deleting_a_site_deletes_all_that_hangs_on_it(database):
    database.load(schema("meter_readings"), READING, state("meter_readings", 7))
    database.execute("DELETE FROM sites WHERE id = 7")
    assert [database.rows(table) for table in ("meters", "meter_readings", "sync_metadata")] == [[], [], []]


@pytest.mark.parametrize("table", ["sites", "meters"])
def test_a_bare_parent_never_fills_a_column_that_users_require(database, table):
    database.load(schema("sites"), record("sites", id=1, name="Dak"))
    if kind_of(database) == "sqlite":  # which lets no such column be added later
        database.execute(f"DROP TABLE {table}", REQUIRING[table])
    else:
        database.execute("DELETE FROM sites", f"ALTER TABLE {table} ADD COLUMN mine VARCHAR(9) NOT NULL")
    with pytest.raises(WriteFailed, match="mine"):
        database.load(schema("meter_readings"), READING)
    assert database.rows(table, "id") == []


REQUIRING = {
    "sites": "CREATE TABLE sites (id INTEGER PRIMARY KEY, name TEXT, created_at, updated_at, mine NOT NULL)",
    "meters": "CREATE TABLE meters (id INTEGER PRIMARY KEY, site_id, name TEXT, created_at, updated_at, "
    "mine NOT NULL, UNIQUE (site_id, name))",
}


SWALLOWING = {
    "sqlite": ["CREATE TRIGGER mine BEFORE INSERT ON {0} BEGIN SELECT RAISE(IGNORE); END"],
    "postgresql": [
        "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "CREATE TRIGGER mine BEFORE INSERT ON {0} FOR EACH ROW EXECUTE FUNCTION swallow()",
    ],
}


@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)  # MariaDB's triggers cannot
@pytest.mark.parametrize(("table", "key"), [("sites", "id=7"), ("meters", "site_id=7, name='Purchased'")])
def test_readings_whose_parent_a_trigger_swallows_are_not_lost_in_silence(database, capsys, table, key):
    database.load(schema("sites"), record("sites", id=1, name="Dak"))
    database.execute(*(statement.format(table) for statement in SWALLOWING[kind_of(database)]))
    meter = schema("meters"), record("meters", site_id=7, name="Purchased", meter_type="Purchased")
    for messages in ([], meter):
        with pytest.raises(WriteFailed) as caught:
            database.load(*messages, schema("meter_readings"), READING, state("meter_readings", 7))
        assert str(caught.value) == (
            f"the database took {table} ({key}) and kept no row: see what triggers, rules or policies the "
            f"table {table} has, then run again"
        )
    assert capsys.readouterr().out == ""


def kind_of(database):
    return make_url(database.url).get_backend_name()
