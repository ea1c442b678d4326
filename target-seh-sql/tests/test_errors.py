"""Bad input: a clear error that names stream, key and field; what came before it is kept."""

from __future__ import annotations

import json

import click
import pytest

from target_seh_sql.cli import CommandLine
from target_seh_sql.errors import (
    BadMessage,
    BadRecord,
    SchemaMismatch,
    UnknownStream,
    UnsupportedDatabase,
)
from target_seh_sql.load.refusals import MissingKey, RecordBeforeSchema
from target_seh_sql.target import TargetSehSql

from .conftest import lines, record, schema, state

GOOD = (
    schema("sites"),
    schema("meters"),
    record("sites", id=1, name="Dak"),
    schema("power_readings"),
    record("power_readings", site_id=1, timestamp="2026-11-20T12:00:00Z", power_watts=1.0),
    state(
        "power_readings", 1, replication_key_value="2026-11-20T12:00:00Z", synced_at="2026-11-20T12:05:00Z"
    ),
)
AT = "2026-11-20T12:15:00Z"
WHERE = "stream 'power_readings', record with site_id=1, timestamp='2026-11-20T12:15:00Z': "


def power(**values) -> dict:
    return record("power_readings", **{"site_id": 1, "timestamp": AT, **values})


RAW = (
    '{"type":"RECORD","stream":"power_readings","record":{"site_id":1,"timestamp":"2026-11-20T12:15:00Z",%s}}'
)


def site(**values) -> dict:
    return record("sites", id=1, **values)


def meter(**values) -> dict:
    return record("meters", site_id=1, **values)


BAD_RECORDS = [
    (
        power(power_watts="abc"),
        WHERE + "field 'power_watts': Expected `float | null`, got `str`, got 'abc'. ",
    ),
    (power(power_watts=True), WHERE + "field 'power_watts': Expected `float | null`, got `bool`, got True. "),
    (
        power(utc_offset_minutes=2**40),
        "'utc_offset_minutes': Expected `int` <= 2147483647, got 1099511627776.",
    ),
    (power(timestamp="2026-11-20T12:15:00"), "'timestamp': Expected `datetime` with a timezone component"),
    (power(timestamp="2026-02-30T12:15:00Z"), "'timestamp': Invalid RFC3339 encoded datetime"),
    (power(timestamp="0001-01-01T00:00:00+01:00"), "'timestamp': not in the years 1900 to 2999"),
    (power(timestamp="3000-01-01T00:00:00Z"), "'timestamp': not in the years 1900 to 2999"),
    (meter(name="x" * 101), "record with site_id=1, name='xxx"),
    (meter(name="a\0b"), "field 'name': the character U+0000, which databases refuse, got "),
    (site(installation_date="2026-02-30"), "'installation_date': Invalid RFC3339 encoded date"),
    (site(installation_date="0999-01-01"), "'installation_date': not in the years 1900 to 2999"),
]
MISSING_KEYS = [
    (power(timestamp=None), "timestamp=None: timestamp is missing, and it is part of the key."),
    (
        record("power_readings", timestamp=AT),
        "record with site_id=None, timestamp='2026-11-20T12:15:00Z': site_id",
    ),
]
BAD_MESSAGES = [
    (RAW % '"power_watts":1e999' + "\n", WHERE + "field 'power_watts': infinity, which databases refuse"),
    (RAW % '"power_watts":NaN' + "\n", WHERE + "field 'power_watts': not a number, which databases refuse"),
    (
        {"type": "RECORD", "stream": "power_readings", "record": [1]},
        "'power_readings': a record is not an object: '",
    ),
    ({"type": "RECORD", "stream": "power_readings"}, "a RECORD message lacks record"),
    (
        schema("meters", "name"),
        "stream 'meters': its SCHEMA lacks site_id, which every row needs; select the field",
    ),
    ({"type": "STATE"}, "a STATE message lacks value"),
    ({"type": "STATE", "value": 5}, "a STATE message's value is not an object: '5'"),
    ({"type": "HELLO"}, 'message type \'HELLO\' is none of Singer\'s: {"type": "HELLO"}'),
    ("[1, 2]\n", "a line of input is not a Singer message (Expected `object`, got `array`): [1, 2]"),
    (
        '{"type": "RECORD", "stream": "pow',
        "a line of input is not a Singer message (Input data was truncated): {",
    ),
    ("not JSON\n", "not JSON. Did the tap stop in the middle of a line"),
]
NONSENSE = {
    "type": "SCHEMA",
    "stream": "nonsense",
    "schema": {"properties": {"a": {}}},
    "key_properties": ["a"],
}
OTHERS = [
    (
        record("equipment", site_id=1, serial_number="m"),
        RecordBeforeSchema,
        "'equipment': a record came before the SCHEMA",
    ),
    (
        NONSENSE,
        UnknownStream,
        "there is no table for the stream 'nonsense'; this target loads alerts, batteries, ",
    ),
]


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        *((bad, BadRecord, message) for bad, message in BAD_RECORDS),
        *((bad, MissingKey, message) for bad, message in MISSING_KEYS),
        *((bad, BadMessage, message) for bad, message in BAD_MESSAGES),
        *OTHERS,
    ],
)
def test_bad_input_is_named_and_what_came_before_is_kept(database, capsys, bad, error, message):
    with pytest.raises(error) as raised:
        database.load(*GOOD, power(timestamp="2026-11-20T12:10:00Z"), bad)
    assert message in str(raised.value)
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == GOOD[-1]["value"]
    assert database.rows("power_readings", "timestamp") == [
        ("2026-11-20 12:00:00",),
        ("2026-11-20 12:10:00",),
    ]
    assert database.rows("sync_metadata", "last_data_timestamp") == [("2026-11-20 12:00:00",)]


