"""Reads the quarter hours of a site, weeks at a time: the database makes lists of whole numbers: fast."""

from __future__ import annotations

from array import array
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from target_seh_sql.clocks import in_utc
from target_seh_sql.errors import UnsupportedDatabase
from target_seh_sql.report.packing import ABSURD, NO_VALUE, Quarters

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from target_seh_sql.report.reader import Reader, Row

QUARTER: Final = 900
"""Seconds."""
AT_ONCE: Final = timedelta(days=28)
"""So many days are read by one query."""
FLOWS: Final = {
    "pv": "pv_power",
    "load": "load_power",
    "grid": "grid_power",
    "storage": "storage_power",
    "charge": "storage_charge_level",
}
READINGS: Final = {"pv": "power_watts"}
TIMES: Final = {"charge": 10}
"""By what a column is multiplied."""
MOST: Final = 1e8
"""Watts: 100 MW, more than any site has; its panels give no hundred times their peak power either."""
MOST_OF: Final = {"charge": 200.0}
"""The same of columns that are no power: percent."""
PEAKS: Final = 100
FROM_FLOWS: Final = "FROM {power_flows} WHERE coalesce(resolution, '') <> 'SNAPSHOT' AND site_id = :site_id"
FROM_READINGS: Final = "FROM {power_readings} WHERE site_id = :site_id"
SPAN: Final = "AND timestamp >= :begin AND timestamp < :end"
OFFSET: Final = "coalesce(utc_offset_minutes, 0)"
OFFSET_BEFORE: Final = f"lag({OFFSET}) OVER (ORDER BY timestamp)"
SUMMARY: Final = f"count(*), min(timestamp), max(timestamp), min({OFFSET}), max({OFFSET})"
_numbers = msgspec.json.Decoder(list[int]).decode


def quarter_hours(reader: Reader, site: Row, last: timedelta | None) -> Quarters:
    """Return the power of a site by quarter hour: all of it, or that of the last days before its newest."""
    found = _Series(reader, site, FLOWS, FROM_FLOWS).read(last)
    if not found.count and reader.has("power_readings"):
        return _Series(reader, site, READINGS, FROM_READINGS).read(last)
    return found


