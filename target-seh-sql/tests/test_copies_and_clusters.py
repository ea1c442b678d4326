"""Copies, clusters and servers of other makers: they are loaded, or one line says what to do."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from pymysql.err import OperationalError
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from target_seh_sql.errors import UnsupportedDatabase, WriteFailed
from target_seh_sql.failures import is_transient

from .conftest import Database, lines, record, schema
from .own_servers import NoServer, OwnMariadb, free_port

AT = "2026-11-20T12:00:00Z"
SITE = schema("sites"), record("sites", id=1, name="Dak")
POWER = schema("power_readings"), record("power_readings", site_id=1, timestamp=AT, power_watts=1.5)
LATER = record("power_readings", site_id=1, timestamp="2026-11-20T12:15:00Z", power_watts=2.5)
POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
MARIADB = pytest.mark.parametrize("database", ["mariadb"], indirect=True)
GALERA = next(Path("/usr/lib").glob("**/libgalera_smm.so"), None)


@contextmanager
def own_mariadb(*options: str):
    """Give a MariaDB server of the test's own that has not been started."""
    folder = Path(tempfile.mkdtemp(prefix="seh-cluster-"))
    try:
        server = OwnMariadb(folder)
    except NoServer as error:
        shutil.rmtree(folder)
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(str(error))
    server.data += options
    try:
        yield server
    finally:
        server.stop(crash=True)
        server.log.close()
        shutil.rmtree(folder)


# SQLite


def test_what_stands_behind_the_question_mark_of_a_file_counts(tmp_path, command):
    file = tmp_path / "my sun.db"
    written = Database(f"sqlite:///{file}?nolock=1")
    written.load(*SITE, *POWER)
    with closing(sqlite3.connect(file)) as connection:  # without locks there is no WAL
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    seen = Database(f"sqlite:///{file}?mode=ro")
    with pytest.raises(WriteFailed, match="it is read-only"):
        seen.load(*SITE, *POWER[:1], LATER)
    code, out, _ = command(seen, "export", "power_readings")
    assert (code, len(out.splitlines())) == (0, 2)
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".json"] == ["my sun.db"]


def test_a_file_that_is_kept_in_memory_is_refused(tmp_path):
    with pytest.raises(UnsupportedDatabase, match="is a database in memory"):
        Database(f"sqlite:///{tmp_path / 'seh.db'}?vfs=memdb").load(*SITE)


# PostgreSQL


@POSTGRESQL
def test_a_copy_whose_sequences_stayed_behind_is_told_with_what_mends_it(database, command):
    database.load(*SITE, *POWER)
    assert command(database, "check", "--quiet")[:2] == (0, "")
    database.execute("ALTER SEQUENCE power_readings_id_seq RESTART")  # as on a logical replica
    code, out, _ = command(database, "check", "--quiet")
    assert code == 1
    assert out.count("\n") == 1
    assert out.startswith("wrong  the sequence of the table power_readings is behind its ids, which `SELECT ")
    with pytest.raises(WriteFailed, match="its sequence is behind: see what `target-seh-sql check` says"):
        database.load(*SITE, *POWER[:1], LATER)
    database.execute(out.split("`")[1])
    assert command(database, "check", "--quiet")[:2] == (0, "")
    assert database.load(*SITE, *POWER[:1], LATER)["power_readings"] == (1, 0, 0)


@POSTGRESQL
def test_a_server_that_a_service_file_names_is_told_by_check(database, command, tmp_path, monkeypatch):
    url = make_url(database.url)
    (tmp_path / "services").write_text(
        f"[sun]\nhost={url.host}\nport={url.port}\nuser={url.username}\ndbname={url.database}\n"
    )
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
    code, out, _ = command(Database("postgresql:///?service=sun"), "check")
    assert code == 0
    assert out.splitlines()[0].endswith(f" at {url.host}, database {url.database}")


# MariaDB


@pytest.fixture
def user(database):
    """A user of the database, who is not root, and a function that gives them rights."""
    url, name = make_url(database.url), f"seh_user_{os.getpid()}"
    database.execute(f"CREATE USER {name}")
    yield (
        Database(url.set(username=name).render_as_string(hide_password=False)),
        lambda rights: database.execute(f"GRANT {rights} ON {url.database}.* TO {name}"),
    )
    database.execute(f"DROP USER IF EXISTS {name}")


