"""How the production of a site divides over its inverters, and what they measure at the socket. Pure."""

from __future__ import annotations

import math
from random import Random
from typing import TYPE_CHECKING

from solaredge_simulator.local_days import QUARTER
from solaredge_simulator.storage import STEPS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from solaredge_simulator.devices import Inverter
    from solaredge_simulator.flows import Column, Key
    from solaredge_simulator.sites import Site

VOLTS = 230.0


def inverter_columns(site: Site, start: int, columns: Mapping[Key, Column]) -> dict[Key, Column]:
    """Return energy, power, voltage, current and frequency of each inverter in a day that begins at `start`.

    Batteries hang on the DC side, so AC output = production + discharge - charge; the outputs of the
    inverters in service add up exactly to that.
    """
    found: dict[Key, Column] = {}
    leader, *others = site.inverters
    quantity = "output" if site.batteries else "production"
    for kind, name in (("wh", "energy_wh"), ("w", "power_w")):
        rest = whole = columns["", f"{quantity}_{kind}"]
        for inverter in others:
            part = found[inverter.serial, name] = _part(inverter, whole, start)
            rest = [None if r is None else r - (p or 0.0) for r, p in zip(rest, part, strict=True)]
        found[leader.serial, name] = rest
    for inverter in site.inverters:
        found |= _socket(inverter, site.hertz, f"{site.seed}/{start}", found[inverter.serial, "power_w"])
    return found


def _part(inverter: Inverter, whole: Column, start: int) -> Column:
    """Return what one inverter gives of the whole; None when it is not in service."""
    return [
        None
        if value is None or not inverter.serves(start + i * QUARTER)
        else math.floor(value * inverter.share * STEPS) / STEPS
        for i, value in enumerate(whole)
    ]


def _socket(inverter: Inverter, hertz: float, seed: str, powers: Column) -> dict[Key, Column]:
    """Return voltage (V), current (A) and frequency (Hz); None where the inverter sleeps."""
    draw = Random(f"{seed}/{inverter.serial}").random
    voltage: Column = []
    current: Column = []
    frequency: Column = []
    for power in powers:
        volts, hz = round(VOLTS + 8 * (draw() - 0.5), 3), round(hertz + 0.1 * (draw() - 0.5), 4)
        voltage.append(None if power is None else volts)
        current.append(None if power is None else round(power / volts, 5))
        frequency.append(None if power is None else hz)
    drawn: Column = [None if power is None else 0.0 for power in powers]
    found = {
        "voltage": voltage,
        "current": current,
        "frequency": frequency,
        "consumed_w": drawn,
        "consumed_wh": [*drawn],
    }
    return {(inverter.serial, name): column for name, column in found.items()}
