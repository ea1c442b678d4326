"""The longest windows that the service accepts, as far as they were learned; remembered across runs."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_solaredge.errors import RangeTooLong, UnexpectedPayload
from tap_solaredge.local_time import from_utc_text
from tap_solaredge.measured.gaps import by_device
from tap_solaredge.plan import windows
from tap_solaredge.resources import Kind
from tap_solaredge.service.responses import NOT_TAKEN
from tap_solaredge.transport import AGAIN

if TYPE_CHECKING:
    from datetime import datetime

    from tap_solaredge.budget.ledger import Ledger
    from tap_solaredge.clock import Clock
    from tap_solaredge.local_time import Instant
    from tap_solaredge.plan.calls import Call
    from tap_solaredge.resources import Resource
    from tap_solaredge.service.dialect import Dialect
    from tap_solaredge.spans import Window

logger = logging.getLogger("tap-solaredge")


HOLDS_FOR = timedelta(days=7)
"""How long a length is believed before the longest is tried again: one refusal must not cost for ever."""
TRIED_AGAIN = timedelta(hours=23)
"""How long nobody tries the shorter windows of a site again that refused all of them."""


INTERVAL = {"QUARTER_HOUR": timedelta(minutes=15), "DAY": timedelta(hours=25)}
"""By resolution: how long an interval is at most; the first of an answer may begin before its window."""

CUT = {"QUARTER_HOUR": timedelta(days=1), "DAY": timedelta(days=7)}
"""By resolution: what an answer that is cut holds at least."""

LACKING = timedelta(days=1)
"""What it lacks at least: a service that tells no intervals of a night gives whole answers."""

MIDNIGHT_MOVES = 1
"""Hour with which a day begins where clocks go forward at midnight."""


class Lengths:
    """Knows how long a window may be, by resource and resolution."""

    def __init__(self, dialect: Dialect, ledger: Ledger, clock: Clock, time_unit: str) -> None:
        self._dialect = dialect
        self._ledger = ledger
        self._clock = clock
        self._time_unit = time_unit
        self._of_run: set[str] = set()
        """What was learned in this run, and holds whatever its clock says."""

    def longest(self, resource: Resource[Any]) -> timedelta:
        """Return the longest window that the service is believed to accept."""
        name = self._name(resource)
        learned = self._ledger.learned(name)
        holds = name in self._of_run or self._is_younger(f"{name} since", HOLDS_FOR)
        return self._ladder(resource)[0] if learned is None or not holds else timedelta(seconds=learned)

    def shorten(self, resource: Resource[Any], window: Window, error: RangeTooLong, site_id: int) -> None:
        """Learn that a window is too long.

        Raises:
            UnexpectedPayload: If even the shortest is refused, or was lately: then it was not the length.
        """
        name, length = self._name(resource), window.end - window.start
        refused = f"{name} refused by site {site_id}"
        shorter = windows.shorter(min(length, self.longest(resource)), self._ladder(resource))
        if shorter is None or self._is_younger(refused, TRIED_AGAIN):
            if shorter is None:
                self._ledger.learn(name, self._ladder(resource)[0].total_seconds())
                self._ledger.learn(refused, self._clock.now().timestamp())
            raise UnexpectedPayload(f"Even the shortest window is refused: {error}; {NOT_TAKEN}") from None
        logger.info("%s accepts no window of %s; trying %s", resource, length, shorter)
        self._ledger.learn(name, shorter.total_seconds())
        self._ledger.learn(f"{name} since", self._clock.now().timestamp())
        self._of_run.add(name)

    def check_span(self, call: Call, answer: Any, now: datetime) -> None:  # noqa: ANN401
        """Make sure that an answer is about its window, to its end: a service may give so many intervals.

        Raises:
            RangeTooLong: If it ends long before.
            UnexpectedPayload: If it is about another time, or its days are not those of the site's zone.
        """
        assert call.resource is not None and call.window is not None  # noqa: S101, PT018 (it is of a series)
        resolution, window = self._resolution(call.resource), call.window
        told = [] if answer is None else [series for series in by_device(answer, []).values() if series]
        if not told or resolution not in CUT or not self._dialect.tells_each_interval:
            return
        newest = max(map(max, told))
        begins, ends = from_utc_text(min(map(min, told)).utc), from_utc_text(newest.utc)
        if ends + INTERVAL[resolution] <= window.start or begins >= window.end:
            about = f"{begins:%Y-%m-%d} to {ends:%Y-%m-%d}"
            raise UnexpectedPayload(f"{call.resource}: the answer is about {about}, another time; {AGAIN}")
        if resolution == "DAY":
            _check_midnight(call.resource, newest)
        lacking = min(window.end, now) - (ends + INTERVAL[resolution])
        if ends - window.start >= CUT[resolution] and lacking > LACKING:
            said = f"{call.resource}: an answer ends at {newest.utc}, long before its window does"
            raise RangeTooLong(said)

    def _is_younger(self, name: str, age: timedelta) -> bool:
        """Whether something was noted lately, by a clock that may have been set back since."""
        noted = self._ledger.learned(name)
        return noted is not None and abs(self._clock.now().timestamp() - noted) < age.total_seconds()

    def _name(self, resource: Resource[Any]) -> str:
        return f"longest {self._dialect.name} {resource} {self._resolution(resource)}"

    def _resolution(self, resource: Resource[Any]) -> str:
        return self._time_unit if resource.kind is Kind.PERIODS else "QUARTER_HOUR"

    def _ladder(self, resource: Resource[Any]) -> tuple[timedelta, ...]:
        return self._dialect.ladder(resource, self._resolution(resource))


def _check_midnight(resource: Resource[Any], newest: Instant) -> None:
    wall = from_utc_text(newest.utc) + timedelta(minutes=newest.offset_minutes)
    if wall.hour > MIDNIGHT_MOVES:
        raise UnexpectedPayload(
            f"{resource}: days begin at {wall:%H:%M} in the time zone that is known: "
            "name the right one in the portal"
        )
