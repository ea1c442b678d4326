"""Servers, files and pipes as people have them: what can be loaded is, and what cannot is one line."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sqlite3
import subprocess
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import make_url

from target_seh_sql import database as seh_database
from target_seh_sql.commands.output import whole
from target_seh_sql.database_url import missing_file

from .conftest import Database, lines, record, schema, state

AT = "2026-11-20T12:00:00Z"
SITE = schema("sites"), record("sites", id=1, name="Dak")
POWER = schema("power_readings"), record("power_readings", site_id=1, timestamp=AT, power_watts=1.5)
SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
MARIADB = pytest.mark.parametrize("database", ["mariadb"], indirect=True)
CLOSED_INPUT = pytest.mark.skipif(
    "faketime" in os.environ.get("LD_PRELOAD", ""), reason="libfaketime takes the place of a closed input"
)
LATER = record("power_readings", site_id=1, timestamp="2026-11-20T12:15:00Z", power_watts=2.5)


@contextmanager
def begun(database):
    """Give a target that has stored a reading and sent its STATE, and waits for more."""
    bookmark = state("power_readings", 1, replication_key_value=AT)
    with subprocess.Popen(
        database.command, env=database.environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as target:  # fmt: skip
        target.stdin.write(lines(*SITE, *POWER, bookmark))
        target.stdin.flush()
        assert json.loads(target.stdout.readline()) == bookmark["value"]
        yield target


@pytest.mark.parametrize("name", ["meters", "equipment", "alerts"])
def test_a_table_of_others_with_one_of_our_names_is_named_before_anything_is_made(database, command, name):
    database.execute(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, words VARCHAR(50))")
    line = f"the database has a table {name!r} that this target did not make"
    done = database.run(lines(*SITE, *POWER))
    assert (done.returncode, done.stdout) == (1, "")
    assert line in done.stderr
    for each in ("check", "status", "init-db"):
        code, out, errors = command(database, each)
        assert code == 1
        assert line in out + errors
    database.load(*SITE, *POWER, table_prefix="pv_")
    assert database.execute(f"SELECT count(*) FROM {name}") == [(0,)]  # noqa: S608


@POSTGRESQL
def test_a_table_without_a_primary_key_has_no_flaw(database, command):
    database.load(*SITE, *POWER)
    database.execute("ALTER TABLE power_readings DROP CONSTRAINT power_readings_pkey")
    assert command(database, "check", "--quiet")[:2] == (0, "")


@POSTGRESQL
def test_a_session_that_the_server_ended_in_a_pause_is_replaced(database):
    name = make_url(database.url).database
    database.execute(f"ALTER DATABASE {name} SET idle_session_timeout = '500ms'")
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND pid <> pg_backend_pid()"
    try:
        with begun(database) as target:
            while database.execute(others.format(name)) != [(0,)]:
                pass
            _, said = target.communicate(lines(LATER))
    finally:
        database.execute(f"ALTER DATABASE {name} RESET ALL")
    assert target.returncode == 0, said
    assert "trying again" in said
    assert database.rows("power_readings", "power_watts") == [(1.5,), (2.5,)]


@SQLITE
@pytest.mark.parametrize("named", ["the file", "a link to it"])
def test_rows_beside_a_file_that_may_only_be_read_are_not_left_out_in_silence(database, tmp_path, named):
    file = tmp_path / "seh.db"
    database.load(*SITE, *POWER)
    there, link = tmp_path / "closed" / "seh.db", tmp_path / "link.db"
    there.parent.mkdir()
    with closing(sqlite3.connect(file)) as connection:  # while it is open, rows stay in the WAL
        connection.execute("DELETE FROM power_readings")
        connection.commit()
        for end in "", "-wal":
            shutil.copy(f"{file}{end}", f"{there}{end}")
    link.symlink_to(there)
    there.parent.chmod(0o555)
    bound = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.getuid() == 0 else []
    seen = Database(f"sqlite:///{there if named == 'the file' else link}")
    command = [*bound, *seen.command[:-1], "status", "--config=ENV", "--tables"]
    done = subprocess.run(command, env=seen.environment, capture_output=True, text=True, check=False)
    there.parent.chmod(0o755)
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    assert (
        f"{there}-wal holds rows that cannot be read here: copy it and the database to a folder"
        in done.stderr
    )


def test_a_file_that_is_named_as_a_uri_is_found_by_every_command(tmp_path, command):
    database = Database(f"sqlite:///file:{tmp_path}/my%20sun.db?uri=true")
    database.load(*SITE, *POWER)
    assert (tmp_path / "my sun.db").is_file()
    assert missing_file(make_url(database.url)) is None
    code, out, errors = command(database, "export", "power_readings")
    assert (code, errors, len(out.splitlines())) == (0, "", 2)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///what?.db",
        "sqlite:///what?.db&mode=rw",
        "postgresql://seh:secret@127.0.0.1/solar?sslmode",
        "mariadb://seh:secret@127.0.0.1/solar?sslmode=&connect_timeout=5",
    ],
    ids=["file", "file-and-parameter", "without-value", "empty"],
)
def test_what_a_url_has_behind_its_question_mark_is_never_left_out_in_silence(
    url, command, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    code, _, errors = command(Database(url), "status")
    assert code == 1
    assert "has a ? without ?name=value" in errors
    assert "secret" not in errors
    assert list(tmp_path.glob("what*")) == []


def test_a_file_that_somebody_reads_is_waited_for_no_longer_than_its_timeout(monkeypatch):
    tries = []

    class Locked:
        def execute(self, _statement):
            tries.append(None)
            raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(seh_database.time, "monotonic", lambda: 60.0 * len(tries))
    monkeypatch.setattr(seh_database.time, "sleep", lambda _: None)
    with pytest.raises(sqlite3.OperationalError):
        seh_database._execute(Locked(), "PRAGMA journal_mode=WAL")
    assert len(tries) == 1


@SQLITE
@pytest.mark.parametrize(
    ("given", "said"),
    ids=["utf-16", "batch"],
    argvalues=[
        (lines(*SITE).encode("utf-16"), "the input is UTF-16"),
        (
            lines(
                *SITE, {"type": "BATCH", "stream": "sites", "encoding": {}, "manifest": ["file:///a"]}
            ).encode(),
            "stream 'sites': a BATCH message names files, which this target does not read",
        ),
    ],
)
def test_input_in_a_form_that_is_not_read_is_named(database, given, said):
    done = database.run(given)
    assert done.returncode == 1
    assert said in done.stderr


@SQLITE
@pytest.mark.parametrize(
    ("closed", "code"),
    [pytest.param("<&-", 1, marks=CLOSED_INPUT), (">&-", 0)],
    ids=["input", "output"],
)
def test_a_target_without_input_or_output_is_no_fault_of_the_program(database, closed, code):
    shell = ["sh", "-c", f'"$@" {closed}', "sh", *database.command]
    done = subprocess.run(
        shell, input=lines(*SITE, *POWER, state("sites", 1)), env=database.environment, text=True,
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == code
    assert "a fault of the program" not in done.stderr
    assert ("there is no standard input" in done.stderr) == (code == 1)


@POSTGRESQL
def test_a_table_that_takes_rows_and_keeps_none_is_found_by_check(database, command):
    database.load(*SITE, *POWER)
    database.execute(
        "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "CREATE TRIGGER nothing BEFORE INSERT ON power_readings FOR EACH ROW EXECUTE FUNCTION nothing()",
    )
    code, out, _ = command(database, "check", "--quiet")
    assert code == 1
    assert "wrong  may not insert and update rows: the table power_readings takes a row and keeps none" in out


OTHER_TYPES = {
    "postgresql": {
        "ALTER TABLE alerts ALTER COLUMN impact TYPE text": "impact of the table alerts is TEXT",
        "ALTER TABLE alerts ALTER COLUMN category TYPE varchar(9)": "category of the table alerts is VARCHAR",
        "ALTER TABLE meters ALTER COLUMN model TYPE text": None,
        "ALTER TABLE meter_readings ALTER COLUMN power TYPE numeric": None,
        "ALTER TABLE meter_readings ALTER COLUMN voltage_l1 TYPE numeric(9)": "voltage_l1 of the table",
        "ALTER TABLE meter_readings ALTER COLUMN voltage_l2 TYPE real": "voltage_l2 of the table",
    },
    "mariadb": {
        "ALTER TABLE alerts MODIFY category VARCHAR(9)": "category of the table alerts is VARCHAR",
        "ALTER TABLE meters MODIFY model TEXT": None,
        "ALTER TABLE meter_readings MODIFY power INTEGER": "power of the table meter_readings is INTEGER",
        "ALTER TABLE meter_readings MODIFY voltage_l1 DECIMAL(9)": "voltage_l1 of the table",
        "ALTER TABLE meter_readings MODIFY voltage_l2 FLOAT": "voltage_l2 of the table",
    },
}


@pytest.mark.parametrize("database", list(OTHER_TYPES), indirect=True)
def test_a_type_that_does_not_keep_what_is_loaded_is_found_by_check(database, command):
    database.load(*SITE, *POWER, schema("alerts"))
    changes = OTHER_TYPES[database.url.partition(":")[0]]
    assert command(database, "check", "--quiet")[:2] == (0, "")
    database.execute(*changes)
    code, out, _ = command(database, "check", "--quiet")
    said = sorted(line for line in changes.values() if line)
    assert code == 1
    assert sorted(each for each in said if each in out) == said
    assert out.count("what is loaded does not fit, or is changed") == len(said)


CHANGED = {
    "postgresql": (
        "ALTER TABLE sites RENAME TO gone",
        "ALTER TABLE meters ALTER COLUMN model TYPE varchar(2)",
    ),
    "mariadb": ("ALTER TABLE sites RENAME TO gone", "ALTER TABLE meters MODIFY model VARCHAR(2)"),
}


@pytest.mark.parametrize("database", list(CHANGED), indirect=True)
@pytest.mark.parametrize("change", [0, 1], ids=["table-gone", "too-short"])
def test_a_load_that_does_not_fit_sends_to_check(database, change):
    database.load(*SITE, *POWER)
    database.execute(CHANGED[database.url.partition(":")[0]][change])
    done = database.run(lines(*SITE, schema("meters"), record("meters", site_id=1, name="Net", model="long")))
    assert done.returncode == 1
    assert "; see what `target-seh-sql check` says of the tables, then run again" in done.stderr


@POSTGRESQL
def test_a_table_that_somebody_has_partitioned_is_loaded(database, command):
    database.load(*SITE)
    like = "LIKE old INCLUDING DEFAULTS, PRIMARY KEY (id, timestamp), UNIQUE (site_id, timestamp)"
    database.execute(
        "DROP VIEW IF EXISTS gaps, reconciliation, reconciliation_by_day, freshness CASCADE",
        "ALTER TABLE power_readings RENAME TO old",
        f"CREATE TABLE power_readings ({like}) PARTITION BY RANGE (timestamp)",
        "CREATE TABLE before PARTITION OF power_readings FOR VALUES FROM ('2000-01-01') TO ('2026-11-20')",
        "CREATE TABLE later PARTITION OF power_readings DEFAULT",
    )
    assert database.load(*SITE, *POWER)["power_readings"] == (1, 0, 0)
    database.make_old("power_readings")
    again = record("power_readings", site_id=1, timestamp=AT, power_watts=2.5)
    assert database.load(*SITE, *POWER)["power_readings"] == (0, 0, 1)
    assert database.load(*SITE, *POWER, again)["power_readings"] == (0, 1, 0)
    assert database.rows("power_readings", "power_watts") == [(2.5,)]


@SQLITE
@pytest.mark.parametrize("name", ["report", "export"])
def test_a_disk_that_is_full_is_told_with_the_file(database, command, name):
    database.load(*SITE, *POWER)
    name = (name, "sites") if name == "export" else (name,)
    code, _, errors = command(database, *name, "--output=/dev/full", *(["--format=csv"] * (len(name) - 1)))
    assert (code, errors) == (1, "[Errno 28] No space left on device: '/dev/full'")


def test_what_does_not_fit_on_a_disk_leaves_no_draft(tmp_path):
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with pytest.raises(OSError, match="page"), whole(tmp_path / "page.html", "w"):
        raise full
    assert list(tmp_path.iterdir()) == []


@SQLITE
@pytest.mark.parametrize("unbuffered", ["1", ""], ids=["unbuffered", "buffered"])
def test_standard_output_that_is_full_is_told_as_such(database, unbuffered):
    database.load(*SITE, *POWER)
    environment = database.environment | {"PYTHONUNBUFFERED": unbuffered}
    for name in (["status"], ["export", "sites"]):
        command = [*database.command[:-1], *name, "--config=ENV"]
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(command, env=environment, stdout=full, stderr=subprocess.PIPE, check=False)
        assert done.returncode == 1
        assert b"standard input or output: [Errno 28] No space left on device" in done.stderr


def test_two_commands_that_write_one_file_do_not_write_into_each_other(tmp_path, monkeypatch):
    output = tmp_path / "page.html"
    with whole(output, "w") as first:
        first.write("first")
        monkeypatch.setattr("target_seh_sql.commands.output.os.getpid", lambda: 0)
        with whole(output, "w") as second:
            second.write("2")
        assert output.read_text() == "2"
    assert output.read_text() == "first"
    assert list(tmp_path.iterdir()) == [output]


@SQLITE
@pytest.mark.parametrize("how", ["removed", "replaced"])
def test_a_file_that_is_taken_away_during_a_run_is_no_success(database, tmp_path, how):
    with begun(database) as target:
        (tmp_path / "seh.db").rename(tmp_path / "old.db")
        if how == "replaced":
            sqlite3.connect(tmp_path / "seh.db").close()
            (tmp_path / "seh.db").touch()
        out, said = target.communicate(
            lines(LATER, state("power_readings", 1, replication_key_value="later"))
        )
    assert (target.returncode, out) == (1, "")
    assert "seh.db was moved, replaced or removed while it was written to: run again" in said
