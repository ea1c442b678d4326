"""What is exported: the columns of a table or view, and its rows, with times by UTC or the site's clock."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import BigInteger, Boolean, Date, DateTime, Double, Integer, column, select, text

from target_seh_sql.clocks import in_utc, zone_named
from target_seh_sql.errors import NothingToExport
from target_seh_sql.tables.metadata import prefix_of
from target_seh_sql.tables.streams import STREAMS
from target_seh_sql.tables.views import columns_of, names_of_views, views

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from sqlalchemy import ColumnElement, Connection, Select, Table

logger = logging.getLogger("target-seh-sql")

ROWS_AT_ONCE: Final = 500
DAY: Final = timedelta(days=1)
KINDS: Final = {
    Boolean: "flag",
    DateTime: "instant",
    Date: "date",
    Double: "real",
    BigInteger: "whole",
    Integer: "whole",
}
"""Kinds of values by SQL type; any other is text."""
KINDS_IN_VIEWS: Final = {
    "date": {"day", "month", "local_date"},
    "instant": {"timestamp", "newest", "read_at", "begins", "ends"},
    "local": {"local_time"},
    "text": {
        "site_name", "serial_number", "name", "resolution", "stream", "series", "status", "error", "period",
        "quantity",
    },
    "whole": {
        "site_id", "days", "year", "quarter", "quarters", "missing", "days_missing", "quarters_missing",
    },
}  # fmt: skip
"""Kinds by the names of the views' columns, for databases give them without a type; any other is real."""
TIMES: Final = ("timestamp", "reading_date", "day", "month", "begins", "last_data_timestamp")
"""Columns by which an export is cut to dates, the first that there is."""
ORDER: Final = (
    "site_id",
    "stream",
    "series",
    "serial_number",
    "year",
    "period",
    "quantity",
    "month",
    "day",
    "quarter",
    "timestamp",
)
"""Columns by which views are ordered."""


@dataclass(frozen=True)
class Wanted:
    """Which rows, and whose clock."""

    site_ids: Collection[int] = ()
    begin: date | None = None
    """First day, by the same clock as the times."""
    end: date | None = None
    """Last day, inclusive."""
    local: bool = False


@dataclass(frozen=True)
class Source:
    """A table or view."""

    name: str
    kinds: Mapping[str, str]
    """By column, in order: instant, local (an instant without zone), date, flag, whole, real or text."""
    query: Select[Any]
    owners: Mapping[int, int]
    """Site by meter, where rows belong to meters."""


def source(connection: Connection, tables: Mapping[str, Table], name: str) -> Source:
    """Return a table or view by its name, with or without the prefix of the tables.

    Raises:
        NothingToExport: there is no such table or view.
    """
    plain = name.removeprefix(prefix_of(tables))
    if plain in tables:
        return _of_table(connection, tables, plain)
    names = names_of_views(connection, tables)
    view = next((view for view in views() if view.name == plain), None)
    if view is None or plain not in names:
        there = ", ".join([*tables, *names])
        raise NothingToExport(f"there is no table or view {name!r} in the database; there are {there}")
    columns: list[ColumnElement[Any]] = [column(each) for each in columns_of(view)]
    order: list[ColumnElement[Any]] = [column(each) for each in columns_of(view) if each in ORDER]
    query = select(*columns).select_from(text(names[plain])).order_by(*order)
    return Source(plain, {each: _kind_in_view(each) for each in columns_of(view)}, query, {})


def _of_table(connection: Connection, tables: Mapping[str, Table], name: str) -> Source:
    found, meters = tables[name], tables["meters"].c
    stream = next(each for each in STREAMS if each.name == name)
    owners = (
        dict(connection.execute(select(meters.id, meters.site_id)).tuples().all()) if stream.of_meter else {}
    )
    kinds = {
        each.name: next((kind for type_, kind in KINDS.items() if isinstance(each.type, type_)), "text")
        for each in found.c
    }
    return Source(name, kinds, select(found).order_by(*(found.c[key] for key in stream.table_key)), owners)


def _kind_in_view(name: str) -> str:
    return next((kind for kind, names in KINDS_IN_VIEWS.items() if name in names), "real")


def rows_of(
    connection: Connection, tables: Mapping[str, Table], found: Source, wanted: Wanted
) -> Iterator[list[Any]]:
    """Return the rows that are wanted; no more than a few thousand of them are in memory.

    Instants are aware, in UTC or by the site's clock.

    Raises:
        NothingToExport: dates are wanted of what has none, or a site that is not there.
    """
    time = next((name for name in TIMES if name in found.kinds), None)
    if time is None and (wanted.begin or wanted.end):
        raise NothingToExport(f"{found.name} has no dates to choose by: leave out --from and --to")
    clock = _Clock(connection, tables, found) if wanted.local else None
    streamed = connection.execution_options(yield_per=ROWS_AT_ONCE).execute(_cut(found, wanted, time))
    return _converted(streamed.partitions(), found, wanted, time, clock)


