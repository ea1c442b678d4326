"""`/devices` of V2 as rows of `equipment`, `meters` and `batteries` (5.9). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_solaredge.measured.readings import Device
from tap_solaredge.service.inventory import NOT_OF_AN_INVENTORY, Listed, meter_type
from tap_solaredge.service.payload import (
    cleaned,
    entries,
    essential,
    flag,
    number,
    objects,
    text,
    utc_time,
    whole,
)
from tap_solaredge.service.units import ENERGY, POWER
from tap_solaredge.service.v2.charge import learn_capacity

if TYPE_CHECKING:
    from tap_solaredge.measured.readings import Inventory, Record, SiteRef
    from tap_solaredge.service.place import Place

_SMALLEST_IN_WH = 1000
"""A battery's nameplate is in kWh according to one client, Wh in V1 (12): neither comes near this."""


def devices(payload: Any, place: Place, site: SiteRef) -> Inventory:  # noqa: ANN401
    """Return the devices of a site (5.9); one that cannot be read is left out.

    Raises:
        UnexpectedPayload: If there is no list, or no device in it tells a serial number.
    """
    listed = payload if isinstance(payload, list) else essential(payload, "devices", place)
    found = Listed(place, ("serialNumber",))
    for device, where in objects(entries(listed, place, "devices"), place):
        told = device.get("type")
        kind = cleaned(told).upper() if isinstance(told, str) else ""
        if not kind:
            where.lose("a device without a readable `type` is left out")
            continue
        row = _shared(device, where, site.site_id)
        if kind in Device.__members__ and row["serial_number"]:
            told = utc_time(device.get("createdAt"), where / "createdAt")
            found.registered(Device[kind], row["serial_number"], told)
        if kind == "METER":
            found.meter(row | _meter(device, where), device, where)
        elif kind == "BATTERY":
            found.battery(row | _battery(device, where), device, where)
        else:
            found.equipment(row | _equipment(device, kind, where), device, where,
                            reports=kind == "INVERTER")  # fmt: skip
    inventory = found.inventory()
    for battery in inventory.batteries:
        learn_capacity(site.site_id, battery["serial_number"], battery["nameplate_capacity"])
    return inventory


def _shared(device: Record, place: Place, site_id: int) -> Record:
    return {
        "site_id": site_id,
        "name": text(device.get("name"), place / "name"),
        "serial_number": text(device.get("serialNumber"), place / "serialNumber"),
        "manufacturer": text(device.get("manufacturer"), place / "manufacturer"),
        "model": text(device.get("model"), place / "model")
        or text(device.get("partNumber"), place / "partNumber"),
        "active": flag(device.get("active"), place / "active"),
    }


def _meter(device: Record, place: Place) -> Record:
    form = text(device.get("form"), place / "form")
    return {
        "meter_type": meter_type(text(device.get("meterType"), place / "meterType")),
        "connection_type": text(device.get("communicationType"), place / "communicationType"),
        "form": form.lower() if form else None,
    }


def _battery(device: Record, place: Place) -> Record:
    written = device.get("nameplate")
    capacity = number(written, place / "nameplate", ENERGY)
    in_kwh = capacity is not None and capacity < _SMALLEST_IN_WH
    return {
        "firmware_version": text(device.get("firmwareVersion"), place / "firmwareVersion"),
        "capacity": None,
        "nameplate_capacity": capacity * 1000 if capacity is not None and in_kwh else capacity,
        "connected_inverter_sn": text(device.get("connectedTo"), place / "connectedTo"),
        **dict.fromkeys(NOT_OF_AN_INVENTORY),
    }


def _equipment(device: Record, kind: str, place: Place) -> Record:
    return {
        "equipment_type": kind,
        "communication_method": text(device.get("communicationType"), place / "communicationType"),
        "cpu_version": text(device.get("firmwareVersion"), place / "firmwareVersion"),
        "connected_optimizers": whole(device.get("connectedOptimizers"), place / "connectedOptimizers"),
        "inverter_serial": text(device.get("connectedTo"), place / "connectedTo"),
        "nameplate_power": number(device.get("nameplate"), place / "nameplate", POWER) or None,
        **dict.fromkeys(("dsp1_version", "dsp2_version", "panel_manufacturer", "panel_model")),
        "last_report_date": None,
        "commissioned_at": utc_time(device.get("createdAt"), place / "createdAt"),
        "part_number": text(device.get("partNumber"), place / "partNumber"),
        "firmware": text(device.get("firmware"), place / "firmware"),
    }
