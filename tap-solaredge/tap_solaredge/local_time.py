"""Site-local wall time and UTC: instants as the API writes them, days and quarter hours of a zone. Pure."""

from __future__ import annotations

import logging
import re
import struct
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from io import BytesIO
from typing import Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

logger = logging.getLogger("tap-solaredge")

QUARTER, DAY = timedelta(minutes=15), timedelta(days=1)
DAY_MINUTES = 24 * 60
FIRST_YEAR, LAST_YEAR = 1970, 2199
"""Years that a time may have; others are placeholders in answers, and damage in files."""
_OFFSET = re.compile(r"(?:GMT|UTC)?\s*([+-])(\d{1,2})(?::?(\d{2}))?", re.IGNORECASE | re.ASCII)
_LATER_QUARTERS, _SIGNS, _WHOLE_HOUR = (":15:00", ":30:00", ":45:00"), ("+", "-"), ":00:00Z"
"""Times of an hour that is known: most are read without the calendar."""
_MOST_OFFSET = 14 * 60
"""Minutes; no place on earth is further from UTC."""


class Instant(str):
    """The start of an interval: UTC as text, such as `2026-11-20T11:15:00Z`, which sorts by time.

    Two of the same text are the same instant, whatever the clocks there show.
    """

    __slots__ = ("offset_minutes",)
    offset_minutes: int
    """Minutes that the site's wall clock is ahead of UTC."""

    def __new__(cls, utc: str, offset_minutes: int) -> Self:
        """Make an instant of its UTC text and the offset."""
        made = super().__new__(cls, utc)
        made.offset_minutes = offset_minutes
        return made

    def __getnewargs__(self) -> tuple[str, int]:  # type: ignore[override]
        """Return what a copy is made of."""
        return str(self), self.offset_minutes

    @property
    def local_date(self) -> str:
        """The site's own date of this instant, such as `2026-11-20`."""
        if 0 <= int(self[11:13]) * 60 + int(self[14:16]) + self.offset_minutes < DAY_MINUTES:
            return self[:10]
        wall = datetime.fromisoformat(self) + timedelta(minutes=self.offset_minutes)
        return wall.date().isoformat()


def is_of_this_age(moment: date) -> bool:
    """Whether a time or day can be meant: with years far off, sums of times leave what Python can write."""
    return FIRST_YEAR <= moment.year <= LAST_YEAR


@lru_cache(maxsize=1 << 14)
def instant(text: str, site_zone: ZoneInfo | None = None) -> Instant:
    """Read a time with offset or `Z` and 0 to 9 fractional digits (reference: API V2, section 4.5).

    Args:
        text: The time.
        site_zone: Where it was measured: `Z` tells the instant and not what the clock there shows.

    Raises:
        ValueError: If it is no time of this age, or has no offset.
    """
    if text[13:19] in _LATER_QUARTERS and text[19:20] in _SIGNS:
        hour = instant(f"{text[:13]}:00:00{text[19:]}")
        if hour.endswith(_WHOLE_HOUR):
            return Instant(f"{hour[:13]}{text[13:19]}Z", hour.offset_minutes)
    moment = datetime.fromisoformat(text)
    offset = moment.utcoffset()
    if offset is None:
        raise ValueError(f"{text!r} has no offset from UTC")
    if not is_of_this_age(moment):
        raise ValueError(f"{text!r} is no time of this age")
    utc = (moment.replace(tzinfo=None) - offset).isoformat()
    if site_zone and text.endswith("Z"):
        offset = moment.astimezone(site_zone).utcoffset() or offset
    return Instant(f"{utc[:19]}Z", round(offset.total_seconds() / 60))


def utc_text(moment: datetime) -> str:
    """Write an aware time in UTC, to the second, with `Z`."""
    return f"{moment.astimezone(UTC).isoformat()[:19]}Z"


def from_utc_text(text: str) -> datetime:
    """Read what `utc_text` wrote."""
    return datetime.fromisoformat(text).astimezone(UTC)


