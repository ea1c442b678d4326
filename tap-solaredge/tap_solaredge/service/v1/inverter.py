"""`/equipment/{id}/{serial}/data` of V1: samples of about five minutes become quarter hours (6.17). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_solaredge.measured.readings import InverterSeries
from tap_solaredge.service.payload import essential, essential_list, is_empty, mapping, number, text
from tap_solaredge.service.units import (
    APPARENT_POWER,
    FREQUENCY,
    PERCENT,
    POWER,
    REACTIVE_POWER,
    TEMPERATURE,
    VOLTAGE,
)
from tap_solaredge.service.v1.samples import by_quarter, count, energies, last, mean, six_digits, values

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from tap_solaredge.local_time import Instant
    from tap_solaredge.service.place import Place
    from tap_solaredge.service.units import Units
    from tap_solaredge.service.v1.samples import Count, Sample

_PHASES = ("L1Data", "L2Data", "L3Data")
_SLEEPING = "SLEEPING"


def inverter(serial: str, payload: Any, place: Place, zone: ZoneInfo) -> InverterSeries:  # noqa: ANN401
    """Return the readings of an inverter.

    Raises:
        UnexpectedPayload: If it has no list of samples.
    """
    place /= serial
    data = essential(payload, "data", place)
    rows = [] if is_empty(data) else essential_list(data, "telemetries", place)
    found = InverterSeries(serial)
    counts: dict[Instant, Count | None] = {}
    for at, samples in by_quarter(rows, "date", place, zone).items():
        _read(found, at, samples, place)
        counted = counts[at] = count(samples, "totalEnergy", place)
        found.lifetime[at] = None if counted is None else counted.value
    found.energy = energies(found.power, counts, six_digits)
    return found


def _read(found: InverterSeries, at: Instant, samples: list[Sample], place: Place) -> None:
    """Add the readings of one quarter hour."""
    awake = [sample for sample in samples if _is_awake(sample, place)]
    power = found.power[at] = mean(values(samples, "totalActivePower", place, POWER))
    volts = found.voltage[at] = mean(_of_phases(samples, "acVoltage", place, VOLTAGE))
    found.frequency[at] = mean(_of_phases(samples, "acFrequency", place, FREQUENCY))
    found.current[at] = power / volts if power is not None and volts else None  # as V2 has it (5.10)
    found.apparent_power[at] = _summed(samples, "apparentPower", place, APPARENT_POWER)
    found.reactive_power[at] = _summed(samples, "reactivePower", place, REACTIVE_POWER)
    found.dc_voltage[at] = mean(values(awake, "dcVoltage", place, VOLTAGE))
    found.temperature[at] = mean(values(awake, "temperature", place, TEMPERATURE))
    found.power_limit[at] = last(values(awake, "powerLimit", place, PERCENT))
    found.mode[at] = text(samples[-1].row.get("inverterMode"), place / "inverterMode")


def _is_awake(sample: Sample, place: Place) -> bool:
    """Whether an inverter measures what it tells: 0 degrees at night is no reading (gotcha 12)."""
    mode = sample.row.get("inverterMode")
    known = isinstance(mode, str) and not is_empty(mode)
    return mode != _SLEEPING if known else bool(values([sample], "dcVoltage", place, VOLTAGE))


def _summed(samples: list[Sample], name: str, place: Place, units: Units) -> float | None:
    """Return the mean over the samples of what the phases have together."""
    return mean([sum(told) for sample in samples if (told := _of_phases([sample], name, place, units))])


def _of_phases(samples: list[Sample], name: str, place: Place, units: Units) -> list[float]:
    """Return a value of all phases against neutral that are there."""
    read = []
    for phase in _PHASES:
        of_phase = place / phase
        where = of_phase / name
        told = [mapping(sample.row[phase], of_phase) for sample in samples if phase in sample.row]
        read += [number(one.get(name), where, units) for one in told]
    return [value for value in read if value is not None]
