"""The answers of V1 in the terms of `readings`: sites, series, meters. Pure."""

from __future__ import annotations

from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tap_solaredge import resources
from tap_solaredge.local_time import unit_start
from tap_solaredge.measured.production import Meaning, take_batteries_out
from tap_solaredge.measured.readings import BatterySeries, Device, InverterSeries, MeterSeries, MeterType
from tap_solaredge.service.payload import MOST_ID, essential, is_empty
from tap_solaredge.service.place import Place
from tap_solaredge.service.sites import rows_of
from tap_solaredge.service.units import PEAK_POWER, POWER
from tap_solaredge.service.v1.benefits import benefits
from tap_solaredge.service.v1.devices import devices
from tap_solaredge.service.v1.inverter import inverter
from tap_solaredge.service.v1.power_flow import power_flow
from tap_solaredge.service.v1.series import energy, meter_energies, meters, power
from tap_solaredge.service.v1.storage import storage
from tap_solaredge.service.v1.totals import lifetime, totals

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from zoneinfo import ZoneInfo

    from tap_solaredge.measured.readings import Record, Series
    from tap_solaredge.measured.site import Site, SiteRef
    from tap_solaredge.resources import Answers, Resource
    from tap_solaredge.service.fields import Fields


def listed_sites(payload: Any) -> list[Record]:  # noqa: ANN401
    """Return the rows of `sites` on a page (6.1); a single site may be no list (6.1).

    Raises:
        UnexpectedPayload: If there is no list, or nothing in it can be read.
    """
    place = Place("site list")
    sites = essential(payload, "sites", place)
    if not isinstance(sites, list) and not is_empty(sites):
        # the document names the list otherwise than recordings do
        by_document = isinstance(sites, dict) and "list" in sites and "site" not in sites
        sites = essential(sites, "list" if by_document else "site", place)
    return rows_of(sites, "id", _site, place)


def parse(resource: Resource[Any], payloads: list[Any], site: SiteRef) -> Any:  # noqa: ANN401
    """Return what the answers say; the type is that of the resource's field in `Answers`.

    What cannot be read is None or left out, with one warning for each resource and site of a run.

    Raises:
        UnexpectedPayload: If they lack their essence; the message names site, resource and field.
    """
    place, zone = Place(f"site {site.site_id}, {resource}"), site.zone
    if resource is resources.DEVICES:
        answer: Any = devices(payloads[0], place, site.site_id)
    elif resource in _MOMENTS:
        answer = _MOMENTS[resource](payloads[0], place)
    else:
        assert zone is not None  # noqa: S101 (series are of known sites)
        if resource is resources.INVERTERS:
            answer = _inverters(dict(zip(site.inverters, payloads, strict=True)), place, zone)
        else:
            answer = _SERIES[resource](payloads, place, zone)
    place.finish()
    return answer


def _inverters(payloads: dict[str, Any], place: Place, zone: ZoneInfo) -> list[InverterSeries]:
    """Return the readings of each inverter."""
    found = []
    for serial, payload in payloads.items():
        with place.call() as call:
            found.append(inverter(serial, payload, call, zone))
    return found


def complete(answers: Answers, site: Site, time_unit: str) -> None:
    """Work out the production: a type of the meters, and with a battery the AC output (gotcha 65).

    What nobody has checked yet is taken for what the document says.
    """
    by_meter = answers.get(resources.METERS)
    if by_meter is not None and site.has(Device.METER):
        output = (m for m in by_meter if m.meter_type is MeterType.PRODUCTION and m.serial_number is None)
        answers.put(resources.POWER, next(output).power)
        answers.put(resources.METERS, _on_devices(by_meter, site))
    if site.stores:
        energy, stored = answers.get(resources.ENERGY), answers.get(resources.STORAGE_ENERGY)
        if energy is not None and stored is not None:
            answers.put(resources.STORAGE_ENERGY, _in_periods(stored, energy, time_unit))
        if site.meaning != Meaning.PV:
            take_batteries_out(answers)


def _in_periods(batteries: list[BatterySeries], starts: Series, time_unit: str) -> list[BatterySeries]:
    """Return energies of quarter hours, or of days, as those of the periods that begin at `starts`."""
    periods = {at.local_date: at for at in starts}

    def summed(energies: Series) -> Series:
        sums: Series = {}
        for at, value in energies.items():
            first = unit_start(date.fromisoformat(at.local_date), time_unit).isoformat()
            if value is not None and first in periods:
                sums[periods[first]] = (sums.get(periods[first]) or 0.0) + value
        return sums

    return [
        BatterySeries(
            battery.serial_number,
            charge_energy=summed(battery.charge_energy),
            discharge_energy=summed(battery.discharge_energy),
            sold_energy=summed(battery.sold_energy),
        )
        for battery in batteries
    ]


def _site(site_id: int, site: Fields) -> Record:
    at, module, public = (site.inside(name) for name in ("location", "primaryModule", "publicSettings"))
    return {
        "id": site_id,
        "name": site.text("name"),
        "account_id": site.whole("accountId", MOST_ID),
        "status": _status(site.text("status")),
        "peak_power": site.number("peakPower", PEAK_POWER),
        "last_update_time": None,  # a date only (gotcha 39)
        "installation_date": site.day("installationDate"),
        "currency": site.text("currency"),
        "notes": site.text("notes"),
        "site_type": site.text("type"),
        "country": at.text("country"),
        "state": at.text("state"),
        "city": at.text("city"),
        "address": at.text("address"),
        "address2": at.text("address2"),
        "zip_code": at.text("zip"),
        "timezone": at.text("timeZone"),
        "primary_module_manufacturer": module.text("manufacturerName"),
        "primary_module_model": module.text("modelName"),
        "primary_module_power": module.number("maximumPower", POWER),
        "is_public": public.flag("isPublic"),
        "public_name": public.text("name"),
        "latitude": None,
        "longitude": None,
    }


def _status(written: str | None) -> str | None:
    """Return the status, however a site that never reported is spelled (section 5)."""
    return "Pending" if written and written.casefold().startswith("pending") else written


def _on_devices(meters: list[MeterSeries], site: Site) -> list[MeterSeries]:
    """Join what is known by type with what is known by device; what no device reads is computed."""
    registers = [meter for meter in meters if meter.serial_number is not None]
    found = []
    for meter in (meter for meter in meters if meter.serial_number is None):
        devices_ = site.meters_of(meter.meter_type)
        meter.computed = not devices_
        if len(devices_) == 1:
            meter.serial_number = devices_[0]["serial_number"]
            key = meter.serial_number, meter.meter_type
            own = [r for r in registers if (r.serial_number, r.meter_type) == key]
            registers = [r for r in registers if r not in own]
            meter.lifetime = {at: v for r in own for at, v in r.lifetime.items()}
        found.append(meter)
    return [*found, *registers]


_MOMENTS: Mapping[Resource[Any], Callable[[Any, Place], Any]] = MappingProxyType(
    {resources.SNAPSHOT: power_flow, resources.BENEFITS: benefits, resources.LIFETIME: lifetime}
)
_SERIES: Mapping[Resource[Any], Callable[[list[Any], Place, ZoneInfo], Any]] = MappingProxyType(
    {
        resources.POWER: power,
        resources.ENERGY: energy,
        resources.QUARTER_ENERGY: energy,
        resources.TOTALS: totals,
        resources.METERS: meters,
        resources.METER_ENERGY: meter_energies,
        resources.STORAGE: storage,
        resources.STORAGE_ENERGY: storage,
    }
)
