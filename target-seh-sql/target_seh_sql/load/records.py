"""Typed records: one Singer line becomes one row, checked and converted in C; derived from the tables."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from math import isfinite, isnan
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Protocol, TypeVar, Union, cast

import msgspec
from msgspec import Meta, Struct
from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Double, Integer, String, Text

from target_seh_sql.errors import BadMessage, BadRecord
from target_seh_sql.load.refusals import MissingKey
from target_seh_sql.tables.columns import NOTES_LENGTH
from target_seh_sql.tables.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy.types import TypeEngine

    from target_seh_sql.tables.stream import Stream

logger = logging.getLogger("target-seh-sql")

Row = Struct
"""A record of any stream; its fields are the columns of the stream."""

Day = TypeVar("Day", bound=date)
YEARS: Final = range(1900, 3000)
"""Every database keeps these."""
REMEDY: Final = "Correct the source (or change the field with a stream map) and run again."


class Line(Protocol):
    """A whole line of input that carries a record."""

    record: Row


@dataclass(frozen=True, eq=False)
class RecordType:
    """How the records of one stream look."""

    stream: Stream
    row: type[Row]
    line: type[Line]
    fields: tuple[str, ...]
    required: tuple[str, ...]
    types: Mapping[str, TypeEngine[Any]]
    """Column type of each field."""
    instants: tuple[str, ...]
    """Fields that hold a point in time."""
    days: tuple[str, ...]
    """Fields that hold a date."""
    text_lengths: Mapping[str, int]
    """Characters that fit into each field that describes: texts that are not part of the key."""


_FIELD_TYPES: Final[tuple[tuple[type[TypeEngine[Any]], object], ...]] = (
    (DateTime, Annotated[datetime, Meta(tz=True)]),
    (Date, date),
    (Double, float),
    (Boolean, bool),
    (BigInteger, Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]),
    (Integer, Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]),
    (Text, Annotated[str, Meta(max_length=NOTES_LENGTH)]),
)


def _field_type(kind: TypeEngine[Any]) -> object:
    for column_type, field_type in _FIELD_TYPES:
        if isinstance(kind, column_type):
            return field_type
    return Annotated[str, Meta(max_length=cast("String", kind).length)]


def _column_fields(stream: Stream) -> list[Column[Any]]:
    """Return the columns as the stream sends them: parents by their natural key."""
    if stream.is_site:
        return [Column("id", BigInteger(), nullable=False), *stream.columns()]
    parents: list[Column[Any]] = [Column("site_id", BigInteger(), nullable=False)]
    if stream.of_meter:
        parents.append(Column("meter_name", String(100), nullable=False))
    return [*parents, *stream.columns()]


def _text_lengths(stream: Stream, columns: Iterable[Column[Any]]) -> dict[str, int]:
    texts = (c for c in columns if isinstance(c.type, String) and c.name not in stream.key)
    return {c.name: cast("String", c.type).length or NOTES_LENGTH for c in texts}


def record_type(stream: Stream) -> RecordType:
    """Derive the typed record of a stream from its columns."""
    columns = _column_fields(stream)
    # A site may come without its name: it keeps the one it has.
    required = [c for c in columns if not c.nullable and not (stream.is_site and c.name == "name")]
    optional = [c for c in columns if c not in required]
    row = msgspec.defstruct(
        stream.name,
        [(str(c.name), _field_type(c.type)) for c in required]
        + [(str(c.name), Union[_field_type(c.type), None], None) for c in optional],  # noqa: UP007
        gc=False,
    )
    line = msgspec.defstruct(
        f"{stream.name}_line",
        [("type", Literal["RECORD"]), ("record", row)],
        tag_field="stream",
        tag=stream.name,
        gc=False,
    )
    fields = row.__struct_fields__
    kinds = {c.name: c.type for c in columns}
    return RecordType(
        stream=stream,
        row=row,
        line=cast("type[Line]", line),
        fields=fields,
        required=tuple(c.name for c in required),
        types=kinds,
        instants=tuple(name for name in fields if isinstance(kinds[name], DateTime)),
        days=tuple(name for name in fields if isinstance(kinds[name], Date)),
        text_lengths=_text_lengths(stream, columns),
    )


RECORD_TYPES: Final[Mapping[str, RecordType]] = {stream.name: record_type(stream) for stream in STREAMS}
SITE: Final = RECORD_TYPES["sites"]
METER: Final = RECORD_TYPES["meters"]
SYNC: Final = RECORD_TYPES["sync_metadata"]


def check_columns(kind: RecordType, sent: Collection[str]) -> None:
    """Check the columns that a SCHEMA names; warn of those that the table does not have.

    Raises:
        BadMessage: one is missing that every row needs.
    """
    if missing := [name for name in kind.required if name not in sent]:
        raise BadMessage(
            f"stream {kind.stream.name!r}: its SCHEMA lacks {', '.join(missing)}, "
            "which every row needs; select the field in the catalog"
        )
    if extra := sorted(set(sent) - set(kind.fields)):
        logger.warning("stream %r: no column for %s; left out", kind.stream.name, ", ".join(extra))


def line_decoder(names: Iterable[str]) -> Callable[[bytes | str], Line]:
    """Return the function that turns a RECORD line of one of the streams into a typed one, in one pass.

    It raises `msgspec.DecodeError` or `UnicodeDecodeError` for every other line.
    """
    lines = tuple(RECORD_TYPES[name].line for name in names)
    decoder = msgspec.json.Decoder(Union[lines])  # noqa: UP007
    return cast("Callable[[bytes | str], Line]", decoder.decode)


def row_of(kind: RecordType, record: Mapping[str, Any]) -> Row:
    """Convert a record that is a dictionary.

    Texts that describe are cut and cleaned until they fit, with one warning for each field and run.

    Raises:
        BadRecord: it does not fit its columns; the text names stream, key and field.
    """
    record = {**record, **dict(_fitting(kind, record))}
    try:
        row = msgspec.convert(_only_days(kind, record), kind.row)
    except msgspec.ValidationError as error:
        raise bad_record(kind, record, str(error)) from None
    for name, value in msgspec.structs.asdict(row).items():
        if problem := _refused(value):
            raise bad_record(kind, record, f"{problem}, which databases refuse - at `$.{name}`")
    return row


def _fitting(kind: RecordType, record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the texts that do not fit their columns as they are, in the form that does; none of the key."""
    for name, value in record.items():
        length = kind.text_lengths.get(name)
        if length is None or not isinstance(value, str):
            continue
        fitting = NO_CHARACTERS.sub("", value)[:length]
        if fitting != value:
            _warn_of_text(kind.stream.name, name, length)
            yield name, fitting


