"""The answers of V1 in the terms of `readings`: sites, series, meters. Pure."""

from __future__ import annotations

from datetime import date
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tap_solaredge.errors import UnexpectedPayload
from tap_solaredge.local_time import quarter_of, unit_start, wall_instants
from tap_solaredge.measured.readings import BatterySeries, Device, MeterSeries, MeterType
from tap_solaredge.measured.split import storage_energies, storage_powers
from tap_solaredge.resources import (
    BENEFITS,
    DEVICES,
    ENERGY,
    INVERTERS,
    METER_ENERGY,
    METERS,
    POWER,
    SNAPSHOT,
    STORAGE,
    STORAGE_ENERGY,
    Answers,
    Resource,
)
from tap_solaredge.service.payload import day, factor, member, number, text, whole
from tap_solaredge.service.v1.benefits import benefits
from tap_solaredge.service.v1.devices import devices
from tap_solaredge.service.v1.inverter import inverter
from tap_solaredge.service.v1.power_flow import power_flow
from tap_solaredge.service.v1.storage import storage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from zoneinfo import ZoneInfo

    from tap_solaredge.local_time import Instant
    from tap_solaredge.measured.readings import Record, Series, Site, SiteRef
    from tap_solaredge.resources import Answers

_TYPES = {kind.casefold(): kind for kind in MeterType}


def listed_sites(payload: Any) -> list[Record]:  # noqa: ANN401
    """Return the rows of `sites` on a page (6.1); a single site may be no list (6.1)."""
    where = "site list"
    found = member(member(payload, "sites", dict, where), "site", (list, dict), where)
    return [_site(site, where) for site in (found if isinstance(found, list) else [found])]


def parse(resource: Resource[Any], payloads: list[Any], site: SiteRef) -> Any:  # noqa: ANN401
    """Return what the answers say; the type is that of the resource's field in `Answers`.

    Raises:
        UnexpectedPayload: If it is not what the API promises; the message names site, resource and field.
    """
    where, zone = f"site {site.site_id}, {resource}", site.zone
    if resource is DEVICES:
        return devices(payloads[0], where, site.site_id)
    if resource in _MOMENTS:
        return _MOMENTS[resource](payloads[0], where)
    assert zone is not None  # noqa: S101 (series are asked of known sites)
    if resource is INVERTERS:
        answers = zip(site.inverters, payloads, strict=True)
        return [inverter(serial, payload, where, zone) for serial, payload in answers]
    return _SERIES[resource](payloads, where, zone)


def complete(answers: Answers, site: Site, time_unit: str) -> None:
    """Work out the production: a type of the meters, and with a battery the AC output (gotcha 65)."""
    meters = answers.get(METERS)
    if meters is not None and site.has(Device.METER):
        answers.put(POWER, next(m.power for m in meters if _is_output(m)))
        answers.put(METERS, _on_devices(meters, site))
    if not site.devices.batteries:
        return
    power, storage_readings = answers.get(POWER), answers.get(STORAGE)
    if power is not None:
        answers.put(POWER, None if storage_readings is None else _without_battery(power, storage_readings))
    energy, stored = answers.get(ENERGY), answers.get(STORAGE_ENERGY)
    if energy is not None:
        batteries = None if stored is None else _in_periods(stored, energy, time_unit)
        answers.put(STORAGE_ENERGY, batteries)
        answers.put(ENERGY, None if batteries is None else _energy_without_battery(energy, batteries))


def _is_output(meter: MeterSeries) -> bool:
    return meter.meter_type is MeterType.PRODUCTION and meter.serial_number is None


def _site(site: Record, where: str) -> Record:
    place = site.get("location") or {}
    module = site.get("primaryModule") or {}
    public = site.get("publicSettings") or {}
    return {
        "id": whole(member(site, "id", (int, str), where), f"{where}: id"),
        "name": text(site.get("name")),
        "account_id": whole(site.get("accountId"), f"{where}: accountId"),
        "status": _status(site.get("status")),
        "peak_power": number(site.get("peakPower"), f"{where}: peakPower"),
        "last_update_time": None,  # a date only (gotcha 39)
        "installation_date": day(site.get("installationDate"), f"{where}: installationDate"),
        "currency": text(site.get("currency")),
        "notes": text(site.get("notes")),
        "site_type": text(site.get("type")),
        "country": text(place.get("country")),
        "state": text(place.get("state")),
        "city": text(place.get("city")),
        "address": text(place.get("address")),
        "address2": text(place.get("address2")),
        "zip_code": text(place.get("zip")),
        "timezone": text(place.get("timeZone")),
        "primary_module_manufacturer": text(module.get("manufacturerName")),
        "primary_module_model": text(module.get("modelName")),
        "primary_module_power": number(module.get("maximumPower"), f"{where}: maximumPower"),
        "is_public": public.get("isPublic"),
        "public_name": text(public.get("name")),
        "latitude": None,
        "longitude": None,
    }


def _status(status: Any) -> str | None:  # noqa: ANN401
    """Return the status, however a site that never reported is spelled (section 5)."""
    written = text(status)
    return "Pending" if written and written.casefold().startswith("pending") else written


def _series(block: Any, scale: float, where: str, zone: ZoneInfo) -> Series:  # noqa: ANN401
    """Return interval to value; an absent value is as null (2.2)."""
    entries = member(block, "values", list, where)
    instants = wall_instants([member(entry, "date", str, where) for entry in entries], zone, where)
    values = [number(entry.get("value"), where) for entry in entries]
    return {at: None if v is None else v * scale for at, v in zip(instants, values, strict=True)}


