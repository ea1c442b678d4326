"""Servers, roles and files as people set them up: a load goes through, or ends with one line that helps.

Against servers of the test's own, on free ports; each test prints its row of the matrix (`pytest -rP`).
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import OperationalError

from target_seh_sql.database import open_engine
from target_seh_sql.errors import SchemaMismatch
from target_seh_sql.failures import explained, is_transient
from target_seh_sql.tables.streams import NINE

from .conftest import Database, lines, record, schema, state
from .own_servers import OWN_SERVERS, NoServer

if TYPE_CHECKING:
    from collections.abc import Iterator

AT = "2026-11-20T12:00:00Z"
NAME = 'Zonnedak "zuid" \\ a%b\'c é'
WINDOW = lines(
    schema("sites"), record("sites", id=1, name=NAME, notes=""),
    schema("meters"), record("meters", site_id=1, name="Löwe", serial_number="M1", meter_type="Purchased"),
    schema("meter_readings"), record("meter_readings", site_id=1, meter_name="Löwe", timestamp=AT, power=3.0),
    schema("power_readings"), record("power_readings", site_id=1, timestamp=AT, power_watts=0.1),
    state("power_readings", 1, replication_key_value=AT, synced_at=AT),
)  # fmt: skip
KANJI = WINDOW.replace("Zonnedak", "太陽")
LOADS = "loads"
STEP = 1 if os.environ.get("PROOF") == "whole" else 3
"""The short form tries every third setting; `make proof-pages` tries all."""
NOT_IN_LATIN1 = "its encoding lacks this character: create the database anew with encoding UTF8"


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, Database]]:
    """Servers by name, as an administrator sees them; each is started when it is first asked for."""
    started = {}

    class Started(dict):
        def __missing__(self, kind):
            folder = Path(tempfile.mkdtemp(prefix="seh-settings-"))
            try:
                started[kind] = OWN_SERVERS[kind](folder)
            except NoServer as error:
                shutil.rmtree(folder)
                (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(str(error))
            started[kind].start()
            self[kind] = Database(started[kind].url)
            if kind == "mariadb":  # a new server lets in anybody without a name
                execute(self[kind], "DROP USER ''@localhost")
            return self[kind]

    yield Started()
    for server in started.values():
        server.stop(crash=True)
        server.log.close()
        shutil.rmtree(server.folder)


def execute(admin: Database, *statements: str) -> None:
    engine = open_engine(admin.url).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def at(admin: Database, **parts: str) -> Database:
    return Database(make_url(admin.url).set(**parts).render_as_string(hide_password=False))


def outcome(database: Database, given: str, **options) -> str:
    """Load twice and look: what came of it in one line."""
    done = database.run(given, **options)
    assert "Traceback" not in done.stderr, done.stderr
    errors = [line for line in done.stderr.splitlines() if "ERROR" in line]
    if done.returncode:
        assert len(errors) == 1, done.stderr
        return errors[0].partition("the database refused: ")[2] or errors[0]
    assert database.run(given, **options).returncode == 0
    assert errors == []
    return LOADS


def told(what: str, found: str) -> None:
    print(f"| {what} | {found} |")  # noqa: T201 -- the matrix


def stored(database: Database) -> None:
    """Check what is in the database after two loads of the window."""
    assert database.rows("sites", "id", "name", "notes") == [(1, NAME, "")]
    assert database.rows("meter_readings", "power") == [(3.0,)]
    assert database.rows("power_readings", "timestamp", "power_watts") == [("2026-11-20 12:00:00", 0.1)]
    assert database.rows("sync_metadata", "last_data_timestamp") == [("2026-11-20 12:00:00",)]
    assert database.execute("SELECT max(updated_at) = max(created_at) FROM power_readings") == [(True,)]


MARIADB = {
    **{
        f"sql_mode={mode}": f"sql_mode = '{mode}'"
        for mode in (
            "", "ANSI", "ANSI_QUOTES", "TRADITIONAL", "ORACLE", "MSSQL", "NO_BACKSLASH_ESCAPES",
            "PIPES_AS_CONCAT",
            "PAD_CHAR_TO_FULL_LENGTH", "NO_ZERO_DATE,NO_ZERO_IN_DATE", "ONLY_FULL_GROUP_BY",
            "EMPTY_STRING_IS_NULL",
            "NO_UNSIGNED_SUBTRACTION,NO_AUTO_VALUE_ON_ZERO", "HIGH_NOT_PRECEDENCE,IGNORE_SPACE,REAL_AS_FLOAT",
        )
    },
    **{
        f"encoding {charset}": f"character_set_server = {charset}, character_set_client = {charset}, "
        f"character_set_results = {charset}, collation_connection = {charset}_general_ci"
        for charset in ("latin1", "latin2", "utf8mb3", "greek", "koi8r")
    },
    "safe updates, ten rows at most": "sql_safe_updates = 1, sql_select_limit = 10",
    "id IS NULL finds the last row": "sql_auto_is_null = 1",
    "transactions that begin again": "completion_type = 1",
    "autocommit off": "autocommit = 0",
    "MyISAM by default": "default_storage_engine = MyISAM",
    "time zone": "time_zone = '+09:30'",
    "serializable": "tx_isolation = 'SERIALIZABLE'",
}  # fmt: skip
"""Global variables that each new session begins with."""


@pytest.mark.parametrize("setting", list(MARIADB)[::STEP])
def test_whatever_a_mariadb_session_begins_with_it_loads(servers, setting):
    admin = servers["mariadb"]
    names = re.findall(r"(\w+) = ", MARIADB[setting])
    before = admin.execute(f"SELECT {', '.join(f'@@global.{name}' for name in names)}")[0]
    execute(admin, "DROP DATABASE IF EXISTS solar", "CREATE DATABASE solar")
    execute(admin, "SET GLOBAL " + MARIADB[setting].replace(", ", ", GLOBAL ") if "'" not in MARIADB[setting]
            else f"SET GLOBAL {MARIADB[setting]}")  # fmt: skip
    database = at(admin, database="solar")
    try:
        told(f"MariaDB, {setting}", found := outcome(database, WINDOW))
        assert found == LOADS
        stored(database)
    finally:
        values = (f"{name} = {value if isinstance(value, int) else repr(value)}"
                  for name, value in zip(names, before, strict=True))  # fmt: skip
        execute(admin, *(f"SET GLOBAL {value}" for value in values))


def test_a_mariadb_server_that_takes_small_statements_and_one_engine_loads(servers):
    admin = servers["mariadb"]
    sun = chr(0x1F31E) * 16_000
    execute(admin, "CREATE DATABASE small", "SET GLOBAL max_allowed_packet = 1048576",
            "SET GLOBAL enforce_storage_engine = InnoDB")  # fmt: skip
    database = at(admin, database="small")
    try:
        sites = [record("sites", id=number, name="Dak", notes=sun) for number in range(40)]
        told("MariaDB, 1 MiB at once, InnoDB only", outcome(database, lines(schema("sites"), *sites)))
        assert outcome(database, WINDOW) == LOADS
    finally:
        execute(admin, "SET GLOBAL max_allowed_packet = 16777216", "SET GLOBAL enforce_storage_engine = NULL")
    assert database.execute("SELECT count(*), min(char_length(notes)) FROM sites WHERE id <> 1") == [
        (39, 16_000)
    ]


ENCODINGS = {
    "UTF8": (LOADS, LOADS),
    "LATIN1": (LOADS, NOT_IN_LATIN1),
    "SQL_ASCII": (LOADS, LOADS),
    "WIN1252": (LOADS, NOT_IN_LATIN1),
    "EUC_JP": (LOADS, LOADS),
}
"""What comes of Western and of Japanese names."""


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_database_of_another_encoding_loads_or_says_what_to_do(servers, encoding):
    admin, name = servers["postgresql"], f"in_{encoding.lower()}"
    execute(admin, f"CREATE DATABASE {name} ENCODING {encoding} LOCALE 'C' TEMPLATE template0")
    database = at(admin, database=name)
    western, japanese = (outcome(database, given) for given in (WINDOW, KANJI))
    told(f"PostgreSQL, database in {encoding}", f"{western}; Japanese: {japanese}")
    for found, wanted in zip((western, japanese), ENCODINGS[encoding], strict=True):
        assert wanted in found
    if japanese == LOADS:
        assert database.rows("sites", "name") == [(NAME.replace("Zonnedak", "太陽"),)]
    else:
        stored(database)


ROLES = {
    "client_encoding LATIN1": LOADS,
    "client_encoding SQL_ASCII": LOADS,
    "DateStyle 'SQL, DMY'": LOADS,
    "IntervalStyle sql_standard": LOADS,
    "TimeZone 'Asia/Tokyo'": LOADS,
    "standard_conforming_strings off": LOADS,
    "extra_float_digits -15": LOADS,
    "bytea_output escape": LOADS,
    "default_transaction_isolation serializable": LOADS,
    "default_transaction_deferrable on": LOADS,
    "row_security off": LOADS,
    "quote_all_identifiers on": LOADS,
    "search_path solar, public": LOADS,
    'search_path "$user", solar': LOADS,
    "search_path none": "the role's search_path names no schema that is there: set default_target_schema",
    "search_path ''": "the role's search_path names no schema that is there: set default_target_schema",
    "default_transaction_read_only on": "it is read-only: name the primary server, let the user's",
    "statement_timeout '1ms'": "it takes longer than the server allows: raise statement_timeout",
}
"""Settings of a role."""


@pytest.mark.parametrize("setting", list(ROLES)[::STEP])
def test_whatever_a_role_is_set_to_it_loads_or_says_what_to_do(servers, setting):
    admin = servers["postgresql"]
    execute(admin, "DROP DATABASE IF EXISTS roles", "DROP ROLE IF EXISTS harvest",
            "CREATE ROLE harvest LOGIN",
            "CREATE DATABASE roles OWNER harvest")  # fmt: skip
    database = at(admin, database="roles", username="harvest")
    execute(database, "CREATE SCHEMA solar")
    execute(admin, f"ALTER ROLE harvest SET {setting.replace(' ', ' TO ', 1)}")
    found = outcome(database, WINDOW)
    told(f"PostgreSQL, role with {setting}", found)
    assert ROLES[setting] in found
    if found == LOADS:
        stored(database)


def test_a_client_that_asks_for_latin1_by_its_environment_loads(servers, monkeypatch):
    admin = servers["postgresql"]
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    execute(admin, "CREATE DATABASE by_environment")
    database = at(admin, database="by_environment")
    told("PostgreSQL, PGCLIENTENCODING=LATIN1", found := outcome(database, WINDOW))
    assert found == LOADS
    stored(database)


def test_a_search_path_does_not_matter_where_the_schema_is_named(servers, monkeypatch):
    admin = servers["postgresql"]
    execute(
        admin,
        "CREATE DATABASE named",
        "CREATE ROLE lost LOGIN SUPERUSER",
        "ALTER ROLE lost SET search_path TO ''",
    )
    database = at(admin, database="named", username="lost")
    monkeypatch.setenv("TARGET_SEH_SQL_DEFAULT_TARGET_SCHEMA", "solar")
    told("PostgreSQL, search_path '' and default_target_schema", found := outcome(database, WINDOW))
    assert found == LOADS
    assert database.execute("SELECT count(*) FROM solar.meter_readings") == [(1,)]


@pytest.mark.parametrize("kind", OWN_SERVERS)
def test_a_server_that_starts_later_than_the_load_is_waited_for(kind):
    folder = Path(tempfile.mkdtemp(prefix="seh-late-"))
    try:
        server = OWN_SERVERS[kind](folder)
    except NoServer as error:
        shutil.rmtree(folder)
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(str(error))
    database = Database(server.url)
    with subprocess.Popen(
        database.command, env=database.environment, stdin=subprocess.PIPE, stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    ) as target:  # fmt: skip
        target.stdin.write(WINDOW.encode())
        target.stdin.close()
        target.stdin = None
        waited = next(line for line in target.stderr if b"trying again" in line or b"ERROR" in line)
        server.start()
        _, said = target.communicate(timeout=60)
    told(f"{kind}, starts later", found := LOADS if target.returncode == 0 else said.decode())
    stored(database)
    server.stop(crash=True)
    server.log.close()
    shutil.rmtree(folder)
    assert (b"trying again" in waited, found) == (True, LOADS)


FOR_GOOD = {
    "wrong role": ({"username": "nobody_of_that_name"}, "it does not accept user and password"),
    "no such database": ({"database": "nothing"}, "there is no such database: create it"),
}


@pytest.mark.parametrize("kind", OWN_SERVERS)
@pytest.mark.parametrize("what", FOR_GOOD)
def test_what_waiting_does_not_mend_is_told_at_once(servers, kind, what):
    parts, advice = FOR_GOOD[what]
    done = at(servers[kind], **parts).run(WINDOW)
    errors = [line for line in done.stderr.splitlines() if "ERROR" in line]
    told(f"{kind}, {what}", errors[0].partition("refused: ")[2])
    assert (done.returncode, "trying again" in done.stderr, len(errors)) == (1, False, 1)
    assert advice in errors[0]


LOCALISED = {
    "28P01": ("Passwort-Authentifizierung für Benutzer »seh« fehlgeschlagen", False),
    "3D000": ("la base de données « solar » n'existe pas", False),
    "57P03": ("das Datenbanksystem startet", True),
    "53300": ("tut mir leid, schon zu viele Verbindungen", True),
}


@pytest.mark.parametrize("code", LOCALISED)
def test_a_login_is_refused_at_once_in_any_language_and_a_start_is_waited_for(code):
    """libpq keeps the SQLSTATE of a login to itself."""
    said, again = LOCALISED[code]
    fields = {"S": "FATAL", "V": "FATAL", "C": code, "M": said}
    body = b"".join(f"{name}{value}".encode() + b"\0" for name, value in fields.items()) + b"\0"

    def refuse():
        client, _ = listening.accept()
        with client:
            client.recv(1024)
            client.sendall(b"E" + (len(body) + 4).to_bytes(4, "big") + body)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=refuse, daemon=True).start()
        port = listening.getsockname()[1]
        engine = open_engine(f"postgresql://seh:secret@127.0.0.1:{port}/solar?sslmode=disable")
        with pytest.raises(OperationalError) as raised:
            engine.connect()
    assert is_transient(raised.value) == again
    assert ("check user, password and database in sqlalchemy_url" in str(explained(raised.value))) != again


@pytest.mark.parametrize("kind", OWN_SERVERS)
def test_tls_that_the_server_does_not_have_is_told_at_once(servers, kind):
    url = make_url(servers[kind].url).update_query_dict({"sslmode": "require"})
    done = Database(url.render_as_string(hide_password=False)).run(WINDOW)
    errors = [line for line in done.stderr.splitlines() if "ERROR" in line]
    if done.returncode:
        told(f"{kind}, sslmode=require without TLS", errors[0].partition("refused: ")[2])
        assert ("trying again" in done.stderr, len(errors)) == (False, 1)
        assert "check sslmode and the certificates" in errors[0]
    else:
        told(f"{kind}, sslmode=require", "the server makes a certificate of its own: loads")
        assert kind == "mariadb"


READERS = {
    "postgresql": (
        "DROP ROLE IF EXISTS looker", "CREATE ROLE looker LOGIN",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO looker",
        "REVOKE TEMPORARY ON DATABASE looked_at FROM public",
    ),
    "mariadb": ("CREATE OR REPLACE USER looker", "GRANT SELECT ON looked_at.* TO looker"),
}  # fmt: skip


@pytest.mark.parametrize("kind", OWN_SERVERS)
def test_a_select_right_is_enough_to_look(servers, kind, command, tmp_path):
    admin = servers[kind]
    execute(admin, "CREATE DATABASE looked_at")
    database = at(admin, database="looked_at")
    assert outcome(database, WINDOW) == LOADS
    execute(database, *READERS[kind])
    looks(at(admin, database="looked_at", username="looker"), command, tmp_path, f"{kind}, SELECT only")


def looks(database: Database, command, tmp_path: Path, what: str) -> None:
    """Run the commands that read; check says what may not be written."""
    code, out, said = command(database, "status", "--tables")
    assert (code, said) == (0, ""), said
    assert re.search(r"^power_readings +1 ", out, re.MULTILINE)
    code, _, said = command(database, "status", "--max-age=1000000")
    assert said == ""
    code, _, said = command(database, "report", f"--output={tmp_path / 'report.html'}")
    assert (code, said) == (0, ""), said
    code, out, said = command(database, "check")
    told(what, "status, report: ok; check: " + "; ".join(out.splitlines()))
    assert (code, said) == (1, "")
    assert "ok     tables of revision " in out
    assert re.search(r"^wrong  .*(lacks a right|is read-only)", out, re.MULTILINE)


@pytest.mark.parametrize("closed", [False, True], ids=["file", "file-and-folder"])
def test_a_file_that_may_only_be_read_is_enough_to_look(tmp_path, closed):
    file = tmp_path / "read-only" / "seh.db"
    file.parent.mkdir()
    database = Database(f"sqlite:///{file}")
    assert outcome(database, WINDOW) == LOADS
    file.chmod(0o444)
    file.parent.chmod(0o555 if closed else 0o755)
    bound = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.getuid() == 0 else []
    options = {"env": database.environment, "capture_output": True, "text": True}
    python = [*bound, *database.command[:-1]]
    status = subprocess.run([*python, "status", "--config=ENV", "--tables"], check=False, **options)
    check = subprocess.run([*python, "check", "--config=ENV"], check=False, **options)
    load = subprocess.run([*bound, *database.command], input=WINDOW, check=False, **options)
    file.parent.chmod(0o755)
    told(f"SQLite, read-only {'file and folder' if closed else 'file'}",
         "; ".join([*check.stdout.splitlines(), load.stderr.splitlines()[-1]]))  # fmt: skip
    assert (status.returncode, "Traceback" in status.stderr) == (0, False), status.stderr
    assert re.search(r"^power_readings +1 ", status.stdout, re.MULTILINE)
    assert check.returncode == 1
    assert "ok     tables of revision " in check.stdout
    assert re.search(r"^wrong  .*(read-only|cannot be opened)", check.stdout, re.MULTILINE)
    assert load.returncode == 1
    assert "the database refused: " in load.stderr


def test_capitals_in_a_prefix_are_refused_where_the_server_has_none(command):
    folder = Path(tempfile.mkdtemp(prefix="seh-small-"))
    try:
        server = OWN_SERVERS["mariadb"](folder)
    except NoServer as error:
        shutil.rmtree(folder)
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(str(error))
    server.data.append("--lower-case-table-names=1")
    server.start()
    try:
        database = Database(server.url)
        line = "the server keeps the names of tables in small letters (lower_case_table_names is 1): set "
        for name in ("init-db", "check", "status"):
            code, out, errors = command(database, name, table_prefix="Pv_")
            assert code == 1
            assert f"{line}table_prefix to pv_" in (out if name == "check" else errors)
        with pytest.raises(SchemaMismatch, match="small letters"):
            database.load(schema("sites"), record("sites", id=1, name=NAME), table_prefix="Pv_")
        assert database.execute("SHOW TABLES") == []
        database.load(schema("sites"), record("sites", id=1, name=NAME), table_prefix="pv_")
        assert command(database, "check", "--quiet", table_prefix="pv_")[:2] == (0, "")
    finally:
        server.stop(crash=True)
        server.log.close()
        shutil.rmtree(folder)


def test_the_names_of_the_matrix_are_many_enough():
    assert (len(MARIADB), len(ROLES), len(ENCODINGS), len(NINE)) == (26, 18, 5, 9)
