"""The energies and powers of one local day, balanced to the last eighth of a watt-hour. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from solaredge_simulator.storage import Pack, eighths
from solaredge_simulator.weather import elevations, yields

if TYPE_CHECKING:
    from datetime import date
    from random import Random

    from solaredge_simulator.sites import Site

Column = list[float | None]
Key = tuple[str, str]
"""Whose series (a serial; "" is the site) and of what, such as ("", "feed_in_wh")."""

_OF_BATTERY = ("charge_wh", "discharge_wh", "charge_w", "discharge_w", "remaining_wh", "state_of_charge")
Levels = tuple[float, ...]
"""What each battery holds, Wh."""
_State = tuple[float, ...]
_Quarter = tuple["Flows", "Flows", list[_State]]
_LEAST_SWAP = 8.0
_CHURNS, _CROSSES = 0.12, 0.3
_DEVIATION = 0.06


class Flows(NamedTuple):
    """All flows of a site in one quarter, Wh or W."""

    production: float
    feed_in: float
    purchased: float
    charge: float
    discharge: float
    consumption: float


def production(site: Site, day: date, start: int, count: int, random: Random) -> list[float]:
    """Return the PV energy (Wh) of each quarter; 0.0 in the dark."""
    sun = elevations(site.place.latitude, site.place.longitude, day, start, count)
    most = sum(inverter.nameplate for inverter in site.inverters if inverter.until is None)
    return [eighths(min(part * site.peak_power, most) / 4) for part in yields(sun, random)]


def bare_columns(site: Site, energies: list[float], random: Random) -> dict[Key, Column]:
    """Return the columns of a site without any meter: nobody knows what becomes of its production."""
    draw = random.random
    powers = [eighths(4 * energy * (1 + _DEVIATION * (draw() - 0.5))) for energy in energies]
    return {
        ("", "production_wh"): _sleeping(energies, energies, site),
        ("", "production_w"): _sleeping(powers, energies, site),
    }


def balanced_columns(
    site: Site, loads: list[float], energies: list[float], random: Random, levels: Levels
) -> dict[Key, Column]:
    """Return the columns of a metered site whose batteries begin the day at `levels`.

    production + purchased + discharge = consumption + feed_in + charge holds exactly, in Wh and in W. The
    mean power of a quarter differs a little from 4 x its energy, as with the real service.
    """
    packs = [Pack(battery, level) for battery, level in zip(site.batteries, levels, strict=True)]
    rows = [
        _quarter(made, eighths(load / 4), packs, random, 24 * place / len(energies))
        for place, (made, load) in enumerate(zip(energies, loads, strict=True))
    ]
    columns: dict[Key, Column] = {}
    for unit, flows in (("wh", [row[0] for row in rows]), ("w", [row[1] for row in rows])):
        for name, values in zip(Flows._fields, zip(*flows, strict=True), strict=True):
            columns["", f"{name}_{unit}"] = [*values]
        made_then = [flow.production for flow in flows]
        columns["", f"production_{unit}"] = _sleeping(made_then, energies, site)
        columns["", f"direct_{unit}"] = [
            max(0.0, flow.production - flow.charge - flow.feed_in) for flow in flows
        ]
        if packs:
            columns["", f"output_{unit}"] = _output(columns["", f"production_{unit}"], flows)
    for place, pack in enumerate(packs):
        states = zip(*(row[2][place] for row in rows), strict=True)
        columns |= {(pack.serial, name): [*values] for name, values in zip(_OF_BATTERY, states, strict=True)}
    return columns


def _quarter(made: float, load: float, packs: list[Pack], random: Random, hour: float) -> _Quarter:
    """Return (energies in Wh, mean powers in W, batteries) of one quarter."""
    fate, spare = random.random(), min(made, load)
    swap = eighths(spare * 0.15) if spare > _LEAST_SWAP else 0.0
    churn = swap if packs and fate < _CHURNS else 0.0
    cross = swap if _CHURNS <= fate < _CROSSES else 0.0
    quadruple = 4 + 4 * _DEVIATION * (random.random() - 0.5)
    surplus, batteries = made - load, list[_State]()
    charge = discharge = charge_w = discharge_w = 0.0
    for pack in packs:
        taken, given = pack.flow(surplus, churn, hour)
        taken_w, given_w = eighths(taken * quadruple), eighths(given * quadruple)
        batteries.append((taken, given, taken_w, given_w, pack.level, pack.state_of_charge))
        charge, discharge = charge + taken, discharge + given
        charge_w, discharge_w = charge_w + taken_w, discharge_w + given_w
        surplus, churn = surplus - taken + given, 0.0
    feed_in, purchased = max(surplus, 0.0) + cross, max(-surplus, 0.0) + cross
    made_w, fed_w, bought_w = (eighths(energy * quadruple) for energy in (made, feed_in, purchased))
    load_w = made_w + bought_w + discharge_w - fed_w - charge_w
    return (
        Flows(made, feed_in, purchased, charge, discharge, load),
        Flows(made_w, fed_w, bought_w, charge_w, discharge_w, load_w),
        batteries,
    )


def _output(made: Column, flows: list[Flows]) -> Column:
    """Return the AC output of inverters with batteries behind them; None while they sleep."""
    return [
        None
        if production is None and not flow.discharge and not flow.charge
        else (production or 0.0) + flow.discharge - flow.charge
        for production, flow in zip(made, flows, strict=True)
    ]


def _sleeping(values: list[float], energies: list[float], site: Site) -> Column:
    """Return the values, None where the inverter sleeps."""
    if not site.sleeps:
        return list(values)
    return [value if energy else None for value, energy in zip(values, energies, strict=True)]