@lru_cache(maxsize=1 << 10)
def zone(name: str | None) -> ZoneInfo:
    """Return a site's zone; UTC with a warning where its name is none (gotchas 18, 78)."""
    found = named_zone(name)
    if found is None:
        logger.warning("Time zone %r is unknown; UTC is used for that site's days", name)
    return found or ZoneInfo("UTC")


def named_zone(name: str | None) -> ZoneInfo | None:
    """Return the zone of a name, also one that is an offset, such as `UTC+01:00`; None for others."""
    written = _OFFSET.fullmatch((name or "").strip())
    if written:
        sign, hours, minutes = written.groups()
        offset = int(hours) * 60 + int(minutes or 0)
        if offset <= _MOST_OFFSET:
            return fixed_zone(-offset if sign == "-" else offset)
    try:
        return ZoneInfo(name or "")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


@lru_cache(maxsize=1 << 8)
def fixed_zone(offset_minutes: int) -> ZoneInfo:
    """Return the zone whose wall clock is always so many minutes ahead of UTC.

    It is read from a file of zoneinfo's format (RFC 9636) with one type of time and no change.
    """
    sign, minutes = "-" if offset_minutes < 0 else "+", abs(offset_minutes)
    name = f"{sign}{minutes // 60:02d}:{minutes % 60:02d}"
    counts = struct.pack(">4s1s15x6l", b"TZif", b"", 0, 0, 0, 0, 1, len(name) + 1)
    kind = struct.pack(">lbb", offset_minutes * 60, 0, 0)
    return ZoneInfo.from_file(BytesIO(counts + kind + name.encode() + b"\0"), key=f"UTC{name}")


@lru_cache(maxsize=1 << 12)
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


def wall_time(moment: datetime, site_zone: ZoneInfo) -> str:
    """Write an instant as the site's wall clock shows it, without an offset."""
    return moment.astimezone(site_zone).strftime("%Y-%m-%d %H:%M:%S")


def is_repeated(moment: datetime, site_zone: ZoneInfo) -> bool:
    """Whether the wall clock shows the same time twice that night."""
    return len(_readings(wall_time(moment, site_zone), site_zone)) > 1


def wall_instants(texts: list[Any], site_zone: ZoneInfo, where: str) -> list[Instant | None]:
    """Read wall-clock times in the order of an answer; None for what is no time.

    In the repeated hour, a time that is not later than the one before is its second pass; a time that comes
    once is the first one. A time in the hour that is left out is moved forward (gotchas 15 and 16).
    """
    found: list[Instant | None] = []
    passes = [0, 0]
    last: Instant | None = None
    last_text = None
    for text in texts:
        try:
            readings = _readings(text, site_zone)
        except (ValueError, TypeError, OverflowError):
            found.append(None)
            continue
        second = 0
        if len(readings) > 1:
            doubled = last is not None and text == last_text
            second = readings.index(last) if doubled else int(last is not None and readings[0] <= last)
            passes[second] += 1
        last, last_text = readings[second], text
        found.append(last)
    if passes[0] and not passes[1]:
        logger.debug("%s: times of the repeated hour come once; they are taken for the first pass", where)
    return found


def quarter_of(at: Instant) -> Instant:
    """Return the quarter hour that holds an instant."""
    return Instant(f"{at[:14]}{int(at[14:16]) // 15 * 15:02d}:00Z", at.offset_minutes)


@lru_cache(maxsize=1 << 14)
def _readings(text: str, site_zone: ZoneInfo) -> tuple[Instant, ...]:
    """Return the instants at which the wall clock shows a time: two in the repeated hour.

    Raises:
        ValueError, TypeError, OverflowError: If it is no time.
    """
    wall = datetime.fromisoformat(text)
    if wall.tzinfo is not None:
        return (instant(text, site_zone),)
    wall = wall.replace(tzinfo=site_zone)
    first, second = (wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    moments = (first, second) if first < second else (first,)
    return tuple(_at(moment, site_zone) for moment in moments)


def _at(moment: datetime, site_zone: ZoneInfo) -> Instant:
    return instant(moment.astimezone(site_zone).isoformat())
