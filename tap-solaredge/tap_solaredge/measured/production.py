"""What production means on a site with batteries: what the panels made, or what its inverters gave. Pure.

An inverter with a battery on its DC side gives production + discharge - charge. Which of the two `energy` and
`power` are is documented for V1 only (gotcha 65, V2 reference, section 6), so it is found out: a finished day
is held against the service's own split, of which the production of the panels is a part.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from tap_solaredge.measured.split import storage_energies, storage_powers
from tap_solaredge.resources import ENERGY, POWER, QUARTER_ENERGY, STORAGE, STORAGE_ENERGY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_solaredge.measured.readings import BatterySeries, Series
    from tap_solaredge.resources import Answers

LEAST_FLOW = 200.0
"""Wh that a battery must have taken more than it gave on a day, or given more, to tell the two apart."""
LEAST_PART = 0.02
"""The same as a part of the day's energy."""
CLEAR = 0.25
"""Part of that flow by which a day's energy may differ from what one of the two makes expected."""
SAME = 0.001
"""Part by which the sum of a month's days may differ from the month's total."""


class Meaning(StrEnum):
    """What a site's production is."""

    PV = "PV"
    """What the panels made."""
    AC = "AC"
    """What the inverters gave: what batteries gave is in it, what they took is not."""


class Day(NamedTuple):
    """A finished day of a site with batteries, Wh."""

    date: str
    energy: float
    """The service's production."""
    charge: float
    discharge: float

    @property
    def tells(self) -> bool:
        """Whether the two meanings differ enough on this day."""
        return abs(self.discharge - self.charge) >= max(LEAST_FLOW, LEAST_PART * self.energy)


def meaning_of(day: Day, pv: float) -> Meaning | None:
    """Return what the energy of a day means, None where it is clearly neither.

    Args:
        day: The day.
        pv: What the panels made of it (Wh), by the service's own split.
    """
    if not day.tells:
        return None
    gave = day.discharge - day.charge
    off = {Meaning.PV: abs(day.energy - pv), Meaning.AC: abs(day.energy - pv - gave)}
    nearest = min(off, key=lambda meaning: off[meaning])
    return nearest if off[nearest] <= CLEAR * abs(gave) else None


def fits(meaning: Meaning, days: Iterable[float | None], pv: float) -> bool:
    """Whether the energies of all days of a month (Wh) are what a meaning makes expected of their sum.

    Args:
        meaning: What is believed.
        days: Each day's energy.
        pv: What the panels made in the month, by the service's own split.
    """
    differs = abs(sum(energy or 0.0 for energy in days) - pv) > SAME * pv
    return differs == (meaning is Meaning.AC)


def take_batteries_out(answers: Answers) -> None:
    """Put what the panels made in the place of what the inverters gave; None where no battery is known."""
    stored = answers.get(STORAGE)
    power, energy = answers.get(POWER), answers.get(QUARTER_ENERGY)
    if power is not None:
        answers.put(POWER, None if stored is None else _pv_power(power, stored))
    if energy is not None:
        answers.put(QUARTER_ENERGY, None if stored is None else _pv_energy(energy, stored))
    energy, in_periods = answers.get(ENERGY), answers.get(STORAGE_ENERGY)
    if energy is not None:
        answers.put(ENERGY, None if in_periods is None else _pv_energy(energy, in_periods))


def _pv_power(output: Series, batteries: list[BatterySeries]) -> Series:
    """Return the PV power: output, less what the battery gave, and what it took first."""
    found: Series = {}
    for at, power in output.items():
        stored = storage_powers(batteries, at)
        known = power is not None and stored.charge is not None and stored.discharge is not None
        found[at] = max((power or 0) + (stored.charge or 0) - (stored.discharge or 0), 0.0) if known else None
    return found


def _pv_energy(output: Series, batteries: list[BatterySeries]) -> Series:
    """Return the PV energy of intervals."""
    found: Series = {}
    for at, energy in output.items():
        stored = storage_energies(batteries, at)
        net = (energy or 0.0) + (stored.charge or 0.0) - (stored.discharge or 0.0)
        found[at] = None if energy is None else max(net, 0.0)
    return found
