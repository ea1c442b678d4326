"""Monitoring API V2: which request asks for a resource, and what its answer says. Pure.

Facts and their certainty: the V2 reference; section numbers in this package are its.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_solaredge.resources import Resource
from tap_solaredge.service.v2.readers import listed_sites, parse
from tap_solaredge.service.v2.requests import (
    SITES_PER_PAGE,
    credential,
    ladder,
    next_page,
    price,
    requests,
    sites_request,
)

if TYPE_CHECKING:
    from tap_solaredge.errors import TapSolarEdgeError
    from tap_solaredge.measured.readings import Answers, Site
    from tap_solaredge.service.request import Request

__all__ = [
    "AT_ONCE", "BY_PERIOD", "DAILY_CALLS", "HAS_CREDITS", "LISTS_DETAILS", "NAME", "OFFERS",
    "SITES_PER_PAGE", "asks", "complete", "credential", "ladder", "listed_sites", "next_page", "parse",
    "price", "refused", "requests", "sites_request",
]  # fmt: skip

NAME = "v2"
LISTS_DETAILS = False
HAS_CREDITS = True
DAILY_CALLS: int | None = None
AT_ONCE = 1
OFFERS = frozenset(
    {Resource.DETAILS, Resource.DEVICES, Resource.LIFETIME_STORAGE, Resource.BENEFITS, Resource.ALERTS}
)
BY_PERIOD = frozenset({Resource.ENERGY, Resource.METER_ENERGY, Resource.STORAGE_ENERGY})


def asks(site: Site, needs: frozenset[Resource]) -> frozenset[Resource]:
    """Return what is worth asking: without a meter or a battery there is no telemetry of one."""
    absent = set() if site.has_meters else {Resource.METERS, Resource.METER_ENERGY, Resource.STORAGE_ENERGY}
    absent |= set() if site.has_batteries else {Resource.STORAGE, Resource.STORAGE_ENERGY}
    absent |= set() if site.has_inverters else {Resource.INVERTERS}
    return needs - absent


def complete(answers: Answers, site: Site, time_unit: str) -> None:
    """Do nothing: answers say everything as it is wanted."""


def refused(request: Request, status: int, said: str) -> TapSolarEdgeError | None:  # noqa: ARG001
    """Return None: what the statuses mean in general holds for V2."""
    return None
