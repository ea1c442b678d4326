"""Today's data of a site: the newest windows, where they can hold anything new. Pure.

A call is paid for whole, so the newest window is as long as the service accepts. Where meters are read by the
quarter hour anyway, the split of the days follows from that and costs nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_solaredge.local_time import QUARTER, local_day, quarter_floor
from tap_solaredge.plan import sun, windows
from tap_solaredge.plan.calls import Call, Purpose
from tap_solaredge.plan.owed import owed
from tap_solaredge.resources import ENERGY, POWER, Kind
from tap_solaredge.spans import Window, missing

if TYPE_CHECKING:
    from datetime import datetime

    from tap_solaredge.plan.progress import SiteProgress
    from tap_solaredge.plan.scope import Progress
    from tap_solaredge.resources import Needs, Resource
    from tap_solaredge.spans import Spans

SETTLES = timedelta(minutes=90)
"""How long after dusk power is still read: the last quarter hours arrive late (gotcha 2)."""
LONGEST_NIGHT = timedelta(hours=20)
"""A longer one is the far north, or a wrong latitude: power is read once then (gotcha 81)."""
DAY_REFRESH = timedelta(hours=6)
"""How often the running day's energy is read, where it costs a call."""
LONGEST_WAIT = timedelta(hours=30)
"""How old a day's energy may be before its split is read, where quarter hours gave none."""
STALE, GONE = timedelta(hours=2), timedelta(days=1)
"""Older data are read though calls were spent ahead of time, until a site counts as offline."""


class Today:
    """Plans the newest windows of one site."""

    def __init__(self, progress: SiteProgress, last_update: datetime | None = None) -> None:
        self._p = progress
        self._last_update = last_update
        self.dark: Window | None = None
        """The dark hours whose flows are known without their solar power, if the plan leaves that out."""
        self.sums_wanted = False
        """Whether the split of days is to come from the quarter hours of this plan."""

    def calls(self) -> list[Call]:
        """Return the newest windows, where they can hold anything new."""
        if self._p.site.pending or self._nothing_new():
            return []
        quarters = self._quarters()
        return [*quarters, *self._periods(quarters)]

    def _nothing_new(self) -> bool:
        p, told = self._p, self._last_update
        read = [
            progress.coverage.until
            for progress in (*p.quarters.values(), *p.energy.values(), *p.latest.values())
        ]
        return told is not None and all(until is not None and told + QUARTER <= until for until in read)

    # Quarter hours

    def _quarters(self) -> list[Call]:
        p = self._p
        due = {name: one for name, one in {**p.quarters, **p.latest}.items() if self._is_due(one)}
        needed = p.needed(due.values())
        if not needed:
            return []
        window = Window(p.newest_start(needed), p.end)
        night = self._night(window)
        if night is not None and not self._splits_a_new_day():
            due = {name: one for name, one in due.items() if not self._is_solar(one)}
            with_power = any(POWER in one.needs for one in due.values())
            needed = frozenset(r for r in p.needed(due.values()) if not r.solar)
            window = Window(night, p.end) if with_power else window
            self.dark = window if with_power else None
        return [
            call
            for resource in sorted(needed, key=str)
            for call in p.calls(resource, [window], Purpose.TODAY, self._served(resource, due))
        ]

    def _served(self, resource: object, due: dict[str, Progress]) -> list[str]:
        return [name for name, one in due.items() if resource in self._p.needed([one])]

    def _is_due(self, progress: Progress) -> bool:
        """Whether a quarter hour ended since the last read, and the budget lets it be read now."""
        until, end = progress.coverage.until, self._p.end
        if until is None:
            return True
        if until >= end or quarter_floor(until) == quarter_floor(end):
            return False
        return end - until >= self._p.patience or self._was_silent(progress)

    def _was_silent(self, progress: Progress) -> bool:
        """Whether nothing came for a while that may have come now; not for days, since that costs calls."""
        newest = progress.coverage.newest
        return newest is not None and STALE <= self._p.end - (newest + QUARTER) < GONE

    def _is_solar(self, progress: Progress) -> bool:
        return all(need.solar for need in progress.needs if need.kind is Kind.QUARTERS)

    def _night(self, window: Window) -> datetime | None:
        """Return where the night began that still lasts and whose evening has been read, else None."""
        site, end = self._p.site, self._p.end
        powers = [one.coverage.until for one in self._p.quarters.values() if POWER in one.needs]
        if site.latitude is None or site.longitude is None or not powers or None in powers:
            return None
        evening = min(until for until in powers if until is not None) - SETTLES
        if end - evening > LONGEST_NIGHT or not sun.dark(site.latitude, site.longitude, evening, end):
            return None
        return max(quarter_floor(evening), window.start)

    def _splits_a_new_day(self) -> bool:
        """Whether a day is over, and the quarter hours of a wide window, power included, give its split."""
        until = self._p.periods_until()
        over = until is not None and local_day(until, self._p.site.zone) < self._p.today()
        return over and self._p.sums_help()

    # Days, weeks, months, years

    def _periods(self, quarters: list[Call]) -> list[Call]:
        p = self._p
        if not p.energy:
            return []
        free = self._is_free(quarters)
        if not self._period_is_due(free=free):
            return []
        unit, zone = p.scope.time_unit, p.site.zone
        running = windows.whole_periods([Window(p.end, p.end + timedelta(microseconds=1))], unit, zone)[0]
        longest = min(p.longest(resource) for resource in ({ENERGY} if free else p.period_resources()))
        first = max(windows.first_period(running.end, longest, unit, zone), p.first_period())
        self.sums_wanted = free
        needed: Needs = frozenset({ENERGY}) if free else p.period_resources()
        window = Window(p.midnight(first), p.end)
        return [
            call
            for resource in sorted(needed, key=str)
            for call in p.calls(resource, [window], Purpose.TODAY, p.energy)
        ]

    def _is_free(self, quarters: list[Call]) -> bool:
        """Whether quarter hours that this run reads give the split of all days since the last read."""
        p = self._p
        planned: dict[Resource[Any], Spans] = {}
        for call in quarters:
            if call.resource is not None and call.window is not None:
                planned.setdefault(call.resource, []).append(call.window)
        for one in p.quarters.values():
            for resource in p.needed([one]):
                planned.setdefault(resource, []).extend(owed(one.coverage, p.end))
        summed = p.summed(planned)
        until = p.periods_until()
        if until is None or not summed:
            return bool(summed)
        since = Window(p.midnight(local_day(until, p.site.zone)), p.end)
        return not missing(since, summed)

    def _period_is_due(self, *, free: bool) -> bool:
        """Whether a day is over that was not, or the running one is worth a call.

        Where quarter hours of the same run would give the split, it waits for a run that reads some.
        """
        p, until = self._p, self._p.periods_until()
        if until is None:
            return True
        age, comes_free = p.end - until, p.quarters and p.sums_help()
        if local_day(until, p.site.zone) < p.today():
            return age >= p.patience and (free or not comes_free or age >= LONGEST_WAIT)
        affordable = free or len(p.period_resources()) == 1
        return affordable and not p.patience and age >= DAY_REFRESH


def periods_wait(progress: SiteProgress) -> bool:
    """Whether the days since the last read may wait for a run that reads quarter hours."""
    until = progress.periods_until()
    return until is not None and progress.sums_help() and progress.end - until < LONGEST_WAIT
