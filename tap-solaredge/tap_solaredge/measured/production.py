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
    from collections.abc import Callable, Iterable

    from tap_solaredge.local_time import Instant
    from tap_solaredge.measured.readings import BatterySeries, Series
    from tap_solaredge.measured.split import Storage
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
    for output, storage, stored_in in (
        (POWER, STORAGE, storage_powers),
        (QUARTER_ENERGY, STORAGE, storage_energies),
        (ENERGY, STORAGE_ENERGY, storage_energies),
    ):
        told, batteries = answers.get(output), answers.get(storage)
        if told is not None:
            days = output is ENERGY
            made = None if batteries is None else _made(told, batteries, stored_in, days=days)
            answers.put(output, made)


def _made(
    output: Series,
    batteries: list[BatterySeries],
    stored_in: Callable[[list[BatterySeries], Instant], Storage],
    *,
    days: bool,
) -> Series:
    """Return what the panels made: the output, less what batteries gave, and what they took first.

    An interval of which a battery tells nothing is unknown; a day of which none tells was before them.
    """
    found: Series = {}
    for at, told in output.items():
        charge, discharge, _ = stored_in(batteries, at)
        before = days and not any(battery.charge_energy.get(at) is not None for battery in batteries)
        known = told is not None and (before or (charge is not None and discharge is not None))
        found[at] = max((told or 0.0) + (charge or 0.0) - (discharge or 0.0), 0.0) if known else None
    return found
