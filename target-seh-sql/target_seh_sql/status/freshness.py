"""What each stream of each site holds, how new it is, and what is wrong with it.

A stream is late when no run has read it for `max_age`, or when its newest value is a day older than that: a
site without a meter has no values at night, so only a whole day without any means something. A period of
energy readings has to be over before it counts. A device that is silent is named in place of its stream.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import exists, func, or_, select

from target_seh_sql.status.gaps import LONGEST, QUARTER_STREAMS, Gap, find_gaps, next_period
from target_seh_sql.status.series import QUARTER, just_before
from target_seh_sql.tables.streams import STREAMS, WELL

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from sqlalchemy import Connection, Select, Table

    from target_seh_sql.status.agreement import Compared
    from target_seh_sql.status.silent import Silent
    from target_seh_sql.tables.stream import Stream

NIGHT: Final = timedelta(days=1)
"""How long a site may have no value."""
KINDS: Final = ("late", "failed", "missing", "differs")
ENERGY: Final = "energy_readings"
DEVICES: Final = {"meter_readings": "meters", "battery_readings": "batteries"}
"""Where the devices of readings stand."""


class Problem(NamedTuple):
    """What is wrong with a stream of a site."""

    kind: str
    """One of KINDS."""
    text: str


@dataclass
class StreamStatus:
    """One stream of one site."""

    site_id: int
    site: str
    stream: str
    known_since: datetime | None = None
    """When the site's own row was made, UTC."""
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
    lost: bool = False
    """Whether the table has no row as new as the bookmark."""
    odd: str | None = None
    """What is said of a cell that holds no value of its column's kind."""
    differences: list[Compared] = field(default_factory=list)
    """Where energy_totals are not ours, the largest first."""
    silent: list[Silent] = field(default_factory=list)
    """Devices that tell nothing while others of the site do."""

    @property
    def failed(self) -> bool:
        """Whether the last run could not read the stream, in the words of any tap."""
        return self.status is not None and self.status.strip().casefold() not in WELL

    def problems(self, now: datetime, max_age: timedelta) -> Iterator[Problem]:
        """Yield what is wrong."""
        yield from (Problem("late", text) for text in self._late(now, max_age))
        if self.failed:
            yield Problem("failed", f"the last run failed: {self.error or 'no reason is recorded'}")
        if self.lost:
            yield Problem(
                "missing",
                f"read to {self.newest:%Y-%m-%d}, but no row of it is there: the bookmarks are of another "
                "database or newer than this backup of it (--full-refresh reads anew), "
                "or a stream map leaves it out",
            )
        if self.gaps:
            missing = sum(gap.missing for gap in self.gaps)
            gaps = "1 gap" if len(self.gaps) == 1 else f"{len(self.gaps):,} gaps"
            yield Problem("missing", f"{missing:,} missing in {gaps}")
        if self.odd:
            yield Problem("missing", self.odd)
        if self.differences:
            worst, *others = self.differences
            yield Problem("differs", f"{worst}; and {len(others):,} more" if others else str(worst))

    def _late(self, now: datetime, max_age: timedelta) -> Iterator[str]:
        if self.read_at is not None:
            if now - self.read_at > max_age:
                yield f"not read for {span(now - self.read_at)}"
        elif self.known_since is None or now - self.known_since > max_age:  # else its first run goes on
            yield "no run is recorded"
        for moment, what in ((self.read_at, "last run"), (self.newest, "newest value")):
            if moment is not None and moment - now > NIGHT:  # dates are the site's own
                yield f"its {what} is dated {moment:%Y-%m-%d}, which is to come: a clock is or was wrong"
        silent = [each for each in self.silent if now - each.ended > NIGHT + max_age]
        yield from map(str, silent)
        if not silent and self.ended is not None and now - self.ended > self.patience + max_age:
            yield f"no value for {span(now - self.ended)}"


