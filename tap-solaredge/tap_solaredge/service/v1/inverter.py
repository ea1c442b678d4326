"""`/equipment/{id}/{serial}/data` of V1: samples of about five minutes become quarter hours (6.17). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_solaredge.measured.readings import InverterSeries
from tap_solaredge.service.payload import member, text
from tap_solaredge.service.v1.samples import by_quarter, energies, last, mean, values

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from tap_solaredge.measured.readings import Record

_PHASES = ("L1Data", "L2Data", "L3Data")
_SLEEPING = "SLEEPING"


def inverter(serial: str, payload: Any, where: str, zone: ZoneInfo) -> InverterSeries:  # noqa: ANN401
    """Return the readings of an inverter; energy is what its counter rose."""
    where = f"{where}: {serial}"
    rows = member(member(payload, "data", dict, where), "telemetries", list, where)
    found = InverterSeries(serial)
    for at, samples in by_quarter(rows, "date", where, zone).items():
        awake = [row for row in samples if row.get("inverterMode") != _SLEEPING]  # gotcha 12
        found.power[at] = mean(values(samples, "totalActivePower", where))
        found.lifetime[at] = last(values(samples, "totalEnergy", where))
        found.voltage[at] = mean(_of_phases(samples, "acVoltage", where))
        found.frequency[at] = mean(_of_phases(samples, "acFrequency", where))
        power, volts = found.power[at], found.voltage[at]
        found.current[at] = power / volts if power is not None and volts else None  # as V2 has it (5.10)
        found.dc_voltage[at] = mean(values(awake, "dcVoltage", where))
        found.temperature[at] = mean(values(awake, "temperature", where))
        found.power_limit[at] = last(values(awake, "powerLimit", where))
        found.mode[at] = text(samples[-1].get("inverterMode"))
    found.energy = energies(found.power, found.lifetime)
    return found


def _of_phases(rows: list[Record], name: str, where: str) -> list[float]:
    """Return a value of all phases against neutral that are there."""
    return values([row[phase] for row in rows for phase in _PHASES if row.get(phase)], name, where)
