"""How far a run has come, said every quarter of a minute: calls, sites, time left."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tap_solaredge.plan.forecast import counted

if TYPE_CHECKING:
    from tap_solaredge.clock import Clock

SAID_EVERY = timedelta(seconds=15)
MINUTE = timedelta(seconds=61)
"""How long a minute of the service's limit takes with the waiting for it."""


class Pace:
    """Works out how long calls take, from the limit per minute and from those made so far."""

    def __init__(self, clock: Clock, per_minute: int | None, sites: int = 0) -> None:
        self.expected: int | None = None
        """Calls of the whole run, as far as is known."""
        self.sites = sites
        self.served = 0
        self._clock = clock
        self._per_minute = per_minute
        self._began = self._said = clock.host()

    def expect(self, calls: int) -> str | None:
        """Note how many calls the run will make, and return how long they take where that is minutes."""
        self.expected = calls
        needed = self._by_limit(calls)
        if needed < MINUTE:
            return None
        return f"That takes about {_minutes(needed)}, at {self._per_minute} calls a minute"

    def line(self, calls: int) -> str | None:
        """Return how far the run has come, None where it was said a moment ago or is nearly over.

        Args:
            calls: Calls made so far.
        """
        now, left = self._clock.host(), (self.expected or 0) - calls
        if now - self._said < SAID_EVERY or calls < 1 or left < 1:
            return None
        self._said = now
        elapsed = now - self._began
        needed = max(elapsed / calls * left, self._by_limit(self.expected or 0) - elapsed)
        return (
            f"{calls:,} of about {counted(self.expected or 0, 'call')} made, "
            f"{self.served:,} of {counted(self.sites, 'site')} up to date, about {_minutes(needed)} left"
        )

    def _by_limit(self, calls: int) -> timedelta:
        """Return how long calls take at least: so many go out at once, then the minute has to pass."""
        return MINUTE * ((calls - 1) // self._per_minute) if self._per_minute else timedelta()


def _minutes(duration: timedelta) -> str:
    """Return a duration for people, such as `20 seconds`, `5 minutes` or `3.5 hours`."""
    seconds = duration.total_seconds()
    if seconds < 90:  # noqa: PLR2004 (a minute and a half)
        return counted(max(round(seconds / 10) * 10, 10), "second")
    if seconds < 5400:  # noqa: PLR2004 (an hour and a half)
        return counted(round(seconds / 60), "minute")
    return f"{seconds / 3600:.1f} hours"
