"""The buckets of a window and the values in them. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from solaredge_simulator.local_days import QUARTER, local_day, midnight, slices, stamp, stamps
from solaredge_simulator.v2.windows import Resolution

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from solaredge_simulator.flows import Column, Key
    from solaredge_simulator.v2.windows import Window
    from solaredge_simulator.visible import View

_MINUTES, _OFFSET = slice(14, 16), slice(19, None)
_DECEMBER = 12


class Bucket(NamedTuple):
    """A whole bucket of an hour or more (epoch seconds)."""

    start: int
    end: int


def start_stamps(window: Window, zone: ZoneInfo) -> list[str]:
    """Return the starts of all buckets: from the one that holds `from` to the one before `to`."""
    if window.resolution is Resolution.QUARTER_HOUR:
        return _quarter_stamps(window, zone)
    if window.resolution is Resolution.TOTAL:
        return [stamp(zone, window.start)]
    return [stamp(zone, bucket.start) for bucket in buckets(window, zone)]


def end_stamps(window: Window, zone: ZoneInfo) -> list[str]:
    """Return the ends of all buckets."""
    if window.resolution is Resolution.QUARTER_HOUR:
        return _quarter_stamps(window._replace(start=window.start + QUARTER, end=window.end + QUARTER), zone)
    return [stamp(zone, bucket.end) for bucket in buckets(window, zone)]


def values(view: View, key: Key, window: Window, *, mean: bool) -> Column:
    """Return the value of each bucket, as far as it lies in the window.

    Energies are summed, all else is averaged, over the quarters that have a value; None where none has.
    """
    if window.resolution is Resolution.QUARTER_HOUR:
        return view.quarters(key, window.start, window.end)
    of = view.mean if mean else view.total
    parts = (
        of(key, max(bucket.start, window.start), min(bucket.end, window.end))
        for bucket in buckets(window, view.site.zone)
    )
    return [as_32_bit(value) for value in parts]


def as_32_bit(value: float | None) -> float | None:
    """Return a value with the eight digits that the service gives."""
    return None if value is None else float(f"{value:.8g}")


def buckets(window: Window, zone: ZoneInfo) -> list[Bucket]:
    """Return the buckets of a window of hours or longer."""
    if window.resolution is Resolution.TOTAL:
        return [Bucket(int(window.start), int(window.end))]
    of = _hours if window.resolution is Resolution.HOUR else _calendar
    return [bucket for bucket in of(window, zone) if bucket.start < window.end and bucket.end > window.start]


def with_extra_day(window: Window, zone: ZoneInfo) -> Window:
    """Return a window of days that ends at midnight, one day longer."""
    day = local_day(zone, window.end)
    if window.resolution is not Resolution.DAY or midnight(zone, day) != window.end:
        return window
    return window._replace(end=float(midnight(zone, day + timedelta(days=1))))


def _quarter_stamps(window: Window, zone: ZoneInfo) -> list[str]:
    found: list[str] = []
    for piece in slices(zone, window.start, window.end):
        found += stamps(zone, piece.day)[piece.first : piece.last]
    return found


def _hours(window: Window, zone: ZoneInfo) -> Iterator[Bucket]:
    """Yield hours of the wall clock; the repeated half hour of Lord Howe is a bucket of its own."""
    for piece in slices(zone, window.start, window.end):
        begin, texts = midnight(zone, piece.day), stamps(zone, piece.day)
        offsets = [text[_OFFSET] for text in texts]
        starts = [i for i, text in enumerate(texts) if text[_MINUTES] == "00" or offsets[i] != offsets[i - 1]]
        for first, last in pairwise([*starts, piece.of]):
            yield Bucket(begin + first * QUARTER, begin + last * QUARTER)


def _calendar(window: Window, zone: ZoneInfo) -> Iterator[Bucket]:
    """Yield local days, weeks from Monday, months or years."""
    day = _first_day(window.resolution, local_day(zone, window.start))
    while (start := midnight(zone, day)) < window.end:
        day = _next_day(window.resolution, day)
        yield Bucket(start, midnight(zone, day))


def _first_day(resolution: Resolution, day: date) -> date:
    match resolution:
        case Resolution.WEEK:
            return day - timedelta(days=day.weekday())
        case Resolution.MONTH:
            return day.replace(day=1)
        case Resolution.YEAR:
            return day.replace(month=1, day=1)
        case _:
            return day


def _next_day(resolution: Resolution, day: date) -> date:
    match resolution:
        case Resolution.WEEK:
            return day + timedelta(days=7)
        case Resolution.MONTH:
            return date(day.year + day.month // _DECEMBER, day.month % _DECEMBER + 1, 1)
        case Resolution.YEAR:
            return day.replace(year=day.year + 1)
        case _:
            return day + timedelta(days=1)
