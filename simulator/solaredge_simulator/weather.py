"""Sun and clouds: what a roof could yield in each quarter of a local day. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from solaredge_simulator.local_days import QUARTER

if TYPE_CHECKING:
    from datetime import date
    from random import Random

_TILT = math.radians(-23.44)
_DAY = 86_400
_LOSSES = 0.88
_OVERCAST, _SPREAD, _FLICKER = 0.22, 0.78, 0.25


def elevations(latitude: float, longitude: float, day: date, start: int, count: int) -> list[float]:
    """Return the sine of the sun's elevation in the middle of each quarter from `start` (epoch s) on."""
    declination = _TILT * math.cos(math.tau * (day.timetuple().tm_yday + 10) / 365)
    phi = math.radians(latitude)
    level = math.sin(phi) * math.sin(declination)
    swing = math.cos(phi) * math.cos(declination)
    noon = start + QUARTER / 2 + longitude * 240 - _DAY / 2
    return [level + swing * math.cos(math.tau * (noon + i * QUARTER) / _DAY) for i in range(count)]


def yields(elevation: list[float], random: Random) -> list[float]:
    """Return the yield of each quarter as a fraction of the peak power; 0 or less while the sun is down."""
    clear = _OVERCAST + _SPREAD * random.random() ** 0.6
    draw = random.random
    return [
        sine * math.sqrt(math.sqrt(sine)) * _LOSSES * clear * (1 - _FLICKER * draw()) if sine > 0 else 0.0
        for sine in elevation
    ]
