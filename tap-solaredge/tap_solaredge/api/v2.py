"""Monitoring API V2: which request asks for a resource, and what its answer says. Pure.

Facts and their certainty: the V2 reference; section numbers below are its.
"""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tap_solaredge.api.client import Request
from tap_solaredge.api.payload import day, member, number, series, text, utc_time, whole
from tap_solaredge.readings import BatterySeries, Inventory, MeterSeries, MeterType, Record, Resource, Series

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_solaredge.windows import Window

SITES_PER_PAGE = 1000
BEFORE_ALL_DATA = "2000-01-01T00:00:00Z"
DEVICE_TYPES = (
    "INVERTER", "METER", "BATTERY", "OPTIMIZER", "GATEWAY", "EV_CHARGER", "BUI", "BATTERY_MODULE",
)  # fmt: skip
LADDERS: Mapping[str, tuple[timedelta, ...]] = MappingProxyType(
    {
        "QUARTER_HOUR": (timedelta(days=7), timedelta(days=1), timedelta(hours=12)),
        "DAY": (timedelta(days=28),),
        "WEEK": (timedelta(days=364),),
        "MONTH": (timedelta(days=365),),
        "YEAR": (timedelta(days=36500),),
    }
)
"""Window lengths to try, longest first: what was seen live, then what is documented (4.4)."""
_PATHS = {
    Resource.DETAILS: "",
    Resource.DEVICES: "/devices",
    Resource.LIFETIME_STORAGE: "/storage/telemetry",
    Resource.POWER: "/power",
    Resource.METERS: "/meters/telemetry",
    Resource.STORAGE: "/storage/telemetry",
    Resource.ENERGY: "/energy",
    Resource.METER_ENERGY: "/meters/telemetry",
    Resource.STORAGE_ENERGY: "/storage/telemetry",
}
_METRICS = {
    MeterType.FEED_IN: "export",
    MeterType.PURCHASED: "import",
    MeterType.PRODUCTION: "production",
    MeterType.CONSUMPTION: "consumption",
}


def sites_request(page: int) -> Request:
    """Return the request for a page of the site list; the first page is 1 (4.10)."""
    return Request("/v2/sites", (("page", str(page)), ("sites-in-page", str(SITES_PER_PAGE))))


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


def request(
    resource: Resource, site_id: int, window: Window | None = None, resolution: str = "QUARTER_HOUR"
) -> Request:
    """Return the one call that answers a resource of a site."""
    path = f"/v2/sites/{site_id}{_PATHS[resource]}"
    params: tuple[tuple[str, str], ...] = ()
    if resource is Resource.DEVICES:
        params = tuple(("types", kind) for kind in DEVICE_TYPES)
    elif resource is Resource.LIFETIME_STORAGE:
        params = (("from", BEFORE_ALL_DATA), ("resolution", "TOTAL"))
    elif window is not None:
        params = (
            ("from", window.start.isoformat(timespec="seconds")),
            ("to", window.end.isoformat(timespec="seconds")),
            ("resolution", resolution),
        )
    return Request(path, params, site_id)


def parse(resource: Resource, payload: Any, site_id: int) -> Any:  # noqa: ANN401
    """Return what an answer says; the type is that of the resource's field in `Answers`.

    Raises:
        UnexpectedPayload: If it is not what the API promises; the message names site, resource and field.
    """
    where = f"site {site_id}, {resource}"
    match resource:
        case Resource.DETAILS:
            return details(payload, where)
        case Resource.DEVICES:
            return devices(payload, where, site_id)
        case Resource.POWER | Resource.ENERGY:
            return series(payload, where)
        case Resource.METERS | Resource.METER_ENERGY:
            return meters(payload, where)
        case Resource.STORAGE | Resource.STORAGE_ENERGY | Resource.LIFETIME_STORAGE:
            return storage(payload, where)


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


def devices(payload: Any, where: str, site_id: int) -> Inventory:  # noqa: ANN401
    """Return the devices of a site (5.9)."""
    inventory = Inventory([], [], [])
    for device in payload if isinstance(payload, list) else member(payload, "devices", list, where):
        kind = str(member(device, "type", str, where)).upper()
        shared = {
            "site_id": site_id,
            "name": text(device.get("name")),
            "serial_number": text(device.get("serialNumber")),
            "manufacturer": text(device.get("manufacturer")),
            "model": text(device.get("model")) or text(device.get("partNumber")),
            "active": device.get("active"),
        }
        if kind == "METER":
            inventory.meters.append(shared | _meter(device))
        elif shared["serial_number"] is None:
            continue  # nothing else can be told apart without a serial number
        elif kind == "BATTERY":
            inventory.batteries.append(shared | _battery(device, where))
        else:
            inventory.equipment.append(shared | _equipment(device, kind, where))
    _make_names_unique(inventory.meters)
    return inventory


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


def _meter(device: Record) -> Record:
    kind = text(device.get("meterType"))
    known = {meter_type.casefold(): meter_type.value for meter_type in MeterType}
    folded = (kind or "").replace("_", "").casefold()
    form = text(device.get("form"))
    return {
        "meter_type": known.get(folded, kind),
        "name": text(device.get("name")) or known.get(folded, kind) or "meter",
        "connection_type": text(device.get("communicationType")),
        "form": form.lower() if form else None,
    }


def _battery(device: Record, where: str) -> Record:
    capacity = number(device.get("nameplate"), f"{where}: nameplate")
    # kWh according to one client, Wh in V1 (12): no battery of either kind is near this bound
    in_wh = capacity * 1000 if capacity is not None and capacity < 1000 else capacity  # noqa: PLR2004
    return {
        "firmware_version": text(device.get("firmwareVersion")),
        "capacity": None,
        "nameplate_capacity": in_wh,
        "connected_inverter_sn": text(device.get("connectedTo")),
        **dict.fromkeys(("last_state_of_charge", "last_power", "last_status", "last_telemetry_time")),
        **dict.fromkeys(("lifetime_energy_charged", "lifetime_energy_discharged")),
    }


def _equipment(device: Record, kind: str, where: str) -> Record:
    return {
        "equipment_type": kind,
        "communication_method": text(device.get("communicationType")),
        "cpu_version": text(device.get("firmwareVersion")),
        "connected_optimizers": whole(device.get("connectedOptimizers"), f"{where}: connectedOptimizers"),
        "inverter_serial": text(device.get("connectedTo")),
        "nameplate_power": number(device.get("nameplate"), f"{where}: nameplate") or None,
        **dict.fromkeys(("dsp1_version", "dsp2_version", "panel_manufacturer", "panel_model")),
        "last_report_date": None,
    }


def _make_names_unique(rows: list[Record]) -> None:
    """Add the serial number to names that several meters of a site share: the name is their key."""
    names = [row["name"] for row in rows]
    for row in rows:
        if names.count(row["name"]) > 1:
            row["name"] = f"{row['name']} {row['serial_number'] or row['meter_type']}"
