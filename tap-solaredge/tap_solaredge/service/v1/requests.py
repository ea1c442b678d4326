"""The requests of V1: paths, the key in the query, windows in the site's wall clock. Pure."""

from __future__ import annotations

from datetime import UTC, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tap_solaredge.local_time import QUARTER, is_repeated, local_day, wall_time
from tap_solaredge.login.credentials import Credential, api_key
from tap_solaredge.resources import (
    BENEFITS,
    DETAILS,
    DEVICES,
    ENERGY,
    INVERTERS,
    LIFETIME,
    METER_ENERGY,
    METERS,
    POWER,
    QUARTER_ENERGY,
    SNAPSHOT,
    STORAGE,
    STORAGE_ENERGY,
    TOTALS,
    Needs,
    Resource,
)
from tap_solaredge.service.request import Request

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from requests import PreparedRequest

    from tap_solaredge.clock import Clock
    from tap_solaredge.measured.site import SiteRef
    from tap_solaredge.spans import Window

SITES_PER_PAGE = 100
_PATHS: Mapping[Resource[Any], tuple[str, ...]] = MappingProxyType(
    {
        DEVICES: ("inventory",),
        POWER: ("power",),
        METERS: ("powerDetails", "energyDetails", "meters"),
        STORAGE: ("storageData",),
        ENERGY: ("energy",),
        METER_ENERGY: ("energyDetails",),
        STORAGE_ENERGY: ("storageData",),
        SNAPSHOT: ("currentPowerFlow",),
        BENEFITS: ("envBenefits",),
        QUARTER_ENERGY: ("energy",),
        TOTALS: ("energyDetails",),
        LIFETIME: ("overview",),
    }
)
OFFERS: Needs = frozenset({DETAILS, INVERTERS, *_PATHS})
_IN_TIME_UNITS = frozenset({"energyDetails", "meters", "energy"})
_TIME_UNITS = MappingProxyType({"QUARTER_HOUR": "QUARTER_OF_AN_HOUR"})
_WEEK = timedelta(days=7) - timedelta(hours=2)
"""Seven days of the wall clock (section 3), less what a clock change and the overlap at both ends add."""
_MONTH = timedelta(days=25)
"""What is always taken for a month: 28 days are refused at some sites (gotcha 23)."""
_WEEKLY = frozenset({STORAGE, STORAGE_ENERGY, INVERTERS})
"""Samples of devices: a week at a time, and the one before a window is wanted, since counters are in them."""
_PERIODS = MappingProxyType(
    {
        "DAY": (timedelta(days=365),),
        "WEEK": (timedelta(days=36500),),
        "MONTH": (timedelta(days=36500),),
        "YEAR": (timedelta(days=36500),),
    }
)


class V1Key(Credential):
    """A V1 key of an account or of one site; it stands in the query of every call, and nowhere else."""

    about = "a key of V1"
    remedy = "The V1 key is not valid: check `api_key`; a key of V2 does not work with `api_version: v1`"

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the key to the address."""
        request.prepare_url(request.url, {"api_key": self.identity})
        return request


def credential(config: Mapping[str, Any], clock: Clock) -> Credential:  # noqa: ARG001 (a key never ends)
    """Return the key that the settings hold.

    Raises:
        ConfigError: If there is none.
    """
    return V1Key(api_key(config, "the V1 key of the account or site"))


def sites_request(page: int) -> Request:
    """Return the request for a page of the site list, disabled sites included (6.1, gotcha 37)."""
    first = str((page - 1) * SITES_PER_PAGE)
    return Request("/sites/list", (("size", str(SITES_PER_PAGE)), ("startIndex", first), ("status", "All")))


def ladder(resource: Resource[Any], resolution: str) -> tuple[timedelta, ...]:
    """Return the longest windows (section 3)."""
    if resource in _WEEKLY:
        return (_WEEK,)
    return _PERIODS.get(resolution, (_MONTH,))


def requests(
    resource: Resource[Any],
    site: SiteRef,
    window: Window | None = None,
    resolution: str = "QUARTER_HOUR",
) -> tuple[Request, ...]:
    """Return the calls that together answer a resource of a site."""
    site_id, zone, inverters, metered = site
    if resource is INVERTERS and window is not None and zone is not None:
        times = _times(resource, window, zone)
        return tuple(Request(f"/equipment/{site_id}/{serial}/data", times, site_id) for serial in inverters)
    if resource is STORAGE_ENERGY and window is not None and window.end - window.start > _WEEK:
        seam = window.start + _WEEK  # whole weeks, months and years are longer than what one call gives
        parts = window._replace(end=seam), window._replace(start=seam)
        return tuple(call for part in parts for call in requests(resource, site, part, resolution))
    found = []
    resolution = "MONTH" if resource is TOTALS else resolution
    for name in _PATHS[resource] if metered or resource is not TOTALS else ("energy",):
        params: tuple[tuple[str, str], ...] = ()
        if resource is BENEFITS:
            params = (("systemUnits", "Metrics"),)
        elif window is not None and zone is not None and resource is not LIFETIME:
            params = _dates(window, zone) if name == "energy" else _times(resource, window, zone)
            if name in _IN_TIME_UNITS:
                params = (*params, ("timeUnit", _TIME_UNITS.get(resolution, resolution)))
        found.append(Request(f"/site/{site_id}/{name}", params, site_id))
    return tuple(found)


def _dates(window: Window, zone: ZoneInfo) -> tuple[tuple[str, str], ...]:
    """Return whole local days; both ends are included (6.4)."""
    last = window.end - timedelta(microseconds=1)
    return (
        ("startDate", local_day(window.start, zone).isoformat()),
        ("endDate", local_day(last, zone).isoformat()),
    )


def _times(resource: Resource[Any], window: Window, zone: ZoneInfo) -> tuple[tuple[str, str], ...]:
    """Return start and end by the wall clock, an interval wider than wanted where that can matter (2.1).

    Whether the end belongs to the window is not consistent, and a battery's counters need the reading before.
    Neither end lies in an hour that is repeated: such a time would not say which of the two it is.
    """
    start, end = window
    if resource is TOTALS:
        end -= timedelta(seconds=1)
    elif resource is not METER_ENERGY:
        end += QUARTER
    if resource in _WEEKLY:
        start -= QUARTER
    while is_repeated(start, zone):
        start -= QUARTER
    while is_repeated(end, zone):
        end += QUARTER
    return ("startTime", _wall(start, zone)), ("endTime", _wall(end, zone))


def _wall(moment: datetime, zone: ZoneInfo) -> str:
    return wall_time(moment.astimezone(UTC), zone)
