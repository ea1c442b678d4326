"""A URL that cannot be used is one line without a traceback, and nothing of it is shown after the scheme."""

from __future__ import annotations

import re

import pytest

from target_seh_sql.database import open_engine
from target_seh_sql.errors import UnsupportedDatabase

from .conftest import Database, lines, record, schema

SITE = lines(schema("sites"), record("sites", id=1, name="Dak"))
TOO_MANY = "has an @ too many: in user and password, write %40 for @, %23 for #, %2F for / and %3F for ?"
POSTGRESQL, MARIADB = (f"{name}://user:password@host/database" for name in ("postgresql", "mariadb"))
NOT_A_URL = "sqlalchemy_url is not a database URL"
WRONG = {
    "postgresql://harvest:Tr0ub@4dor@127.0.0.1/solar": TOO_MANY,
    "mariadb://harvest:Tr0ub@4dor@127.0.0.1/solar": TOO_MANY,
    "postgresql://harvest:Tr0ub@4d/or@127.0.0.1/solar": TOO_MANY,
    "mariadb://harvest:Tr0ub@4d?or@127.0.0.1/solar": TOO_MANY,
    "postgresql://harvest:Tr0ub@4d#or@127.0.0.1/solar": TOO_MANY,
    "postgresql://harvest:Tr0ub@4d:or@127.0.0.1/solar": NOT_A_URL,
    "postgresql:/harvest:Tr0ub@127.0.0.1/solar": NOT_A_URL,
    "harvest:Tr0ub@127.0.0.1/solar": NOT_A_URL,
    "postgresql://harvest:Tr0ub@127.0.0.1": f"names no database: write {POSTGRESQL}",
    "mariadb://harvest:Tr0ub@127.0.0.1/": f"names no database: write {MARIADB}",
    "mariadb://harvest:Tr0ub@127.0.0.1:port/solar": NOT_A_URL,
    "postgresql://harvest:Tr0ub@127.0.0.1/solar?4dor=1": (
        "has a parameter that PostgreSQL does not know; it knows application_name, "
    ),
    "mysql://harvest:Tr0ub@127.0.0.1/solar?4dor=1": (
        "has a parameter that MariaDB does not know; it knows bind_address, "
    ),
    "sqlite:///solar.db?4dor=1": "has a parameter that SQLite does not know; it knows cache, ",
    "postgresql://harvest:Tr0ub@127.0.0.1/solar?connect_timeout=4dor": (
        "connect_timeout is not a number of seconds"
    ),
    "mariadb://harvest:Tr0ub@127.0.0.1/solar?read_timeout=4dor": "read_timeout is not a number of seconds",
    "sqlite:///solar.db?timeout=4dor": "timeout is not a number of seconds",
    "sqlite:///solar.db?uri=4dor": "uri is true, or left out",
    "postgresql://harvest:Tr0ub@127.0.0.1/solar?sslmode=verify-ca&sslrootcert=/4dor.pem": (
        "sslrootcert names no file that is there"
    ),
    "mariadb://harvest:Tr0ub@127.0.0.1/solar?ssl_ca=/4dor.pem": "ssl_ca names no file that is there",
    "mariadb://harvest:Tr0ub@127.0.0.1/solar?ssl_ca=/etc/hostname": "holds no certificate or key",
    "sqlite://127.0.0.1/solar.db": (
        "has two slashes, which name a server: write sqlite:///seh.db (three slashes)"
    ),
    "sqlite://": "is a database in memory, which ends with the run: write sqlite:///seh.db (three slashes)",
    "sqlite:///": "is a database in memory",
    "sqlite:///:memory:": "is a database in memory",
    "sqlite:///file:solar?mode=memory&uri=true": "is a database in memory",
    "sqlite:////tmp": "names a folder: add the name of a file, such as seh.db",
    "postgresql://harvest:Tr0ub@127.0.0.1/so\nlar": "has a line break or another control character inside",
    "oracle://harvest:Tr0ub@127.0.0.1/solar": "names the database 'oracle'; this target writes mariadb, ",
}
"""What is told, by URL."""
SHOWN_NEVER = re.compile(r"Tr0ub|4d|harvest|127\.0\.0\.1|/solar|solar\.db|\.pem")


@pytest.mark.parametrize("url", WRONG)
def test_a_url_that_cannot_be_used_is_one_line_that_shows_nothing_after_the_scheme(url, tmp_path):
    done = Database(url).run(SITE, cwd=tmp_path)
    errors = [line for line in done.stderr.splitlines() if "ERROR" in line or "Traceback" in line]
    print(f"{url!r}\n    {errors}")  # noqa: T201
    assert (done.returncode, done.stdout, len(errors)) == (1, "", 1), done.stderr
    assert WRONG[url] in errors[0]
    assert SHOWN_NEVER.findall(done.stderr) == []


@pytest.mark.parametrize("name", ["check", "init-db", "status", "report", "adopt"])
@pytest.mark.parametrize("url", [*WRONG][:6], ids=range(6))
def test_no_command_shows_a_piece_of_the_url(url, name, command):
    code, out, said = command(Database(url), name)
    assert code == 1
    assert WRONG[url] in out + said
    assert SHOWN_NEVER.findall(out + said) == []


def test_a_url_of_blanks_in_a_file_is_no_url(command):
    code, out, said = command(Database(" "), "init-db")
    assert code == 1
    assert NOT_A_URL in out + said


def test_a_line_break_at_the_end_does_not_matter(database):
    database.load(*SITE.splitlines(keepends=True), sqlalchemy_url=database.url + "\n")
    assert database.rows("sites", "id", "name") == [(1, "Dak")]


@pytest.mark.parametrize("url", ["postgresql://u:p%40%23%2Fx@host/db", "mariadb://me@work:p#w:x@host/db"])
def test_a_password_that_is_written_as_it_should_be_is_taken_whole(url):
    parsed = open_engine(url).url
    assert parsed.host == "host"
    assert parsed.password in {"p@#/x", "p#w:x"}


def test_a_mariadb_server_cannot_be_reached_with_a_key_alone(tmp_path):
    (tmp_path / "ca.pem").write_text("nothing")
    with pytest.raises(UnsupportedDatabase, match="holds no certificate or key"):
        open_engine(f"mariadb://u@host/db?ssl_ca={tmp_path / 'ca.pem'}")
