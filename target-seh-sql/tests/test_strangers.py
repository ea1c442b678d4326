"""What strangers do to databases, options and files is named in one line; nothing is wrong in silence."""

from __future__ import annotations

import csv
import io
import json
import os
from datetime import UTC, datetime, timedelta
from threading import Thread

import old_harvest
import pytest
from sqlalchemy import make_url

from target_seh_sql.errors import SchemaMismatch
from target_seh_sql.status.notify import notify

from .conftest import Database, lines, record, schema, state

SITE = schema("sites"), record("sites", id=1, name="Dak")
AT = "2026-11-20T12:00:00Z"
POWER = schema("power_readings"), record("power_readings", site_id=1, timestamp=AT, power_watts=1.5)
SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.mark.parametrize(
    "partition",
    [
        {"error_message": "no \0 answer", "status": "err\0or"},
        {"synced_at": "2026-11-20T12:00:00.123456Z", "replication_key_value": "2026-11-20T12:00:00.5+01:00"},
        {"replication_key_value": "9999-12-31T23:59:59Z"},
        {"replication_key_value": "0001-01-01T00:00:00Z"},
    ],
)
def test_an_odd_state_costs_no_data(database, command, partition):
    database.load(*SITE, *POWER, state("power_readings", 1, **partition))
    assert database.rows("power_readings", "power_watts") == [(1.5,)]
    ((newest, status, error),) = database.rows(
        "sync_metadata", "last_data_timestamp", "status", "error_message"
    )
    assert newest in {None, "2026-11-20 11:00:00"}
    assert (status, error) in {("success", None), ("error", "no  answer")}
    assert "a fault of the program" not in command(database, "status")[2]


@pytest.mark.parametrize("site_id", [2**63, -(2**64), True])
def test_a_state_of_no_site_that_can_be_costs_no_data(database, site_id):
    database.load(*SITE, *POWER, state("power_readings", site_id, replication_key_value=AT))
    assert database.rows("power_readings", "power_watts") == [(1.5,)]
    assert database.rows("sync_metadata") == []


def test_readings_under_the_new_name_of_a_meter_go_before_those_under_the_old_one(database):
    def reading(name, value, **more):
        return record("meter_readings", site_id=1, meter_name=name, timestamp=AT, power=value, **more)

    def meter(name):
        return record("meters", site_id=1, name=name, serial_number="s", meter_type="t")

    both = *SITE, schema("meters"), schema("meter_readings")
    database.load(*both, meter("A"), reading("A", 100.0, energy_wh=7.0))
    database.load(*both, reading("B", 250.0))
    database.load(*both, meter("B"))
    assert database.rows("meters", "name") == [("B",)]
    assert database.rows("meter_readings", "power", "energy_wh") == [(250.0, 7.0)]


@pytest.mark.parametrize("database", ["mariadb", "sqlite"], indirect=True)
def test_a_unique_key_that_is_not_ours_is_named(database, command):
    database.load(*SITE, *POWER)
    database.execute("CREATE UNIQUE INDEX mine ON power_readings (timestamp)")
    code, out, _ = command(database, "check")
    assert code == 1
    assert "the table power_readings has a unique key that is not ours, of timestamp" in out


@pytest.mark.parametrize("database", ["mariadb"], indirect=True)
def test_a_unique_key_that_is_gone_is_named(database, command):
    database.load(*SITE, *POWER)
    name = database.execute("SHOW INDEX FROM power_readings WHERE NOT Non_unique AND Key_name <> 'PRIMARY'")[
        0
    ][2]
    database.execute("CREATE INDEX mine ON power_readings (site_id)", f"DROP INDEX {name} ON power_readings")
    code, out, _ = command(database, "check")
    assert code == 1
    assert "the table power_readings has no unique key of site_id, timestamp" in out


