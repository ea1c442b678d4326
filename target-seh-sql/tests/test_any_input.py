"""Whatever comes in: valid rows are stored as they are, anything else is refused by name."""

from __future__ import annotations

import io
import json
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from singer_sdk.exceptions import SingerSDKError

from target_seh_sql.errors import BadMessage, BadRecord, TargetSehSqlError, UnknownStream
from target_seh_sql.load.records import RECORD_TYPES
from target_seh_sql.load.refusals import MissingKey
from target_seh_sql.target import TargetSehSql

from .conftest import lines, record, schema, state
from .messages_of_any_kind import (
    GARBAGE,
    HALF_LINES,
    STREAMS,
    examples,
    records,
    records_without_key,
    spoilt_fields,
    stored,
)

if TYPE_CHECKING:
    from .conftest import Database

GOOD = [
    *(schema(stream) for stream in STREAMS),
    record("sites", id=1, name="Dak"),
    record("power_readings", site_id=1, timestamp="2026-11-20T12:00:00Z", power_watts=1.0),
    state("power_readings", 1, replication_key_value="2026-11-20T12:00:00Z"),
    record("power_readings", site_id=1, timestamp="2026-11-20T12:10:00Z", power_watts=2.0),
]
SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
NOTHING = schema("sites"), record("sites", id=1, name="Dak")
STATE = json.dumps(GOOD[-2]["value"])


def read_back(database: Database, kind: Any) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Return the rows of a stream by natural key, as they were sent."""
    name = kind.stream.name
    columns = [
        field for field in kind.fields if not (kind.stream.of_meter and field in {"site_id", "meter_name"})
    ]
    parents = ["meter_id"] if kind.stream.of_meter else []
    meters = {row[0]: row[1:] for row in database.rows("meters", "id", "site_id", "name")}
    found = {}
    for row in database.rows(name, *parents, *columns):
        values = (*meters[row[0]], *row[1:]) if parents else row
        fields = dict(zip(kind.fields, values, strict=True))
        found[tuple(fields[part] for part in kind.stream.key)] = fields
    return found


def as_stored(kind: Any, row: dict[str, Any]) -> dict[str, Any]:
    found = {name: stored(kind, name, row.get(name)) for name in kind.fields}
    if kind.stream.is_site and not found["name"].strip():
        found["name"] = f"Site {found['id']}"
    return found


def key(kind: Any, row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(stored(kind, name, row[name]) for name in kind.stream.key)


@pytest.fixture
def tables(database: Database) -> Database:
    """Return a database that has the tables already."""
    database.load(*NOTHING)
    return database


@examples(5)
@given(data=st.data())
def test_what_is_valid_is_stored_and_read_back_equal(tables, data):
    tables.execute("DELETE FROM sites")
    sent = {}
    for stream in STREAMS:
        kind = RECORD_TYPES[stream]
        few = st.lists(records(kind), min_size=1, max_size=3, unique_by=partial(key, kind))
        sent[stream] = data.draw(few)
    tables.load(
        *(m for stream in STREAMS for m in (schema(stream), *(record(stream, **r) for r in sent[stream])))
    )
    for stream, rows in sent.items():
        kind = RECORD_TYPES[stream]
        found = read_back(tables, kind)
        expected = {key(kind, row): as_stored(kind, row) for row in rows}
        assert {k: row for k, row in found.items() if k in expected} == expected


def refused(database: Database, capsys: Any, *bad: dict[str, Any] | bytes) -> Exception:
    """Load good messages, bad ones after them; return the error after looking at what was kept."""
    database.execute("DELETE FROM sites")
    capsys.readouterr()
    given_lines = lines(*GOOD).encode() + b"".join(
        m if isinstance(m, bytes) else json.dumps(m).encode() + b"\n" for m in bad
    )
    target = TargetSehSql(config={"sqlalchemy_url": database.url})
    with pytest.raises((TargetSehSqlError, SingerSDKError)) as raised:
        target.listen(io.TextIOWrapper(io.BytesIO(given_lines)))
    assert capsys.readouterr().out.splitlines() == [STATE]
    assert database.rows("power_readings", "power_watts") == [(1.0,), (2.0,)]
    assert database.rows("sync_metadata", "last_data_timestamp") == [("2026-11-20 12:00:00",)]
    return raised.value


@examples(12)
@given(bad=spoilt_fields())
def test_an_impossible_value_is_refused_by_stream_key_and_field(tables, capsys, bad):
    stream, row, field = bad
    error = refused(tables, capsys, record(stream, **row))
    assert isinstance(error, BadRecord)
    assert str(error).startswith(f"stream {stream!r}, record with {RECORD_TYPES[stream].stream.key[0]}=")
    assert f"field {field!r}: " in str(error)


@SQLITE
@examples(8)
@given(bad=records_without_key())
def test_a_record_without_part_of_its_key_is_refused_by_stream_and_field(tables, capsys, bad):
    stream, row, field = bad
    error = refused(tables, capsys, record(stream, **row))
    assert isinstance(error, MissingKey)
    assert f"stream {stream!r}, " in str(error)
    assert f": {field} is missing, and it is part of the key" in str(error)


@SQLITE
@examples(8)
@given(half=HALF_LINES)
def test_half_a_line_is_refused_and_shown(tables, capsys, half):
    error = refused(tables, capsys, half)
    assert isinstance(error, BadMessage)
    assert "a line of input is not a Singer message" in str(error)
    assert "Did the tap stop in the middle of a line" in str(error)


@SQLITE
@examples(8)
@given(
    stream=st.text(st.characters(exclude_categories=["Cs"]), max_size=9).filter(lambda t: t not in STREAMS)
)
def test_an_unknown_stream_is_refused_by_name(tables, capsys, stream):
    message = {
        "type": "SCHEMA",
        "stream": stream,
        "schema": {"properties": {"a": {}}},
        "key_properties": ["a"],
    }
    error = refused(tables, capsys, message)
    assert isinstance(error, UnknownStream)
    assert f"there is no table for the stream {stream!r}" in str(error)


@SQLITE
@examples(150)
@given(garbage=GARBAGE)
def test_no_line_whatsoever_is_met_by_anything_but_a_clear_error(database, garbage):
    target = TargetSehSql(config={"sqlalchemy_url": database.url})
    source = lines(*GOOD).encode() + garbage + b"\n"
    with suppress(TargetSehSqlError, SingerSDKError):
        target.listen(io.TextIOWrapper(io.BytesIO(source)))
    assert database.rows("power_readings", "power_watts")[:2] == [(1.0,), (2.0,)]


@SQLITE
@pytest.mark.parametrize("depth", [100, 100_000])
def test_a_line_nested_without_end_is_refused(tables, capsys, depth):
    error = refused(tables, capsys, b'{"a":' * depth + b"1" + b"}" * depth + b"\n")
    assert isinstance(error, BadMessage)
