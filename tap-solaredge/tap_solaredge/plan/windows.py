"""Cut spans into the windows of single calls: as few as possible, newest first. Pure.

A call is paid for whole, so a window bridges what was read already where that saves a call.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tap_solaredge.local_time import DAY, local_day, midnight, quarter_ceil, unit_end, unit_start
from tap_solaredge.spans import Spans, Window, union, without

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from zoneinfo import ZoneInfo

SHORTEST = timedelta(hours=1)
_MOMENT = timedelta(microseconds=1)


def cut(spans: Spans, longest: timedelta, day_zone: ZoneInfo | None = None) -> list[Window]:
    """Cut spans into windows of quarter hours.

    Args:
        spans: What must be read.
        longest: The longest window of one call.
        day_zone: Windows begin with a day of this zone where that is possible: sums of days are whole then.
    """

    def start(end: datetime) -> datetime:
        first = quarter_ceil(end - longest)
        if day_zone is None:
            return first
        seam = _midnight_at_or_after(first, day_zone)
        return seam if seam - first <= longest / 2 else first

    return _cut(spans, start)


def cut_periods(spans: Iterable[Window], longest: timedelta, unit: str, zone: ZoneInfo) -> list[Window]:
    """Cut spans into windows of whole local days, weeks, months or years."""
    whole = whole_periods(spans, unit, zone)
    return _cut(whole, lambda end: start_of_longest(end, longest, unit, zone))


def whole_periods(spans: Iterable[Window], unit: str, zone: ZoneInfo) -> Spans:
    """Return spans, widened to the local periods that they touch."""
    return union(
        Window(period_at(span.start, unit, zone).start, period_before(span.end, unit, zone).end)
        for span in spans
    )


def period_at(moment: datetime, unit: str, zone: ZoneInfo) -> Window:
    """Return the local day, week, month or year in which a moment lies."""
    start = unit_start(local_day(moment, zone), unit)
    return Window(midnight(start, zone), midnight(unit_end(start, unit), zone))


def period_before(moment: datetime, unit: str, zone: ZoneInfo) -> Window:
    """Return the local period that has gone on until a moment."""
    return period_at(moment - _MOMENT, unit, zone)


def periods_in(span: Window, unit: str, zone: ZoneInfo) -> Spans:
    """Return each local day, week, month or year of a span that consists of whole ones."""
    found, start = [], span.start
    while start < span.end:
        found.append(period_at(start, unit, zone))
        start = found[-1].end
    return found


def start_of_longest(end: datetime, longest: timedelta, unit: str, zone: ZoneInfo) -> datetime:
    """Return where the oldest period begins that fits into one call with those up to an end."""
    start = period_before(end, unit, zone).start
    while end - (before := period_before(start, unit, zone).start) <= longest:
        start = before
    return start


def shorter(longest: timedelta, ladder: tuple[timedelta, ...]) -> timedelta | None:
    """Return the next window length to try after the service refused one, None when there is none.

    Args:
        longest: The length that was refused.
        ladder: The lengths that sources name, longest first; below them, lengths are halved.
    """
    named = next((step for step in ladder if step < longest), None)
    length = named or longest / 2
    return length if length >= SHORTEST else None


def _cut(left: Spans, start: Callable[[datetime], datetime]) -> list[Window]:
    """Cut spans into windows, newest first; `start` says where one may begin at the earliest, by its end."""
    found = []
    while left:
        first = start(left[-1].end)
        newest = [span for span in left if span.end > first]
        window = Window(max(newest[0].start, first), newest[-1].end)
        found.append(window)
        left = without(left, [window])
    return found


def _midnight_at_or_after(moment: datetime, zone: ZoneInfo) -> datetime:
    start = midnight(local_day(moment, zone), zone)
    return start if start == moment else midnight(local_day(moment, zone) + DAY, zone)
