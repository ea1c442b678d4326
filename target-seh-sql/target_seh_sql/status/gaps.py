"""Which intervals are missing between the first and the newest row of a series, found by the database itself.

A row whose values are NULL is no gap: the service was asked and had no value. What is older than the first
row is no gap either: history is filled in backwards. A span between two rows that no run has read yet is one
until history has filled it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import exists, func, select

from target_seh_sql.status.series import QUARTER, intervals, just_before, seconds, series_of
from target_seh_sql.tables.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Table

    from target_seh_sql.status.series import Series

DAY: Final = 86_400
"""Seconds."""
QUARTER_STREAMS: Final = tuple(stream.name for stream in STREAMS if stream.newest == "timestamp")
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
    connection: Connection,
    tables: Mapping[str, Table],
    site_ids: Collection[int] = (),
    since: datetime | None = None,
) -> Iterator[Gap]:
    """Yield the gaps of all series of some sites, or of all, in order of time.

    Args:
        connection: to the database.
        tables: those that are there.
        site_ids: all sites when empty.
        since: a midnight, UTC, before which nothing is looked at; None looks at everything.
    """
    for stream in QUARTER_STREAMS:
        if stream in tables:
            yield from sorted(
                _quarters(connection, tables, stream, site_ids, since),
                key=lambda gap: (gap.site_id, gap.series or "", gap.begin),
            )
    yield from _periods(connection, tables, site_ids, since)


def _quarters(
    connection: Connection,
    tables: Mapping[str, Table],
    stream: str,
    site_ids: Collection[int],
    since: datetime | None,
) -> Iterator[Gap]:
    """Yield gaps: where the rows are as many as the quarter hours, nothing needs to be compared."""
    incomplete: dict[tuple[int, str | None], Series] = {}
    for each in series_of(connection, tables, stream, site_ids, since):
        if each.first is None or each.newest is None:
            continue
        if since and each.older and each.first > (begin := int(since.timestamp())):
            missing = (each.first - begin) // QUARTER
            yield Gap(stream, each.site_id, each.name, _instant(begin), _instant(each.first), missing)
        if each.rows != (each.newest - each.first) // QUARTER + 1:
            incomplete[each.owner, each.name if "serial_number" in tables[stream].c else None] = each
    if not incomplete:
        return
    for owner, serial, before, after in _quarter_jumps(connection, tables[stream], incomplete, since):
        each = incomplete[owner, serial]
        missing = (after - before) // QUARTER - 1
        yield Gap(stream, each.site_id, each.name, _instant(before + QUARTER), _instant(after), missing)


def _quarter_jumps(
    connection: Connection, table: Table, owners: Collection[tuple[int, str | None]], since: datetime | None
) -> Iterator[tuple[int, str | None, int, int]]:
    """Yield owner, serial number, and the seconds of two neighbours that are too far apart."""
    owner = table.c.meter_id if "meter_id" in table.c else table.c.site_id
    serials = [table.c.serial_number] if "serial_number" in table.c else []
    wanted = [owner.in_({number for number, _ in owners}), *intervals(connection, table)]
    wanted += [table.c.timestamp > just_before(since)] if since else []
    for number, *serial, before, after in _jumps(
        connection, [owner, *serials], table.c.timestamp, wanted, QUARTER
    ):
        yield number, *(serial or [None]), before, after


def _periods(
    connection: Connection, tables: Mapping[str, Table], site_ids: Collection[int], since: datetime | None
) -> Iterator[Gap]:
    table = tables["energy_readings"].c
    for unit, longest in LONGEST.items():
        wanted = [table.time_unit == unit, *([table.site_id.in_(site_ids)] if site_ids else [])]
        if since:  # of longer periods two at least, or there is nothing to compare
            begin = since.date() if unit == "DAY" else (since - 2 * longest).date()
            wanted.append(table.reading_date >= begin)
        step = round(longest.total_seconds())
        if since and unit == "DAY":
            yield from _first_days(connection, tables, wanted, since)
        for site_id, before, after in _jumps(connection, [table.site_id], table.reading_date, wanted, step):
            missing = round((after - before) / DAY / MEAN_DAYS[unit]) - 1
            start = next_period(_instant(before), unit)
            yield Gap("energy_readings", site_id, unit, start, _instant(after), missing)


def _first_days(
    connection: Connection, tables: Mapping[str, Table], wanted: list[ColumnElement[bool]], since: datetime
) -> Iterator[Gap]:
    """Yield what is missing from the beginning of the window on, where there are older days."""
    table, sites, begin = tables["energy_readings"], tables["sites"].c, int(since.timestamp())
    firsts = select(table.c.site_id, seconds(connection, func.min(table.c.reading_date))).where(*wanted)
    late = {
        site_id: int(first)
        for site_id, first in connection.execute(firsts.group_by(table.c.site_id))
        if int(first) > begin
    }
    older = exists().where(
        table.c.site_id == sites.id, table.c.time_unit == "DAY", table.c.reading_date < since.date()
    )
    if late:
        for site_id in connection.scalars(select(sites.id).where(sites.id.in_(late), older)):
            first = late[site_id]
            missing = (first - begin) // DAY
            yield Gap("energy_readings", site_id, "DAY", _instant(begin), _instant(first), missing)


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
    at = seconds(connection, time)
    before = func.lag(at).over(partition_by=keys, order_by=time)
    rows = select(*keys, before.label("before"), at.label("at")).where(*wanted).subquery()
    jumps = select(rows).where(rows.c.at - rows.c.before > step).order_by(*rows.c)
    for *key, earlier, later in connection.execute(jumps):
        yield *key, int(earlier), int(later)


def _instant(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def next_period(begin: datetime, unit: str) -> datetime:
    """Return the start of the period of energy readings that follows."""
    if unit == "MONTH":
        return (begin.replace(day=1) + LONGEST["MONTH"]).replace(day=1)
    return begin.replace(year=begin.year + 1) if unit == "YEAR" else begin + LONGEST[unit]
