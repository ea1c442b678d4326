"""Whether an answer is about the window of its request, and goes on to its end."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_solaredge.errors import RangeTooLong, UnexpectedPayload
from tap_solaredge.local_time import from_utc_text
from tap_solaredge.measured.gaps import by_device
from tap_solaredge.transport import AGAIN

if TYPE_CHECKING:
    from datetime import datetime

    from tap_solaredge.local_time import Instant
    from tap_solaredge.resources import Resource
    from tap_solaredge.spans import Window

INTERVAL = {"QUARTER_HOUR": timedelta(minutes=15), "DAY": timedelta(hours=25)}
"""By resolution: how long an interval is at most; the first of an answer may begin before its window."""

CUT = {"QUARTER_HOUR": timedelta(days=1), "DAY": timedelta(days=7)}
"""By resolution: what an answer that is cut holds at least."""

LACKING = timedelta(days=1)
"""What it lacks at least: a service that tells no intervals of a night gives whole answers."""

MIDNIGHT_MOVES = 1
"""Hour with which a day begins where clocks go forward at midnight."""


def check_span(resource: Resource[Any], resolution: str, window: Window, answer: Any, now: datetime) -> None:  # noqa: ANN401
    """Check the span of an answer of a service that tells each interval; months and years are not checked.

    Raises:
        RangeTooLong: If it ends long before its window: a service may give so many intervals at most.
        UnexpectedPayload: If it is about another time, or its days are not those of the site's zone.
    """
    told = [] if answer is None else [series for series in by_device(answer, []).values() if series]
    if not told or resolution not in INTERVAL:
        return
    newest = max(map(max, told))
    begins, ends = from_utc_text(min(map(min, told))), from_utc_text(newest)
    if ends + INTERVAL[resolution] <= window.start or begins >= window.end:
        about = f"{begins:%Y-%m-%d} to {ends:%Y-%m-%d}"
        raise UnexpectedPayload(f"{resource}: the answer is about {about}, another time; {AGAIN}")
    if resolution == "DAY":
        _check_midnight(resource, newest)
    lacking = min(window.end, now) - (ends + INTERVAL[resolution])
    if ends - window.start >= CUT[resolution] and lacking > LACKING:
        raise RangeTooLong(f"{resource}: an answer ends at {newest}, long before its window does")


def _check_midnight(resource: Resource[Any], newest: Instant) -> None:
    wall = from_utc_text(newest) + timedelta(minutes=newest.offset_minutes)
    if wall.hour > MIDNIGHT_MOVES:
        raise UnexpectedPayload(
            f"{resource}: days begin at {wall:%H:%M} in the time zone that is known: "
            "name the right one in the portal"
        )
