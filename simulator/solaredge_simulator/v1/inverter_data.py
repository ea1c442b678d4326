"""`/equipment/{site}/{serial}/data`: what an inverter measured, row by row."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from solaredge_simulator import days
from solaredge_simulator.inverters import VOLTS
from solaredge_simulator.local_days import QUARTER
from solaredge_simulator.storage import eighths
from solaredge_simulator.v1.asks import WEEK
from solaredge_simulator.v1.counters import counted, steps
from solaredge_simulator.v1.refusals import empty
from solaredge_simulator.v1.telemetry import between, local_days, moments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from solaredge_simulator.devices import Inverter
    from solaredge_simulator.v1.asks import SiteAsk
    from solaredge_simulator.v1.telemetry import Row

_SERIES = ("power_w", "voltage", "frequency")
_THREE_PHASES = 8000.0
"""Nameplate (W) from which an inverter has three phases."""


class _State(NamedTuple):
    """What an inverter measures (W, V, Hz) and has counted (Wh)."""

    power: float
    volts: float
    hertz: float
    lifetime: float


def inverter_data(ask: SiteAsk) -> object:
    """Answer for an inverter; 404 for anything else."""
    start, end = ask.wall_times(WEEK)
    inverter = next((i for i in ask.plant.inverters if i.serial == ask.rest["serial"]), None)
    if inverter is None:
        raise empty(HTTPStatus.NOT_FOUND)
    phases = 3 if inverter.nameplate >= _THREE_PHASES else 1
    rows = [
        _row(at, state, phases, ask.rules.counter_digits) for at, state in _states(ask, inverter, start, end)
    ]
    rows = between(rows, start, end, "date")
    return {"data": {"count": len(rows), "telemetries": rows}}


def _states(ask: SiteAsk, inverter: Inverter, start: str, end: str) -> Iterator[tuple[str, _State]]:
    lifetime: float | None = None
    for day, begin in local_days(ask, start, end):
        if lifetime is None:
            lifetime = counted(ask, ("", "production_wh"), ask.plant.begins, begin) * inverter.share
        columns = [ask.view.column(day, (inverter.serial, name)) for name in _SERIES]
        lost, rises = days.link(ask.plant, day).lost, steps(ask, day, (inverter.serial, "energy_wh"))
        arrivals = days.arrivals(ask.plant, day, (inverter.serial, "power_w"))
        for place, (power, volts, hertz) in enumerate(zip(*columns, strict=True)):
            lifetime += rises[place]
            hidden = place in lost or arrivals[place] > ask.view.now
            if hidden or not inverter.serves(begin + place * QUARTER):
                continue
            swing = eighths((power or 0.0) / 16)
            for at, step in zip(moments(ask, begin, place), (-swing, 0.0, swing), strict=True):
                yield at, _State((power or 0.0) + step, volts or VOLTS, hertz or ask.plant.hertz, lifetime)


def _row(at: str, state: _State, phases: int, digits: int) -> Row:
    """Return a row; an inverter without power sleeps (gotcha 12)."""
    asleep = not state.power
    between_phases = {name: round(state.volts * 3**0.5, 3) for name in ("vL1To2", "vL2To3", "vL3To1")}
    halves = {"vL1ToN": state.volts / 2, "vL2ToN": state.volts / 2}
    return {
        "date": at,
        "totalActivePower": state.power,
        "dcVoltage": None if asleep else 750.0,
        **({} if asleep else {"groundFaultResistance": 6000.0}),
        "powerLimit": 0.0 if asleep else 100.0,
        "totalEnergy": float(f"{state.lifetime:.{digits}g}"),
        "temperature": 0.0 if asleep else 34.25,
        "inverterMode": "SLEEPING" if asleep else "MPPT",
        "operationMode": 0,
        **(halves if phases == 1 else between_phases),
        **{f"L{number}Data": _phase(state, phases) for number in range(1, phases + 1)},
    }


def _phase(state: _State, phases: int) -> dict[str, float]:
    share = state.power / phases
    return {
        "acCurrent": round(share / state.volts, 4),
        "acVoltage": state.volts,
        "acFrequency": state.hertz,
        "apparentPower": share,
        "activePower": share,
        "reactivePower": 0.0,
        "cosPhi": 1.0 if state.power else 0.0,
    }
