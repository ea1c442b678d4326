"""How a battery charges from surplus sun and serves the load. Pure but for its own level."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from solaredge_simulator.devices import Battery

STEPS = 8
"""All energies and powers are multiples of 1/8, so that sums are exact in floating point."""

_RESERVE, _FIRST = 0.1, 0.2
_EFFICIENCY = 0.95


def eighths(value: float) -> float:
    """Return a value (Wh or W) rounded to 1/8."""
    return math.floor(value * STEPS + 0.5) / STEPS


class Pack:
    """The level (Wh) of one battery through one local day; it begins where the day before ended."""

    def __init__(self, battery: Battery, level: float) -> None:
        self._sells, self._buys = battery.sells, battery.buys
        self.serial = battery.serial
        self.capacity = battery.capacity
        self.level = level
        self._reserve = least_level(battery)
        self._most = eighths(battery.power / 4)

    def flow(self, surplus: float, churn: float, hour: float) -> tuple[float, float]:
        """Return (charge, discharge) of a quarter in Wh.

        Args:
            surplus: production minus load, Wh; negative when the load needs more.
            churn: Wh that go in and out within the same quarter.
            hour: of the local day.
        """
        charge = discharge = 0.0
        if _within(self._sells, hour):
            discharge = max(0.0, min(self._most, self.level - self._reserve))
        elif surplus > 0 or _within(self._buys, hour):
            surplus = self._most if _within(self._buys, hour) else surplus
            charge = eighths(min(surplus, self._most, (self.capacity - self.level) * 0.98))
        else:
            discharge = max(0.0, min(-surplus, self._most, self.level - self._reserve))
        churned = churn if churn < self.level - self._reserve - discharge else 0.0
        self.level = min(self.capacity, self.level + eighths(charge * _EFFICIENCY) - discharge)
        return charge + churned, discharge + churned

    @property
    def state_of_charge(self) -> float:
        """Percent of the capacity."""
        return round(100 * self.level / self.capacity, 4)


def least_level(battery: Battery) -> float:
    """Return the level (Wh) that a battery keeps in reserve."""
    return eighths(battery.capacity * _RESERVE)


def first_level(battery: Battery) -> float:
    """Return the level (Wh) at which a battery is delivered."""
    return eighths(battery.capacity * _FIRST)


def _within(hours: tuple[int, int] | None, hour: float) -> bool:
    return hours is not None and hours[0] <= hour < hours[1]