def test_an_error_ends_the_process_with_1_one_line_and_no_traceback(database):
    done = database.run(lines(*GOOD, power(power_watts="abc")))
    assert (done.returncode, done.stdout) == (1, json.dumps(GOOD[-1]["value"]) + "\n")
    errors = [line for line in done.stderr.splitlines() if "ERROR" in line]
    assert len(errors) == 1
    assert errors[0].endswith(
        "field 'power_watts': Expected `float | null`, got `str`, got 'abc'. "
        "Correct the source (or change the field with a stream map) and run again."
    )
    assert "Traceback" not in done.stderr


def test_bytes_that_are_no_text_are_a_clear_error(database):
    done = database.run(
        lines(*GOOD).encode() + b'{"type":"RECORD","stream":"sites","record":{"id":1,"name":"\xff"}}\n'
    )
    assert done.returncode == 1
    assert "a line of input is not a Singer message" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_stream_can_be_ignored_with_one_warning(database, caplog):
    database.load(*GOOD, NONSENSE, record("nonsense", a=1), record("nonsense", a=2), unknown_streams="ignore")
    assert len(database.rows("power_readings")) == 1
    warnings = [entry.getMessage() for entry in caplog.records if entry.levelname == "WARNING"]
    assert warnings == ["stream 'nonsense' has no table and is ignored (unknown_streams: ignore)"]


def test_a_column_without_a_place_is_left_out_with_one_warning(database, caplog):
    database.load(
        *GOOD, schema("sites", "id", "name", "colour"), record("sites", id=1, name="Dak", colour="red")
    )
    warnings = [entry.getMessage() for entry in caplog.records if entry.levelname == "WARNING"]
    assert warnings == ["stream 'sites': no column for colour; left out"]


def test_empty_lines_are_no_messages(database):
    database.load(*GOOD, "\n", "  \n", power(power_watts=2.0))
    assert database.rows("power_readings", "power_watts") == [(1.0,), (2.0,)]


def test_activate_version_deletes_nothing(database, caplog):
    database.load(*GOOD, {"type": "ACTIVATE_VERSION", "stream": "power_readings", "version": 5})
    assert len(database.rows("power_readings")) == 1
    assert "ACTIVATE_VERSION for 'power_readings' ignored: history is never deleted" in caplog.messages


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense", "sqlalchemy_url is not a database URL; give one like sqlite:///seh.db"),
        ("oracle://user:secret@host/db", "sqlalchemy_url names the database 'oracle'; this target writes"),
    ],
)
def test_a_database_that_cannot_be_used_is_named_without_its_password(url, message):
    with pytest.raises(UnsupportedDatabase, match=message) as raised:
        TargetSehSql(config={"sqlalchemy_url": url})
    assert "secret" not in str(raised.value)


def test_foreign_tables_are_not_touched(database):
    database.execute("CREATE TABLE sites (id INTEGER)")
    with pytest.raises(
        SchemaMismatch, match="the database has a table 'sites' that this target did not make"
    ):
        database.load(*GOOD)
    assert database.execute("SELECT count(*) FROM sites") == [(0,)]


def test_newer_tables_are_not_touched(database, command):
    database.load(*GOOD)
    database.execute("UPDATE schema_version SET version_num = '0099'")
    for name in (("status",), ("report",), ("export", "sites"), ("check",), ("init-db",), ("adopt",)):
        code, out, said = command(database, *name)
        assert (
            code,
            "the tables are of revision 0099, which this target-seh-sql does not know" in out + said,
        ) == (
            1,
            True,
        )
    with pytest.raises(
        SchemaMismatch, match="the tables are of revision 0099, which this target-seh-sql does not know"
    ):
        database.load(*GOOD)


def test_a_fault_of_ours_is_told_without_its_text(caplog):
    class Broken(CommandLine):
        def get_command(self, context, name):
            return click.Command(name, callback=lambda: int("s3cret"))

    with pytest.raises(SystemExit) as end:
        Broken(name="target-seh-sql").main(["status"])
    assert end.value.code == 1
    (said,) = caplog.messages
    where, _, advice = said.partition("; ")
    assert where.startswith("a fault of the program: ValueError in test_errors.py, line ")
    assert advice == "TARGET_SEH_SQL_LOGLEVEL=DEBUG shows all of it"
