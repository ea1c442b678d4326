"""Hypothesis strategies, derived from the tables: rows that are valid however odd, and ways to spoil one."""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Boolean, Date, DateTime, Double, Integer, String, Text

from target_seh_sql.load.records import RECORD_TYPES
from target_seh_sql.tables.columns import NOTES_LENGTH

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.types import TypeEngine

    from target_seh_sql.load.records import RecordType

STREAMS = [name for name in RECORD_TYPES if name != "sync_metadata"]
FACTOR = int(os.environ.get("HYPOTHESIS_FACTOR", "1"))
"""Examples of a test are this many times as many; more than 1 draws new ones in each run."""


def examples(number: int) -> Callable[..., Any]:
    """Return settings: the same examples in each run, unless more are asked for."""
    return settings(
        max_examples=number * FACTOR,
        derandomize=FACTOR == 1,
        database=None,
        deadline=None,
        phases=[Phase.generate] if FACTOR == 1 else [Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )


ODD_TEXTS = [
    "",
    " ",
    "\\",
    "'\"`",
    "%s %(x)s {0} :name ?",
    "\t\r\n\f\v\b\x01\x7f\x85",
    "e\u0301 = \u00e9",
    "\u202eabc\u202c \u05d0\u0628",
    "👩\u200d👩\u200d👧 🇳🇱",
    "\ufeff\ufffe\uffff",
    "NULL",
    "\\N",
    "\\u0041\\0",
    "\U0010ffff",
    "a ",
    "A",
]


def texts(length: int) -> st.SearchStrategy[str]:
    """Texts that fit, of every character that text may hold."""
    any_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
    fitting = [text for text in ODD_TEXTS if len(text) <= length]
    longest = st.sampled_from(["x", "é", "太", "😀"]).map(lambda character: character * length)
    return st.one_of(any_text.map(lambda text: text[:length]), st.sampled_from(fitting), longest)


MOMENTS = st.builds(
    lambda moment, minutes: moment.replace(tzinfo=UTC).astimezone(timezone(timedelta(minutes=minutes))),
    st.datetimes(datetime(1900, 1, 1, 0, 0), datetime(2999, 12, 31, 23, 59, 59)),  # noqa: DTZ001
    st.integers(-839, 839),
)
NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(2**53), 2**53),
    st.sampled_from([0.0, -0.0, 5e-324, 1.7976931348623157e308, 0.1, 1e22, 123456789.123456789]),
)
DAYS = st.dates(date(1900, 1, 1), date(2999, 12, 31)).map(date.isoformat)


BY_TYPE: tuple[tuple[type, st.SearchStrategy[Any]], ...] = (
    (DateTime, MOMENTS.map(datetime.isoformat)),
    (Date, DAYS),
    (Double, NUMBERS),
    (Boolean, st.booleans()),
    (BigInteger, st.integers(-(2**63), 2**63 - 1) | st.sampled_from([-(2**63), 2**63 - 1, 0])),
    (Integer, st.integers(-(2**31), 2**31 - 1)),
    (Text, texts(NOTES_LENGTH)),
)


def values(kind: TypeEngine[Any]) -> st.SearchStrategy[Any]:
    """Return valid values of a column, as JSON has them."""
    fitting = (found for column_type, found in BY_TYPE if isinstance(kind, column_type))
    found = next(fitting, None)
    return texts(kind.length) if found is None else found


def records(kind: RecordType) -> st.SearchStrategy[dict[str, Any]]:
    """Return valid records of a stream: parts of the key always, other fields there, null or absent."""
    required = {name: values(kind.types[name]) for name in kind.required}
    if kind.stream.is_site:
        required["name"] = texts(255)
    optional = {name: st.none() | values(kind.types[name]) for name in kind.fields if name not in required}
    return st.fixed_dictionaries(required, optional=optional)


def stored(kind: RecordType, name: str, value: Any) -> Any:
    """Return a value as `Database.rows` gives it back."""
    if value is not None and isinstance(kind.types[name], DateTime):
        moment = datetime.fromisoformat(value).astimezone(UTC)
        return moment.strftime("%Y-%m-%d %H:%M:%S")
    return value


