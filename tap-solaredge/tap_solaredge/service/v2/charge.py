"""State of energy of V2 in percent: whether the service sends fractions of 1 or percents (4.8)."""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import dataclass
from itertools import islice
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from tap_solaredge.service.payload import LEAST_CHARGE, MOST_CHARGE, charge

if TYPE_CHECKING:
    from tap_solaredge.measured.readings import Series
    from tap_solaredge.service.place import Place

logger = logging.getLogger("tap-solaredge")

FRACTION, PERCENT = 100.0, 1.0
"""What a value is multiplied by."""
_BEYOND = 5
"""One value in so many that no fraction can be says that a window holds percents."""
_ENOUGH = 96
"""Pairs that are looked at: a day."""
_SMALLEST, _LARGEST = 1_000.0, 100_000.0
"""Wh; the capacity of one battery, where its nameplate is not known."""


class Levels(NamedTuple):
    """What one answer says of one battery."""

    unit: Any
    levels: Series
    remaining: Series
    """Wh."""


@dataclass(slots=True)
class _Known:
    """What is known of a battery from the answers so far."""

    capacity: float | None = None
    """Wh, from the nameplate."""
    scale: float | None = None
    """What its values are multiplied by, where an answer proved it."""
    said: float | None = None
    """What was last said of its scale."""


_known: defaultdict[tuple[int, str], _Known] = defaultdict(_Known)
"""By site and serial number."""


def learn_capacity(site_id: int, serial: str, capacity: float | None) -> None:
    """Learn the nameplate capacity (Wh) of a battery, against which its levels are checked."""
    _known[site_id, serial].capacity = capacity


def percent(told: Levels, site_id: int, serial: str, place: Place) -> Series:
    """Return percents; what can be none is None, with a note, and nothing is clamped."""
    if not told.levels:
        return {}
    battery = _known[site_id, serial]
    scale, why, proven = _scale(told, battery)
    if proven:
        battery.scale = scale
    if battery.said != scale and (battery.said or (scale, told.unit) != (FRACTION, "PERCENTAGE")):
        meaning = "a fraction of 1" if scale == FRACTION else "percent"
        logger.info("%s: the state of energy is read as %s: %s", place, meaning, why)
    battery.said = scale
    found: Series = {at: None if level is None else level * scale for at, level in told.levels.items()}
    known = [level for level in found.values() if level is not None]
    if not known or LEAST_CHARGE <= min(known) <= max(known) <= MOST_CHARGE:
        return found
    return {at: charge(level, place / f"at {at}") for at, level in found.items()}


def forget() -> None:
    """Forget what was learned of batteries."""
    _known.clear()


def _scale(told: Levels, battery: _Known) -> tuple[float, str, bool]:
    """Return what to multiply by, why, and whether this answer proves it: most of its values, never one."""
    if told.unit == "PERCENTAGE_100":
        return PERCENT, "so says its unit", False
    by_energy = _by_energy(told, battery.capacity)
    if by_energy is not None:
        return by_energy, "so says the energy that remains", True
    known = [level for level in told.levels.values() if level]
    beyond = sum(level * FRACTION > MOST_CHARGE for level in known)
    inside = len(known) - beyond
    if beyond > 1 and beyond * _BEYOND >= inside:
        return PERCENT, f"{beyond} of {len(known)} values are far above 1", True
    if battery.scale is not None:
        return battery.scale, "so it was before", False
    if beyond and not inside:
        return PERCENT, "its value is far above 1", False
    return FRACTION, "no more than single values are far above 1", False


def _by_energy(told: Levels, capacity: float | None) -> float | None:
    """Decide by the energy that remains: divided by the level it is the capacity, or a hundredth of it."""
    pairs = ((told.remaining.get(at), level) for at, level in told.levels.items())
    full = list(
        islice((rest / level for rest, level in pairs if rest and level and rest > 0 < level), _ENOUGH)
    )
    if not full:
        return None
    middle = median(full)
    if capacity:
        return FRACTION if middle * 10 > capacity else PERCENT
    if _SMALLEST <= middle <= _LARGEST and middle * 100 > _LARGEST:
        return FRACTION
    return PERCENT if middle < _SMALLEST <= middle * 100 <= _LARGEST else None
