"""The simulator's clock: real, fixed, moved by hand, or running at any speed."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta


class Clock:
    """A clock in UTC: real time without `now`; with it the clock stands still, unless `speed` is given."""

    def __init__(self, now: datetime | None = None, speed: float | None = None) -> None:
        """Set the clock.

        Args:
            now: the instant to begin with, aware.
            speed: simulated seconds per real second; 1 if there is no `now`, else 0.
        """
        self._lock = threading.Lock()
        self._speed = (1.0 if now is None else 0.0) if speed is None else speed
        self._set_at, self._now = time.monotonic(), now or datetime.now(UTC)

    def now(self) -> datetime:
        """Return the instant that the clock shows, in UTC."""
        with self._lock:
            return self._shown()

    def set(self, now: datetime) -> None:
        """Put the clock at an instant; it goes on from there at its speed."""
        if now.tzinfo is None:
            raise ValueError("the simulator's clock needs a time with a zone")
        with self._lock:
            self._set_at, self._now = time.monotonic(), now.astimezone(UTC)

    def advance(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> datetime:
        """Move the clock on and return what it shows then."""
        with self._lock:
            self._now += timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
            return self._shown()

    def run(self, speed: float) -> None:
        """Let the clock go on at another speed; 0 stops it."""
        with self._lock:
            self._set_at, self._now, self._speed = time.monotonic(), self._shown(), speed

    def _shown(self) -> datetime:
        return self._now + timedelta(seconds=(time.monotonic() - self._set_at) * self._speed)
