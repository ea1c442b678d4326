"""Local days of a time zone, their quarter hours and their stamps. Pure."""

from __future__ import annotations

import math
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

QUARTER = 900
"""Seconds of a quarter hour. All zones of our plants keep whole quarters of UTC, also Lord Howe."""

_MONTHS = 12


class Slice(NamedTuple):
    """The quarters `first` to before `last` of a local day of `of` quarters."""

    day: date
    first: int
    last: int
    of: int


@lru_cache(maxsize=20_000)
def midnight(zone: ZoneInfo, day: date) -> int:
    """Return the instant (epoch seconds) at which a local day begins."""
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())


def quarter_count(zone: ZoneInfo, day: date) -> int:
    """Return the quarter hours of a local day: 96, on a clock change 92 or 100, 94 or 98 on Lord Howe."""
    return (midnight(zone, day + timedelta(days=1)) - midnight(zone, day)) // QUARTER


def local_day(zone: ZoneInfo, instant: float) -> date:
    """Return the local date of an instant (epoch seconds)."""
    return datetime.fromtimestamp(instant, zone).date()


@lru_cache(maxsize=4096)
def stamps(zone: ZoneInfo, day: date) -> tuple[str, ...]:
    """Return the starts of a day's quarters as local ISO times, each with the offset in force there."""
    start = midnight(zone, day)
    return tuple(stamp(zone, start + i * QUARTER) for i in range(quarter_count(zone, day)))


def stamp(zone: ZoneInfo, instant: float) -> str:
    """Return an instant (epoch seconds) as local ISO time with its offset, in whole seconds."""
    return datetime.fromtimestamp(int(instant), zone).isoformat()


def slices(zone: ZoneInfo, start: float, end: float) -> Iterator[Slice]:
    """Yield the quarters that touch [start, end) (epoch seconds), local day by local day."""
    if end <= start:
        return
    day = local_day(zone, start)
    while (begin := midnight(zone, day)) < end:
        count = quarter_count(zone, day)
        first = max(0, math.floor((start - begin) / QUARTER))
        yield Slice(day, first, min(count, math.ceil((end - begin) / QUARTER)), count)
        day += timedelta(days=1)


def months_later(local: datetime, months: int) -> datetime:
    """Return a local time so many calendar months later, on the last day of a month that is too short."""
    years, month = divmod(local.month - 1 + months, _MONTHS)
    year, month = local.year + years, month + 1
    return local.replace(year=year, month=month, day=min(local.day, monthrange(year, month)[1]), fold=0)


def utc(instant: float) -> datetime:
    """Return an instant (epoch seconds) as a UTC time."""
    return datetime.fromtimestamp(instant, UTC)
