"""`storageData`: what batteries did, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solaredge_simulator.storage import eighths
from solaredge_simulator.v1.asks import WEEK
from solaredge_simulator.v1.counters import counted, steps
from solaredge_simulator.v1.telemetry import between, local_days, moments
from solaredge_simulator.v2.buckets import as_32_bit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from solaredge_simulator.devices import Battery
    from solaredge_simulator.v1.asks import SiteAsk
    from solaredge_simulator.v1.telemetry import Row

_SERIES, _COUNTED = ("charge_w", "discharge_w", "state_of_charge"), ("charge_wh", "discharge_wh")
_STEP = 0.02
"""Percent by which the level moves from row to row."""
_IDLE, _CHARGING, _DISCHARGING = 6, 3, 4


def storage_data(ask: SiteAsk) -> object:
    """`/storageData`; without a battery an empty list."""
    start, end = ask.wall_times(WEEK)
    asked = ask.request.first("serials")
    found = []
    for battery in ask.plant.batteries:
        if asked is None or battery.serial in asked.split(","):
            rows = between(_rows(ask, battery, start, end), start, end, "timeStamp")
            found.append(_battery(battery, rows))
    return {"storageData": {"batteryCount": len(found), "batteries": found}}


def powers(charge: float, discharge: float) -> tuple[float, float, float]:
    """Return three powers (W) of a quarter, + charging; their mean is exactly charge - discharge."""
    if charge and discharge:
        return 1.5 * charge, 1.5 * charge, -3 * discharge
    power = charge - discharge
    swing = eighths(power / 16)
    return power - swing, power, power + swing


def _battery(battery: Battery, rows: list[Row]) -> dict[str, object]:
    return {
        "nameplate": battery.nameplate,
        "serialNumber": battery.serial,
        "modelNumber": battery.model,
        "telemetryCount": len(rows),
        "telemetries": rows,
    }


def _rows(ask: SiteAsk, battery: Battery, start: str, end: str) -> Iterator[Row]:
    into: float | None = None
    for day, begin in local_days(ask, start, end):
        if into is None:
            into, out = (counted(ask, (battery.serial, name), ask.plant.begins, begin) for name in _COUNTED)
        rises = zip(*(steps(ask, day, (battery.serial, name)) for name in _COUNTED), strict=True)
        columns = [ask.view.column(day, (battery.serial, name)) for name in _SERIES]
        for place, (values, (charge, discharge)) in enumerate(
            zip(zip(*columns, strict=True), rises, strict=True)
        ):
            charge_w, discharge_w, level = (value or 0.0 for value in values)
            if None in values:
                into, out = into + charge, out + discharge
                continue
            rows = zip(moments(ask, begin, place), powers(charge_w, discharge_w), (1, 2, 3), strict=True)
            for at, power, number in rows:
                counters = into + charge * number / 3, out + discharge * number / 3
                yield _row(at, power, counters, _level(level, number), battery)
            into, out = into + charge, out + discharge


def _level(level: float, number: int) -> float:
    """Return the level of a row, so that the mean of three is the quarter's."""
    return level + (number - 2) * min(_STEP, 100 - level, level)


def _row(at: str, power: float, counters: tuple[float, float], level: float, battery: Battery) -> Row:
    return {
        "timeStamp": at,
        "power": power,
        "batteryState": _IDLE if not power else _CHARGING if power > 0 else _DISCHARGING,
        "lifeTimeEnergyDischarged": as_32_bit(counters[1]),
        "lifeTimeEnergyCharged": as_32_bit(counters[0]),
        "batteryPercentageState": level,
        "fullPackEnergyAvailable": battery.capacity,
        "internalTemp": 21.5,
        "ACGridCharging": 0.0,
    }