@pytest.mark.parametrize("database", ["mariadb"], indirect=True)
@pytest.mark.parametrize(
    ("changes", "flaw"),
    [
        (
            ["CREATE UNIQUE INDEX mine ON power_readings (timestamp)"],
            "a unique key that is not ours, of timestamp",
        ),
        (
            ["CREATE INDEX mine ON power_readings (site_id)", "DROP INDEX {ours} ON power_readings"],
            "no unique key of site_id, timestamp",
        ),
    ],
)
def test_no_row_is_loaded_where_its_key_is_not_the_only_one(database, changes, flaw):
    database.load(*SITE, *POWER)
    keys = database.execute("SHOW INDEX FROM power_readings WHERE NOT Non_unique AND Key_name <> 'PRIMARY'")
    database.execute(*(change.format(ours=keys[0][2]) for change in changes))
    before = database.rows("power_readings", "site_id", "power_watts")
    other_site = record("sites", id=2), record("power_readings", site_id=2, timestamp=AT, power_watts=9)
    done = database.run(lines(SITE[0], POWER[0], *other_site))
    assert done.returncode == 1
    assert f"power_readings has {flaw}: set the table right" in done.stderr.replace("`", "")
    assert "Traceback" not in done.stderr
    assert database.rows("power_readings", "site_id", "power_watts") == before


@pytest.mark.parametrize("database", ["mariadb"], indirect=True)
def test_a_unique_key_that_holds_ours_harms_nothing(database, command):
    database.load(*SITE, *POWER)
    database.execute("CREATE UNIQUE INDEX mine ON power_readings (timestamp, site_id, power_watts)")
    database.load(*SITE, *POWER)
    assert command(database, "check", "--quiet")[:2] == (0, "")


def test_what_is_as_it_was_made_has_no_flaw(database, command):
    database.load(*SITE, *POWER, schema("alerts"), record("alerts", site_id=1, alert_id=5))
    assert command(database, "check", "--quiet")[:2] == (0, "")


@SQLITE
@pytest.mark.parametrize("gone", ["DROP TABLE sync_metadata", "DROP TABLE power_flows"])
def test_a_table_that_is_gone_is_named(database, command, gone):
    database.load(*SITE, *POWER)
    database.execute(gone)
    table = gone.split()[-1]
    code, out, _ = command(database, "check", "--quiet")
    assert code == 1
    assert f"the table {table} is missing" in out
    for name in (["status"], ["report"], ["export", "sites"], ["init-db"]):
        code, _, errors = command(database, *name)
        assert code == 1
        assert f"the table {table} is missing" in errors


def test_dates_that_are_to_come_are_named(database, command):
    later = (datetime.now(UTC) + timedelta(days=400)).strftime("%Y-%m-%dT%H:%M:%SZ")
    database.load(*SITE, *POWER, state("power_readings", 1, replication_key_value=later, synced_at=later))
    code, out, _ = command(database, "status")
    assert code == 1
    assert f"its newest value is dated {later[:10]}, which is to come" in out
    assert f"its last run is dated {later[:10]}, which is to come" in out


@SQLITE
def test_a_name_is_no_markup(database, command):
    database.load(schema("sites"), record("sites", id=1, name="Roof [/b] [red]x :sun:"), *POWER)
    code, out, errors = command(database, "status")
    assert "1 Roof [/b] [red]x :sun:" in out
    assert errors == ""
    assert code == 0


@SQLITE
@pytest.mark.parametrize(
    "options",
    [
        ["status", "--max-age", "nan"],
        ["status", "--max-age", "1e300"],
        ["status", "--tolerance", "nan"],
        ["status", "--site-id", "9" * 20],
        ["report", "--site-id", "9" * 20],
    ],
)
def test_an_option_that_cannot_be_is_refused(database, command, options):
    database.load(*SITE, *POWER)
    code, _, errors = command(database, *options)
    assert code == 2
    assert f"Invalid value for '{options[1]}'" in errors


@SQLITE
def test_all_days_that_there_are(database, command):
    database.load(*SITE, *POWER)
    code, out, _ = command(database, "export", "power_readings", "--from", "0001-01-01", "--to", "9999-12-31")
    assert code == 0
    assert len(out.splitlines()) == 2


