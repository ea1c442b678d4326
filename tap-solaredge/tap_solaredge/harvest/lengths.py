"""The longest windows that the service accepts, as far as they were learned; remembered across runs."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_solaredge.errors import UnexpectedPayload
from tap_solaredge.plan import windows
from tap_solaredge.resources import Kind
from tap_solaredge.service.responses import NOT_TAKEN

if TYPE_CHECKING:
    from tap_solaredge.budget.ledger import Ledger
    from tap_solaredge.errors import RangeTooLong
    from tap_solaredge.resources import Resource
    from tap_solaredge.service.dialect import Dialect
    from tap_solaredge.spans import Window

logger = logging.getLogger("tap-solaredge")


class Lengths:
    """Knows how long a window may be, by resource and resolution."""

    def __init__(self, dialect: Dialect, ledger: Ledger, time_unit: str) -> None:
        self._dialect = dialect
        self._ledger = ledger
        self._time_unit = time_unit

    def longest(self, resource: Resource[Any]) -> timedelta:
        """Return the longest window that the service is believed to accept."""
        learned = self._ledger.learned(self._name(resource))
        return self._ladder(resource)[0] if learned is None else timedelta(seconds=learned)

    def shorten(self, resource: Resource[Any], window: Window, error: RangeTooLong) -> None:
        """Learn that a window is too long.

        Raises:
            UnexpectedPayload: If even the shortest is refused: then it was not the length.
        """
        length = window.end - window.start
        shorter = windows.shorter(min(length, self.longest(resource)), self._ladder(resource))
        if shorter is None:
            self._ledger.learn(self._name(resource), self._ladder(resource)[0].total_seconds())
            raise UnexpectedPayload(f"Even the shortest window is refused: {error}; {NOT_TAKEN}") from None
        logger.info("%s accepts no window of %s; trying %s", resource, length, shorter)
        self._ledger.learn(self._name(resource), shorter.total_seconds())

    def _name(self, resource: Resource[Any]) -> str:
        return f"longest {self._dialect.name} {resource} {self._resolution(resource)}"

    def _resolution(self, resource: Resource[Any]) -> str:
        return self._time_unit if resource.kind is Kind.PERIODS else "QUARTER_HOUR"

    def _ladder(self, resource: Resource[Any]) -> tuple[timedelta, ...]:
        return self._dialect.ladder(resource, self._resolution(resource))
