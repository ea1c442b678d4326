"""Which intervals are missing between the first and the newest row of a series, found by the database itself.

A row whose values are NULL is no gap: the service was asked and had no value. What is older than the first
row is no gap either: history is filled in backwards. A span between two rows that no run has read yet is one
until history has filled it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import BigInteger, cast, extract, func, select

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Table

QUARTER: Final = 900
"""Seconds, as DAY is."""
DAY: Final = 86_400
QUARTER_STREAMS: Final = (
    "power_readings",
    "power_flows",
    "meter_readings",
    "battery_readings",
    "inverter_readings",
)
LONGEST: Final = {
    "DAY": timedelta(days=1),
    "WEEK": timedelta(days=7),
    "MONTH": timedelta(days=31),
    "YEAR": timedelta(days=366),
}
"""How long the periods of energy readings are at most; a period that is missing makes twice as much."""
MEAN_DAYS: Final = {"DAY": 1.0, "WEEK": 7.0, "MONTH": 30.44, "YEAR": 365.25}


@dataclass(frozen=True)
class Gap:
    """Intervals that are missing, one after the other."""

    stream: str
    site_id: int
    series: str | None
    """Name of the meter, serial number of the device, or the period of energy readings."""
    begin: datetime
    """Start of the first interval that is missing, UTC; for energy readings the site's own date."""
    end: datetime
    """Start of the next row."""
    missing: int
    """Intervals."""


def find_gaps(
    connection: Connection, tables: Mapping[str, Table], site_ids: Collection[int] = ()
) -> Iterator[Gap]:
    """Yield the gaps of all series of some sites, or of all, in order of time."""
    for stream in QUARTER_STREAMS:
        if stream in tables:
            yield from _quarters(connection, tables, stream, site_ids)
    yield from _periods(connection, tables, site_ids)


def _quarters(
    connection: Connection, tables: Mapping[str, Table], stream: str, site_ids: Collection[int]
) -> Iterator[Gap]:
    table, meters = tables[stream].c, None
    if stream == "meter_readings":
        meters = _meters(connection, tables, site_ids)
    owner, owners = (table.site_id, site_ids) if meters is None else (table.meter_id, meters)
    keys = [owner, *([table.serial_number] if "serial_number" in table else [])]
    wanted: list[ColumnElement[bool]] = [owner.in_(owners)] if site_ids else []
    if "resolution" in table:
        wanted.append(func.coalesce(table.resolution, "") != "SNAPSHOT")
    wanted = [
        owner.in_(_incomplete(connection, keys, table.timestamp, wanted)),
        *wanted,
        _seconds(connection, table.timestamp) % QUARTER == 0,  # what is between is a reading of a moment
    ]
    for number, *serial, before, after in _jumps(connection, keys, table.timestamp, wanted, QUARTER):
        site_id, name = (number, *(serial or [None])) if meters is None else meters[number]
        missing = (after - before) // QUARTER - 1
        yield Gap(stream, site_id, name, _instant(before + QUARTER), _instant(after), missing)


def _incomplete(
    connection: Connection,
    keys: Sequence[ColumnElement[Any]],
    time: ColumnElement[Any],
    wanted: list[ColumnElement[bool]],
) -> set[int]:
    """Return the sites, or meters, of which a series has another number of rows than of quarter hours.

    Counting takes a fraction of the time of looking from row to row, and most series are complete.
    """
    first, newest = _seconds(connection, func.min(time)), _seconds(connection, func.max(time))
    query = select(keys[0], func.count(), first, newest).where(*wanted).group_by(*keys)
    return {
        number
        for number, rows, begin, end in connection.execute(query)
        if rows != int(end) // QUARTER + -int(begin) // QUARTER + 1
    }


def _meters(
    connection: Connection, tables: Mapping[str, Table], site_ids: Collection[int]
) -> dict[int, tuple[int, str]]:
    """Return site and name of each meter."""
    meters = tables["meters"].c
    query = select(meters.id, meters.site_id, meters.name)
    query = query.where(meters.site_id.in_(site_ids)) if site_ids else query
    return {row[0]: (row[1], row[2]) for row in connection.execute(query)}


def _periods(connection: Connection, tables: Mapping[str, Table], site_ids: Collection[int]) -> Iterator[Gap]:
    table = tables["energy_readings"].c
    for unit, longest in LONGEST.items():
        wanted = [table.time_unit == unit, *([table.site_id.in_(site_ids)] if site_ids else [])]
        step = round(longest.total_seconds())
        for site_id, before, after in _jumps(connection, [table.site_id], table.reading_date, wanted, step):
            missing = round((after - before) / DAY / MEAN_DAYS[unit]) - 1
            begin = next_period(_instant(before), unit)
            yield Gap("energy_readings", site_id, unit, begin, _instant(after), missing)


def _jumps(
    connection: Connection,
    keys: Sequence[ColumnElement[Any]],
    time: ColumnElement[Any],
    wanted: list[ColumnElement[bool]],
    step: int,
) -> Iterator[tuple[Any, ...]]:
    """Yield the keys, and the seconds of two rows that are further apart than a step.

    Rows are ordered by the columns of their unique index, so that no database has to sort.
    """
    at = _seconds(connection, time)
    before = func.lag(at).over(partition_by=keys, order_by=time)
    rows = select(*keys, before.label("before"), at.label("at")).where(*wanted).subquery()
    jumps = select(rows).where(rows.c.at - rows.c.before > step).order_by(*rows.c)
    for *key, earlier, later in connection.execute(jumps):
        yield *key, int(earlier), int(later)


def _seconds(connection: Connection, column: ColumnElement[Any]) -> ColumnElement[int]:
    """Return an instant or date as seconds since 1970, of which every database can take differences."""
    if connection.dialect.name == "sqlite":
        return cast(func.strftime("%s", column), BigInteger)
    if connection.dialect.name == "mariadb":
        return cast(func.unix_timestamp(column), BigInteger)
    return cast(extract("epoch", column), BigInteger)


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def next_period(begin: datetime, unit: str) -> datetime:
    """Return the start of the period of energy readings that follows."""
    if unit == "MONTH":
        return (begin.replace(day=1) + LONGEST["MONTH"]).replace(day=1)
    return begin.replace(year=begin.year + 1) if unit == "YEAR" else begin + LONGEST[unit]
