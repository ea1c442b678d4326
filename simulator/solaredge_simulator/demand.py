"""What the people on a site use, quarter by quarter. Pure."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from random import Random

_SATURDAY = 5


class Demand(NamedTuple):
    """A load: what always runs and how high its peaks are, W; people at home or at work."""

    base: float
    peak: float
    at_home: bool


@lru_cache(maxsize=64)
def shape(at_home: bool, weekend: bool, count: int) -> tuple[float, ...]:
    """Return the height of each quarter between 0 (base) and about 1 (peak)."""
    hours = [24 * i / count for i in range(count)]
    if not at_home:
        height = 0.12 if weekend else 1.0
        return tuple(height * _bump(hour, 12.5, 4.0) for hour in hours)
    late = 1.5 if weekend else 0.0
    return tuple(
        0.45 * _bump(hour, 7.5 + late, 1.2) + 0.2 * _bump(hour, 13, 2.5) + _bump(hour, 19.5, 2.0)
        for hour in hours
    )


def demands(demand: Demand, weekday: int, count: int, random: Random) -> list[float]:
    """Return the mean power (W) of each quarter of a day; weekday 0 is Monday."""
    draw = random.random
    level = 0.8 + 0.4 * draw()
    return [
        demand.base * (0.9 + 0.2 * draw()) + demand.peak * level * height * (0.5 + draw())
        for height in shape(demand.at_home, weekday >= _SATURDAY, count)
    ]


def _bump(hour: float, centre: float, width: float) -> float:
    return math.exp(-(((hour - centre) / width) ** 2))
