"""Ask for one resource of one site: one call, or several where the service accepts only shorter windows."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from tap_solaredge import windows
from tap_solaredge.api import v2
from tap_solaredge.api.errors import NotPermitted, RangeTooLong
from tap_solaredge.local_time import utc_text
from tap_solaredge.readings import BatterySeries, MeterSeries, Resource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import timedelta

    from tap_solaredge.api.client import Client
    from tap_solaredge.local_time import Instant
    from tap_solaredge.readings import Record
    from tap_solaredge.windows import Window

    Cut = Callable[[Window, timedelta], list[Window]]

logger = logging.getLogger("tap-solaredge")

BY_PERIOD = frozenset({Resource.ENERGY, Resource.METER_ENERGY, Resource.STORAGE_ENERGY})


class Fetch:
    """Knows the service's limits as far as they were learned, and puts the parts of a window together."""

    def __init__(self, client: Client, time_unit: str) -> None:
        self._client = client
        self._time_unit = time_unit
        self._longest: dict[Resource, timedelta] = {}

    def longest(self, resource: Resource) -> timedelta:
        """Return the longest window that the service is believed to accept."""
        return self._longest.get(resource, self._ladder(resource)[0])

    def sites(self) -> Iterator[Record]:
        """Yield id, name and status of every site that the credential reaches."""
        page = 1
        while True:
            listed = v2.listed_sites(self._client.get(v2.sites_request(page)))
            yield from listed
            if len(listed) < v2.SITES_PER_PAGE:
                return
            page += 1

    def whole(self, resource: Resource, site_id: int) -> Any:  # noqa: ANN401
        """Return the answer of a resource that has no window."""
        payload = self._client.get(v2.request(resource, site_id))
        return _parse(resource, payload, site_id)

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
            try:
                payload = self._client.get(v2.request(resource, site_id, part, self._resolution(resource)))
            except RangeTooLong as error:
                self._shorten(resource, site_id, part, error)
                parts = [piece for p in (part, *parts) for piece in cut(p, self.longest(resource))]
                continue
            answer = _joined(answer, _parse(resource, payload, site_id))
        return _trimmed(answer, window)

    def _shorten(self, resource: Resource, site_id: int, part: Window, error: RangeTooLong) -> None:
        shorter = windows.shorter(min(part.end - part.start, self.longest(resource)), self._ladder(resource))
        if shorter is None:
            raise NotPermitted(f"site {site_id}: even the shortest window is refused: {error}") from None
        logger.info("%s accepts no window of %s; trying %s", resource, part.end - part.start, shorter)
        self._longest[resource] = shorter

    def _resolution(self, resource: Resource) -> str:
        return self._time_unit if resource in BY_PERIOD else "QUARTER_HOUR"

    def _ladder(self, resource: Resource) -> tuple[timedelta, ...]:
        return v2.LADDERS[self._resolution(resource)]


def _parse(resource: Resource, payload: Any, site_id: int) -> Any:  # noqa: ANN401
    where = f"site {site_id}, {resource}"
    match resource:
        case Resource.DETAILS:
            return v2.details(payload, where)
        case Resource.DEVICES:
            return v2.devices(payload, where, site_id)
        case Resource.POWER | Resource.ENERGY:
            return v2.power(payload, where)
        case Resource.METERS | Resource.METER_ENERGY:
            return v2.meters(payload, where)
        case Resource.STORAGE | Resource.STORAGE_ENERGY | Resource.LIFETIME_STORAGE:
            return v2.storage(payload, where)


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
