"""Today's data of a site: the newest windows, where they can hold anything new. Pure.

A call is paid for whole, so the newest window is as long as the service accepts. Where meters are read by the
quarter hour anyway, the split of the days follows from that and costs nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tap_solaredge.local_time import QUARTER, local_day, quarter_floor
from tap_solaredge.plan import sun, windows
from tap_solaredge.plan.calls import Call, Purpose
from tap_solaredge.plan.owed import all_until
from tap_solaredge.resources import ENERGY, POWER, Kind
from tap_solaredge.spans import Window, missing

if TYPE_CHECKING:
    from datetime import datetime

    from tap_solaredge.plan.progress import Progress, SiteProgress
    from tap_solaredge.resources import Needs

SETTLES = timedelta(minutes=90)
"""How long after dusk power is still read: the last quarter hours arrive late (gotcha 2)."""
LONGEST_NIGHT = timedelta(hours=20)
"""A longer one is the far north, or a wrong latitude: power is read once then (gotcha 81)."""
DAY_REFRESH = timedelta(hours=6)
"""How often the running day's energy is read, where it costs a call."""
STALE, GONE = timedelta(hours=2), timedelta(days=1)
"""Older data are read though calls were spent ahead of time, until a site counts as offline."""


class Today:
    """Plans the newest windows of one site."""

    def __init__(self, progress: SiteProgress, patience: timedelta) -> None:
        self._p = progress
        self._patience = patience
        """How old the newest data must be to be worth a call; above 0 when calls were spent ahead of time."""
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
        p, told = self._p, self._p.last_update
        streams = (*p.quarters.values(), *p.energy.values(), *p.latest.values())
        until = all_until(progress.coverage for progress in streams)
        return told is not None and until is not None and told + QUARTER <= until

    # Quarter hours

    def _quarters(self) -> list[Call]:
        p = self._p
        due = {name: one for name, one in {**p.quarters, **p.latest}.items() if self._is_due(one)}
        needed = p.needed(*(one.needs for one in due.values()))
        if not needed:
            return []
        window = Window(p.newest_start(needed), p.end)
        night = self._night(window)
        if night is not None and not self._splits_a_new_day():
            due = {name: one for name, one in due.items() if not self._is_solar(one)}
            with_power = any(POWER in one.needs for one in due.values())
            needed = frozenset(r for r in p.needed(*(one.needs for one in due.values())) if not r.solar)
            window = Window(night, p.end) if with_power else window
            self.dark = window if with_power else None
        return [
            call
            for resource in sorted(needed, key=str)
            for call in p.calls(resource, [window], Purpose.TODAY, p.users(resource, due))
        ]

    def _is_due(self, progress: Progress) -> bool:
        """Whether a quarter hour ended since the last read, and the budget lets it be read now."""
        until, end = progress.coverage.until, self._p.end
        if until is None:
            return True
        if until >= end or quarter_floor(until) == quarter_floor(end):
            return False
        return end - until >= self._patience or self._was_silent(progress)

    def _was_silent(self, progress: Progress) -> bool:
        """Whether nothing came for a while that may have come now; not for days, since that costs calls."""
        newest = progress.coverage.newest
        return newest is not None and STALE <= self._p.end - (newest + QUARTER) < GONE

    def _is_solar(self, progress: Progress) -> bool:
        return all(need.solar for need in progress.needs if need.kind is Kind.QUARTERS)

    def _night(self, window: Window) -> datetime | None:
        """Return where the night began that still lasts and whose evening has been read, else None."""
        site, end = self._p.site, self._p.end
        read = all_until(one.coverage for one in self._p.quarters.values() if POWER in one.needs)
        if site.latitude is None or site.longitude is None or read is None:
            return None
        evening = read - SETTLES
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
        self.sums_wanted = free
        needed: Needs = frozenset({ENERGY}) if free else p.period_resources()
        unit, zone = p.scope.time_unit, p.site.zone
        running = windows.period_at(p.end, unit, zone)
        longest = windows.start_of_longest(running.end, min(map(p.longest, needed)), unit, zone)
        window = Window(max(longest, p.periods_start()), p.end)
        return [
            call
            for resource in sorted(needed, key=str)
            for call in p.calls(resource, [window], Purpose.TODAY, p.energy)
        ]

    def _is_free(self, quarters: list[Call]) -> bool:
        """Whether this run's quarter hours give the split of all days since the last read."""
        p = self._p
        summed, until = p.summed(quarters), p.periods_until()
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
        age = p.end - until
        if local_day(until, p.site.zone) < p.today():
            return age >= self._patience and (free or not p.quarters or not p.periods_wait())
        affordable = free or len(p.period_resources()) == 1
        return affordable and not self._patience and age >= DAY_REFRESH
