"""What one version of SolarEdge's API is to the harvest: its requests, and what its answers say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import timedelta

    from tap_solaredge.clock import Clock
    from tap_solaredge.errors import TapSolarEdgeError
    from tap_solaredge.login.credentials import Credential
    from tap_solaredge.measured.production import Meaning
    from tap_solaredge.measured.readings import Record
    from tap_solaredge.measured.site import Site, SiteRef
    from tap_solaredge.resources import Answers, Needs, Resource
    from tap_solaredge.service.request import Request
    from tap_solaredge.spans import Window


class Requests(Protocol):
    """Makes the requests that together answer a resource of a site, for a window where it is a series."""

    def __call__(
        self,
        resource: Resource[Any],
        site: SiteRef,
        window: Window | None = None,
        resolution: str = "QUARTER_HOUR",
    ) -> tuple[Request, ...]:
        """Return the requests; each is one call."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """A dialect, made of pure functions; a new one is a folder and a line in `dialects.py`."""

    name: str
    """As in the setting `api_version`."""
    sites_per_page: int
    lists_details: bool
    """Whether the site list holds whole rows of `sites`, so that no site needs a call for its details."""
    assumed: Meaning
    """What production is taken for, on sites with a battery of which nobody has checked it."""
    tells_offsets: bool
    """Whether times have their offset; without, a site's zone must be known."""
    tells_each_interval: bool
    """Whether a series has each interval of its window, with null where there is no value."""
    tells_split: bool
    """Whether the answers about meters tell the consumption, so that it takes no call to check production."""
    has_credits: bool
    """Whether calls cost credits of a month and are limited per minute."""
    daily_calls: int | None
    """Calls a day that the service allows per site, and per key; None is no limit."""
    at_once: int
    """Calls that may run at once."""
    offers: Needs
    """What it offers."""
    credential: Callable[[Mapping[str, Any], Clock], Credential]
    """Return the credential that the settings describe; `ConfigError` if there is none, or half of one."""
    sites_request: Callable[[int], Request]
    """Return the request for a page of the site list; the first page is 1."""
    listed_sites: Callable[[Any], list[Record]]
    """Return at least id, name and status of each site on a page."""
    needed: Callable[[Site, Needs, Needs], Needs]
    """Return what must be fetched so that a site's answers hold what is needed; last, what others need."""
    requests: Requests
    next_page: Callable[[Request, Any], Request | None]
    """Return the request for what follows the answer of a list, None where it is whole."""
    narrower: Callable[[Request], Request | None]
    """Return a request for the least of a list that is of use, after the service refused the whole of it."""
    parse: Callable[[Resource[Any], list[Any], SiteRef], Any]
    """Return what answers say; `UnexpectedPayload` if it is not what the API promises."""
    complete: Callable[[Answers, Site, str], None]
    """Work out what the API gives in another form than `Answers` promises."""
    ladder: Callable[[Resource[Any], str], tuple[timedelta, ...]]
    """Return window lengths to try, longest first; below the last one, lengths are halved."""
    refused: Callable[[Request, int, str], TapSolarEdgeError | None]
    """Return what a status other than 200 means where only this dialect knows, else None."""
