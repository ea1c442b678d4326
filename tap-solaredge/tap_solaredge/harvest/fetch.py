"""Ask for one resource of one site: from what is kept, in one call, or in several shorter windows."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from tap_solaredge.errors import RangeTooLong, ScopeMissing, TapSolarEdgeError, UnexpectedPayload
from tap_solaredge.harvest.ahead import Ahead
from tap_solaredge.local_time import instant, quarter_of
from tap_solaredge.measured.joining import joined, trimmed
from tap_solaredge.measured.readings import SiteRef
from tap_solaredge.plan import windows
from tap_solaredge.resources import Resource
from tap_solaredge.service.responses import NOT_TAKEN
from tap_solaredge.spans import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from tap_solaredge.budget.ledger import Ledger
    from tap_solaredge.clock import Clock
    from tap_solaredge.measured.readings import Record, Snapshot
    from tap_solaredge.service.client import Client, Request
    from tap_solaredge.service.dialect import Dialect
    from tap_solaredge.service.responses import Answer

    Cut = Callable[[Window, timedelta], list[Window]]
    Wanted = tuple[Resource, Window, Cut, datetime | None]
    """A resource, its window, how that is cut, and down to where older windows follow."""
    Parse = Callable[[list[Any]], Any]

logger = logging.getLogger("tap-solaredge")


class NotAskedYet(TapSolarEdgeError):
    """A plan needs a slow list that was never read."""

    stops_the_run = True


TELEMETRY_REFUSED = "telemetry refused to site"
RETRY_REFUSED = 86400.0
"""Seconds until telemetry that a grant does not cover is tried again."""


class Fetch:
    """Knows a dialect, the service's limits as far as they were learned, and the slow lists that are kept."""

    def __init__(
        self,
        dialect: Dialect,
        client: Client,
        ledger: Ledger,
        clock: Clock,
        *,
        time_unit: str,
        keep_for: timedelta,
    ) -> None:
        self.dialect = dialect
        self._client = client
        self._ledger = ledger
        self._clock = clock
        self._time_unit = time_unit
        self._keep_for = keep_for
        self._ahead = Ahead(client)
        self._listed: dict[int, Record] = {}
        self._read_beyond: dict[tuple[Resource, int], tuple[Window, Any]] = {}
        self.without_calls = False
        """Whether slow lists come from what is kept, however old: for plans."""
        self.list_failure: TapSolarEdgeError | None = None
        """Why the list of sites is an older one, if it is."""

    def keep_at_least(self, duration: timedelta) -> None:
        """Keep slow lists longer than the settings say."""
        self._keep_for = max(self._keep_for, duration)

    def longest(self, resource: Resource) -> timedelta:
        """Return the longest window that the service is believed to accept."""
        learned = self._ledger.learned(self._limit_name(resource))
        return self._ladder(resource)[0] if learned is None else timedelta(seconds=learned)

    def sites(self) -> Iterator[Record]:
        """Yield id, name and status of every site that the credential reaches."""
        granted = self._client.granted_sites()
        if granted is not None:
            yield from ({"id": site_id, "name": None, "status": None} for site_id in granted)
            return
        page = 1
        while True:
            listed = self._sites_on(page)
            self._listed |= {row["id"]: row for row in listed}
            yield from listed
            if len(listed) < self.dialect.SITES_PER_PAGE:
                return
            page += 1

    def list_calls(self) -> int:
        """Return how many calls the site list will take at least."""
        listed = self._client.granted_sites() is None
        return int(listed and self._kept(self.dialect.sites_request(1)) is None)

    def reads_devices(self, site_id: int) -> bool:
        """Whether telemetry is worth a call: not when the grant of a site does not cover it."""
        refused = self._ledger.learned(f"{TELEMETRY_REFUSED} {site_id}")
        recently = refused is not None and self._clock.now().timestamp() - refused < RETRY_REFUSED
        return self._client.reads_devices(site_id) and not recently

    def slow(self, resource: Resource, site_id: int) -> Any:  # noqa: ANN401
        """Return the answer of a slow list of a site."""
        if resource is Resource.DETAILS and self.dialect.LISTS_DETAILS:
            return self._listed[site_id]
        return self._slow(*self._slow_list(resource, site_id))

    def last_known(self, resource: Resource, site_id: int) -> Any:  # noqa: ANN401
        """Return the answer of a slow list that was kept, however old, None where there is none."""
        return self._outdated(*self._slow_list(resource, site_id))

    def slow_calls(self, resource: Resource, site_id: int) -> int:
        """Return how many calls a slow list will take now."""
        if resource is Resource.DETAILS and self.dialect.LISTS_DETAILS:
            return 0
        asked, _ = self._slow_list(resource, site_id)
        return sum(self._kept(request) is None for request in asked)

    def snapshot(self, site: SiteRef) -> Snapshot | None:
        """Return the flows of this moment, None where the service has none."""
        asked_at = instant(self._clock.now().astimezone(site.zone).isoformat(timespec="seconds"))
        if asked_at == quarter_of(asked_at):
            asked_at = asked_at._replace(utc=f"{asked_at.utc[:-3]}01Z")
        flow: Snapshot | None = self._part(Resource.SNAPSHOT, site, None)
        if flow is not None:
            flow.at = asked_at
        return flow

    def window(
        self,
        resource: Resource,
        site: SiteRef,
        window: Window,
        cut: Cut,
        *,
        floor: datetime | None = None,
    ) -> Any:  # noqa: ANN401
        """Return the answer for a window, asked in as few parts as the service accepts.

        Args:
            resource: What is asked.
            site: The site.
            window: The span; intervals that start outside of it are dropped.
            cut: Cuts a window into parts of a given length, on seams that suit the resolution.
            floor: An older window will be wanted next, down to here: the oldest part is asked in full length,
                and what it holds beyond this window is kept for the next one.

        Raises:
            TapSolarEdgeError: See `Client.get`.
        """
        span, read = self._read_beyond.pop((resource, site.site_id), (None, None))
        carried = span if span is not None and span.end == window.end else None
        answer = None if carried is None else trimmed(read, window)
        parts = self._parts(resource, window, cut, floor, carried)
        beyond, extra = carried, read
        while parts:
            part = parts.pop()
            try:
                read = self._part(resource, site, part)
            except RangeTooLong as error:
                self._shorten(resource, part, error)
                parts = self._parts(resource, window, cut, floor, Window(part.end, window.end))
                continue
            inside = Window(max(part.start, window.start), part.end)
            answer = joined(answer, trimmed(read, inside))
            beyond, extra = part, read
        if beyond is not None and beyond.start < window.start:
            rest = Window(beyond.start, window.start)
            self._read_beyond[resource, site.site_id] = rest, trimmed(extra, rest)
        return answer

    def expect(self, site: SiteRef, wanted: Iterable[Wanted]) -> None:
        """Note which windows of a site will be asked, in order, so that calls can run at once."""
        carried = {
            resource: span for (resource, of), (span, _) in self._read_beyond.items() if of == site.site_id
        }
        for resource, window, cut, floor in wanted:
            span = carried.pop(resource, None)
            span = span if span is not None and span.end == window.end else None
            parts = self._parts(resource, window, cut, floor, span)
            for part in reversed(parts):
                self._ahead.expect(self._requests(resource, site, part))
            reached = parts[0].start if parts else span.start if span else window.start
            if reached < window.start:
                carried[resource] = Window(reached, window.start)

    def close(self) -> None:
        """Wait for calls that are on their way, and close the connections."""
        self._ahead.close()
        self._client.close()

    def _parts(
        self, resource: Resource, window: Window, cut: Cut, floor: datetime | None, read: Window | None
    ) -> list[Window]:
        """Return what to ask for a window of which the newest part has been read, oldest first."""
        until = window.end if read is None else max(read.start, window.start)
        longest = self.longest(resource)
        reach = windows.reach(floor or window.start, window.start, until, longest)
        return windows.touching(cut(reach, longest), window)

    def _requests(self, resource: Resource, site: SiteRef, part: Window | None) -> tuple[Request, ...]:
        return self.dialect.requests(resource, site, part, self._resolution(resource))

    def _part(self, resource: Resource, site: SiteRef, part: Window | None) -> Any:  # noqa: ANN401
        asked = self._requests(resource, site, part)
        self._ahead.expect(asked)
        payloads = [self._ahead.get(request, self._get).payload for request in asked]
        return self.dialect.parse(resource, payloads, site)

    def _sites_on(self, page: int) -> list[Record]:
        request = self.dialect.sites_request(page)

        def parse(payloads: list[Any]) -> list[Record]:
            return self.dialect.listed_sites(payloads[0])

        listed: list[Record] | None
        try:
            listed = self._slow((request,), parse)
        except TapSolarEdgeError as error:
            listed = None if error.stops_the_run or self.without_calls else self._outdated((request,), parse)
            if listed is None:
                raise
            self.list_failure = error
        return listed or []

    def _slow_list(self, resource: Resource, site_id: int) -> tuple[tuple[Request, ...], Parse]:
        def parse(payloads: list[Any]) -> Any:  # noqa: ANN401
            return self.dialect.parse(resource, payloads, SiteRef(site_id))

        return self.dialect.requests(resource, SiteRef(site_id)), parse

    def _slow(self, requests: tuple[Request, ...], parse: Parse) -> Any:  # noqa: ANN401
        """Return a slow list from what is kept, else by asking; what makes no sense is not kept."""
        if self.without_calls:
            known = self._outdated(requests, parse)
            if known is None:
                raise NotAskedYet(
                    "Nothing is known yet of this account: run the tap once, then --plan knows its sites"
                )
            return known
        asked: dict[Request, bytes] = {}
        payloads, pages = [], list(requests)
        for request in pages:
            body = self._kept(request)
            if body is None:
                asked[request], payload = self._ahead.get(request, self._get)
            else:
                payload = msgspec.json.decode(body)
            payloads.append(payload)
            pages += filter(None, [self.dialect.next_page(request, payload)])
        answer = parse(payloads)
        for request, body in asked.items():
            self._ledger.keep(str(request), body)
        return answer

    def _outdated(self, requests: tuple[Request, ...], parse: Parse) -> Any:  # noqa: ANN401
        payloads, pages = [], list(requests)
        for request in pages:
            known = self._ledger.kept(str(request))
            if known is None:
                return None
            payloads.append(msgspec.json.decode(known[1]))
            pages += filter(None, [self.dialect.next_page(request, payloads[-1])])
        return parse(payloads)

    def _get(self, request: Request) -> Answer:
        try:
            return self._client.get(request)
        except ScopeMissing:
            self._ledger.learn(f"{TELEMETRY_REFUSED} {request.site_id}", self._clock.now().timestamp())
            raise

    def _kept(self, request: Request) -> bytes | None:
        kept = self._ledger.kept(str(request))
        return kept[1] if kept and self._clock.now() - kept[0] < self._keep_for else None

    def _shorten(self, resource: Resource, part: Window, error: RangeTooLong) -> None:
        asked = part.end - part.start
        shorter = windows.shorter(min(asked, self.longest(resource)), self._ladder(resource))
        if shorter is None:  # then it was not the length that was refused
            self._ledger.learn(self._limit_name(resource), self._ladder(resource)[0].total_seconds())
            raise UnexpectedPayload(f"Even the shortest window is refused: {error}; {NOT_TAKEN}") from None
        logger.info("%s accepts no window of %s; trying %s", resource, asked, shorter)
        self._ledger.learn(self._limit_name(resource), shorter.total_seconds())

    def _limit_name(self, resource: Resource) -> str:
        return f"longest {self.dialect.NAME} {resource} {self._resolution(resource)}"

    def _resolution(self, resource: Resource) -> str:
        return self._time_unit if resource in self.dialect.BY_PERIOD else "QUARTER_HOUR"

    def _ladder(self, resource: Resource) -> tuple[timedelta, ...]:
        return self.dialect.ladder(resource, self._resolution(resource))
