"""The series of V1: production, the meters by type, and their registers (6.4, 6.6, 6.8, 6.10, 6.14). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_solaredge.local_time import quarter_of
from tap_solaredge.measured.readings import MeterSeries, MeterType
from tap_solaredge.service.fields import objects
from tap_solaredge.service.inventory import meter_type
from tap_solaredge.service.payload import essential, essential_list, is_empty, mapping
from tap_solaredge.service.series import gathered
from tap_solaredge.service.units import ENERGY, POWER, factor
from tap_solaredge.service.v1.samples import timed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from tap_solaredge.measured.readings import Series
    from tap_solaredge.service.fields import Fields
    from tap_solaredge.service.place import Place
    from tap_solaredge.service.units import Units

_TYPES = {kind.value: kind for kind in MeterType}


def energy(payloads: list[Any], place: Place, zone: ZoneInfo) -> Series:
    """Return the energy of the whole site (6.4)."""
    return _site_series(payloads[0], "energy", ENERGY, place, zone)


def power(payloads: list[Any], place: Place, zone: ZoneInfo) -> Series:
    """Return the power of the whole site (6.8)."""
    return _site_series(payloads[0], "power", POWER, place, zone)


def _site_series(payload: Any, root: str, units: Units, place: Place, zone: ZoneInfo) -> Series:  # noqa: ANN401
    """Return a series of the whole site: without its list of values an answer says nothing."""
    block = essential(payload, root, place)
    points = essential_list(block, "values", place)
    return _points(points, factor(block.get("unit"), units, place) if points else 1.0, units, place, zone)


def meters(payloads: list[Any], place: Place, zone: ZoneInfo) -> list[MeterSeries]:
    """Return power and energy of each type, and the registers of each device.

    Raises:
        UnexpectedPayload: If a list is not there, or the production is not among the types.
    """
    powers, energies, registers = payloads
    with place.call() as call:
        read = _by_type(powers, "powerDetails", POWER, call, zone)
    found = {kind: MeterSeries(None, kind, power=series) for kind, series in read.items()}
    with place.call() as call:
        for kind, series in _by_type(energies, "energyDetails", ENERGY, call, zone).items():
            found.setdefault(kind, MeterSeries(None, kind)).energy = series
    if MeterType.PRODUCTION not in found:
        raise place.error("`powerDetails` lists no Production, though the site has meters")
    with place.call() as call:
        return [*found.values(), *_registers(registers, call, zone)]


def meter_energies(payloads: list[Any], place: Place, zone: ZoneInfo) -> list[MeterSeries]:
    """Return the energy of each type of meter."""
    found = _by_type(payloads[0], "energyDetails", ENERGY, place, zone)
    return [MeterSeries(None, kind, energy=series) for kind, series in found.items()]


def _by_type(
    payload: Any,  # noqa: ANN401
    root: str,
    units: Units,
    place: Place,
    zone: ZoneInfo,
) -> dict[MeterType, Series]:
    """Return the series of each type of meter, summed over the site (6.6, 6.10); none without a meter."""
    found: dict[MeterType, Series] = {}
    for meter, scale in _listed(payload, root, units, place):
        kind = _kind(meter, "type")
        if kind is None:
            continue
        where = place / root / kind
        read = _values(meter, scale, units, where, zone)
        _add(found.setdefault(kind, {}), read, where)
    return found


def _registers(payload: Any, place: Place, zone: ZoneInfo) -> list[MeterSeries]:  # noqa: ANN401
    """Return the counters, each at the quarter hour in which it was read (6.14)."""
    found: dict[tuple[str, MeterType], MeterSeries] = {}
    for meter, scale in _listed(payload, "meterEnergyDetails", ENERGY, place):
        kind = _kind(meter, "meterType")
        serial = meter.text("meterSerialNumber")
        if kind is None or serial is None:
            continue
        read = _values(meter, scale, ENERGY, place / serial / kind, zone)
        counted: Series = {quarter_of(at): value for at, value in read.items() if value is not None}
        found.setdefault((serial, kind), MeterSeries(serial, kind)).lifetime.update(counted)
    return list(found.values())


def _listed(
    payload: Any,  # noqa: ANN401
    root: str,
    units: Units,
    place: Place,
) -> Iterator[tuple[Fields, float | None]]:
    """Yield the meters of an answer, and the scale of their unit."""
    details = essential(payload, root, place)
    if is_empty(details):
        return
    listed = essential_list(details, "meters", place)
    scale = factor(details.get("unit"), units, place / root) if listed else None
    for meter in objects(listed, place / root):
        yield meter, scale


def _kind(meter: Fields, name: str) -> MeterType | None:
    """Return what a meter counts; None for an unknown type and, with a note, where it is not told."""
    told = meter.text(name)
    if told is None:
        meter.place.lose(f"a meter without `{name}` is left out")
    return _TYPES.get(meter_type(told) or "")


def _values(meter: Fields, scale: float | None, units: Units, place: Place, zone: ZoneInfo) -> Series:
    points = meter.told.get("values")
    if not isinstance(points, list):
        points = [points] if mapping(points, place / "values") else []
    return _points(points, scale, units, place, zone)


def _points(points: list[Any], scale: float | None, units: Units, place: Place, zone: ZoneInfo) -> Series:
    """Return interval to value; an absent value is as null (2.2)."""
    return gathered(timed(points, "date", place, zone), place, units, scale)


def _add(series: Series, more: Series, place: Place) -> None:
    """Add what another entry of the same type says: a value beats null, the later value another."""
    for at, value in more.items():
        before = series.get(at)
        if before is not None and value is not None and value != before:
            place.note(f"at {at} are two values, {before} and {value}; the later one is taken")
        if value is not None or before is None:
            series[at] = value
