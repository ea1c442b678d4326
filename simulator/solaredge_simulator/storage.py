"""How a battery charges from surplus sun and serves the load. Pure but for its own level."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from solaredge_simulator.devices import Battery

STEPS = 8
"""All energies and powers are multiples of 1/8, so that sums are exact in floating point."""

_RESERVE, _MIDNIGHT = 0.1, 0.2
_EFFICIENCY = 0.95


def eighths(value: float) -> float:
    """Return a value (Wh or W) rounded to 1/8."""
    return math.floor(value * STEPS + 0.5) / STEPS


class Pack:
    """The level of one battery through one local day; it begins every day at the same level."""

    def __init__(self, battery: Battery) -> None:
        self.serial = battery.serial
        self.capacity = battery.capacity
        self.level = eighths(battery.capacity * _MIDNIGHT)
        self._reserve = eighths(battery.capacity * _RESERVE)
        self._most = eighths(battery.power / 4)

    def flow(self, surplus: float, churn: float) -> tuple[float, float]:
        """Return (charge, discharge) of a quarter in Wh.

        Args:
            surplus: production minus load, Wh; negative when the load needs more.
            churn: Wh that go in and out within the same quarter.
        """
        charge = discharge = 0.0
        if surplus > 0:
            charge = eighths(min(surplus, self._most, (self.capacity - self.level) * 0.98))
        else:
            discharge = max(0.0, min(-surplus, self._most, self.level - self._reserve))
        if churn < self.level - self._reserve - discharge:
            charge, discharge = charge + churn, discharge + churn
        self.level = min(self.capacity, self.level + eighths(charge * _EFFICIENCY) - discharge)
        return charge, discharge

    @property
    def state_of_charge(self) -> float:
        """Percent of the capacity."""
        return round(100 * self.level / self.capacity, 4)
