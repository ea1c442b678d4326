"""The truth of one site and one local day, in columns of quarter hours. Pure; kept in memory."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from solaredge_simulator.happened import happened
from solaredge_simulator.inverters import inverter_columns
from solaredge_simulator.local_days import midnight, quarter_count
from solaredge_simulator.midnights import keep, levels
from solaredge_simulator.outages import uplink
from solaredge_simulator.sources import sources

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from solaredge_simulator.flows import Column, Key
    from solaredge_simulator.outages import Uplink
    from solaredge_simulator.sites import Site


class Sum(NamedTuple):
    """The sum of the values there are, and their number."""

    total: float
    known: int


def column(site: Site, day: date, key: Key) -> Column:
    """Return one series of a local day as it was, whether visible yet or not."""
    if site.first_day is None or day < site.first_day:
        return [None] * quarter_count(site.zone, day)
    return (columns(site, day) if _is_of_site(site, key) else inverters(site, day))[key]


def daily_sum(site: Site, day: date, key: Key) -> Sum:
    """Return the sum of one series over a whole local day."""
    if site.first_day is None or day < site.first_day:
        return Sum(0.0, 0)
    if _is_of_site(site, key):
        return _sums(site.never_silent or site, day)[key]
    return add(inverters(site, day)[key])


def columns(site: Site, day: date) -> Mapping[Key, Column]:
    """Return the series of the site itself and of its batteries."""
    return _columns(site.never_silent or site, day)


def inverters(site: Site, day: date) -> Mapping[Key, Column]:
    """Return the series of all inverters."""
    return _inverters(site.never_silent or site, day)


@lru_cache(maxsize=2048)
def _columns(site: Site, day: date) -> Mapping[Key, Column]:
    return _without(link(site, day).lost, _happened(site, day))


@lru_cache(maxsize=512)
def _inverters(site: Site, day: date) -> Mapping[Key, Column]:
    found = inverter_columns(site, midnight(site.zone, day), columns(site, day))
    return _without(link(site, day).lost, found)


@lru_cache(maxsize=20_000)
def lost(site: Site, day: date, key: Key) -> Column:
    """Return what happened in the quarters of a day that are lost for good; None in all others."""
    gone = link(site, day).lost
    of_site = _happened(site, day)
    every = of_site if _is_of_site(site, key) else inverter_columns(site, midnight(site.zone, day), of_site)
    return [value if place in gone else None for place, value in enumerate(every[key])]


def _happened(site: Site, day: date) -> dict[Key, Column]:
    """Return the series of the site itself and of its batteries, nothing lost."""
    found = happened(site, day, levels(site, day))
    keep(site, day, found)
    return found


@lru_cache(maxsize=20_000)
def link(site: Site, day: date) -> Uplink:
    """Return what was lost and what came late on a local day."""
    start, count = midnight(site.zone, day), quarter_count(site.zone, day)
    seed = f"{site.seed}/{site.site_id}/{day.toordinal()}/link"
    found = uplink(seed, start, count, trouble=site.trouble)
    return found._replace(visible_at=_held(site, None, found.visible_at))


def arrivals(site: Site, day: date, key: Key) -> tuple[int, ...]:
    """Return the instant at which each quarter of a series is visible: all devices behind it have sent."""
    found = link(site, day).visible_at
    for serial in sources(site, key) & {outage.device for outage in site.outages if outage.device}:
        found = tuple(map(max, found, _held(site, serial, found)))
    return found


def add(values: Column) -> Sum:
    """Return the sum of the values there are."""
    known = [value for value in values if value is not None]
    return Sum(sum(known), len(known))


@lru_cache(maxsize=20_000)
def _sums(site: Site, day: date) -> Mapping[Key, Sum]:
    return {key: add(values) for key, values in columns(site, day).items()}


def _is_of_site(site: Site, key: Key) -> bool:
    return not key[0] or any(battery.serial == key[0] for battery in site.batteries)


def _held(site: Site, device: str | None, usual: tuple[int, ...]) -> tuple[int, ...]:
    """Return when quarters arrive that a silent device, or with None the silent site, holds back."""
    for outage in site.outages:
        if outage.device == device:
            usual = tuple(map(outage.arrival, usual))
    return usual


def _without(lost: range, found: dict[Key, Column]) -> Mapping[Key, Column]:
    """Blank the quarters in which the site was offline."""
    for values in found.values() if lost else ():
        values[lost.start : lost.stop] = [None] * len(lost)
    return found