@SQLITE
def test_a_carriage_return_breaks_no_row(database, command, tmp_path):
    database.load(schema("sites"), record("sites", id=1, name="A\rB", notes="1\r\n2"))
    command(database, "export", "sites", "--output", str(tmp_path / "sites.csv"))
    text = (tmp_path / "sites.csv").read_bytes().decode()
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert (row["name"], row["notes"]) == ("A\rB", "1\r\n2")
    assert text.endswith("\n")
    assert not text.endswith("\r\n")


@SQLITE
def test_odd_zones_and_offsets_are_utc(database, command):
    odd = record("power_readings", site_id=1, timestamp=AT, utc_offset_minutes=5000)
    database.load(schema("sites"), record("sites", id=1, name="A", timezone="Europe"), *POWER, odd)
    code, out, _ = command(database, "export", "power_readings", "--local")
    assert code == 0
    assert "2026-11-20 12:00:00" in out


@SQLITE
@pytest.mark.parametrize("options", [["export", "sites", "--format", "csv"], ["report"]])
def test_a_link_and_a_pipe_stay_what_they_are(database, command, tmp_path, options):
    database.load(*SITE, *POWER)
    link, there, pipe = tmp_path / "link", tmp_path / "there", tmp_path / "pipe"
    there.write_text("old")
    link.symlink_to(there)
    os.mkfifo(pipe)
    assert command(database, *options, "--output", str(link))[0] == 0
    assert link.is_symlink()
    assert "Dak" in there.read_text()
    reader = Thread(target=pipe.read_bytes)  # a report is more than a pipe holds
    reader.start()
    command(database, *options, "--output", str(pipe))
    reader.join()
    assert pipe.is_fifo()


@SQLITE
@pytest.mark.parametrize(
    "tariff",
    [
        "[[import]]\nprice = nan",
        "[[import]]\nprice = inf",
        "[[import]]\nprice = true",
        "[[imports]]\nprice = 0.3",
        "[[import]]\nprice = 0.3\nsicne = 2026-01-01",
    ],
)
def test_a_tariff_that_would_be_wrong_money_is_refused(database, command, tmp_path, tariff):
    database.load(*SITE, *POWER)
    file = tmp_path / "tariff.toml"
    file.write_text(tariff)
    code, _, errors = command(database, "report", "--tariff", str(file), "--output", str(tmp_path / "r.html"))
    assert code == 2
    assert "is no tariff" in errors


@SQLITE
def test_a_schema_on_sqlite_is_refused(database, command):
    code, _, errors = command(database, "status", default_target_schema="solar")
    assert code == 1
    assert "default_target_schema is for PostgreSQL" in errors


@SQLITE
def test_of_sites_that_were_not_looked_at_nothing_is_well_again(database, command, tmp_path, monkeypatch):
    sent = []
    monkeypatch.setattr("target_seh_sql.status.notify._send", lambda _url, *words: sent.append(words))
    old = {"replication_key_value": "2026-10-01T00:00:00Z", "synced_at": "2026-10-01T00:00:00Z"}
    for site_id in (1, 2):
        database.load(
            schema("sites"),
            record("sites", id=site_id, name=f"S{site_id}"),
            schema("power_readings"),
            record("power_readings", site_id=site_id, timestamp="2026-10-01T00:00:00Z"),
            state("power_readings", site_id, **old),
        )
    told = tmp_path / "told.json"
    options = "--notify", "json://x", "--notified", str(told)
    command(database, "status", *options)
    command(database, "status", *options, "--site-id", "1")
    command(database, "status", *options)
    assert len(sent) == 1
    assert len(json.loads(told.read_text())) == 2


@pytest.mark.parametrize("damaged", ["", "{", '{"1 a late": "x', '{\n "1 a late": "x"'])
def test_a_damaged_file_of_what_was_told_is_begun_anew(tmp_path, caplog, damaged):
    told = tmp_path / "told.json"
    told.write_text(damaged)
    assert notify(["json://x"], "db", [], told) is False
    assert json.loads(told.read_text()) == {}
    assert "is damaged" in caplog.text


