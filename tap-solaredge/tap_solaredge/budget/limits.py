"""What may be spent, and how much of it a run lets itself spend: on fresh data, and on history. Pure.

The credits of a month are spent evenly: a run that is ahead of the month leaves out what can wait, so that
they last until its end. History takes what fresh data leave.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

HEAD_START = timedelta(days=2)
"""So much of the cycle may be spent ahead of time at its beginning; less and less towards its end."""
MAY_WAIT = timedelta(minutes=75)
"""How old the newest data of a site may be, at least, when calls have been spent ahead of time."""
TURN = 3.5
"""Calls that a turn of one site takes on the average, slow lists and days included."""
EVERY = timedelta(hours=2)
"""How often fresh data are wanted at least; the calls for that are kept back from history."""
KEPT_BACK_OF_MONTH = 2 / 3
"""The most of the rest of a cycle that is kept back from history, so that it always gets on."""
KEPT_BACK_OF_DAY = 5
"""One in so many of the day's calls is not for history."""


def less(limit: int | None, calls: int) -> int | None:
    """Return what calls leave of a limit; None is no limit."""
    return None if limit is None else limit - calls


def lowest(*limits: int | None) -> int | None:
    """Return the lowest of some limits, at least 0; None is no limit."""
    known = [limit for limit in limits if limit is not None]
    return max(min(known), 0) if known else None


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be spent; None is no limit."""

    calls_per_minute: int | None = 10
    monthly_credits: int | None = 2000
    billing_day: int = 1
    daily_calls_per_site: int | None = None
    daily_calls: int | None = None
    """Of the credential, whatever the site."""
    max_calls_per_run: int | None = None

    @property
    def calls_of_day(self) -> int | None:
        """Calls that one site may have in 24 hours."""
        return lowest(self.daily_calls_per_site, self.daily_calls)


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of each limit; None is no limit."""

    minute: int | None
    month: int | None
    run: int | None
    cycle_start: datetime
    cycle_end: datetime

    @property
    def calls(self) -> int | None:
        """Calls that this run may still make."""
        return lowest(self.month, self.run)


def billing_cycle(now: datetime, billing_day: int) -> tuple[datetime, datetime]:
    """Return start and end of the billing cycle that holds an instant; short months end it early."""

    def anniversary(year: int, month: int) -> datetime:
        year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
        day = min(billing_day, calendar.monthrange(year, month)[1])
        return datetime(year, month, day, tzinfo=UTC)

    this = anniversary(now.year, now.month)
    shift = 0 if now >= this else -1
    return anniversary(now.year, now.month + shift), anniversary(now.year, now.month + shift + 1)


def patience(left: Left, limits: Limits, now: datetime, sites: int) -> timedelta:
    """Return how old the newest data of a site must be to be worth a call: 0 while the month is on its pace.

    Ahead of it, sites wait as long as it takes to have calls for all of them until the cycle ends.
    """
    if limits.monthly_credits is None or left.month is None:
        return timedelta()
    cycle, remaining = left.cycle_end - left.cycle_start, left.cycle_end - now
    allowed = 1 - remaining / cycle + HEAD_START / cycle * (remaining / cycle)
    if limits.monthly_credits - left.month <= limits.monthly_credits * allowed:
        return timedelta()
    return max(MAY_WAIT, min(remaining * TURN * sites / max(left.month, 1), cycle))


def for_history(left: Left, limits: Limits, now: datetime, sites: int) -> int | None:
    """Return the calls that history may take so that fresh data can be read until the cycle ends."""
    if left.month is None or limits.monthly_credits is None:
        return left.calls
    remaining = left.cycle_end - now
    share = limits.monthly_credits * (remaining / (left.cycle_end - left.cycle_start))
    kept_back = min(remaining / EVERY * TURN * sites, share * KEPT_BACK_OF_MONTH)
    return lowest(int(left.month - kept_back), left.run)


def for_history_today(left: int | None, limits: Limits, calls: int) -> bool:
    """Whether history may take so many of the calls that a site has left today; a fifth is for fresh data.

    The last block of a day may take from that fifth, so that the day is used.
    """
    day = limits.calls_of_day
    return left is None or day is None or (left > day // KEPT_BACK_OF_DAY and calls <= left)


def history_ends(calls: int, left: Left, limits: Limits, now: datetime, sites: int) -> datetime:
    """Return when so many calls of history will have been made, if runs are frequent.

    Whatever the day or the cycle gives to history is taken as soon as it is there.
    """
    if limits.calls_of_day is not None:
        a_day = max(limits.calls_of_day - limits.calls_of_day // KEPT_BACK_OF_DAY, 1)
        return now + timedelta(days=calls // a_day)
    while (free := for_history(left, limits, now, sites)) is not None and free < calls:
        calls -= free
        now = left.cycle_end
        start, end = billing_cycle(now, limits.billing_day)
        left = Left(left.minute, limits.monthly_credits, None, cycle_start=start, cycle_end=end)
    return now
