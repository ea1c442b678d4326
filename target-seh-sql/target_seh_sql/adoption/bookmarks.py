"""How far the stored rows of each site reach: for sync_metadata, and as the STATE to go on from.

Bookmarks of the old program are not carried over as they are: they ran ahead of the rows (gotchas 70, 71).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Table, and_, func, select, union, update

from target_seh_sql.adoption.spans import QUARTER, Span, days_covered, quarters_covered, utc_text
from target_seh_sql.adoption.wall_time import midnight
from target_seh_sql.clocks import in_utc, zone_named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sqlalchemy import ColumnElement, Connection

SETTLING: Final = timedelta(minutes=30)
"""After its end, the value of an interval may still be partial (gotcha 2)."""
FETCHED: Final = 10_000
"""Rows in memory at once."""


@dataclass(frozen=True)
class Series:
    """A stream whose stored rows tell what was read: they are on the grid of the tap's own."""

    stream: str
    key: str
    value: str
    whole: tuple[str, ...] = ()
    """Columns of which a row that was read in full has one."""
    part: tuple[str, str] | None = None
    """Which rows are meant: a column and its value."""


SPLIT: Final = ("consumption_wh", "feed_in_wh", "purchased_wh")
SERIES: Final = (
    Series("energy_readings", "reading_date", "energy_wh", SPLIT, ("time_unit", "DAY")),
    Series("power_readings", "timestamp", "power_watts"),
    Series(
        "power_flows", "timestamp", "pv_power", ("load_power", "grid_power"), ("resolution", "QUARTER_HOUR")
    ),
)


@dataclass(frozen=True)
class Bookmark:
    """The newest complete row of a stream and site, and the spans that rows cover up to it."""

    site_id: int
    series: Series
    newest: date | datetime
    covered: list[Span]
    start: datetime
    """Where the rows begin: everything since then is owed."""

    @property
    def text(self) -> str:
        """The bookmark as the tap's state has it."""
        return utc_text(self.newest) if isinstance(self.newest, datetime) else self.newest.isoformat()


def bookmarks(connection: Connection, tables: Mapping[str, Table]) -> Iterator[Bookmark]:
    """Yield the bookmarks of all sites that have rows.

    Nothing that the old program read at a site with a battery is covered: V1 gave the inverters' output for
    what the panels made (API V1 reference, section 5; gotcha 65).
    """
    sites = tables["sites"].c
    with_battery = _sites_with_battery(connection, tables)
    for site_id, name in connection.execute(select(sites.id, sites.timezone).order_by(sites.id)).all():
        zone = zone_named(name) or ZoneInfo("UTC")
        for series in SERIES:
            table = tables[series.stream]
            chosen = [table.c.site_id == site_id]
            if series.part is not None:
                chosen.append(table.c[series.part[0]] == series.part[1])
            newest = _newest_complete(connection, table, series, chosen, zone)
            if newest is None:
                continue
            chosen.append(table.c[series.key] <= newest)
            rows = [] if site_id in with_battery else _rows(connection, table, series, chosen)
            yield Bookmark(
                site_id, series, newest, _covered(rows, zone), _first(connection, table, series, chosen, zone)
            )


def _sites_with_battery(connection: Connection, tables: Mapping[str, Table]) -> set[int]:
    """Return the sites of which a battery or its power is stored."""
    batteries, flows = tables["batteries"].c, tables["power_flows"].c
    known = union(select(batteries.site_id), select(flows.site_id).where(flows.storage_power.is_not(None)))
    return set(connection.execute(known).scalars())


def _newest_complete(
    connection: Connection, table: Table, series: Series, chosen: list[ColumnElement[bool]], zone: ZoneInfo
) -> date | datetime | None:
    """Return the newest value if it had settled when written, else the one before, which was read again."""
    key = table.c[series.key]
    query = select(key, table.c.updated_at).where(*chosen, table.c[series.value].is_not(None))
    query = query.order_by(key.desc()).limit(2)
    for place, (start, written) in enumerate(connection.execute(query).all()):
        found = in_utc(start) if isinstance(start, datetime) else start
        if place or in_utc(written) >= _end(found, zone) + SETTLING:
            return found
    return None


def _end(start: date | datetime, zone: ZoneInfo) -> datetime:
    return start + QUARTER if isinstance(start, datetime) else midnight(start + timedelta(days=1), zone)


def _rows(
    connection: Connection, table: Table, series: Series, chosen: list[ColumnElement[bool]]
) -> Iterator[Any]:
    """Yield the start of each row in order, and whether it was read in full."""
    key, known = table.c[series.key], [table.c[series.value].is_not(None)]
    if series.whole:
        known.append(func.coalesce(*(table.c[name] for name in series.whole)).is_not(None))
    query = select(key, and_(*known)).where(*chosen).order_by(key).execution_options(yield_per=FETCHED)
    yield from connection.execute(query)


def _covered(rows: Iterable[Any], zone: ZoneInfo) -> list[Span]:
    read = iter(rows)
    first = next(read, None)
    if first is None:
        return []
    if isinstance(first[0], datetime):
        return quarters_covered(((in_utc(start), bool(known)) for start, known in chain([first], read)), zone)
    return days_covered((day for day, known in chain([first], read) if known), zone)


def _first(
    connection: Connection, table: Table, series: Series, chosen: list[ColumnElement[bool]], zone: ZoneInfo
) -> datetime:
    found = connection.execute(select(func.min(table.c[series.key])).where(*chosen)).scalar_one()
    return in_utc(found) if isinstance(found, datetime) else midnight(found, zone)


def carry_over(connection: Connection, tables: Mapping[str, Table]) -> None:
    """Let sync_metadata tell of the newest complete row that is stored, and of no other."""
    synced = tables["sync_metadata"]
    connection.execute(update(synced).values(last_data_timestamp=None, updated_at=synced.c.updated_at))
    for bookmark in bookmarks(connection, tables):
        newest = bookmark.newest
        if not isinstance(newest, datetime):
            newest = midnight(newest, ZoneInfo("UTC"))
        mine = (synced.c.site_id == bookmark.site_id, synced.c.data_type == bookmark.series.stream)
        connection.execute(update(synced).where(*mine).values(last_data_timestamp=newest))


def state(connection: Connection, tables: Mapping[str, Table]) -> dict[str, Any]:
    """Return the Singer STATE from which tap-solaredge goes on."""
    synced = tables["sync_metadata"].c
    query = select(synced.site_id, synced.data_type, synced.last_sync_time)
    times = {(row[0], row[1]): utc_text(in_utc(row[2])) for row in connection.execute(query)}
    found: dict[str, Any] = {}
    for bookmark in bookmarks(connection, tables):
        stream = bookmark.series.stream
        partition: dict[str, Any] = {
            "context": {"site_id": bookmark.site_id},
            "replication_key": bookmark.series.key,
            "replication_key_value": bookmark.text,
            "start": utc_text(bookmark.start),
            "covered": [[utc_text(start), utc_text(end)] for start, end in bookmark.covered],
        }
        if at := times.get((bookmark.site_id, stream)):
            partition |= {"synced_at": at, "status": "success"}
        found.setdefault(stream, {"partitions": []})["partitions"].append(partition)
    return {"bookmarks": found}
