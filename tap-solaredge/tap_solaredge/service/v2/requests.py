"""The requests of V2: parameters, types of devices, longest windows. Pure."""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tap_solaredge.resources import ALERTS, BENEFITS, DEVICES, LIFETIME_STORAGE, TOTALS, Resource
from tap_solaredge.service.request import Request
from tap_solaredge.service.v2.readers import ENDPOINTS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tap_solaredge.measured.site import SiteRef
    from tap_solaredge.spans import Window

SITES_PER_PAGE = 1000
_ALERTS_PER_PAGE = 100
BEFORE_ALL_DATA = "2000-01-01T00:00:00Z"
DEVICE_TYPES = (
    "INVERTER", "METER", "BATTERY", "OPTIMIZER", "GATEWAY", "EV_CHARGER", "BUI", "BATTERY_MODULE",
)  # fmt: skip
_MEASURING_TYPES = frozenset({"INVERTER", "METER", "BATTERY"})
_LADDERS: Mapping[str, tuple[timedelta, ...]] = MappingProxyType(
    {
        "QUARTER_HOUR": (timedelta(days=7), timedelta(days=1), timedelta(hours=12)),
        "DAY": (timedelta(days=28),),
        "WEEK": (timedelta(days=364),),
        "MONTH": (timedelta(days=365),),
        "YEAR": (timedelta(days=36500),),
    }
)
"""Window lengths to try, longest first: what was seen live, then what is documented (4.4)."""


def sites_request(page: int) -> Request:
    """Return the request for a page of the site list; the first page is 1 (4.10)."""
    return Request("/v2/sites", (("page", str(page)), ("sites-in-page", str(SITES_PER_PAGE))))


def ladder(resource: Resource[Any], resolution: str) -> tuple[timedelta, ...]:  # noqa: ARG001
    """Return window lengths to try, longest first; they depend on the resolution only."""
    return _LADDERS[resolution]


def requests(
    resource: Resource[Any],
    site: SiteRef,
    window: Window | None = None,
    resolution: str = "QUARTER_HOUR",
) -> tuple[Request, ...]:
    """Return the one call that answers a resource of a site."""
    path = f"/v2/sites/{site.site_id}{ENDPOINTS[resource].path}"
    params: tuple[tuple[str, str], ...] = ()
    if resource is DEVICES:
        params = tuple(("types", kind) for kind in DEVICE_TYPES)
    elif resource is ALERTS:
        params = (("page", "1"), ("alerts-in-page", str(_ALERTS_PER_PAGE)))
    elif resource is BENEFITS:
        params = (("unit", "METRIC"),)
    elif resource is LIFETIME_STORAGE:
        params = (("from", BEFORE_ALL_DATA), ("resolution", "TOTAL"))
    elif window is not None:
        params = (("from", _text(window.start)), ("to", _text(window.end)))
        if resource is not TOTALS:
            params += (("resolution", resolution),)
    return (Request(path, params, site.site_id),)


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def narrower(request: Request) -> Request | None:
    """Return the request for the devices that measure, of one for more types (gotcha 44)."""
    wanted = tuple(param for param in request.params if param[0] != "types" or param[1] in _MEASURING_TYPES)
    if not request.path.endswith(ENDPOINTS[DEVICES].path) or len(wanted) == len(request.params):
        return None
    return request._replace(params=wanted)


def next_page(request: Request, payload: Any) -> Request | None:  # noqa: ANN401
    """Return the request for the page of alerts after a full one (4.10), None where nothing follows."""
    params = dict(request.params)
    if "alerts-in-page" not in params or not isinstance(payload, list) or len(payload) < _ALERTS_PER_PAGE:
        return None
    return request._replace(params=tuple((params | {"page": str(int(params["page"]) + 1)}).items()))
