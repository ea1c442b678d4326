"""What a dialect of SolarEdge's API offers to the harvest, and the registry of dialects.

A dialect is a module (or package) of pure functions. A new one is a file and a line in `DIALECTS`; one that
is not wanted any more is deleted with its line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from tap_solaredge.service import v1, v2

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from tap_solaredge.clock import Clock
    from tap_solaredge.errors import TapSolarEdgeError
    from tap_solaredge.login.credentials import Credential
    from tap_solaredge.measured.readings import Answers, Record, Site, SiteRef
    from tap_solaredge.resources import Resource
    from tap_solaredge.service.request import Request
    from tap_solaredge.spans import Window


class Dialect(Protocol):
    """How one version of the API is asked, and what its answers say."""

    NAME: str
    """As in the setting `api_version`."""
    SITES_PER_PAGE: int
    LISTS_DETAILS: bool
    """Whether the site list holds whole rows of `sites`, so that no site is asked for its details."""
    HAS_CREDITS: bool
    """Whether calls cost credits of a month and are limited per minute."""
    DAILY_CALLS: int | None
    """Calls a day that the service allows per site, and per key; None is no limit."""
    AT_ONCE: int
    """Calls that may run at once."""
    OFFERS: frozenset[Resource]
    """What it has besides series: slow-changing lists, and the flows of the moment."""
    BY_PERIOD: frozenset[Resource]
    """What it answers by day, week, month or year; everything else comes by the quarter hour."""

    def credential(self, config: Mapping[str, Any], clock: Clock) -> Credential:
        """Return the credential that the settings describe.

        Raises:
            ConfigError: If there is none, more than one, or half of one.
        """

    def sites_request(self, page: int) -> Request:
        """Return the request for a page of the site list; the first page is 1."""

    def listed_sites(self, payload: Any) -> list[Record]:  # noqa: ANN401
        """Return at least id, name and status of each site on a page."""

    def asks(self, site: Site, needs: frozenset[Resource]) -> frozenset[Resource]:
        """Return what must be asked so that a site's answers hold what is needed."""

    def price(self, resource: Resource, site: SiteRef) -> int:
        """Return how many calls answer a resource of a site for one window."""

    def requests(
        self,
        resource: Resource,
        site: SiteRef,
        window: Window | None = None,
        resolution: str = "QUARTER_HOUR",
    ) -> tuple[Request, ...]:
        """Return the calls that together answer a resource of a site, for a window where it is a series."""

    def next_page(self, request: Request, payload: Any) -> Request | None:  # noqa: ANN401
        """Return the request for what follows the answer of a slow list, None where it is whole."""

    def parse(self, resource: Resource, payloads: list[Any], site: SiteRef) -> Any:  # noqa: ANN401
        """Return what the answers say; the type is that of the resource's field in `Answers`.

        Raises:
            UnexpectedPayload: If it is not what the API promises; the message names site, resource and field.
        """

    def complete(self, answers: Answers, site: Site, time_unit: str) -> None:
        """Work out what the API gives in another form than `Answers` promises."""

    def ladder(self, resource: Resource, resolution: str) -> tuple[timedelta, ...]:
        """Return window lengths to try, longest first; below the last one, lengths are halved."""

    def refused(self, request: Request, status: int, said: str) -> TapSolarEdgeError | None:
        """Return what a status other than 200 means where only this dialect knows, else None."""


DIALECTS: Mapping[str, Dialect] = {"v2": v2, "v1": v1}
"""By the setting `api_version`; the first is the default."""
