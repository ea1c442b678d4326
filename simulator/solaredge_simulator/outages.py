"""When a site is offline for good, when its data come late, and from when a quarter can be seen. Pure."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from solaredge_simulator.local_days import QUARTER

LATEST = 3 * 86_400
"""Seconds after the end of a quarter at which it is certain to be visible."""

_HOUR = 3600
_OFFLINE_DAYS, _LATE_DAYS = 1 / 40, 1 / 9
_LEAST_LAG, _LAG_SPREAD = 90, 840


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
    visible = [end + _LEAST_LAG + int(_LAG_SPREAD * random.random()) for end in ends]
    if late:
        uploaded = ends[late[-1]] + hold + _HOUR + _LEAST_LAG
        visible[late.start : late.stop] = [uploaded] * len(late)
    return Uplink(lost, late, tuple(visible))


def _block(random: Random, count: int, longest: int) -> range:
    first = random.randrange(count)
    return range(first, min(count, first + random.randint(3, longest)))