class _Series:
    """Columns of one table of one site, read into `found`."""

    def __init__(self, reader: Reader, site: Row, columns: Mapping[str, str], source: str) -> None:
        self._reader, self._site_id, self._columns, self._source = reader, site["site_id"], columns, source
        peak = site["peak_power"] or 0
        self._most = MOST_OF | ({"pv": min(MOST, PEAKS * 1000 * peak)} if peak > 0 else {})
        self._found = Quarters(series={name: array("i") for name in columns})

    def read(self, last: timedelta | None) -> Quarters:
        """Return all quarter hours, or the last ones."""
        first, newest = self._end("ASC"), self._end("DESC")
        if first is not None:
            begin, newest = in_utc(first), in_utc(newest)
            begin = begin if last is None else max(begin, newest - last)
            self._found.first = _number(begin)
            for begins in _spans(begin, newest):
                self._add(begins, begins + AT_ONCE)
        return self._found

    def _end(self, order: str) -> Any:  # noqa: ANN401
        """Return when the first or the last row is, or None: from an index, at once."""
        query = f"SELECT timestamp {self._source} ORDER BY timestamp {order} LIMIT 1"
        found = self._reader.tuples(query, site_id=self._site_id)
        return found[0][0] if found else None

    def _add(self, begin: datetime, end: datetime) -> None:
        """Add the quarter hours of [begin, end)."""
        span = {"site_id": self._site_id, "begin": _text(begin), "end": _text(end)}
        (count, first, newest, least, most), *lists = self._lists(self._whole(), span)
        if not count:
            return
        places: Sequence[int] = range(_number(in_utc(first)), _number(in_utc(newest)) + 1)
        if len(places) != count:
            _, places, *lists = self._lists(["QUARTERS_TO(timestamp)", *self._whole()], span)
        self._add_offsets([(places[0], least)] if least == most else self._offsets(span))
        for (name, values), numbers in zip(self._found.series.items(), lists, strict=True):
            _put(values, places, self._found.first, self._possible(self._columns[name], numbers))

    def _possible(self, column: str, numbers: list[int]) -> list[int]:
        """Return the numbers without those that no site can have; count these."""
        if not (absurd := numbers.count(ABSURD)):
            return numbers
        self._found.absurd[column] = self._found.absurd.get(column, 0) + absurd
        return [NO_VALUE if number == ABSURD else number for number in numbers]

    def _whole(self) -> list[str]:
        """Return SQL for the whole number of each column, or what stands for none and for an absurd one."""
        return [self._whole_of(name, column) for name, column in self._columns.items()]

    def _whole_of(self, name: str, column: str) -> str:
        most = self._most.get(name, MOST)
        number = f"WHOLE_OF({TIMES[name]} * {column})" if name in TIMES else f"WHOLE_OF({column})"
        # not abs(): in SQLite a text has one, and is above all numbers
        possible = f"WHEN {column} BETWEEN -{most:.0f} AND {most:.0f} THEN {number}"
        return f"CASE {possible} WHEN {column} IS NULL THEN {NO_VALUE} ELSE {ABSURD} END"

    def _lists(self, numbers: Sequence[str], span: dict[str, Any]) -> Iterator[Any]:
        """Yield what is known of a span's rows, then each of the numbers of all rows.

        Raises:
            UnsupportedDatabase: a list has not all of them.
        """
        names = [f"number{place}" for place in range(len(numbers))]
        columns = ", ".join(f"{number} AS {name}" for number, name in zip(numbers, names, strict=True))
        rows = f"SELECT timestamp, utc_offset_minutes, {columns} {self._source} {SPAN} ORDER BY timestamp"
        query = f"SELECT {SUMMARY}, {', '.join(self._reader.lists(names))} FROM ({rows}) AS span"  # noqa: S608
        ((count, first, newest, least, most, *lists),) = self._reader.tuples(query, **span)
        yield count, first, newest, least, most
        turns = len(numbers) // len(lists)
        for listed in lists:
            found = _listed(listed or "", turns * count)
            yield from (found[turn::turns] for turn in range(turns))

    def _offsets(self, span: dict[str, Any]) -> list[tuple[int, int]]:
        """Return from which quarter hours of a span on which offset holds; a corrected one comes and goes."""
        rows = f"SELECT timestamp, {OFFSET} AS ours, {OFFSET_BEFORE} AS previous {self._source} {SPAN}"
        query = f"SELECT timestamp, ours FROM ({rows}) AS span WHERE previous IS NULL OR previous <> ours"  # noqa: S608
        found = self._reader.tuples(f"{query} ORDER BY timestamp", **span)
        return [(_number(in_utc(first)), offset) for first, offset in found]

    def _add_offsets(self, offsets: list[tuple[int, int]]) -> None:
        known = self._found.offsets
        for place, offset in offsets:
            if not known or known[-1][1] != offset:
                known.append((place, offset))


def _listed(text: str, count: int) -> list[int]:
    """Return the numbers of a list, which are so many."""
    try:
        found = _numbers(f"[{text}]")
    except msgspec.DecodeError:
        found = []
    if len(found) != count:
        raise UnsupportedDatabase(
            "the database cut a list of quarter hours short: raise group_concat_max_len"
        )
    return found


def _put(values: array[int], places: Sequence[int], first: int, numbers: Sequence[int]) -> None:
    """Put numbers at their places, counted as `first` is, and no value at those between."""
    values.extend([NO_VALUE] * (places[0] - first - len(values)))
    if places[-1] - places[0] + 1 == len(places):
        values.extend(numbers)
        return
    values.extend([NO_VALUE] * (places[-1] - first + 1 - len(values)))
    for place, number in zip(places, numbers, strict=True):
        values[place - first] = number


def _spans(first: datetime, newest: datetime) -> Iterator[datetime]:
    begin = datetime.fromtimestamp(_number(first) * QUARTER, UTC)
    while begin <= newest:
        yield begin
        begin += AT_ONCE


def _number(moment: datetime) -> int:
    """Return the quarter hours since 1970."""
    return int(moment.timestamp()) // QUARTER


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"
