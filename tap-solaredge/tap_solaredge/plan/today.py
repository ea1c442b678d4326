"""Today's data of a site: the newest windows, where they can hold anything new. Pure.

A call is paid for whole, so the newest window is as long as the service accepts. Where meters are read by the
quarter hour anyway, the split of the days follows from that and costs nothing.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import chain, product
from typing import TYPE_CHECKING, NamedTuple

from tap_solaredge.local_time import QUARTER, local_day, quarter_floor
from tap_solaredge.plan import sun, windows
from tap_solaredge.plan.calls import Call, Purpose, read_by
from tap_solaredge.plan.owed import all_until, owed
from tap_solaredge.resources import ENERGY, POWER, Kind
from tap_solaredge.spans import Window, missing

if TYPE_CHECKING:
    from datetime import datetime

    from tap_solaredge.plan.owed import Coverage
    from tap_solaredge.plan.progress import Progress, SiteProgress
    from tap_solaredge.resources import Needs

SETTLES = timedelta(minutes=90)
"""How long after dusk power is still read: the last quarter hours arrive late (gotcha 2)."""
DAY_REFRESH = timedelta(hours=6)
"""How often the running day's energy is read, where it costs a call."""
STALE, GONE = timedelta(hours=2), timedelta(days=1)
"""Older data are read though calls were spent ahead of time, until a site counts as offline."""


class Newest(NamedTuple):
    """The newest windows of a site, and what was left out in choosing them."""

    calls: list[Call]
    dark: Window | None = None
    """The dark hours whose flows are known without their solar power: there is no call for that."""
    sums_wanted: bool = False
    """Whether the split of days is to come from the quarter hours of this plan."""


def newest(p: SiteProgress, patience: timedelta) -> Newest:
    """Return the newest windows, where they can hold anything new.

    Args:
        p: How far the harvest of the site has come.
        patience: How old its data must be to be worth a call; above 0 when calls were spent ahead of time.
    """
    if p.site.pending or _nothing_new(p):
        return Newest([])
    quarters, dark = _quarters(p, patience)
    free = _is_free(p, quarters)
    if not _period_is_due(p, patience, free=free):
        return Newest(quarters, dark)
    return Newest([*quarters, *_periods(p, free=free)], dark, free)


def _nothing_new(p: SiteProgress) -> bool:
    streams = (*p.quarters.values(), *p.energy.values(), *p.latest.values())
    until = all_until(progress.coverage for progress in streams)
    return p.last_update is not None and until is not None and p.last_update + QUARTER <= until


# Quarter hours


def _quarters(p: SiteProgress, patience: timedelta) -> tuple[list[Call], Window | None]:
    """Return the calls, and the dark hours for which solar power is left out."""
    dark, streams = None, {**p.quarters, **p.latest}
    due = {name: one for name, one in streams.items() if _is_due(p, one.coverage, patience)}
    needed = p.needed(*(one.needs for one in due.values()))
    if not needed:
        return [], None
    window = Window(p.newest_start(needed), p.end)
    night = _night(p, window)
    if night is not None and not _splits_a_new_day(p):
        due = {name: one for name, one in due.items() if not _is_solar(one)}
        needed = frozenset(r for r in p.needed(*(one.needs for one in due.values())) if not r.solar)
        if any(POWER in one.needs for one in due.values()):
            dark = window = Window(night, p.end)
    calls = [
        call
        for resource in sorted(needed, key=str)
        for call in p.calls(resource, [window], Purpose.TODAY, p.users(resource, due))
    ]
    return calls, dark


def _is_due(p: SiteProgress, coverage: Coverage, patience: timedelta) -> bool:
    """Whether a quarter hour ended since the last read, and the budget lets it be read now."""
    until = coverage.until
    if until is None:
        return True
    if until >= p.end or quarter_floor(until) == quarter_floor(p.end):
        return False
    return p.end - until >= patience or _was_silent(coverage, p.end)


def _was_silent(coverage: Coverage, end: datetime) -> bool:
    """Whether nothing came for a while that may have come now; not for days, since that costs calls."""
    return coverage.newest is not None and STALE <= end - (coverage.newest + QUARTER) < GONE


def _is_solar(progress: Progress) -> bool:
    return all(need.solar for need in progress.needs if need.kind is Kind.QUARTERS)


def _night(p: SiteProgress, window: Window) -> datetime | None:
    """Return where the night began that still lasts and whose evening has been read, else None."""
    site, read = p.site, all_until(one.coverage for one in p.quarters.values() if POWER in one.needs)
    if site.latitude is None or site.longitude is None or read is None:
        return None
    evening = read - SETTLES
    if p.end - evening > sun.LONGEST_NIGHT or not sun.dark(site.latitude, site.longitude, evening, p.end):
        return None
    return max(quarter_floor(evening), window.start)


def _splits_a_new_day(p: SiteProgress) -> bool:
    """Whether a day is over, and the quarter hours of a wide window, power included, give its split."""
    until = p.periods_until()
    return until is not None and local_day(until, p.site.zone) < p.today() and p.sums_help()


# Days, weeks, months, years


def _periods(p: SiteProgress, *, free: bool) -> list[Call]:
    by_quarters = free or p.sold_by_quarters()
    needed: Needs = frozenset({ENERGY}) if by_quarters else p.period_resources()
    unit, zone = p.scope.time_unit, p.site.zone
    running = windows.period_at(p.end, unit, zone)
    longest = windows.start_of_longest(running.end, min(map(p.longest, needed)), unit, zone)
    window = Window(max(longest, p.periods_start()), p.end)
    return [
        call
        for resource in sorted(needed, key=str)
        for call in p.calls(resource, [window], Purpose.TODAY, p.energy)
    ]


def _is_free(p: SiteProgress, quarters: list[Call]) -> bool:
    """Whether quarter hours that this run reads give the split of all days since the last read."""
    behind = (product(p.needed(one.needs), owed(one.coverage, p.end)) for one in p.quarters.values())
    summed, until = p.summed(chain(read_by(quarters), *behind)), p.periods_until()
    if until is None or not summed:
        return bool(summed)
    since = Window(p.midnight(local_day(until, p.site.zone)), p.end)
    return not missing(since, summed)


def _period_is_due(p: SiteProgress, patience: timedelta, *, free: bool) -> bool:
    """Whether a day is over that was not, or the running one is worth a call.

    Where quarter hours of the same run would give the split, it waits for a run that reads some.
    """
    until = p.periods_until()
    if until is None:
        return bool(p.energy)
    age = p.end - until
    if local_day(until, p.site.zone) < p.today():
        return age >= patience and (free or not p.quarters or not p.periods_wait())
    affordable = free or len(p.period_resources()) == 1
    return affordable and not patience and age >= DAY_REFRESH
