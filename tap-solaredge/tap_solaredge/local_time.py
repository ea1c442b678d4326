"""Site-local wall time and UTC: instants as the API writes them, days and quarter hours of a zone. Pure."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

logger = logging.getLogger("tap-solaredge")

QUARTER = timedelta(minutes=15)


class Instant(NamedTuple):
    """The start of an interval: UTC as text, so that plain order is time order, and the site's offset."""

    utc: str
    """Such as `2026-11-20T11:15:00Z`."""
    offset_minutes: int
    """Minutes that the site's wall clock is ahead of UTC."""

    @property
    def local_date(self) -> str:
        """The site's own date of this instant, such as `2026-11-20`."""
        wall = datetime.fromisoformat(self.utc) + timedelta(minutes=self.offset_minutes)
        return wall.date().isoformat()


@lru_cache(maxsize=1 << 14)
def instant(text: str) -> Instant:
    """Read a time with offset or `Z` and 0 to 9 fractional digits (reference: API V2, section 4.5).

    Raises:
        ValueError: If it is no time, or has no offset.
    """
    moment = datetime.fromisoformat(text)
    offset = moment.utcoffset()
    if offset is None:
        raise ValueError(f"{text!r} has no offset from UTC")
    return Instant(utc_text(moment), round(offset.total_seconds() / 60))


def utc_text(moment: datetime) -> str:
    """Write an aware time in UTC, to the second, with `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_utc_text(text: str) -> datetime:
    """Read what `utc_text` wrote."""
    return datetime.fromisoformat(text).astimezone(UTC)


@lru_cache(maxsize=1 << 10)
def zone(name: str | None) -> ZoneInfo:
    """Return a site's zone; UTC with a warning where the name is missing or unknown (gotcha 18)."""
    try:
        return ZoneInfo(name or "")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        logger.warning("Time zone %r is unknown; UTC is used for that site's days", name)
        return ZoneInfo("UTC")


def midnight(day: date, site_zone: ZoneInfo) -> datetime:
    """Return the start of a local day, in UTC: Python compares times of one zone without their offset."""
    return datetime(day.year, day.month, day.day, tzinfo=site_zone).astimezone(UTC)


def local_day(moment: datetime, site_zone: ZoneInfo) -> date:
    """Return the site's date at an instant."""
    return moment.astimezone(site_zone).date()


def quarter_floor(moment: datetime) -> datetime:
    """Return the start of the quarter hour that holds an instant.

    Every zone's offset in use is a multiple of 15 minutes, so UTC quarters are local quarters.
    """
    return moment - timedelta(
        minutes=moment.minute % 15, seconds=moment.second, microseconds=moment.microsecond
    )


def quarter_ceil(moment: datetime) -> datetime:
    """Return the first start of a quarter hour at or after an instant."""
    floor = quarter_floor(moment)
    return floor if floor == moment else floor + QUARTER


def unit_start(day: date, time_unit: str) -> date:
    """Return the first day of the DAY, WEEK (Monday), MONTH or YEAR that holds a day."""
    if time_unit == "YEAR":
        return day.replace(month=1, day=1)
    if time_unit == "MONTH":
        return day.replace(day=1)
    return day - timedelta(days=day.weekday() if time_unit == "WEEK" else 0)


def unit_end(start: date, time_unit: str) -> date:
    """Return the first day after the period that begins with `start` (a DAY, WEEK, MONTH or YEAR)."""
    if time_unit == "YEAR":
        return date(start.year + 1, 1, 1)
    if time_unit == "MONTH":
        return date(start.year + start.month // 12, start.month % 12 + 1, 1)
    return start + timedelta(days=7 if time_unit == "WEEK" else 1)
