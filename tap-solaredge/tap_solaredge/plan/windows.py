"""Bookmark, overlap and the service's limits become windows to ask for. Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from tap_solaredge.local_time import local_day, midnight, quarter_ceil, unit_end, unit_start
from tap_solaredge.spans import Window

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

SHORTEST = timedelta(hours=1)


def fill_back(start: datetime, end: datetime, longest: timedelta, floor: datetime) -> datetime:
    """Return an earlier start that costs no further call, since a window is paid for whole.

    Args:
        start: Where reading has to begin.
        end: Where it ends.
        longest: The longest window that one call may ask for.
        floor: Nothing before this is wanted (a start beyond it stays as it is).
    """
    calls = max(-((start - end) // longest), 1)
    return min(start, max(end - calls * longest, floor))


def split(start: datetime, end: datetime, longest: timedelta) -> list[Window]:
    """Cut a span into windows, oldest first, the newest ones of full length, seams on quarter hours."""
    windows: list[Window] = []
    while start < end:
        first = max(quarter_ceil(end - longest), start)
        windows.append(Window(first, end))
        end = first
    return windows[::-1]


def split_periods(window: Window, longest: timedelta, time_unit: str, site_zone: ZoneInfo) -> list[Window]:
    """Cut a span into windows of whole local periods, oldest first, the newest ones of full length."""
    seams = [unit_start(local_day(window.start, site_zone), time_unit)]
    while midnight(seams[-1], site_zone) < window.end:
        seams.append(unit_end(seams[-1], time_unit))
    cut: list[Window] = []
    last = seams.pop()
    while seams:
        end = midnight(last, site_zone)
        first = next((seam for seam in seams if end - midnight(seam, site_zone) <= longest), seams[-1])
        cut.append(Window(midnight(first, site_zone), min(end, window.end)))
        last, seams = first, seams[: seams.index(first)]
    return cut[::-1]


def first_period(longest: timedelta, running: date, time_unit: str, site_zone: ZoneInfo) -> date:
    """Return the first day of the oldest whole period that one call may ask for with the running one."""
    end = midnight(unit_end(running, time_unit), site_zone)
    first = unit_start(local_day(end - longest, site_zone), time_unit)
    return first if end - midnight(first, site_zone) <= longest else min(unit_end(first, time_unit), running)


def touching(parts: list[Window], window: Window) -> list[Window]:
    """Return those parts that a window needs."""
    return [part for part in parts if part.start < window.end and window.start < part.end]


def reach(floor: datetime, start: datetime, end: datetime, longest: timedelta) -> Window:
    """Return the span to cut so that its oldest part is whole: a call asks beyond a start, down to the floor.

    Args:
        floor: Down to here something is wanted.
        start: Where the window begins that is read now.
        end: Where what is not yet read ends.
        longest: The longest window that one call may ask for.
    """
    return Window(min(max(floor, start - longest), start, end), end)


def shorter(longest: timedelta, ladder: tuple[timedelta, ...]) -> timedelta | None:
    """Return the next window length to try after the service refused one, None when there is none.

    Args:
        longest: The length that was refused.
        ladder: The lengths that sources name, longest first; below them, lengths are halved.
    """
    named = next((step for step in ladder if step < longest), None)
    length = named or longest / 2
    return length if length >= SHORTEST else None