def _by_type(payload: Any, root: str, where: str, zone: ZoneInfo) -> list[tuple[MeterType, Series]]:  # noqa: ANN401
    """Return the series of each type of meter, summed over the site (6.6, 6.10); none without a meter."""
    details = member(payload, root, dict, where)
    scale = factor(details.get("unit"), where)
    found = []
    for meter in member(details, "meters", list, where):
        kind = _TYPES.get(str(member(meter, "type", str, where)).casefold())
        if kind is not None:
            found.append((kind, _series(meter, scale, f"{where}: {kind}", zone)))
    return found


def _meters(payloads: list[Any], where: str, zone: ZoneInfo) -> list[MeterSeries]:
    """Return power and energy of each type, and the registers of each device."""
    powers, energies, registers = payloads
    found = {
        kind: MeterSeries(None, kind, power=v) for kind, v in _by_type(powers, "powerDetails", where, zone)
    }
    for kind, energy in _by_type(energies, "energyDetails", where, zone):
        found.setdefault(kind, MeterSeries(None, kind)).energy = energy
    if MeterType.PRODUCTION not in found:
        raise UnexpectedPayload(f"{where}: `powerDetails` lists no Production, though the site has meters")
    return [*found.values(), *_registers(registers, where, zone)]


def _registers(payload: Any, where: str, zone: ZoneInfo) -> list[MeterSeries]:  # noqa: ANN401
    """Return the counters, each at the quarter hour in which it was read (6.14)."""
    details = member(payload, "meterEnergyDetails", dict, where)
    scale = factor(details.get("unit"), where)
    found = []
    for meter in member(details, "meters", list, where):
        kind = _TYPES.get(str(member(meter, "meterType", str, where)).casefold())
        serial = text(meter.get("meterSerialNumber"))
        if kind is not None and serial is not None:
            read = _series(meter, scale, f"{where}: {serial} {kind}", zone)
            counted: Series = {quarter_of(at): value for at, value in read.items() if value is not None}
            found.append(MeterSeries(serial, kind, lifetime=counted))
    return found


def _on_devices(meters: list[MeterSeries], site: Site) -> list[MeterSeries]:
    """Join what is known by type with what is known by device; what no device reads is computed."""
    registers = [meter for meter in meters if meter.serial_number is not None]
    found = []
    for meter in (meter for meter in meters if meter.serial_number is None):
        devices_ = site.meters_of(meter.meter_type)
        meter.computed = not devices_
        if len(devices_) == 1:
            meter.serial_number = devices_[0]["serial_number"]
            own = [r for r in registers if _same(r, meter)]
            registers = [r for r in registers if r not in own]
            meter.lifetime = {at: v for r in own for at, v in r.lifetime.items()}
        found.append(meter)
    return [*found, *registers]


def _same(one: MeterSeries, other: MeterSeries) -> bool:
    return (one.serial_number, one.meter_type) == (other.serial_number, other.meter_type)


def _without_battery(output: Series, batteries: list[BatterySeries]) -> Series:
    """Return the PV power: output, less what the battery gave, and what it took first."""
    found: Series = {}
    for at, power in output.items():
        stored = storage_powers(batteries, at)
        known = power is not None and stored.charge is not None and stored.discharge is not None
        found[at] = max((power or 0) + (stored.charge or 0) - (stored.discharge or 0), 0.0) if known else None
    return found


def _energy_without_battery(output: Series, batteries: list[BatterySeries]) -> Series:
    """Return the PV energy of days or longer."""
    found: Series = {}
    for at, energy in output.items():
        stored = storage_energies(batteries, at)
        net = (energy or 0.0) + (stored.charge or 0.0) - (stored.discharge or 0.0)
        found[at] = None if energy is None else max(net, 0.0)
    return found


def _in_periods(batteries: list[BatterySeries], starts: Series, time_unit: str) -> list[BatterySeries]:
    """Return energies of quarter hours, or of days, as those of the periods that begin at `starts`."""
    periods = {at.local_date: at for at in starts}

    def summed(energies: Series) -> Series:
        sums: dict[Instant, float] = {}
        for at, energy in energies.items():
            first = unit_start(date.fromisoformat(at.local_date), time_unit).isoformat()
            if energy is not None and first in periods:
                sums[periods[first]] = sums.get(periods[first], 0.0) + energy
        return dict(sums.items())

    return [
        BatterySeries(
            battery.serial_number,
            charge_energy=summed(battery.charge_energy),
            discharge_energy=summed(battery.discharge_energy),
        )
        for battery in batteries
    ]


def _production(payloads: list[Any], where: str, zone: ZoneInfo, root: str) -> Series:
    block = member(payloads[0], root, dict, where)
    return _series(block, factor(block.get("unit"), where), where, zone)


def _meter_energies(payloads: list[Any], where: str, zone: ZoneInfo) -> list[MeterSeries]:
    return [MeterSeries(None, k, energy=v) for k, v in _by_type(payloads[0], "energyDetails", where, zone)]


_MOMENTS: Mapping[Resource[Any], Callable[[Any, str], Any]] = MappingProxyType(
    {SNAPSHOT: power_flow, BENEFITS: benefits}
)
_SERIES: Mapping[Resource[Any], Callable[[list[Any], str, ZoneInfo], Any]] = MappingProxyType(
    {
        POWER: partial(_production, root="power"),
        ENERGY: partial(_production, root="energy"),
        METERS: _meters,
        METER_ENERGY: _meter_energies,
        STORAGE: storage,
        STORAGE_ENERGY: storage,
    }
)
