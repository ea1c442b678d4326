"""The longest windows that the service accepts, as far as they were learned; remembered across runs."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_solaredge.errors import UnexpectedPayload
from tap_solaredge.plan import windows
from tap_solaredge.service.responses import NOT_TAKEN

if TYPE_CHECKING:
    from tap_solaredge.errors import RangeTooLong
    from tap_solaredge.harvest.job import Job
    from tap_solaredge.resources import Resource
    from tap_solaredge.spans import Window

logger = logging.getLogger("tap-solaredge")


HOLDS_FOR = timedelta(days=7)
"""How long a length is believed before the longest is tried again: one refusal must not cost for ever."""
TRIED_AGAIN = timedelta(hours=23)
"""How long nobody tries the shorter windows of a site again that refused all of them."""


class Lengths:
    """Knows how long a window may be, by resource and resolution."""

    def __init__(self, job: Job) -> None:
        self._dialect = job.dialect
        self._ledger = job.ledger
        self._clock = job.clock
        self._scope = job.scope
        self._of_run: set[str] = set()
        """What was learned in this run, and holds whatever its clock says."""

    def longest(self, resource: Resource[Any]) -> timedelta:
        """Return the longest window that the service is believed to accept."""
        name = self._name(resource)
        learned = self._ledger.learned(name)
        holds = name in self._of_run or self._is_younger(f"{name} since", HOLDS_FOR)
        return self._ladder(resource)[0] if learned is None or not holds else timedelta(seconds=learned)

    def shorten(
        self, resource: Resource[Any], window: Window, error: RangeTooLong, site_id: int
    ) -> UnexpectedPayload | None:
        """Learn that a window is too long; where it was not the length, return what is to be said instead.

        That is so if even the shortest window is refused, or was lately.
        """
        name, length = self._name(resource), window.end - window.start
        refused = f"{name} refused by site {site_id}"
        shorter = windows.shorter(min(length, self.longest(resource)), self._ladder(resource))
        if shorter is None or self._is_younger(refused, TRIED_AGAIN):
            if shorter is None:
                self._ledger.learn(name, self._ladder(resource)[0].total_seconds())
                self._ledger.learn(refused, self._clock.now().timestamp())
            return UnexpectedPayload(f"Even the shortest window is refused: {error}; {NOT_TAKEN}")
        logger.info("%s accepts no window of %s; trying %s", resource, length, shorter)
        self._ledger.learn(name, shorter.total_seconds())
        self._ledger.learn(f"{name} since", self._clock.now().timestamp())
        self._of_run.add(name)
        return None

    def _is_younger(self, name: str, age: timedelta) -> bool:
        """Whether something was noted lately, by a clock that may have been set back since."""
        noted = self._ledger.learned(name)
        return noted is not None and abs(self._clock.now().timestamp() - noted) < age.total_seconds()

    def _name(self, resource: Resource[Any]) -> str:
        return f"longest {self._dialect.name} {resource} {self._scope.resolution(resource)}"

    def _ladder(self, resource: Resource[Any]) -> tuple[timedelta, ...]:
        return self._dialect.ladder(resource, self._scope.resolution(resource))
