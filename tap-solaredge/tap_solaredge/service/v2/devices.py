"""`/devices` of V2 as rows of `equipment`, `meters` and `batteries` (5.9). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_solaredge.measured.readings import Device
from tap_solaredge.service.fields import objects
from tap_solaredge.service.inventory import NOT_OF_AN_INVENTORY, Listed, meter_type
from tap_solaredge.service.payload import cleaned, entries, essential
from tap_solaredge.service.units import ENERGY, POWER
from tap_solaredge.service.v2.charge import learn_capacity

if TYPE_CHECKING:
    from tap_solaredge.measured.readings import Record
    from tap_solaredge.measured.site import Inventory, SiteRef
    from tap_solaredge.service.fields import Fields
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
    for device in objects(entries(listed, place, "devices"), place):
        told = device.told.get("type")
        kind = cleaned(told).upper() if isinstance(told, str) else ""
        if not kind:
            device.place.lose("a device without a readable `type` is left out")
            continue
        row = _shared(device, site.site_id)
        if kind in Device.__members__ and row["serial_number"]:
            found.registered(Device[kind], row["serial_number"], device.utc_time("createdAt"))
        if kind == "METER":
            found.meter(row | _meter(device), device)
        elif kind == "BATTERY":
            found.battery(row | _battery(device), device)
        else:
            found.equipment(row | _equipment(device, kind), device, reports=kind == "INVERTER")
    inventory = found.inventory()
    for battery in inventory.batteries:
        learn_capacity(site.site_id, battery["serial_number"], battery["nameplate_capacity"])
    return inventory


def _shared(device: Fields, site_id: int) -> Record:
    return {
        "site_id": site_id,
        "name": device.text("name"),
        "serial_number": device.text("serialNumber"),
        "manufacturer": device.text("manufacturer"),
        "model": device.text("model") or device.text("partNumber"),
        "active": device.flag("active"),
    }


def _meter(device: Fields) -> Record:
    form = device.text("form")
    return {
        "meter_type": meter_type(device.text("meterType")),
        "connection_type": device.text("communicationType"),
        "form": form.lower() if form else None,
    }


def _battery(device: Fields) -> Record:
    capacity = device.number("nameplate", ENERGY)
    in_kwh = capacity is not None and capacity < _SMALLEST_IN_WH
    return {
        "firmware_version": device.text("firmwareVersion"),
        "capacity": None,
        "nameplate_capacity": capacity * 1000 if capacity is not None and in_kwh else capacity,
        "connected_inverter_sn": device.text("connectedTo"),
        **dict.fromkeys(NOT_OF_AN_INVENTORY),
    }


def _equipment(device: Fields, kind: str) -> Record:
    return {
        "equipment_type": kind,
        "communication_method": device.text("communicationType"),
        "cpu_version": device.text("firmwareVersion"),
        "connected_optimizers": device.whole("connectedOptimizers"),
        "inverter_serial": device.text("connectedTo"),
        "nameplate_power": device.number("nameplate", POWER) or None,
        **dict.fromkeys(("dsp1_version", "dsp2_version", "panel_manufacturer", "panel_model")),
        "last_report_date": None,
        "commissioned_at": device.utc_time("createdAt"),
        "part_number": device.text("partNumber"),
        "firmware": device.text("firmware"),
    }
