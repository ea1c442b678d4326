"""Monitoring API V1, switched off for the public on 2026-11-03: how it is asked, what it answers. Pure.

Facts and their certainty: the V1 reference; section numbers in this package are its.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_solaredge.resources import Resource
from tap_solaredge.service.v1.readers import complete, listed_sites, parse
from tap_solaredge.service.v1.refusals import refused
from tap_solaredge.service.v1.requests import credential, ladder, next_page, price, requests, sites_request

if TYPE_CHECKING:
    from tap_solaredge.measured.readings import Site

__all__ = [
    "AT_ONCE", "BY_PERIOD", "DAILY_CALLS", "HAS_CREDITS", "LISTS_DETAILS", "NAME", "OFFERS",
    "SITES_PER_PAGE", "asks", "complete", "credential", "ladder", "listed_sites", "next_page", "parse",
    "price", "refused", "requests", "sites_request",
]  # fmt: skip

NAME = "v1"
SITES_PER_PAGE = 100
LISTS_DETAILS = True
HAS_CREDITS = False
DAILY_CALLS: int | None = 300
AT_ONCE = 3
OFFERS = frozenset({Resource.DETAILS, Resource.DEVICES, Resource.SNAPSHOT, Resource.BENEFITS})
BY_PERIOD = frozenset({Resource.ENERGY, Resource.METER_ENERGY})


def asks(site: Site, needs: frozenset[Resource]) -> frozenset[Resource]:
    """Return what must be asked: meters hold the production, and a battery has to be taken out of it."""
    wanted = set(needs)
    if site.has_batteries and Resource.POWER in needs:
        wanted.add(Resource.STORAGE)
    if site.has_batteries and Resource.ENERGY in needs:
        wanted.add(Resource.STORAGE_ENERGY)
    if not site.has_batteries:
        wanted -= {Resource.STORAGE, Resource.STORAGE_ENERGY}
    if not site.has_inverters:
        wanted.discard(Resource.INVERTERS)
    if not site.has_meters:
        wanted -= {Resource.METERS, Resource.METER_ENERGY}
    if Resource.METERS in wanted:
        wanted.discard(Resource.POWER)
    return frozenset(wanted)