@MARIADB
def test_views_of_a_user_who_is_gone_are_told_and_made_again(database, user, command, tmp_path):
    mine, grant = user
    grant("ALL")
    mine.load(*SITE, *POWER)
    database.execute(f"DROP USER {make_url(mine.url).username}")
    code, out, _ = command(database, "check", "--quiet")
    assert code == 1
    assert out.startswith("wrong  the view energy_by_day cannot be read: the database refused: The user spec")
    code, _, said = command(database, "report", f"--output={tmp_path / 'report.html'}")
    assert code == 1
    assert "`target-seh-sql init-db` makes the views again" in said
    command(database, "init-db")
    assert command(database, "check", "--quiet")[:2] == (0, "")


@MARIADB
def test_who_may_not_look_at_views_can_load_and_is_told_that_none_is_made(database, user, command, caplog):
    mine, grant = user
    database.load(*SITE)
    grant("CREATE, CREATE TEMPORARY TABLES, CREATE VIEW, DROP, INDEX, INSERT, REFERENCES, SELECT, UPDATE")
    alerts = schema("alerts"), record("alerts", site_id=1, alert_id=5)
    assert mine.load(*SITE, *alerts)["alerts"] == (1, 0, 0)
    assert "no views are made: the database refused: SHOW VIEW command denied" in caplog.text
    assert command(mine, "init-db")[:2] == (0, "The tables are there, of revision 0004.\n")


@MARIADB
def test_tables_that_were_begun_are_no_missing_right(database, command):
    command(database, "init-db")
    database.execute("UPDATE schema_version SET version_num = 'being created'", "DROP TABLE sync_metadata")
    assert command(database, "check", "--quiet")[:2] == (0, "")


def test_mysql_is_told_in_one_line():
    with (
        own_mariadb("--version=8.0.36") as server,
        pytest.raises(UnsupportedDatabase, match=r"^the server is MySQL 8\.0\.36; this target writes Mar"),
    ):
        server.start()


@pytest.fixture(scope="module")
def node():
    """The only node of a Galera cluster."""
    if GALERA is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("no Galera (install galera-4)")
    ports = {name: free_port() for name in ("gmcast.listen_addr", "ist.recv_addr")}
    provider = ";".join(f"{name}=tcp://127.0.0.1:{port}" for name, port in ports.items())
    with own_mariadb(
        "--wsrep-on=ON", f"--wsrep-provider={GALERA}", "--wsrep-cluster-address=gcomm://",
        f"--wsrep-node-address=127.0.0.1:{ports['gmcast.listen_addr']}",
        f"--wsrep-provider-options={provider};gcache.size=8M", "--wsrep-new-cluster",
        "--binlog-format=ROW", "--innodb-autoinc-lock-mode=2",
    ) as server:  # fmt: skip
        server.start()
        yield Database(server.url)


def test_a_node_that_is_not_ready_yet_is_waited_for(node):
    node.load(*SITE)
    with node.connect() as connection, subprocess.Popen(
        node.command, env=node.environment, stdin=subprocess.PIPE, stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    ) as target:  # fmt: skip
        connection.exec_driver_sql("SET GLOBAL wsrep_reject_queries = ALL")
        target.stdin.write(lines(*SITE, *POWER).encode())
        target.stdin.close()
        target.stdin = None
        said = next(line for line in target.stderr if b"trying again" in line or b"ERROR" in line)
        connection.exec_driver_sql("SET GLOBAL wsrep_reject_queries = NONE")
        _, errors = target.communicate(timeout=60)
    assert (b"has not yet prepared node" in said, target.returncode) == (True, 0), errors


def test_a_table_that_another_node_has_just_made_is_no_lasting_error():
    made = OperationalError(1050, "Table 'sites' already exists")  # locks are of one node alone
    assert is_transient(DBAPIError("CREATE TABLE sites", None, made))


def test_a_cluster_of_one_engine_loads_and_check_finds_nothing_wrong(node, command):
    node.execute("SET GLOBAL enforce_storage_engine = InnoDB")
    try:
        assert node.load(*SITE, *POWER[:1], LATER)["power_readings"] == (1, 0, 0)
    finally:
        node.execute("SET GLOBAL enforce_storage_engine = NULL")
    node.execute("SET GLOBAL innodb_force_primary_key = 1")
    assert command(node, "check", "--quiet")[:2] == (0, "")
