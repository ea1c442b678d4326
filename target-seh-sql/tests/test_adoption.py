"""Databases of SolarEdge Harvest become ours: all data kept, once; nothing else is touched."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from datetime import date, datetime

import old_harvest
import pytest
from sqlalchemy import event, inspect, make_url
from sqlalchemy.exc import SQLAlchemyError

from target_seh_sql import database as seh_database
from target_seh_sql.adoption import takeover
from target_seh_sql.adoption.takeover import Wanted
from target_seh_sql.database import open_engine
from target_seh_sql.errors import SchemaMismatch, WriteFailed
from target_seh_sql.tables.streams import NINE

from .conftest import record, schema


def at(text):
    return datetime.fromisoformat(text)


def power(site_id, text, watts):
    return {"site_id": site_id, "timestamp": at(text), "power_watts": watts}


AMSTERDAM, NEW_YORK, LORD_HOWE, NOWHERE = 1, 2, 3, 4
ROWS = {
    "sites": [
        {
            "id": site_id,
            "name": f"Dak {site_id}",
            "timezone": zone,
            "installation_date": at("2019-05-02T00:00:00"),
            "last_update_time": at("2026-01-15T04:00:00"),
            "is_public": False,
            "peak_power": 4.5,
        }
        for site_id, zone in [
            (AMSTERDAM, "Europe/Amsterdam"),
            (NEW_YORK, "America/New_York"),
            (LORD_HOWE, "Australia/Lord_Howe"),
            (NOWHERE, None),
        ]
    ],
    "equipment": [
{"id": 7, "site_id": 1, "serial_number": "7E1-AB", "last_report_date": at("2026-01-15T04:00:00")}],
    "batteries": [
{"id": 5, "site_id": 1, "serial_number": "B-1", "last_telemetry_time": at("2026-07-15T02:35:07")}],
    "energy_readings": [
        {"site_id": 1, "reading_date": date(2026, 1, 13), "time_unit": "DAY", "energy_wh": 1234.5},
        {"site_id": 1, "reading_date": date(2026, 1, 14), "time_unit": "DAY", "energy_wh": 578.0},
        {"site_id": 1, "reading_date": date(2026, 1, 15), "time_unit": "DAY", "energy_wh": 0.0},
    ],
    "power_readings": [
        power(AMSTERDAM, "2025-10-26T01:45:00", 1.0),
        power(AMSTERDAM, "2025-10-26T02:00:00", 2.0),
        power(AMSTERDAM, "2025-10-26T03:00:00", 3.0),
        power(AMSTERDAM, "2026-03-29T01:45:00", 4.0),
        power(AMSTERDAM, "2026-03-29T02:00:00", None),
        power(AMSTERDAM, "2026-03-29T02:15:00", 5.5),
        power(AMSTERDAM, "2026-03-29T03:00:00", 12345.678),
        power(NEW_YORK, "2025-11-02T01:30:00", 7.0),
        power(LORD_HOWE, "2025-10-05T02:15:00", 8.0),
        power(LORD_HOWE, "2026-04-05T01:45:00", 9.0),
        power(NOWHERE, "2026-03-29T02:15:00", 10.0),
    ],
    "power_flows": [
        {
            "site_id": 1,
            "timestamp": at("2026-01-15T12:00:00.654321"),
            "unit": "kW",
            "grid_status": "Active",
            "grid_power": 0.5,
            "pv_power": 1.5,
            "load_power": 1.0,
            "storage_critical": True,
        }
    ],
    "meters": [{"id": 3, "site_id": 1, "name": "Feed-in"}, {"id": 9, "site_id": 2, "name": "Feed-in"}],
    "meter_readings": [{"meter_id": 9, "timestamp": at("2026-07-15T12:00:07"), "energy_lifetime": 1000.0}],
    "sync_metadata": [
        {
            "site_id": 1,
            "data_type": data_type,
            "last_sync_time": at("2026-01-15T04:00:00"),
            "last_data_timestamp": at("2026-01-15T04:00:00"),
            "records_synced": 5,
            "status": status,
        }
        for data_type, status in [
            ("site", "success"), ("equipment", "success"), ("energy", "success"), ("power", "partial"),
            ("storage", "success"), ("meter", "error"),
        ]
    ],
}  # fmt: skip
READING = ("site_id", "timestamp", "utc_offset_minutes", "power_watts")
NO_BATTERY = (None, None, None, True, None, None, None)
POWER = [
    (1, "2025-10-25 23:45:00", 120, 1.0),
    (1, "2025-10-26 00:00:00", 120, 2.0),  # once in the repeated hour: its first pass
    (1, "2025-10-26 02:00:00", 60, 3.0),
    (1, "2026-03-29 00:45:00", 60, 4.0),
    (1, "2026-03-29 01:00:00", 120, 12345.678),  # 02:00 never was: 03:00 has the place
    (1, "2026-03-29 01:15:00", 120, 5.5),  # 02:15 moved there: nothing else is there
    (2, "2025-11-02 05:30:00", -240, 7.0),
    (3, "2025-10-04 15:45:00", 660, 8.0),
    (3, "2026-04-04 14:45:00", 660, 9.0),
    (4, "2026-03-29 02:15:00", 0, 10.0),
]


def rounded(rows):
    """Single-precision columns keep seven digits."""
    return [tuple(round(v, 3) if isinstance(v, float) else v for v in row) for row in rows]


@pytest.fixture
def old(database):
    """A database of SolarEdge Harvest."""
    old_harvest.make(database.url, ROWS)
    return database


def everything(database):
    """Return the columns and rows of all tables, as they are."""
    with database.connect() as connection:
        names = sorted(inspect(connection).get_table_names())
        return {
            name: (
                [str(c) for c in inspect(connection).get_columns(name)],
                connection.exec_driver_sql(f"SELECT * FROM {name} ORDER BY id").fetchall()  # noqa: S608
                if not name.endswith("schema_version")
                else None,
            )
            for name in names
        }


@pytest.fixture
def adopt(command):
    """Return a function that runs `target-seh-sql adopt` and gives exit code, output and errors."""
    return lambda database, *options: command(database, "adopt", *options)


def test_all_rows_are_kept_in_utc(old, adopt):
    code, out, err = adopt(old)
    assert (code, err) == (0, "")
    assert rounded(old.rows("power_readings", *READING)) == POWER
    assert old.rows("sites", "id", "installation_date", "last_update_time", "is_public", "latitude") == [
        (1, "2019-05-02", "2026-01-15 03:00:00", False, None),
        (2, "2019-05-02", "2026-01-15 09:00:00", False, None),
        (3, "2019-05-02", "2026-01-14 17:00:00", False, None),
        (4, "2019-05-02", "2026-01-15 04:00:00", False, None),
    ]
    assert old.rows("equipment", "id", "last_report_date", "active") == [(7, "2026-01-15 03:00:00", None)]
    assert old.rows("batteries", "id", "last_telemetry_time") == [(5, "2026-07-15 00:35:07")]
    assert old.rows("energy_readings", "reading_date", "time_unit", "utc_offset_minutes", "energy_wh") == [
        ("2026-01-13", "DAY", 60, 1234.5),
        ("2026-01-14", "DAY", 60, 578.0),
        ("2026-01-15", "DAY", 60, 0.0),
    ]
    assert old.rows("power_flows") == [
        (
            1,
            "2026-01-15 11:00:00",
            60,
            "SNAPSHOT",
            "W",
            "Active",
            500.0,
            None,
            1500.0,
            None,
            1000.0,
            *NO_BATTERY,
        )
    ]
    assert old.rows("meters", "id", "site_id", "name") == [(3, 1, "Feed-in"), (9, 2, "Feed-in")]
    assert old.rows("meter_readings", "meter_id", "timestamp", "utc_offset_minutes", "energy_lifetime") == [
        (9, "2026-07-15 16:00:07", -240, 1000.0)
    ]
    assert old.rows("power_readings", "created_at")[0] == ("2026-01-15 03:04:05",)
    assert (
        "  power_readings: 11 rows, 3 in the repeated hour, 3 in the missing hour, "
        "1 of these dropped: the hour after it has them\n" in out
    )


def test_bookmarks_are_carried_over_as_far_as_rows_reach(old, adopt):
    adopt(old)
    assert old.rows("sync_metadata", "data_type", "last_sync_time", "last_data_timestamp", "status") == [
        ("batteries", "2026-01-15 03:00:00", None, "success"),
        ("energy_readings", "2026-01-15 03:00:00", "2026-01-14 00:00:00", "success"),
        ("equipment", "2026-01-15 03:00:00", None, "success"),
        ("meter_readings", "2026-01-15 03:00:00", None, "error"),
        ("power_readings", "2026-01-15 03:00:00", "2026-03-29 01:00:00", "partial"),
        ("sites", "2026-01-15 03:00:00", None, "success"),
    ]
    code, out, _ = adopt(old, "--print-state")
    assert code == 0
    bookmarks = json.loads(out)["bookmarks"]
    _, out, _ = adopt(old, "--print-state", "meltano")
    assert json.loads(out) == {"singer_state": {"bookmarks": bookmarks}}
    assert bookmarks["energy_readings"]["partitions"] == [
        {
            "context": {"site_id": 1},
            "replication_key": "reading_date",
            "replication_key_value": "2026-01-14",
            "start": "2026-01-12T23:00:00Z",
            "covered": [],  # no day has its split
            "synced_at": "2026-01-15T03:00:00Z",
            "status": "success",
        }
    ]
    assert [
        (part["context"]["site_id"], part["covered"]) for part in bookmarks["power_readings"]["partitions"]
    ] == [
        (1, []),  # a site with a battery
        (2, []),  # its only quarter hour is one of a repeated hour
        (3, [["2025-10-04T15:45:00Z", "2025-10-04T16:00:00Z"]]),
    ]


def test_the_tables_are_exactly_ours(old, adopt, tmp_path):
    adopt(old)

    def shape(connection):
        found = inspect(connection)
        return {
            table.name: (
                [
                    (c["name"], str(c["type"]), c["nullable"], c.get("comment"))
                    for c in found.get_columns(table.name)
                ],
                sorted(
                    (i["name"], i["column_names"], bool(i["unique"])) for i in found.get_indexes(table.name)
                ),
                sorted(
                    (u["name"] or "", u["column_names"]) for u in found.get_unique_constraints(table.name)
                ),
                sorted(
                    (k["name"] or "", k["constrained_columns"], k["referred_table"], str(k["options"]))
                    for k in found.get_foreign_keys(table.name)
                ),
            )
            for table in NINE
        }

    with old.connect() as connection:
        adopted = shape(connection)
    if make_url(old.url).get_backend_name() == "sqlite":
        fresh = type(old)(f"sqlite:///{tmp_path / 'fresh.db'}")
    else:
        names = ["schema_version", *(stream.name for stream in reversed(NINE))]
        old.execute(*(f"DROP TABLE {name} CASCADE" for name in names))
        fresh = old
    fresh.load(schema("sites"), record("sites", id=1, name="Dak"))
    with fresh.connect() as connection:
        assert adopted == shape(connection)


def test_loading_goes_on_where_the_old_rows_are(old, adopt):
    adopt(old)
    counts = old.load(
        schema("power_readings"),
        record(
            "power_readings",
            site_id=1,
            timestamp="2026-03-29T01:00:00Z",
            utc_offset_minutes=120,
            power_watts=6.0,
        ),
        record(
            "power_readings",
            site_id=1,
            timestamp="2026-03-29T01:30:00Z",
            utc_offset_minutes=120,
            power_watts=7.0,
        ),
    )
    assert counts["power_readings"] == (1, 1, 0)


def test_a_dry_run_says_the_same_and_changes_nothing(old, adopt):
    before = everything(old)
    code, out, _ = adopt(old, "--dry-run")
    assert code == 0
    assert out.splitlines()[0] == "Would be changed:"
    assert "  power_readings: 11 rows, 3 in the repeated hour, 3 in the missing hour\n" in out
    assert out.endswith("Nothing was changed. Stop the old program before you adopt.\n")
    assert everything(old) == before


def test_a_second_adoption_does_nothing_and_says_so(old, adopt):
    adopt(old)
    before = everything(old)
    assert adopt(old) == (0, "The tables are target-seh-sql's already: nothing to do.\n", "")
    assert everything(old) == before


def test_newer_databases_have_a_prefix_and_tables_that_are_left_alone(database, adopt):
    old_harvest.make(database.url, ROWS, prefix="seh_")
    database.execute(
        "CREATE TABLE seh_forecasts (id INTEGER PRIMARY KEY, site_id INTEGER REFERENCES seh_sites (id))",
        "INSERT INTO seh_forecasts VALUES (1, 1)",
    )
    code, out, _ = adopt(database)
    assert code == 0
    assert (
        "Add `table_prefix: seh_` to the settings of target-seh-sql, or TARGET_SEH_SQL_TABLE_PREFIX=" in out
    )
    counts = database.execute(
        "SELECT (SELECT count(*) FROM seh_power_readings), (SELECT count(*) FROM seh_forecasts)"
    )
    assert counts == [(10, 1)]
    counts = database.load(
        schema("power_readings"),
        record("power_readings", site_id=1, timestamp="2026-03-29T01:30:00Z", power_watts=7.0),
        table_prefix="seh_",
    )
    assert counts["power_readings"] == (1, 0, 0)


def test_the_machines_clock_stamped_power_flows(old, adopt):
    adopt(old, "--machine-zone", "Asia/Tokyo")
    assert old.rows("power_flows", "timestamp", "utc_offset_minutes") == [("2026-01-15 03:00:00", 60)]


def test_a_site_without_a_zone_is_said_once(old, caplog):
    takeover.adopt(Wanted(old.url))
    assert caplog.messages == ["site 4: its time zone None is unknown; its times are taken for UTC"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the others let no such rows in
def test_doubled_rows_and_rows_without_parents_are_settled(database, adopt):
    old_harvest.make(database.url, {"sites": ROWS["sites"][:1]})
    database.execute(
        "DROP TABLE meters",
        "CREATE TABLE meters (id INTEGER PRIMARY KEY, site_id INTEGER, name VARCHAR(100), "
        "manufacturer VARCHAR, "
        "model VARCHAR, meter_type VARCHAR, serial_number VARCHAR, connection_type VARCHAR, form VARCHAR, "
        "created_at DATETIME, updated_at DATETIME)",
        "INSERT INTO meters (id, site_id, name, model, created_at, updated_at) VALUES "
        "(1, 1, 'Feed-in', 'new', '2026-01-01 00:00:00', '2026-01-03 00:00:00'), "
        "(2, 1, 'Feed-in', 'old', '2026-01-01 00:00:00', '2026-01-02 00:00:00')",
    )
    values = [(1, "12:00:00", 1, 2), (2, "12:00:00", 2, 1), (2, "13:00:00", 3, 1), (77, "12:00:00", 4, 1)]
    with sqlite3.connect(make_url(database.url).database) as connection:
        connection.executemany(
            "INSERT INTO meter_readings (meter_id, timestamp, power, created_at, updated_at) "
            "VALUES (?, '2026-01-01 ' || ?, ?, '2026-01-01 00:00:00', '2026-01-0' || ? || ' 00:00:00')",
            values,
        )
        connection.execute(
            "INSERT INTO power_readings (site_id, timestamp) VALUES (42, '2026-01-01 12:00:00')"
        )
    connection.close()
    _, out, _ = adopt(database)
    assert database.rows("meters", "id", "model") == [(1, "new")]
    assert database.rows("meter_readings", "meter_id", "timestamp", "power") == [
        (1, "2026-01-01 11:00:00", 1.0),
        (1, "2026-01-01 12:00:00", 3.0),
    ]
    assert database.rows("sites", "id", "name") == [(1, "Dak 1"), (42, "Site 42")]
    assert "  meters: 2 rows, 1 doubled, the newest kept\n" in out
    assert (
        "  meter_readings: 4 rows, 1 of meters that are gone, left out, 1 doubled, the newest kept\n" in out
    )
    assert "  sites: 2 rows, 1 made for rows without a site\n" in out


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_sqlite_file_is_backed_up_beside_it(old, adopt):
    before = everything(old)
    _, out, _ = adopt(old)
    path = make_url(old.url).database.removesuffix(".db") + ".before-adoption.db"
    assert f"The database as it was is {path}.\n" in out
    assert everything(type(old)(f"sqlite:///{path}")) == before


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_backup_is_never_replaced_by_another(old, adopt, tmp_path):
    other = type(old)(f"sqlite:///{tmp_path / 'seh.sqlite'}")
    old_harvest.make(other.url, {"sites": ROWS["sites"][:1]})
    before = everything(old)
    assert (adopt(old)[0], adopt(other)[0]) == (0, 0)
    backup = tmp_path / "seh.before-adoption.db"
    assert everything(type(old)(f"sqlite:///{backup}")) == before
    shutil.copy(backup, tmp_path / "seh.db")
    old.execute("UPDATE sites SET name = 'another'")
    code, _, err = adopt(old)
    assert code == 1
    assert f"{backup} is the backup of an earlier adoption: move it away, then run again" in err
    assert everything(type(old)(f"sqlite:///{backup}")) == before
    shutil.copy(backup, tmp_path / "seh.db")
    assert adopt(old)[0] == 0


def test_an_adoption_that_fails_anywhere_changes_nothing_and_can_be_run_again(old, monkeypatch):
    """On MariaDB its unfinished tables stay, under other names, until the next attempt."""
    before = everything(old)
    every = 1 if os.environ.get("EVERY_STATEMENT") else {"sqlite": 2, "postgresql": 6}.get(kind_of(old), 3)
    number = 1
    while True:
        number += every
        with monkeypatch.context() as patch:
            _break_at(patch, number)
            try:
                takeover.adopt(Wanted(old.url))
            except WriteFailed as error:
                assert "broken by the test" in str(error)  # noqa: PT017
            else:
                break
        if number % 3 == 0:
            found = everything(old)
            assert {name: found[name] for name in before} == before
            assert "schema_version" not in found
    assert number > 40
    assert rounded(old.rows("power_readings", *READING)) == POWER
    assert takeover.adopt(Wanted(old.url, dry_run=True)).done_before
    assert takeover.adopt(Wanted(old.url)).done_before


def kind_of(database):
    return make_url(database.url).get_backend_name()


def _break_at(patch, number):
    """Let a statement fail, counted from the first that writes."""
    seen = 0

    def opened(url, **options):
        engine = open_engine(url, **options)

        @event.listens_for(engine, "before_cursor_execute")
        def fail(_connection, _cursor, statement, _parameters, context, _many):
            nonlocal seen
            if statement.split()[0].upper() not in {"SELECT", "PRAGMA", "BEGIN", "SHOW", "DO"}:
                seen += 1
                if seen == number:
                    raise SQLAlchemyError("broken by the test")

        return engine

    patch.setattr(seh_database, "open_engine", opened)


def test_other_tables_are_refused_by_what_differs(old, adopt):
    old.execute("ALTER TABLE power_readings ADD COLUMN colour INTEGER")
    code, out, err = adopt(old)
    assert (code, out) == (1, "")
    assert err == "the tables are not those of SolarEdge Harvest: power_readings also has colour"


ODD = [
    ("sqlite", "timestamp = '2026-02-30 00:00:00'", "timestamp is"),
    ("sqlite", "timestamp = 'N/A'", "timestamp is"),
    ("sqlite", "updated_at = ''", "updated_at is"),
    ("sqlite", "power_watts = 'abc'", "power_watts ('abc') is"),
    ("sqlite", "timestamp = '0001-01-01 00:00:00'", "timestamp (datetime.datetime(1, 1, 1, 0, 0)) is"),
    ("postgresql", "timestamp = '0001-01-01 00:00:00+00'", "timestamp (datetime.datetime(1, 1, 1, 0, 0, "),
    ("postgresql", "timestamp = 'infinity'", "timestamp is"),
    ("postgresql", "timestamp = '0044-03-15 12:00:00 BC'", "timestamp is"),
    ("mariadb", "timestamp = '0000-00-00 00:00:00'", "timestamp ('0000-00-00 00:00:00') is"),
]


@pytest.mark.parametrize(("database", "change", "named"), ODD, indirect=["database"])
@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_a_value_that_cannot_be_taken_over_is_named(old, adopt, change, named, options):
    old.execute(f"UPDATE power_readings SET {change} WHERE id = 3")  # noqa: S608
    before = old.execute("SELECT count(*) FROM power_readings")
    code, _, err = adopt(old, "--machine-zone", "Asia/Tokyo", *options)
    assert code == 1
    assert f"power_readings, row with id 3: {named}" in err
    assert err.endswith(" no value that can be taken over: correct or delete the row, then run again")
    old.execute("DELETE FROM power_readings WHERE id = 3")
    assert before == [(11,)]
    assert adopt(old)[0] == 0


def test_an_empty_database_has_nothing_to_adopt(database, adopt):
    code, _, err = adopt(database)
    assert code == 1
    assert "there is no table 'sites' or 'seh_sites': this is no database of SolarEdge Harvest" in err


def test_a_state_is_of_an_adopted_database_only(old, adopt):
    code, _, err = adopt(old, "--print-state")
    assert code == 1
    assert "the database is not adopted yet" in err


def test_the_target_names_the_command_and_leaves_the_tables_alone(old):
    before = everything(old)
    with pytest.raises(SchemaMismatch, match="`target-seh-sql adopt` takes it over"):
        old.load(schema("sites"), record("sites", id=1, name="Dak"))
    assert everything(old) == before


def test_the_command_takes_the_loaders_settings(old):
    command = [sys.executable, "-m", "target_seh_sql", "adopt", "--dry-run", "--config=ENV"]
    done = subprocess.run(command, env=old.environment, capture_output=True, text=True, check=True)
    assert "  sites: 4 rows\n" in done.stdout


def test_an_unknown_machine_zone_is_refused(database, adopt):
    code, _, err = adopt(database, "--machine-zone", "Europe/Nowhere")
    assert code == 2
    assert "'Europe/Nowhere' is no time zone; give one such as Europe/Amsterdam" in err


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_readings_are_left_out_where_the_table_of_meters_is_gone(old, adopt):
    connection = sqlite3.connect(make_url(old.url).database)
    connection.execute("DROP TABLE meters")
    connection.close()
    code, out, _ = adopt(old)
    assert code == 0
    assert "  meter_readings: 1 row, 1 of meters that are gone, left out\n" in out
    assert old.rows("meter_readings") == old.rows("meters") == []