@pytest.mark.parametrize("name", [None, "init-db", "check", "status", "adopt"])
def test_a_schema_version_of_another_program_is_named(database, command, name):
    made = "CREATE TABLE schema_version (installed_rank INTEGER, version VARCHAR(50))"
    database.execute(made, "INSERT INTO schema_version VALUES (1, '1.0')")
    line = "the database has a table 'schema_version' that this target did not make: set table_prefix"
    if name is None:
        with pytest.raises(SchemaMismatch, match=line):
            database.load(*SITE)
    else:
        if name == "adopt":
            old_harvest.make(database.url, {})
        code, out, errors = command(database, name)
        assert code == 1
        assert line in (out if name == "check" else errors)
    database.load(*SITE, table_prefix="pv_")
    assert database.execute("SELECT count(*) FROM schema_version") == [(1,)]


def test_a_schema_version_of_another_program_is_not_in_the_way_of_tables_with_a_prefix(database, command):
    database.execute("CREATE TABLE schema_version (version VARCHAR(50))")
    old_harvest.make(database.url, {}, prefix="seh_")
    assert command(database, "adopt")[0] == 0


@pytest.mark.parametrize("database", ["postgresql", "mariadb"], indirect=True)  # SQLite adds no such column
def test_a_column_that_no_run_fills_is_named(database, command):
    database.load(*SITE, *POWER)
    database.execute(
        "DELETE FROM power_readings", "ALTER TABLE power_readings ADD COLUMN mine INTEGER NOT NULL"
    )
    code, out, _ = command(database, "check", "--quiet")
    assert code == 1
    assert "the table power_readings has a column that no run fills and no row can lack: mine: set" in out
    assert "wrong  may not insert and update rows: the database refused: " in out


def test_columns_of_users_that_fill_themselves_harm_nothing(database, command):
    database.load(*SITE, *POWER)
    database.execute(
        "ALTER TABLE power_readings ADD COLUMN mine INTEGER NOT NULL DEFAULT 5",
        "ALTER TABLE power_readings ADD COLUMN yours INTEGER",
    )
    assert command(database, "check", "--quiet")[:2] == (0, "")


@pytest.mark.parametrize("table", ["power_readings", "meter_readings", "energy_readings", "sync_metadata"])
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_policy_that_lets_no_row_in_is_told(database, command, table):
    database.load(*SITE, *POWER)
    user = f"{make_url(database.url).database}_owner"
    database.execute(
        f"CREATE USER {user} PASSWORD 'x'",
        f"GRANT USAGE ON SCHEMA public TO {user}",
        f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {user}",
        f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {user}",
    )
    seen = Database(make_url(database.url).set(username=user, password="x").render_as_string(False))
    try:
        assert command(seen, "check", "--quiet")[:2] == (0, "")
        database.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        code, out, _ = command(seen, "check", "--quiet")
        assert code == 1
        assert f'violates row-level security policy for table "{table}"' in out
    finally:
        database.execute(f"DROP OWNED BY {user}", f"DROP USER {user}")


def test_what_check_writes_it_takes_back(database, command):
    streams = [
        (schema("alerts"), record("alerts", site_id=1, alert_id=5)),
        (schema("meter_readings"), record("meter_readings", site_id=1, meter_name="A", timestamp=AT)),
        (schema("energy_totals"), record("energy_totals", site_id=1, period="2026-10")),
    ]
    database.load(*SITE, *POWER, *(message for both in streams for message in both))
    tables = "sites", "power_readings", "alerts", "meters", "meter_readings", "energy_totals", "sync_metadata"
    before = [database.rows(table) for table in tables]
    assert command(database, "check", "--quiet")[:2] == (0, "")
    assert [database.rows(table) for table in tables] == before


@SQLITE
def test_bookmarks_of_another_database_are_told(database, command):
    newest = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:00:00Z")
    synced = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    bookmark = {"replication_key_value": newest, "synced_at": synced, "status": "success"}
    database.load(*SITE, *POWER[:1], state("power_readings", 1, **bookmark))
    code, out, _ = command(database, "status")
    assert code == 1
    assert "the bookmarks are of another database or newer than this backup of it (--full-" in out
    database.load(*SITE, POWER[0], record("power_readings", site_id=1, timestamp=newest, power_watts=1.0))
    assert "another database" not in command(database, "status")[1]
