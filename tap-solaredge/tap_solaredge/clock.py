"""The time, and waiting for it: the service's clock, which its answers tell, not the host's."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime, timedelta

logger = logging.getLogger("tap-solaredge")

WORTH_A_WARNING = timedelta(minutes=5)
PRECISION = timedelta(seconds=2)
"""A `Date` header has whole seconds and is on its way for a while."""


class Clock:
    """Tells the service's time; a Raspberry Pi without one of its own may be years off."""

    def __init__(self) -> None:
        self.skew = timedelta()
        """How far the service's clock is ahead of this computer's."""
        self.heard = False
        """Whether an answer has told the service's time in this run; before, it is this computer's."""

    def now(self) -> datetime:
        """Return the time, UTC."""
        return self.host() + self.skew

    def set_by(self, service_time: datetime) -> None:
        """Learn the service's time from an answer."""
        self.heard = True
        skew = service_time - self.host()
        if abs(skew - self.skew) <= PRECISION:
            return
        if abs(skew) > WORTH_A_WARNING >= abs(self.skew):
            logger.warning("This computer's clock is off by %s; the service's is used", -skew)
        self.skew = skew

    def host(self) -> datetime:
        """Return this computer's time, UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)
