"""The lists that change slowly: sites, details, devices, alerts; an answer is kept for a day."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from tap_solaredge.errors import TapSolarEdgeError, UnexpectedPayload
from tap_solaredge.measured.site import Inventory, SiteRef
from tap_solaredge.plan.calls import Call, Purpose
from tap_solaredge.resources import DETAILS, DEVICES, Resource, T
from tap_solaredge.service.sites import listed_count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_solaredge.harvest.caller import Caller
    from tap_solaredge.harvest.job import Job
    from tap_solaredge.measured.readings import Record
    from tap_solaredge.service.request import Request

    Parse = Callable[[list[Any]], Any]
    SitePage = tuple[list[Record], int | None]
    """The sites of a page, and how many there are in all, where the service says so."""

logger = logging.getLogger("tap-solaredge")

MOST_PAGES = 100
"""Pages of one list; a service that has more does not count them."""
ROUND = 25
"""Pages are as long as the request says, or, where the service allows less, a round number."""


class NotAskedYet(TapSolarEdgeError):
    """A forecast needs a list that was never read."""

    stops_the_run = True


class Lists:
    """Reads lists from what is kept, else by calls."""

    def __init__(self, job: Job, caller: Caller) -> None:
        self._dialect = job.dialect
        self._caller = caller
        self.dry = caller.dry
        self._ledger = job.ledger
        self._clock = job.clock
        self._keep_for = job.keep_for
        self._listed: dict[int, Record] = {}
        self.failure: TapSolarEdgeError | None = None
        """Why the list of sites is an older one, if it is."""

    def keep_at_least(self, duration: timedelta) -> None:
        """Keep lists longer than the settings say."""
        self._keep_for = max(self._keep_for, duration)

    def sites(self, granted: list[int] | None) -> Iterator[Record]:
        """Yield id, name and status of every site.

        Args:
            granted: The only sites that can be read; None where the service lists them.
        """
        if granted is not None:
            yield from ({"id": site_id, "name": None, "status": None} for site_id in granted)
            return
        for page in range(1, MOST_PAGES + 1):
            listed, told = self._sites_on(page)
            new = [row for row in listed if row["id"] not in self._listed]
            self._listed |= {row["id"]: row for row in new}
            yield from new
            whole = len(listed) >= self._dialect.sites_per_page
            short = len(self._listed) < told if told is not None else len(listed) % ROUND == 0
            if not new or not (whole or short):
                break
        else:
            logger.warning("The list of sites has no end: %s pages of it are read", MOST_PAGES)
        if told is not None and len(self._listed) < told and not self.dry:
            logger.warning(
                "The service says that there are %s sites, but lists %s: the others are not read",
                told, len(self._listed),
            )  # fmt: skip

    def get(self, resource: Resource[T], site_id: int) -> T | None:
        """Return the answer of a list of a site."""
        if self._is_listed(resource):
            return self._listed[site_id]  # type: ignore[return-value]  # the row of the site list is its details
        requests, parse = self._of(resource, site_id)
        if resource is DEVICES:
            parse = self._not_emptied(f"site {site_id}, devices", requests, parse)
        try:
            found: T | None = self._read(requests, parse)
        except UnexpectedPayload:
            fewer = tuple(filter(None, map(self._dialect.narrower, requests)))
            if not fewer or self.dry:
                raise
            found = self._read(fewer, parse)
            for request, narrow in zip(requests, fewer, strict=True):
                self._keep_as(request, narrow)
        return found

    def _keep_as(self, request: Request, narrow: Request) -> None:
        """Keep the answer to a narrower request for the refused one: it is not tried again."""
        kept = self._ledger.kept(str(narrow))
        if kept is not None:
            self._ledger.keep(str(request), kept[1])

    def last_known(self, resource: Resource[T], site_id: int) -> T | None:
        """Return the answer that was kept, however old, None where there is none."""
        found: T | None = self._outdated(*self._of(resource, site_id))
        return found

    def price(self, resource: Resource[Any], site_id: int) -> int:
        """Return how many calls a list will take now."""
        if self._is_listed(resource):
            return 0
        requests, _ = self._of(resource, site_id)
        return sum(not self._is_fresh(request) for request in requests)

    def _is_listed(self, resource: Resource[Any]) -> bool:
        return resource is DETAILS and self._dialect.lists_details

    def _sites_on(self, page: int) -> SitePage:
        """Return a page of the site list; where it cannot be read, the one that was kept."""
        requests = (self._dialect.sites_request(page),)

        def parse(payloads: list[Any]) -> SitePage:
            return self._dialect.listed_sites(payloads[0]), listed_count(payloads[0])

        try:
            checked = self._not_emptied("site list", requests, parse)
            found: SitePage | None = self._read(requests, checked, keep_empty=page > 1)
        except TapSolarEdgeError as error:
            found = None if error.stops_the_run else self._outdated(requests, parse)
            if found is None:
                raise
            logger.warning("%s", error)
            self.failure = error
        return found or ([], None)

    def _not_emptied(self, what: str, requests: tuple[Request, ...], parse: Parse) -> Parse:
        """Return a parser that refuses an empty list where one with entries is kept: that is a fault."""

        def parse_again(payloads: list[Any]) -> Any:  # noqa: ANN401
            found = parse(payloads)
            if _is_empty(found) and not _is_empty(self._outdated(requests, parse)):
                raise UnexpectedPayload(f"{what}: nothing is listed any more; what was known is used instead")
            return found

        return parse_again

    def _of(self, resource: Resource[Any], site_id: int) -> tuple[tuple[Request, ...], Parse]:
        site = SiteRef(site_id)
        return self._dialect.requests(resource, site), lambda found: self._dialect.parse(
            resource, found, site
        )

    def _read(self, requests: tuple[Request, ...], parse: Parse, *, keep_empty: bool = True) -> Any:  # noqa: ANN401
        """Return a list from what is kept, else by calls; what makes no sense is not kept."""
        sent: dict[Request, bytes] = {}

        def payload(request: Request) -> Any:  # noqa: ANN401
            answer = None if self._is_fresh(request) else self._caller.send(Call(request, Purpose.LISTS))
            if answer is None:
                return self._last_answer(request)
            sent[request] = answer.body
            return answer.payload

        found = parse(self._pages(requests, payload))
        if keep_empty or not _is_empty(found):
            for request, body in sent.items():
                self._ledger.keep(str(request), body)
        return found

    def _outdated(self, requests: tuple[Request, ...], parse: Parse) -> Any:  # noqa: ANN401
        """Return a list as it was last answered, however long ago, None where it never was."""
        try:
            return parse(self._pages(requests, self._last_answer))
        except NotAskedYet:
            return None

    def _pages(self, requests: tuple[Request, ...], payload: Callable[[Request], Any]) -> list[Any]:
        """Return the payloads of some requests, and of those for what follows."""
        payloads, pages = [], list(requests)
        for request in pages:
            payloads.append(payload(request))
            pages += self._next(request, payloads)
        return payloads

    def _last_answer(self, request: Request) -> Any:  # noqa: ANN401
        kept = self._ledger.kept(str(request))
        if kept is None:
            raise NotAskedYet(
                "Nothing is known yet of this account: run the tap once, then --plan knows its sites"
            )
        return msgspec.json.decode(kept[1])

    def _next(self, request: Request, payloads: list[Any]) -> list[Request]:
        """Return the request for the page after the newest one, none where the service turns no page."""
        following = self._dialect.next_page(request, payloads[-1])
        if following is None:
            return []
        if payloads[-1] in payloads[:-1] or len(payloads) >= MOST_PAGES:
            logger.warning("%s: page %s is one that came before, or one too many; no further one is read",
                request.path, len(payloads))  # fmt: skip
            return []
        return [following]

    def _is_fresh(self, request: Request) -> bool:
        kept = self._ledger.kept(str(request))
        return kept is not None and timedelta() <= self._clock.now() - kept[0] < self._keep_for


def _is_empty(found: Any) -> bool:  # noqa: ANN401
    """Whether a page of sites, or an inventory, lists nothing; what is not known lists nothing."""
    if isinstance(found, Inventory):
        return not (found.equipment or found.meters or found.batteries)
    return not found or not found[0]