def _converted(
    partitions: Iterator[Any], found: Source, wanted: Wanted, time: str | None, clock: _Clock | None
) -> Iterator[list[Any]]:
    convert = [_CONVERTERS[kind] for kind in found.kinds.values()]
    at = list(found.kinds).index(time) if time else 0
    for partition in partitions:
        for raw in partition:
            row = [None if value is None else to(value) for to, value in zip(convert, raw, strict=True)]
            if clock:
                clock.set(row)
            if time is None or _is_in(row[at], wanted):
                yield row


def _cut(found: Source, wanted: Wanted, time: str | None) -> Select[Any]:
    """Return the query for the sites and dates; of instants a day more at each end, for local clocks."""
    query, columns = found.query, found.query.selected_columns
    if wanted.site_ids and found.owners:
        mine = [meter for meter, site in found.owners.items() if site in wanted.site_ids]
        query = query.where(columns["meter_id"].in_(mine))
    elif wanted.site_ids:
        query = query.where(columns["id" if found.name == "sites" else "site_id"].in_(wanted.site_ids))
    if time is None:
        return query
    is_date = found.kinds[time] == "date"
    bounds: list[ColumnElement[bool]] = []
    if wanted.begin and wanted.begin > date.min:
        bounds.append(columns[time] >= (wanted.begin if is_date else _midnight(wanted.begin - DAY)))
    if wanted.end and (date.max - wanted.end) >= 2 * DAY:
        bounds.append(columns[time] < (wanted.end + DAY if is_date else _midnight(wanted.end + 2 * DAY)))
    return query.where(*bounds)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 -- as the database holds it, UTC


def _is_in(value: Any, wanted: Wanted) -> bool:  # noqa: ANN401
    if not (wanted.begin or wanted.end):
        return True
    if value is None:
        return False
    day = value.date() if isinstance(value, datetime) else value
    return not ((wanted.begin and day < wanted.begin) or (wanted.end and day > wanted.end))


class _Clock:
    """Turns the instants of a row to the site's clock: by the row's own offset, else by the site's zone."""

    def __init__(self, connection: Connection, tables: Mapping[str, Table], found: Source) -> None:
        sites, names = tables["sites"].c, list(found.kinds)
        self._zones = {
            site: _zone(name) for site, name in connection.execute(select(sites.id, sites.timezone)).all()
        }
        self._told: set[int] = set()
        owner = "id" if found.name == "sites" else "meter_id" if found.owners else "site_id"
        self._owner, self._owners = names.index(owner), found.owners
        self._offset = names.index("utc_offset_minutes") if "utc_offset_minutes" in names else None
        self._instants = [index for index, name in enumerate(names) if found.kinds[name] == "instant"]
        self._timestamp = names.index("timestamp") if "timestamp" in names else None

    def set(self, row: list[Any]) -> None:
        """Change the instants of a row."""
        owner = row[self._owner]
        site = self._owners.get(owner, owner)
        offset = None if self._offset is None else row[self._offset]
        if offset is not None and abs(offset) >= DAY / timedelta(minutes=1):
            offset = None  # no clock is a day off
        for index in self._instants:
            if row[index] is not None:
                own = offset is not None and index == self._timestamp
                here = timezone(timedelta(minutes=offset or 0)) if own else self._zone_of(site)
                row[index] = row[index].astimezone(here)

    def _zone_of(self, site: int) -> tzinfo:
        zone = self._zones.get(site)
        if zone is None and site not in self._told:
            self._told.add(site)
            logger.warning("site %s: no time zone is known; times without their own offset are in UTC", site)
        return zone or UTC


def _zone(name: str | None) -> tzinfo | None:
    """Return the zone of a name or of an offset such as `GMT-05:00`, None for others."""
    written = (name or "").strip()[-len("+00:00") :]
    with suppress(ValueError):
        return zone_named(name) or datetime.strptime(written, "%z").tzinfo
    return None


_CONVERTERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "instant": in_utc,
    "local": lambda value: datetime.fromisoformat(value) if isinstance(value, str) else value,
    "date": lambda value: date.fromisoformat(value[:10]) if isinstance(value, str) else value,
    "flag": bool,
    "whole": int,
    "real": float,
    "text": str,
}
"""What makes a value, as any driver gives it, one of its kind."""
