"""`target-seh-sql init-db` and `check`: tables without a record, and what stands in the way of a run."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from sqlalchemy import inspect, make_url

from target_seh_sql.database import open_engine

from .conftest import Database, record, schema

NINE = (
    "sites, equipment, batteries, meters, energy_readings, power_readings, power_flows, meter_readings, "
    "sync_metadata"
)


def kind_of(database):
    return make_url(database.url).get_backend_name()


def test_the_tables_are_made_once_without_a_record(database, command):
    assert command(database, "init-db") == (0, f"Created 9 tables of revision 0004: {NINE}.\n", "")
    assert command(database, "init-db") == (
        0,
        "The tables are there, of revision 0004; the views were made again.\n",
        "",
    )
    with database.connect() as connection:
        assert set(NINE.split(", ")) < set(inspect(connection).get_table_names())
    assert database.load(schema("sites"), record("sites", id=1, name="Dak"))["sites"] == (1, 0, 0)


def test_what_was_begun_and_never_finished_is_finished(database, command):
    command(database, "init-db")
    with_its_view = "" if kind_of(database) == "sqlite" else " CASCADE"
    database.execute(
        "UPDATE schema_version SET version_num = 'being created'",
        f"DROP TABLE sync_metadata{with_its_view}",
    )
    assert command(database, "init-db") == (0, f"Created 9 tables of revision 0004: {NINE}.\n", "")
    assert database.execute("SELECT count(*) FROM sync_metadata") == [(0,)]


def test_tables_of_others_are_refused_by_every_command(database, command):
    database.execute("CREATE TABLE sites (id INTEGER)")
    for name in ("init-db", "status"):
        code, out, said = command(database, name)
        assert (code, out) == (1, "")
        assert "the database has a table 'sites' that this target did not make" in said
    code, out, _ = command(database, "check")
    assert code == 1
    assert out.splitlines()[-1].startswith("wrong  the database has a table 'sites' that this target did not")
    assert command(database, "init-db", table_prefix="seh_")[0] == 0


def test_a_database_that_can_be_used_is_ok_line_by_line(database, command):
    server = {
        "sqlite": ["encoding UTF-8"],
        "postgresql": ["encoding UTF8", "time zone of the session UTC"],
        "mariadb": ["encoding utf8mb4", "time zone of the session +00:00"],
    }[kind_of(database)]
    database.execute("SELECT 1")
    code, out, _ = command(database, "check")
    lines = out.splitlines()
    assert code == 0
    title = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mariadb": "MariaDB"}[kind_of(database)]
    assert lines[0].startswith(f"ok     {title} ")
    assert lines[1:] == [
        *(f"ok     {line}" for line in server),
        "ok     no tables yet: the first run, or `target-seh-sql init-db`, makes them",
        "ok     may create tables",
        "ok     may create temporary tables",
    ]
    with database.connect() as connection:
        assert inspect(connection).get_table_names() == []
    command(database, "init-db")
    code, out, _ = command(database, "check")
    assert code == 0
    assert out.splitlines()[-3:] == [
        "ok     tables of revision 0004",
        "ok     may create temporary tables",
        "ok     may insert and update rows",
    ]
    assert database.execute("SELECT count(*) FROM sites") == [(0,)]


PASSWORD = "Tr0ub4dor"


@pytest.fixture
def reader(database):
    """The database as a user sees it who may only read; and how to let them read what is there now."""
    url, user = make_url(database.url), f"seh_reader_{os.getpid()}"
    made, granted, gone = {
        "postgresql": (
            (
                f"CREATE USER {user} PASSWORD '{PASSWORD}'",
                f"REVOKE TEMPORARY ON DATABASE {url.database} FROM public",
            ),
            (
                f"GRANT USAGE ON SCHEMA public TO {user}",
                f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {user}",
            ),
            (f"DROP OWNED BY {user}", f"GRANT TEMPORARY ON DATABASE {url.database} TO public"),
        ),
        "mariadb": (
            (f"CREATE USER {user} IDENTIFIED BY '{PASSWORD}'",),
            (f"GRANT SELECT ON {url.database}.* TO {user}",),
            (),
        ),
    }[kind_of(database)]
    database.execute(*made, *granted)
    seen = url.set(username=user, password=PASSWORD).render_as_string(hide_password=False)
    yield Database(seen), lambda: database.execute(*granted)
    database.execute(*gone, f"DROP USER {user}")


@pytest.mark.parametrize("database", ["postgresql", "mariadb"], indirect=True)
def test_a_missing_right_is_named_with_what_to_do(database, reader, command):
    seen, grant = reader
    code, out, _ = command(seen, "check")
    assert code == 1
    assert "wrong  may not create tables: the database refused: " in out
    command(database, "init-db")
    grant()
    code, out, said = command(seen, "check")
    lines = out.splitlines()
    assert code == 1
    assert lines[-2].startswith("wrong  may not create temporary tables: the database refused: ")
    assert lines[-1].startswith("wrong  may not insert and update rows: the database refused: ")
    assert lines[-1].endswith(
        "the database user lacks a right: docs/databases.md has the lines that grant all, then run again"
    )
    assert PASSWORD not in out + said


@pytest.mark.parametrize("database", ["postgresql", "mariadb"], indirect=True)
@pytest.mark.parametrize("name", ["check", "init-db", "status", "adopt"])
def test_a_server_that_does_not_answer_is_told_without_the_password(database, command, name):
    url = make_url(database.url).set(port=1, username="seh", password=PASSWORD)
    code, out, said = command(Database(url.render_as_string(hide_password=False)), name)
    assert code == 1
    assert "the database refused: " in out + said
    assert PASSWORD not in out + said


def test_a_folder_that_is_not_there_is_told(tmp_path, command):
    code, out, _ = command(Database(f"sqlite:///{tmp_path}/none/seh.db"), "check")
    assert (code, out) == (1, f"wrong  the file {tmp_path}/none/seh.db is not there yet: make its folder\n")


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_database_that_cannot_hold_every_name_is_told(database, command):
    url = make_url(database.url)
    name = f"{url.database}_latin1"
    engine = open_engine(database.url).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        kind = "ENCODING LATIN1 LOCALE 'C' TEMPLATE template0"
        connection.exec_driver_sql(f"CREATE DATABASE {name} {kind}")
        try:
            code, out, _ = command(
                Database(url.set(database=name).render_as_string(hide_password=False)), "check"
            )
        finally:
            connection.exec_driver_sql(f"DROP DATABASE {name}")
    engine.dispose()
    assert code == 1
    assert "wrong  encoding LATIN1: create the database anew with UTF8, or names may not fit\n" in out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "--config {}: No such file or directory"),
        ("{not json", "--config {} is not JSON (line 1, column 2)"),
    ],
)
def test_a_configuration_file_that_cannot_be_read_is_one_line(tmp_path, text, said):
    path = tmp_path / "target.json"
    if text:
        path.write_text(text)
    command = [sys.executable, "-m", "target_seh_sql", "status", "--config", path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert said.format(path) in done.stderr


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_quiet_check_says_only_what_is_wrong(database, command, tmp_path):
    assert command(database, "check", "--quiet") == (0, "", "")
    nowhere = Database(f"sqlite:///{tmp_path}/nowhere/seh.db")
    code, said, _ = command(nowhere, "check", "--quiet")
    assert (code, said) == (
        1,
        f"wrong  the file {tmp_path}/nowhere/seh.db is not there yet: make its folder\n",
    )


def test_under_meltano_advice_names_the_command_as_meltano_calls_it(database, command, monkeypatch):
    monkeypatch.setenv("MELTANO_PROJECT_ROOT", "/srv/solar")
    database.execute("SELECT 1")
    _, out, _ = command(database, "check")
    wanted = "no tables yet: the first run, or `meltano invoke target-seh-sql:init-db`, makes them"
    assert wanted in out
