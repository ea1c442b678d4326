"""Bookmark, overlap and the service's limits become windows to ask for. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from tap_solaredge.local_time import quarter_ceil

SHORTEST = timedelta(hours=1)


class Window(NamedTuple):
    """A span of time, start included, end excluded."""

    start: datetime
    end: datetime


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


def shorter(longest: timedelta, ladder: tuple[timedelta, ...]) -> timedelta | None:
    """Return the next window length to try after the service refused one, None when there is none.

    Args:
        longest: The length that was refused.
        ladder: The lengths that sources name, longest first; below them, lengths are halved.
    """
    named = next((step for step in ladder if step < longest), None)
    length = named or longest / 2
    return length if length >= SHORTEST else None