NAN, INFINITY = float("nan"), float("inf")
UNFIT: tuple[tuple[type, list[Any]], ...] = (
    (DateTime, ["", "yesterday", "2026-01-01T00:00:00", "2026-02-30T00:00:00Z", 5, True, 1e300, NAN]),
    (DateTime, ["1899-12-31T23:59:59Z", "3000-01-01T00:00:00Z", "2026-01-01T24:61:00Z"]),
    (Date, ["", "2026-02-30", "1899-12-31", "3000-01-01", 20260101, True, "12:00", -INFINITY]),
    (Double, ["", "1.0", True, NAN, INFINITY, -INFINITY, 10**400]),
    (Boolean, ["", "true", 0, 1, 0.5, NAN]),
    (Integer, ["", "1", 0.5, True, 2**63, -(2**63) - 1, 10**400, NAN]),
    (String, [5, True, INFINITY]),
)


def unfit(kind: TypeEngine[Any], *, in_key: bool) -> st.SearchStrategy[Any]:
    """Return values that a column cannot hold; a text is made to fit where it is not part of the key."""
    found = [value for column_type, values in UNFIT if isinstance(kind, column_type) for value in values]
    if isinstance(kind, String) and in_key:
        found += ["a\0b", "\ud800", "x\udfff\ud800"]
        found += ["x" * (kind.length + 1), "😀" * (kind.length + 1)]
    return st.sampled_from([*found, [], {}, [1], {"a": None}])


@st.composite
def spoilt_fields(draw: st.DrawFn) -> tuple[str, dict[str, Any], str]:
    """Draw a stream, a record of it, and the one field of it that holds an impossible value."""
    kind = RECORD_TYPES[draw(st.sampled_from(STREAMS))]
    record = draw(records(kind))
    field = draw(st.sampled_from(kind.fields))
    return (
        kind.stream.name,
        {**record, field: draw(unfit(kind.types[field], in_key=field in kind.stream.key))},
        field,
    )


@st.composite
def records_without_key(draw: st.DrawFn) -> tuple[str, dict[str, Any], str]:
    """Draw a stream, a record of it, and the part of its key that is null or missing."""
    kind = RECORD_TYPES[draw(st.sampled_from(STREAMS))]
    record = draw(records(kind))
    field = draw(st.sampled_from(kind.stream.key))
    without = {name: value for name, value in record.items() if name != field}
    return kind.stream.name, draw(st.sampled_from([without, {**record, field: None}])), field


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside, max_size=3),
    max_leaves=6,
)
WHOLE = {
    "type": "RECORD",
    "stream": "power_readings",
    "record": {"site_id": 1, "timestamp": "2026-11-20T12:15:00Z", "power_watts": 1.5},
}
HALF_LINES = st.integers(1, len(json.dumps(WHOLE)) - 1).map(lambda end: json.dumps(WHOLE)[:end].encode())
"""The beginning of a line, as a tap that dies leaves it."""


@st.composite
def misshapen_messages(draw: st.DrawFn) -> bytes:
    """Draw a message of a type of Singer's in which anything may stand anywhere."""
    kind = draw(st.sampled_from(["SCHEMA", "RECORD", "STATE", "ACTIVATE_VERSION", "BATCH", "", None, 7]))
    inside = st.fixed_dictionaries(
        {}, optional={"properties": JSON, "type": JSON, "bookmarks": JSON, "id": JSON}
    )
    stream = st.sampled_from(["power_readings", "sites", "meters", "nonsense"]) | JSON
    parts = {"stream": stream, "schema": inside | JSON, "record": inside | JSON, "value": inside | JSON}
    more = draw(st.fixed_dictionaries({}, optional={**parts, "key_properties": JSON | st.just(["id"])}))
    return json.dumps({"type": kind, **more}).encode()


GARBAGE = st.one_of(
    st.binary(max_size=40), JSON.map(lambda value: json.dumps(value).encode()), misshapen_messages()
)
