"""When a site is offline for good, when its data come late, and from when a quarter can be seen. Pure."""

from __future__ import annotations

import math
from random import Random
from typing import Literal, NamedTuple, get_args

from solaredge_simulator.local_days import QUARTER

LATEST = 3 * 86_400
"""Seconds after the end of a quarter at which it is certain to be visible."""

LEAST_LAG, LAG_SPREAD = 90, 840
"""Seconds after its end at which a quarter is visible where nothing is wrong: at least, and how many more."""

_HOUR, _LONGEST_DAY = 3600, 25 * 3600
_OFFLINE_DAYS, _LATE_DAYS = 1 / 40, 1 / 9


Order = Literal["at once", "newest first", "oldest first"]
"""How a logger sends what it kept while it was silent."""


class Outage(NamedTuple):
    """A site, or one device of it, that is silent from `start` to `end` (epoch seconds) and keeps its data.

    What it kept arrives at `end`, or piece by piece over `hours` after it: the newest first, while fresh data
    arrive as ever, or the oldest first, and fresh data wait for their turn.
    """

    start: float
    end: float
    order: Order = "at once"
    hours: float = 8.0
    device: str | None = None
    """Its serial; None is the whole site."""

    @property
    def done(self) -> float:
        """When the last quarter that was kept arrives (epoch seconds)."""
        return self.end if self.order == "at once" else self.end + self.hours * _HOUR

    def touches(self, begin: float, now: float) -> bool:
        """Tell whether a day that begins at `begin` may lack quarters at `now` because of this outage."""
        return now < self.done and begin + _LONGEST_DAY + LATEST > self.start

    def arrival(self, usual: int) -> int:
        """Return when a quarter arrives that would have arrived at `usual` (epoch seconds)."""
        queued = self.order == "oldest first" and self.end < usual <= self.done
        if queued:
            return math.ceil(self.done)
        if not self.start < usual <= self.end:
            return usual
        if self.order == "at once":
            return math.ceil(self.end)
        way = (usual - self.start) / (self.end - self.start)
        turn = way if self.order == "oldest first" else 1 - way
        return math.ceil(min(self.done, self.end + math.ceil(turn * self.hours) * _HOUR))


def outage(start: float, end: float, order: str, hours: float, device: str | None) -> Outage:
    """Return an outage.

    Raises:
        ValueError: an end before the start, or an unknown order.
    """
    if end <= start or hours < 0:
        raise ValueError("an outage ends after it began, and its upload takes no less than 0 hours")
    found = next((known for known in get_args(Order) if known == order), None)
    if found is None:
        raise ValueError(f"an outage is uploaded {', '.join(get_args(Order))}; not {order}")
    return Outage(start, end, found, hours, device)


class Uplink(NamedTuple):
    """The link of one local day: quarters lost for good, and the instant at which each quarter is visible."""

    lost: range
    late: range
    visible_at: tuple[int, ...]


def uplink(seed: str, start: int, count: int, *, trouble: bool) -> Uplink:
    """Return the link of the day that begins at `start` (epoch seconds) and has `count` quarters.

    Data arrive in uploads: a quarter shows 1.5 to 15.5 minutes after it closed, so that the newest one or two
    are missing. On one day in nine some hours are held back and arrive up to 38 hours later, while newer
    quarters may be there already; on one day in forty some hours are lost. Without `trouble` neither happens.
    """
    random = Random(seed)
    lost, late, hold = range(0), range(0), 0
    fate = random.random()
    if trouble and fate < _OFFLINE_DAYS:
        lost = _block(random, count, 32)
    elif trouble and fate < _OFFLINE_DAYS + _LATE_DAYS:
        late = _block(random, count, 24)
        hold = random.choice((0, 0, 1, 3, 6, 14, 36)) * _HOUR
    ends = range(start + QUARTER, start + (count + 1) * QUARTER, QUARTER)
    visible = [end + LEAST_LAG + int(LAG_SPREAD * random.random()) for end in ends]
    if late:
        uploaded = ends[late[-1]] + hold + _HOUR + LEAST_LAG
        visible[late.start : late.stop] = [uploaded] * len(late)
    return Uplink(lost, late, tuple(visible))


def _block(random: Random, count: int, longest: int) -> range:
    first = random.randrange(count)
    return range(first, min(count, first + random.randint(3, longest)))