def span(length: timedelta) -> str:
    """Return a length of time as people say it, such as `3 h`."""
    minutes = max(round(length.total_seconds() / 60), 0)
    if minutes < 120:  # noqa: PLR2004 -- two units of each before the next begins
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h" if hours < 48 else f"{hours // 24} days"  # noqa: PLR2004


def statuses(
    connection: Connection,
    tables: Mapping[str, Table],
    site_ids: Collection[int] = (),
    since: datetime | None = None,
) -> list[StreamStatus]:
    """Return every stream of the wanted sites that any site has or was read for, in the tables' order.

    Args:
        connection: to the database.
        tables: those that are there.
        site_ids: all sites when empty.
        since: a midnight, UTC, before which no reading is looked at; None looks at everything.
    """
    sites = tables["sites"].c
    query = select(sites.id, sites.name, sites.created_at).order_by(sites.id)
    query = query.where(sites.id.in_(site_ids)) if site_ids else query
    found = {
        (stream.name, site_id): StreamStatus(site_id, name, stream.name, _utc(made))
        for site_id, name, made in connection.execute(query).all()
        for stream in STREAMS
        if stream.name in tables and stream.name != "sync_metadata"
    }
    _count(connection, tables, found, since)
    _read(connection, tables, found, since)
    _date(connection, tables, found)
    _find(connection, tables, found)
    _expect_nothing_of_removed_devices(connection, tables, found)
    gaps = defaultdict(list)
    for gap in find_gaps(connection, tables, site_ids, since):
        gaps[gap.stream, gap.site_id].append(gap)
    for key, status in found.items():
        status.gaps = gaps[key]
    there = _there(connection, tables)
    return [status for status in found.values() if status.stream in there]


Found = dict[tuple[str, int], StreamStatus]
"""By stream and site."""


def _there(connection: Connection, tables: Mapping[str, Table]) -> set[str]:
    """Return the streams of which any site has a row, or for which a run has read any site."""
    read = set(connection.scalars(select(tables["sync_metadata"].c.data_type).distinct()))
    return read | {
        name
        for name, table in tables.items()
        if name not in read and connection.scalar(select(exists(select(1).select_from(table))))
    }


def _count(connection: Connection, tables: Mapping[str, Table], found: Found, since: datetime | None) -> None:
    for stream in STREAMS:
        if stream.name in tables and stream.name != "sync_metadata":
            for site_id, count in connection.execute(_counted(tables, stream, since)):
                if (status := found.get((stream.name, site_id))) is not None:
                    status.rows += count


def _counted(tables: Mapping[str, Table], stream: Stream, since: datetime | None) -> Select[Any]:
    """Return the query that counts the rows by site; those of a meter or site by the index of its own."""
    table, owners = tables[stream.name].c, tables["meters" if stream.of_meter else "sites"].c
    key = table.meter_id if stream.of_meter else table.id if stream.is_site else table.site_id
    time = next((table[name] for name in ("timestamp", "reading_date") if name in table), None)
    if since is None or time is None:
        rows = select(key.label("key"), func.count().label("rows")).group_by(key).subquery().c
        site_id = owners.site_id if stream.of_meter else owners.id
        return select(site_id, rows.rows).where(owners.id == rows.key)
    begin = since.date() if time.name == "reading_date" else just_before(since)
    mine = select(func.count()).where(key == owners.id, time >= begin).scalar_subquery()
    return select(owners.site_id if stream.of_meter else owners.id, mine)


def _read(connection: Connection, tables: Mapping[str, Table], found: Found, since: datetime | None) -> None:
    """Put in what sync_metadata tells; a series is lost until a row as new as its bookmark is found."""
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
        if status.newest and stream in {*QUARTER_STREAMS, ENERGY}:
            status.lost = since is None or status.newest >= since
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
        if status is None or status.newest is None or status.newest.date() != day:
            continue
        status.lost = False
        if unit not in LONGEST:
            continue
        if site_id not in newest or LONGEST[unit] > LONGEST[newest[site_id][1]]:
            newest[site_id] = (day, unit, offset or 0)
    for site_id, (day, unit, offset) in newest.items():
        status = found[ENERGY, site_id]
        begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
        status.ended = next_period(begin, unit) - timedelta(minutes=offset)
        status.patience = NIGHT + LONGEST[unit]


def _find(connection: Connection, tables: Mapping[str, Table], found: Found) -> None:
    """Find the series of quarter hours that have a row as new as their bookmark."""
    synced, meters = tables["sync_metadata"].c, tables["meters"].c
    for stream in QUARTER_STREAMS:
        if stream in tables:
            row = tables[stream].c
            of_meter = "meter_id" in row
            mine = [row.meter_id == meters.id] if of_meter else []
            mine.append((meters if of_meter else row).site_id == synced.site_id)
            as_new = exists().where(*mine, row.timestamp >= synced.last_data_timestamp)
            query = select(synced.site_id).where(synced.data_type == stream, as_new)
            for site_id in connection.scalars(query):
                if (status := found.get((stream, site_id))) is not None:
                    status.lost = False


def _expect_nothing_of_removed_devices(
    connection: Connection, tables: Mapping[str, Table], found: Found
) -> None:
    """Wait for no value of devices that were removed or stand elsewhere, where a site has no other one."""
    synced = tables["sync_metadata"].c
    for stream, devices in DEVICES.items():
        if stream not in tables:
            continue
        row, device, other = tables[stream].c, tables[devices].c, tables[devices].alias().c
        of_meter = "meter_id" in row
        newest = exists().where(
            row.meter_id == device.id if of_meter else row.serial_number == device.serial_number,
            (device if of_meter else row).site_id == synced.site_id,
            row.timestamp == synced.last_data_timestamp,
            or_(device.active.is_(False), device.site_id != synced.site_id),
        )
        works = exists().where(
            other.site_id == synced.site_id, other.serial_number.is_not(None), other.active.is_not(False)
        )
        query = select(synced.site_id).where(synced.data_type == stream, newest, ~works)
        for site_id in connection.scalars(query):
            if (status := found.get((stream, site_id))) is not None:
                status.ended = None


def _utc(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
