"""What each stream of each site holds, how new it is, and what is wrong with it.

A stream is late when no run has read it for `max_age`, or when its newest value is a day older than that: at
night nobody asks a site without a meter, so only a whole day without a value means something. A period of
energy readings has to be over before it counts.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from target_seh_sql.status.gaps import LONGEST, QUARTER, QUARTER_STREAMS, Gap, find_gaps, next_period
from target_seh_sql.tables.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from sqlalchemy import Connection, Table

NIGHT: Final = timedelta(days=1)
"""So long may a site give no value."""
ENERGY: Final = "energy_readings"


@dataclass
class StreamStatus:
    """One stream of one site."""

    site_id: int
    site: str
    stream: str
    rows: int = 0
    newest: datetime | None = None
    """The bookmark: start of the newest complete interval with a value, UTC; a date's midnight."""
    ended: datetime | None = None
    """When that interval ended, UTC."""
    patience: timedelta = NIGHT
    """How old the newest value may be, besides `max_age`."""
    read_at: datetime | None = None
    """When a run has read the stream last, UTC."""
    status: str | None = None
    error: str | None = None
    gaps: list[Gap] = field(default_factory=list)

    def problems(self, now: datetime, max_age: timedelta) -> Iterator[str]:
        """Yield what is wrong, in words."""
        if self.read_at is None:
            yield "no run is recorded"
        elif now - self.read_at > max_age:
            yield f"not read for {span(now - self.read_at)}"
        if self.ended is not None and now - self.ended > self.patience + max_age:
            yield f"no value for {span(now - self.ended)}"
        if self.status == "error":
            yield f"the last run failed: {self.error or 'no reason is recorded'}"
        if self.gaps:
            missing = sum(gap.missing for gap in self.gaps)
            yield f"{missing:,} missing in {len(self.gaps):,} gap{'s' if len(self.gaps) > 1 else ''}"


def span(length: timedelta) -> str:
    """Return a length of time as people say it, such as `3 h`."""
    minutes = max(round(length.total_seconds() / 60), 0)
    if minutes < 120:  # noqa: PLR2004 -- two units of each before the next begins
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h" if hours < 48 else f"{hours // 24} days"  # noqa: PLR2004


def statuses(
    connection: Connection, tables: Mapping[str, Table], site_ids: Collection[int] = ()
) -> list[StreamStatus]:
    """Return every stream of the wanted sites that has rows or was read, in the order of the tables."""
    sites = tables["sites"].c
    query = select(sites.id, sites.name).order_by(sites.id)
    query = query.where(sites.id.in_(site_ids)) if site_ids else query
    names = {row[0]: row[1] for row in connection.execute(query)}
    found = {
        (stream.name, site_id): StreamStatus(site_id, name, stream.name)
        for site_id, name in names.items()
        for stream in STREAMS
        if stream.name in tables and stream.name != "sync_metadata"
    }
    _count(connection, tables, found)
    _read(connection, tables, found)
    _date(connection, tables, found)
    gaps = defaultdict(list)
    for gap in find_gaps(connection, tables, site_ids):
        gaps[gap.stream, gap.site_id].append(gap)
    for key, status in found.items():
        status.gaps = gaps[key]
    return [status for status in found.values() if status.rows or status.read_at]


Found = dict[tuple[str, int], StreamStatus]
"""By stream and site."""


def _count(connection: Connection, tables: Mapping[str, Table], found: Found) -> None:
    meters = tables["meters"].c
    for stream in STREAMS:
        if stream.name not in tables or stream.name == "sync_metadata":
            continue
        table = tables[stream.name].c
        key = table.meter_id if stream.of_meter else table.id if stream.is_site else table.site_id
        rows = select(key.label("key"), func.count().label("rows")).group_by(key).subquery().c
        query = select(rows.key, rows.rows)
        if stream.of_meter:  # counted by its own index first: a join of every row would take far longer
            query = select(meters.site_id, rows.rows).where(meters.id == rows.key)
        for site_id, count in connection.execute(query):
            if (status := found.get((stream.name, site_id))) is not None:
                status.rows += count


def _read(connection: Connection, tables: Mapping[str, Table], found: Found) -> None:
    """Put in what sync_metadata tells."""
    synced = tables["sync_metadata"].c
    query = select(
        synced.data_type,
        synced.site_id,
        synced.last_sync_time,
        synced.last_data_timestamp,
        synced.status,
        synced.error_message,
    )
    for stream, site_id, read_at, newest, ended, error in connection.execute(query):
        if (status := found.get((stream, site_id))) is None:
            continue
        status.read_at, status.newest = _utc(read_at), _utc(newest)
        status.status, status.error = ended, error
        if stream in QUARTER_STREAMS and status.newest:
            status.ended = status.newest + timedelta(seconds=QUARTER)


def _date(connection: Connection, tables: Mapping[str, Table], found: Found) -> None:
    """Put in when the newest period of energy ended, by the site's own clock."""
    energy = tables[ENERGY].c
    newest: dict[int, tuple[date, str, int]] = {}
    query = select(energy.site_id, energy.reading_date, energy.time_unit, energy.utc_offset_minutes)
    dates = {status.newest.date() for status in found.values() if status.stream == ENERGY and status.newest}
    for site_id, day, unit, offset in connection.execute(query.where(energy.reading_date.in_(dates))):
        status = found.get((ENERGY, site_id))
        if status is None or status.newest is None or status.newest.date() != day or unit not in LONGEST:
            continue
        if site_id not in newest or LONGEST[unit] > LONGEST[newest[site_id][1]]:
            newest[site_id] = (day, unit, offset or 0)
    for site_id, (day, unit, offset) in newest.items():
        status = found[ENERGY, site_id]
        begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
        status.ended = next_period(begin, unit) - timedelta(minutes=offset)
        status.patience = NIGHT + LONGEST[unit]


def _utc(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
