"""`/devices` of V2 as rows of `equipment`, `meters` and `batteries` (5.9). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_solaredge.measured.readings import Inventory, MeterType
from tap_solaredge.service.payload import check_serials, make_names_unique, member, number, text, whole

if TYPE_CHECKING:
    from tap_solaredge.measured.readings import Record


def devices(payload: Any, where: str, site_id: int) -> Inventory:  # noqa: ANN401
    """Return the devices of a site (5.9)."""
    inventory = Inventory([], [], [])
    listed = payload if isinstance(payload, list) else member(payload, "devices", list, where)
    check_serials(listed, ("serialNumber",), where)
    for device in listed:
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
            if kind == "INVERTER" and shared["active"] is not False:
                inventory.inverters.append(shared["serial_number"])
    make_names_unique(inventory.meters)
    return inventory


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
