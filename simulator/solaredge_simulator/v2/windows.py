"""The window of a V2 request: from, to, resolution, and how long it may be. Pure."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from solaredge_simulator.local_days import midnight, months_later
from solaredge_simulator.messages import problem

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from solaredge_simulator.messages import Request
    from solaredge_simulator.options import Options

_DATE_AND_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")


class Resolution(StrEnum):
    """The length of a bucket."""

    QUARTER_HOUR = "QUARTER_HOUR"
    HOUR = "HOUR"
    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    YEAR = "YEAR"
    TOTAL = "TOTAL"


class Window(NamedTuple):
    """A stretch of time (epoch seconds) in buckets; `upto` is `to` as it was meant, None for now."""

    start: float
    end: float
    resolution: Resolution
    ends_now: bool

    def period(self, zone: ZoneInfo) -> dict[str, str]:
        """Return the echo of the window; nanoseconds in `to` when it is now."""
        upto = datetime.fromtimestamp(self.end, zone)
        text = f"{upto:%Y-%m-%dT%H:%M:%S}.{upto.microsecond:06d}302{upto.isoformat()[-6:]}"
        return {"from": _local(self.start, zone), "to": text if self.ends_now else _local(self.end, zone)}


def window(request: Request, zone: ZoneInfo, options: Options) -> Window:
    """Return the window of a series request; missing parameters are today, now and quarter hours (4.3).

    Raises:
        RefusalError: 400 for a bad time, an unknown resolution, from after to, too long a span.
    """
    found = span(request, zone)._replace(resolution=_resolution(request))
    if found.end > _last_end(found, zone, options):
        detail = f"The requested period exceeds the maximum allowed for resolution {found.resolution}"
        raise problem(HTTPStatus.BAD_REQUEST, f"{detail} ({_limit_text(found.resolution, options)})")
    return found


def span(request: Request, zone: ZoneInfo) -> Window:
    """Return the window of a request for totals: any length, default today until now."""
    now = request.now.timestamp()
    first, last = request.first("from"), request.first("to")
    start = _instant("from", first, zone) if first else midnight(zone, request.now.astimezone(zone).date())
    end = _instant("to", last, zone) if last else now
    if start > end:
        raise problem(HTTPStatus.BAD_REQUEST, "'from' must not be after 'to'")
    return Window(start, end, Resolution.TOTAL, ends_now=not last)


def _resolution(request: Request) -> Resolution:
    name = request.first("resolution") or Resolution.QUARTER_HOUR
    if name not in set(Resolution):
        raise problem(HTTPStatus.BAD_REQUEST, f"Invalid value '{name}' for parameter 'resolution'")
    return Resolution(name)


def _instant(name: str, text: str, zone: ZoneInfo) -> float:
    """Read a time with offset, with Z, or bare (then on the site's clock)."""
    try:
        found = datetime.fromisoformat(text) if _DATE_AND_TIME.match(text) else None
    except ValueError:
        found = None
    if found is None:
        raise problem(HTTPStatus.BAD_REQUEST, f"Invalid value '{text}' for parameter '{name}'")
    return (found if found.tzinfo else found.replace(tzinfo=zone)).timestamp()


def _last_end(found: Window, zone: ZoneInfo, options: Options) -> float:
    """Return the latest end (epoch seconds) that is allowed: hours by the clock, months by the calendar."""
    hours = {
        Resolution.QUARTER_HOUR: 7 * 24 if options.quarter_hour_limit == "observed" else 12,
        Resolution.HOUR: 24,
    }
    months = {Resolution.DAY: 1, Resolution.WEEK: 12, Resolution.MONTH: 36}
    if found.resolution in hours:
        return found.start + hours[found.resolution] * 3600
    if found.resolution in months:
        start = datetime.fromtimestamp(found.start, zone)
        return months_later(start, months[found.resolution]).timestamp()
    return found.end


def _limit_text(resolution: Resolution, options: Options) -> str:
    if resolution is Resolution.QUARTER_HOUR:
        return "7 days" if options.quarter_hour_limit == "observed" else "12 hours"
    texts = {"HOUR": "24 hours", "DAY": "1 month", "WEEK": "1 year", "MONTH": "3 years"}
    return texts[resolution]


def _local(instant: float, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(instant, zone).isoformat()
