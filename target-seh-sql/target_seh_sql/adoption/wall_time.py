"""Wall-clock times without an offset become instants, on both nights on which a clock is changed. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import date
    from zoneinfo import ZoneInfo


class Kind(Enum):
    """How often a clock shows a time."""

    ONCE = 1
    TWICE = 2
    """In the hour that is repeated; the first pass is taken (gotcha 15)."""
    NEVER = 0
    """In the hour that is left out; moved forward by it (gotcha 16)."""


class Instant(NamedTuple):
    """What a wall-clock time means."""

    utc: datetime
    kind: Kind


def wall_of(moment: datetime, session: ZoneInfo | None = None) -> datetime:
    """Return the wall-clock time that the old program wrote.

    PostgreSQL, which was told no offset, took it for one of its session's zone and keeps the instant; the
    other databases keep what was written.
    """
    return moment if moment.tzinfo is None else moment.astimezone(session or UTC).replace(tzinfo=None, fold=0)


@lru_cache(maxsize=1 << 12)
def instant_of(wall: datetime, zone: ZoneInfo) -> Instant:
    """Return the instant at which the zone's clock shows a time, to the second."""
    wall = wall.replace(microsecond=0)
    first, second = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    utc = first.astimezone(UTC)
    if utc.astimezone(zone).replace(tzinfo=None, fold=0) != wall:
        return Instant(utc, Kind.NEVER)
    return Instant(utc, Kind.ONCE if first.utcoffset() == second.utcoffset() else Kind.TWICE)


def offset_minutes(instant: datetime, zone: ZoneInfo) -> int:
    """Return the zone's wall clock minus UTC at an instant, in minutes."""
    offset = instant.astimezone(zone).utcoffset() or timedelta()
    return round(offset.total_seconds() / 60)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant (UTC) at which a day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def repeated_later(instant: datetime, zone: ZoneInfo) -> timedelta | None:
    """Return after how long the clock shows the time of an instant again, None when it does not."""
    first = instant.astimezone(zone)
    if first.fold:
        return None
    difference = (first.utcoffset() or timedelta()) - (first.replace(fold=1).utcoffset() or timedelta())
    return difference if difference > timedelta(0) else None
