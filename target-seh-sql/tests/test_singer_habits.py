"""What other taps and people send: tolerated, or named in one line."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from target_seh_sql.errors import BadMessage

from .conftest import lines, record, schema, state

SITE = schema("sites"), record("sites", id=1, name="Dak")
AT = "2026-11-20T12:00:00Z"
POWER = schema("power_readings"), record("power_readings", site_id=1, timestamp=AT, power_watts=1.5)
OF_OTHERS = (
    record("others", a=1),
    {"type": "SCHEMA", "stream": "others", "schema": None},
    {"type": "SCHEMA", "stream": "others", "schema": {"properties": [1]}, "key_properties": "id"},
    {"type": "RECORD", "stream": "others", "record": [1]},
    {"type": "RECORD", "stream": "others"},
    {"type": "BATCH", "stream": "others", "encoding": {"format": "none"}, "manifest": 5},
    {"type": "ACTIVATE_VERSION", "stream": "others"},
    '{"type": "RECORD", "stream": "others", "record": {"a": NaN}}\n',
    '{"type": "RECORD", "stream": "others", "record": {"a": "\\ud800 \\u0000"}}\n',
)
"""Messages that are wrong in every way but their JSON."""


def warnings(caplog) -> list[str]:
    return [entry.getMessage() for entry in caplog.records if entry.levelname == "WARNING"]


def renamed(stream: str) -> list:
    return [m.replace("others", stream) if isinstance(m, str) else {**m, "stream": stream} for m in OF_OTHERS]


def test_nothing_is_looked_at_of_a_stream_that_is_ignored(database, caplog):
    database.load(*SITE, *OF_OTHERS, *POWER, unknown_streams="ignore")
    assert database.rows("power_readings", "power_watts") == [(1.5,)]
    assert warnings(caplog) == ["stream 'others' has no table and is ignored (unknown_streams: ignore)"]


@pytest.mark.parametrize(
    "maps",
    [
        {"alerts": "__NULL__"},
        {"alerts": None},
        {"al*": "__NULL__"},
        {"sites": {"address": None}, "power_readings": {}, "__else__": "__NULL__"},
    ],
)
def test_nothing_is_looked_at_of_a_stream_that_is_mapped_to_null(database, caplog, maps):
    database.load(*SITE, *renamed("alerts"), schema("alerts"), *POWER, stream_maps=maps)
    assert database.rows("power_readings", "power_watts") == [(1.5,)]
    assert warnings(caplog) == []
    with database.connect() as connection:
        assert not connection.dialect.has_table(connection, "alerts")


@pytest.mark.parametrize("maps", [{"*": {"address": None, "status": "'?'"}}, {"*": {}}])
def test_a_map_of_all_streams_fits_each(database, maps):
    database.load(*SITE, *POWER, record("sites", id=1, name="Dak", address="Kerkstraat 12"), stream_maps=maps)
    wanted = ("Dak", None, "?") if maps["*"] else ("Dak", "Kerkstraat 12", None)
    assert database.rows("sites", "name", "address", "status") == [wanted]
    assert database.rows("power_readings", "power_watts") == [(1.5,)]


def test_an_extension_stream_by_an_alias_gets_its_table(database):
    sent = {**schema("alerts"), "stream": "warnings"}
    found = record("warnings", alert_id=5, site_id=1)
    database.load(*SITE, sent, found, stream_maps={"warnings": {"__alias__": "alerts"}})
    assert database.execute("SELECT count(*) FROM alerts") == [(1,)]


def test_a_map_for_a_stream_that_never_comes_does_not_matter(database):
    database.load(*SITE, stream_maps={"inverter_readings": {"power": None}, "nobody": None})
    assert database.rows("sites", "name") == [("Dak",)]


def test_invented_names_take_the_extra_faker(database):
    database.load(*SITE, stream_maps={"sites": {"name": "fake.city()"}}, faker_config={"seed": 1})
    (name,) = database.rows("sites", "name")[0]
    assert name not in {"Dak", None, ""}


@pytest.mark.parametrize(
    "habit",
    [
        {"key_properties": []},
        {"key_properties": None},
        {"key_properties": ["timestamp", "site_id"], "bookmark_properties": ["timestamp"]},
        {"key_properties": ["power_watts"], "bookmark_properties": None, "version": 5},
    ],
)
def test_keys_and_bookmarks_of_a_hand_written_catalog_do_not_matter(database, habit):
    database.load(*SITE, {**POWER[0], **habit}, POWER[1], POWER[1])
    assert database.rows("power_readings", "power_watts") == [(1.5,)]


def test_a_property_may_be_any_json_schema(database):
    sent = schema("sites")
    sent["schema"]["properties"].update(name=True, status=None, notes={"type": ["null", "string"]})
    database.load(sent, SITE[1])
    assert database.rows("sites", "name") == [("Dak",)]


@pytest.mark.parametrize("wrong", [{}, {"properties": {}}, {"properties": None}, {"type": "object"}, None])
def test_a_schema_without_properties_is_named(database, wrong):
    with pytest.raises(BadMessage) as raised:
        database.load(*SITE, {**POWER[0], "schema": wrong})
    assert "power_readings" in str(raised.value)
    assert database.rows("sites", "name") == [("Dak",)]


def test_a_state_of_null_says_nothing(database, capsys):
    sent = state("sites", 1, synced_at=AT)
    database.load({"type": "STATE", "value": None}, *SITE, sent, {"type": "STATE", "value": None})
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [sent["value"]]


def test_a_state_is_printed_as_it_was_sent(database, capsys):
    sent = '{"bookmarks":{"x":{"a":1.10,"b":"\\u0000é"}},   "tap":[1e400]}'
    database.load(*SITE, f'{{"type": "STATE", "value": {sent}}}\n')
    assert capsys.readouterr().out == sent + "\n"


def test_a_mark_before_the_first_line_does_not_matter(database):
    done = database.run(b"\xef\xbb\xbf" + lines(*SITE).encode())
    assert (done.returncode, database.rows("sites", "name")) == (0, [("Dak",)])


def test_lines_that_end_as_on_windows_do_not_matter(database):
    done = database.run(lines(*SITE, *POWER).replace("\n", "\r\n"))
    assert (done.returncode, database.rows("power_readings", "power_watts")) == (0, [(1.5,)])


def test_a_line_of_many_blocks_is_put_together(database):
    partitions = [{"context": {"site_id": 1}, "filler": "x" * 300_000}]
    sent = {"type": "STATE", "value": {"bookmarks": {"power_readings": {"partitions": partitions}}}}
    done = database.run(lines(*SITE, sent, *POWER, sent, state("sites", 1, synced_at=AT)))
    assert done.returncode == 0
    assert json.loads(done.stdout.splitlines()[-1])["bookmarks"].keys() == {"sites"}
    assert database.rows("power_readings", "power_watts") == [(1.5,)]


INSTALL = Path(__file__).parents[2] / "docs/install.md"


def test_the_documented_pipe_keeps_the_old_state_when_the_database_is_down(tmp_path):
    page = INSTALL.read_text(encoding="utf-8")
    first, keep, again = re.findall(r"^\$ (.*state\.jsonl.*)$", page, re.MULTILINE)
    sent = state("sites", 1, synced_at=AT)
    (tmp_path / "sent.jsonl").write_text(lines(*SITE, sent))

    def run(command: str, url: str) -> int:
        command = re.sub(r"tap-solaredge [^|]*", "cat sent.jsonl ", command)
        command = command.replace("target-seh-sql ", f"'{sys.executable}' -m target_seh_sql ")
        environment = {"TARGET_SEH_SQL_SQLALCHEMY_URL": url}
        return subprocess.run(["sh", "-c", command], cwd=tmp_path, env=environment, check=False).returncode

    up, down = f"sqlite:///{tmp_path}/seh.db", f"sqlite:///{tmp_path}/none/seh.db"
    assert [run(first, down), run(keep, down)] == [1, 1]
    assert not (tmp_path / "state.json").exists()
    for command, url in ((first, up), (keep, up), (again, down), (keep, down), (again, up)):
        assert run(command, url) == (1 if url == down and command == again else 0)
        if command == keep:
            assert json.loads((tmp_path / "state.json").read_text()) == sent["value"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_state_that_is_not_utf_8_is_named_and_what_came_before_it_is_kept(database):
    done = database.run(lines(*SITE).encode() + b'{"type": "STATE", "value": {"a": "\xff"}}\n')
    assert (done.returncode, done.stdout) == (1, "")
    assert "a STATE message is not UTF-8" in done.stderr
    assert database.rows("sites", "name") == [("Dak",)]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_stream_that_is_mapped_to_a_name_without_table_is_ignored_with_one_warning(database, caplog):
    maps = {"power_readings": {"__alias__": "others"}}
    database.load(*SITE, *POWER, stream_maps=maps, unknown_streams="ignore")
    assert database.rows("power_readings") == []
    assert warnings(caplog) == ["stream 'others' has no table and is ignored (unknown_streams: ignore)"]
