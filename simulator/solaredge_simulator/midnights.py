"""What the batteries of a site hold at each midnight: what the day before left in them. Kept in memory.

A fuller battery stays the fuller one, whatever the day brings. So where one that begins empty and one that
begins full hold the same in the end, every battery does, and no day before counts: in winter that takes a
night or two, in summer some weeks.
"""

from __future__ import annotations

import threading
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from solaredge_simulator.happened import happened
from solaredge_simulator.storage import first_level, least_level

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping
    from datetime import date

    from solaredge_simulator.flows import Column, Key, Levels
    from solaredge_simulator.sites import Site

_DAY = timedelta(days=1)


class Midnights:
    """The levels (Wh) of the batteries of one site at those midnights that were needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[date, Levels] = {}

    def at(self, site: Site, first: date, day: date) -> Levels:
        """Return the levels with which a day begins; those of the first day are as delivered."""
        with self._lock:
            self._known.setdefault(first, tuple(map(first_level, site.batteries)))
            back = 1
            while day not in self._known:
                self._fill(site, max(first, day - back * _DAY), day)
                back *= 2
            return self._known[day]

    def keep(self, day: date, found: Levels) -> None:
        """Keep the levels with which a day begins."""
        with self._lock:
            self._known[day] = found

    def _fill(self, site: Site, start: date, end: date) -> None:
        """Follow the levels from a day on, and keep them from where on they are known."""
        low = tuple(map(least_level, site.batteries))
        high = tuple(battery.capacity for battery in site.batteries)
        while start < end:
            if start in self._known:
                low = high = self._known[start]
            same = low == high
            low = _after(site, start, low)
            high = low if same else _after(site, start, high)
            start += _DAY
            if low == high:
                self._known[start] = low


def _after(site: Site, day: date, begun: Levels) -> Levels:
    """Return the levels at the end of a day that began with others."""
    return _ends(site, happened(site, day, begun))


def _ends(site: Site, found: Mapping[Key, Column]) -> Levels:
    return tuple(found[battery.serial, "remaining_wh"][-1] or 0.0 for battery in site.batteries)


def levels(site: Site, day: date) -> Levels:
    """Return what each battery of a site holds (Wh) when a local day begins, from its first day on."""
    if not site.batteries or site.first_day is None:
        return ()
    return _of(site).at(site, site.first_day, day)


def keep(site: Site, day: date, found: Mapping[Key, Column]) -> None:
    """Keep what the batteries hold at the end of a day whose series were computed anyway."""
    if site.batteries:
        _of(site).keep(day + _DAY, _ends(site, found))


def _of(site: Site) -> Midnights:
    demand = site.demand or site.unmeasured
    physics = (site.site_id, site.seed, site.first_day, site.zone.key, site.place, site.peak_power, demand)
    return _midnights(*physics, site.inverters, site.batteries)


@lru_cache(maxsize=512)
def _midnights(*_: Hashable) -> Midnights:
    """Return what is kept of a site, of which only outages, names and the like may change."""
    return Midnights()
