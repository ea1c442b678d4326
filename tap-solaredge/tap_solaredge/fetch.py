"""Ask for one resource of one site: from what is kept, in one call, or in several shorter windows."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from tap_solaredge import windows
from tap_solaredge.api.errors import NotPermitted, RangeTooLong, TapSolarEdgeError
from tap_solaredge.local_time import utc_text
from tap_solaredge.readings import BatterySeries, MeterSeries, Resource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from tap_solaredge.api.client import Client, Request
    from tap_solaredge.budget import Ledger
    from tap_solaredge.clock import Clock
    from tap_solaredge.local_time import Instant
    from tap_solaredge.readings import Record
    from tap_solaredge.windows import Window

    Cut = Callable[[Window, timedelta], list[Window]]

logger = logging.getLogger("tap-solaredge")


class NotAskedYet(TapSolarEdgeError):
    """A plan needs a slow list that was never read."""


BY_PERIOD = frozenset({Resource.ENERGY, Resource.METER_ENERGY, Resource.STORAGE_ENERGY})


class Fetch:
    """Knows a dialect, the service's limits as far as they were learned, and the slow lists that are kept."""

    def __init__(
        self,
        dialect: ModuleType,
        client: Client,
        ledger: Ledger,
        clock: Clock,
        *,
        time_unit: str,
        keep_for: timedelta,
    ) -> None:
        self._dialect = dialect
        self._client = client
        self._ledger = ledger
        self._clock = clock
        self._time_unit = time_unit
        self._keep_for = keep_for
        self.without_calls = False
        """Whether slow lists come from what is kept, however old: for plans."""

    def longest(self, resource: Resource) -> timedelta:
        """Return the longest window that the service is believed to accept."""
        learned = self._ledger.learned(self._limit_name(resource))
        return self._ladder(resource)[0] if learned is None else timedelta(seconds=learned)

    def sites(self) -> Iterator[Record]:
        """Yield id, name and status of every site that the credential reaches."""
        page = 1
        while True:
            body = self._slow(self._dialect.sites_request(page))
            listed: list[Record] = self._dialect.listed_sites(msgspec.json.decode(body))
            yield from listed
            if len(listed) < self._dialect.SITES_PER_PAGE:
                return
            page += 1

    def list_calls(self) -> int:
        """Return how many calls the site list will take at least."""
        return int(self._kept(self._dialect.sites_request(1)) is None)

    def slow(self, resource: Resource, site_id: int) -> Any:  # noqa: ANN401
        """Return the answer of a slow list of a site."""
        body = self._slow(self._dialect.request(resource, site_id))
        return self._dialect.parse(resource, msgspec.json.decode(body), site_id)

    def is_kept(self, resource: Resource, site_id: int) -> bool:
        """Whether a slow list will be answered without a call."""
        return self._kept(self._dialect.request(resource, site_id)) is not None

    def window(self, resource: Resource, site_id: int, window: Window, cut: Cut) -> Any:  # noqa: ANN401
        """Return the answer for a window, asked in as few parts as the service accepts.

        Args:
            resource: What is asked.
            site_id: The site.
            window: The span; intervals that start outside of it are dropped.
            cut: Cuts a window into parts of a given length, on seams that suit the resolution.

        Raises:
            TapSolarEdgeError: See `Client.get`.
        """
        parts = cut(window, self.longest(resource))
        answer: Any = None
        while parts:
            part = parts.pop(0)
            request = self._dialect.request(resource, site_id, part, self._resolution(resource))
            try:
                payload = msgspec.json.decode(self._client.get(request))
            except RangeTooLong as error:
                self._shorten(resource, site_id, part, error)
                parts = [piece for p in (part, *parts) for piece in cut(p, self.longest(resource))]
                continue
            answer = _joined(answer, self._dialect.parse(resource, payload, site_id))
        return _trimmed(answer, window)

    def _slow(self, request: Request) -> bytes:
        if self.without_calls:
            kept = self._ledger.kept(str(request))
            if kept is None:
                raise NotAskedYet(
                    "Nothing is known yet of this account: run the tap once, then --plan knows its sites"
                )
            return kept[1]
        body = self._kept(request)
        if body is None:
            body = self._client.get(request)
            self._ledger.keep(str(request), body)
        return body

    def _kept(self, request: Request) -> bytes | None:
        kept = self._ledger.kept(str(request))
        return kept[1] if kept and self._clock.now() - kept[0] < self._keep_for else None

    def _shorten(self, resource: Resource, site_id: int, part: Window, error: RangeTooLong) -> None:
        asked = part.end - part.start
        shorter = windows.shorter(min(asked, self.longest(resource)), self._ladder(resource))
        if shorter is None:
            raise NotPermitted(f"site {site_id}: even the shortest window is refused: {error}") from None
        logger.info("%s accepts no window of %s; trying %s", resource, asked, shorter)
        self._ledger.learn(self._limit_name(resource), shorter.total_seconds())

    def _limit_name(self, resource: Resource) -> str:
        return f"longest {self._dialect.__name__} {resource} {self._resolution(resource)}"

    def _resolution(self, resource: Resource) -> str:
        return self._time_unit if resource in BY_PERIOD else "QUARTER_HOUR"

    def _ladder(self, resource: Resource) -> tuple[timedelta, ...]:
        ladder: tuple[timedelta, ...] = self._dialect.LADDERS[self._resolution(resource)]
        return ladder


def _joined(answer: Any, part: Any) -> Any:  # noqa: ANN401
    """Join the answers of two parts of a window, by device and series."""
    if answer is None:
        return part
    if isinstance(part, dict):
        answer.update(part)
        return answer
    by_device = {_device(series): series for series in answer}
    for series in part:
        known = by_device.setdefault(_device(series), series)
        if known is not series:
            for name in _series_names(series):
                getattr(known, name).update(getattr(series, name))
    return list(by_device.values())


def _trimmed(answer: Any, window: Window) -> Any:  # noqa: ANN401
    """Drop the intervals that the service adds at the edges (reference: API V2, section 4.6)."""
    start, end = utc_text(window.start), utc_text(window.end)

    def inside(values: dict[Instant, float | None]) -> dict[Instant, float | None]:
        return {at: value for at, value in values.items() if start <= at.utc < end}

    if isinstance(answer, dict):
        return inside(answer)
    for series in answer:
        for name in _series_names(series):
            setattr(series, name, inside(getattr(series, name)))
    return answer


def _device(series: MeterSeries | BatterySeries) -> tuple[str | None, str]:
    return series.serial_number, series.meter_type if isinstance(series, MeterSeries) else ""


def _series_names(series: MeterSeries | BatterySeries) -> list[str]:
    return [name for name in series.__slots__ if isinstance(getattr(series, name), dict)]
