"""Which spans of time the stored rows cover without a gap. Pure."""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from target_seh_sql.adoption.wall_time import midnight, repeated_later

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from zoneinfo import ZoneInfo

DAY: Final = timedelta(days=1)
TWILIGHT: Final = timedelta(minutes=45)
"""So much the light of a day may differ from that of the days around."""
QUARTER: Final = timedelta(minutes=15)
Span = tuple[datetime, datetime]


def joined(spans: Iterable[Span]) -> list[Span]:
    """Join spans, in order of time, where they touch."""
    found: list[Span] = []
    for start, end in spans:
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def without(spans: Iterable[Span], holes: Iterable[Span]) -> list[Span]:
    """Return the spans less the holes."""
    left = list(spans)
    for begin, end in holes:
        parts = [((start, min(stop, begin)), (max(start, end), stop)) for start, stop in left]
        left = [part for both in parts for part in both if part[0] < part[1]]
    return left


def quarters_covered(rows: Iterable[tuple[datetime, bool]], zone: ZoneInfo) -> list[Span]:
    """Return what quarter hours, in order of time, cover; each with whether it has a value.

    A quarter of the repeated hour whose second pass is missing is not covered: a program without offsets kept
    one value for both, and nobody knows of which. Nor is one without a value, unless it was dark: that value
    may have come since (gotcha 3).
    """
    alone: dict[datetime, datetime] = {}
    spans: dict[bool, list[Span]] = {True: [], False: []}
    for start, has_value in rows:
        if start.minute % 15 or start.second:
            continue
        alone.pop(start, None)
        if (later := repeated_later(start, zone)) is not None:
            alone[start + later] = start
        kept = spans[has_value]
        kept[-1:] = joined([*kept[-1:], (start, start + QUARTER)])
    lit = spans[True]
    covered = joined(sorted([*lit, *(dark for span in spans[False] for dark in _dark(span, lit))]))
    return without(covered, [(start, start + QUARTER) for start in alone.values()])


def _dark(span: Span, lit: list[Span]) -> list[Span]:
    """Return when a span without values was night: at those hours there were none on the days around either.

    More than a day without values is no night.
    """
    start, end = span
    if end - start > DAY:
        return []
    light: list[Span] = []
    for days in (-2, -1, 1, 2):
        shift = days * DAY
        for begin, stop in islice(lit, bisect_left(lit, start - shift, key=itemgetter(1)), None):
            if begin >= end - shift:
                break
            if begin + TWILIGHT < stop - TWILIGHT:
                light.append((begin + TWILIGHT + shift, stop - TWILIGHT + shift))
    return without([span], light)


def days_covered(days: Iterable[date], zone: ZoneInfo) -> list[Span]:
    """Return what days, in order, cover."""
    return joined((midnight(day, zone), midnight(day + timedelta(days=1), zone)) for day in days)


def utc_text(moment: datetime) -> str:
    """Write an instant as the tap's state has it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
