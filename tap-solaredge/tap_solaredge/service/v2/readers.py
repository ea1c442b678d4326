"""The answers of V2 in the terms of `readings`: sites, series, meters, batteries. Pure."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tap_solaredge.measured.readings import BatterySeries, MeterSeries, MeterType, Record, Series
from tap_solaredge.resources import (
    ALERTS,
    BENEFITS,
    DETAILS,
    DEVICES,
    ENERGY,
    INVERTERS,
    LIFETIME_STORAGE,
    METER_ENERGY,
    METERS,
    POWER,
    STORAGE,
    STORAGE_ENERGY,
    Resource,
)
from tap_solaredge.service.payload import day, member, number, series, text, utc_time, whole
from tap_solaredge.service.v2.devices import devices
from tap_solaredge.service.v2.extensions import alerts, benefits, inverters

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_solaredge.measured.readings import SiteRef

_METRICS = {
    MeterType.FEED_IN: "export",
    MeterType.PURCHASED: "import",
    MeterType.PRODUCTION: "production",
    MeterType.CONSUMPTION: "consumption",
}


def listed_sites(payload: Any) -> list[Record]:  # noqa: ANN401
    """Return id, name and status of each site on a page (5.2); a bare list is read too."""
    where = "site list"
    if isinstance(payload, dict):
        payload = member(member(payload, "sites", dict, where), "site", list, where)
    return [
        {
            "id": whole(member(site, "siteId", (int, str), where), where),
            "name": text(site.get("name")),
            "status": _status(site),
        }
        for site in payload
    ]


def parse(resource: Resource[Any], payloads: list[Any], site: SiteRef) -> Any:  # noqa: ANN401
    """Return what an answer says; the type is that of the resource's field in `Answers`.

    Raises:
        UnexpectedPayload: If it is not what the API promises; the message names site, resource and field.
    """
    where = f"site {site.site_id}, {resource}"
    if resource is ALERTS:
        return alerts(payloads, where)
    (payload,) = payloads
    if resource is DEVICES:
        return devices(payload, where, site.site_id)
    return _READERS[resource](payload, where)


def details(payload: Any, where: str) -> Record:  # noqa: ANN401
    """Return the row of `sites` (5.3)."""
    place = payload.get("location") if isinstance(payload, dict) else None
    place = place if isinstance(place, dict) else {}
    return {
        "id": whole(member(payload, "siteId", (int, str), where), f"{where}: siteId"),
        "name": text(payload.get("name")),
        "account_id": whole(payload.get("accountId"), f"{where}: accountId"),
        "status": _status(payload),
        "peak_power": number(payload.get("peakPower"), f"{where}: peakPower"),
        "last_update_time": utc_time(payload.get("lastUpdateTime"), f"{where}: lastUpdateTime"),
        "installation_date": day(payload.get("installationDate"), f"{where}: installationDate"),
        "currency": None,
        "notes": text(payload.get("note")),
        "site_type": None,
        "country": text(place.get("country")),
        "state": text(place.get("state")),
        "city": text(place.get("city")),
        "address": text(place.get("address")),
        "address2": text(place.get("address2")),
        "zip_code": text(place.get("zip")),
        "timezone": text(place.get("timezone")),
        "primary_module_manufacturer": None,
        "primary_module_model": None,
        "primary_module_power": None,
        "is_public": None,
        "public_name": None,
        "latitude": number(place.get("latitude"), f"{where}: latitude"),
        "longitude": number(place.get("longitude"), f"{where}: longitude"),
    }


def meters(payload: Any, where: str) -> list[MeterSeries]:  # noqa: ANN401
    """Return the readings of each meter and type (5.11); a site without a meter gives none."""
    found = []
    for serial, metrics in member(payload, "meters", dict, where).items():
        for kind, prefix in _METRICS.items():
            read = {
                name: series(metrics[f"{prefix}{name}"], f"{where}: {serial} {prefix}{name}")
                for name in ("Power", "Energy")
                if f"{prefix}{name}" in metrics
            }
            if read:
                found.append(MeterSeries(serial, kind, read.get("Power", {}), read.get("Energy", {})))
    return found


def storage(payload: Any, where: str) -> list[BatterySeries]:  # noqa: ANN401
    """Return the readings of each battery (5.12); a site without a battery gives none."""
    found = []
    for serial, metrics in member(payload, "storage", dict, where).items():
        read = {
            name: series(metrics[name], f"{where}: {serial} {name}") if name in metrics else {}
            for name in (
                "chargePower", "dischargePower", "chargeEnergy", "dischargeEnergy",
                "remainingEnergy", "stateOfEnergy",
            )
        }  # fmt: skip
        unit = metrics.get("stateOfEnergy", {}).get("unit")
        found.append(
            BatterySeries(
                serial,
                charge_power=read["chargePower"],
                discharge_power=read["dischargePower"],
                charge_energy=read["chargeEnergy"],
                discharge_energy=read["dischargeEnergy"],
                remaining_energy=read["remainingEnergy"],
                state_of_charge=_percent(read["stateOfEnergy"], unit),
            )
        )
    return found


def _percent(levels: Series, unit: str | None) -> Series:
    """Return percent: the service names a fraction of 1 `PERCENTAGE` (4.8)."""
    values = [value for value in levels.values() if value is not None]
    fraction = unit == "PERCENTAGE" and all(value <= 1 for value in values)
    return {at: None if v is None else v * 100 for at, v in levels.items()} if fraction else levels


def _status(site: Record) -> str | None:
    status = text(site.get("activationStatus"))
    return status.capitalize() if status else None


_READERS: Mapping[Resource[Any], Callable[[Any, str], Any]] = MappingProxyType(
    {
        DETAILS: details,
        POWER: series,
        ENERGY: series,
        METERS: meters,
        METER_ENERGY: meters,
        STORAGE: storage,
        STORAGE_ENERGY: storage,
        LIFETIME_STORAGE: storage,
        INVERTERS: inverters,
        BENEFITS: benefits,
    }
)