NO_CHARACTERS: Final = re.compile("[\0\ud800-\udfff]")
"""U+0000 and halves of surrogate pairs: databases refuse them."""


@cache
def _warn_of_text(stream: str, name: str, length: int) -> None:
    text = "stream %r: a text in %s is cut to %d characters, or cleaned of what databases refuse"
    logger.warning(text, stream, name, length)


def _refused(value: object) -> str | None:
    """Name what is wrong with a value of the right type."""
    if isinstance(value, float) and not isfinite(value):
        return "not a number" if isnan(value) else "infinity"
    if not isinstance(value, str):
        return None
    if "\0" in value:
        return "the character U+0000"
    return "half of a surrogate pair" if NO_CHARACTERS.search(value) else None


def _only_days(kind: RecordType, record: Mapping[str, Any]) -> dict[str, Any]:
    """Cut date-times down to their date where the column holds a date."""
    given = {name: record.get(name) for name in kind.days}
    long = {name: text for name, text in given.items() if isinstance(text, str) and text[10:11] in {"T", " "}}
    return {**record, **{name: text[:10] for name, text in long.items()}}


def bad_record(kind: RecordType, record: Mapping[str, Any], problem: str) -> BadRecord:
    """Return the error for a record, naming stream, key and field."""
    key = ", ".join(f"{name}={shortened(repr(record.get(name)), 60)}" for name in kind.stream.key)
    where = f"stream {kind.stream.name!r}, record with {key}"
    if missing := [name for name in kind.stream.key if record.get(name) is None]:
        return MissingKey(f"{where}: {', '.join(missing)} is missing, and it is part of the key. {REMEDY}")
    problem, _, field = problem.partition(" - at `$.")
    field = field.rstrip("`")
    value = f", got {shortened(repr(record[field]), 60)}" if field in record else ""
    return BadRecord(f"{where}: {f'field {field!r}: ' if field else ''}{problem}{value}. {REMEDY}")


def shortened(text: str, length: int) -> str:
    """Return what a message shows of a text of any length."""
    return text if len(text) <= length else f"{text[:length]}..."


def settle_times(kind: RecordType, rows: list[Row], start: int) -> None:
    """Turn the instants of the rows from `start` on into UTC and whole seconds.

    Raises:
        BadRecord: a time outside of `YEARS`; its row and those after it are dropped.
    """
    for name in kind.instants:
        values: Iterable[datetime | None] = map(attrgetter(name), rows[start:])
        if not all(t is None or (t.tzinfo is UTC and not t.microsecond and t.year in YEARS) for t in values):
            _convert(kind, name, rows, start, _to_utc)
    for name in kind.days:
        days: Iterable[date | None] = map(attrgetter(name), rows[start:])
        if not all(day is None or day.year in YEARS for day in days):
            _convert(kind, name, rows, start, _plausible)


def _convert(kind: RecordType, name: str, rows: list[Row], start: int, change: Callable[[Any], Any]) -> None:
    for index in range(start, len(rows)):
        row = rows[index]
        value = getattr(row, name)
        try:
            setattr(row, name, None if value is None else change(value))
        except (OverflowError, ValueError):
            del rows[index:]
            record = {field: str(getattr(row, field)) for field in kind.fields}
            years = f"not in the years {YEARS.start} to {YEARS.stop - 1} - at `$.{name}`"
            raise bad_record(kind, record, years) from None


def _to_utc(instant: datetime) -> datetime:
    return _plausible(instant.astimezone(UTC)).replace(microsecond=0)


def _plausible(day: Day) -> Day:
    if day.year not in YEARS:
        raise ValueError
    return day


def one_per_key(kind: RecordType, rows: Sequence[Row]) -> Sequence[Row]:
    """Return the last row of each key, its gaps filled from the earlier ones: NULL replaces nothing."""
    key = attrgetter(*kind.stream.key)
    if len(set(map(key, rows))) == len(rows):
        return rows
    merged: dict[Any, Row] = {}
    for row in rows:
        earlier = merged.pop(key(row), None)
        merged[key(row)] = row if earlier is None else _filled(kind, row, earlier)
    return list(merged.values())


def _filled(kind: RecordType, row: Row, earlier: Row) -> Row:
    names = (name for name in kind.fields if name not in kind.stream.cleared_by_null)
    gaps = {name: getattr(earlier, name) for name in names if getattr(row, name) is None}
    return msgspec.structs.replace(row, **gaps)
