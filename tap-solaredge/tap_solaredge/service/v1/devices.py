"""`inventory` of V1 as rows of `equipment`, `meters` and `batteries` (6.16). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_solaredge.measured.readings import Inventory, MeterType
from tap_solaredge.service.payload import check_serials, make_names_unique, member, number, text, whole

if TYPE_CHECKING:
    from tap_solaredge.measured.readings import Record

_TYPES = {kind.casefold(): kind.value for kind in MeterType}
_SERIAL = ("SN", "serialNumber")
_LISTS = ("inverters", "meters", "batteries")
_EQUIPMENT = (("inverters", "INVERTER"), ("thirdPartyInverters", "INVERTER"), ("gateways", "GATEWAY"))


def devices(payload: Any, where: str, site_id: int) -> Inventory:  # noqa: ANN401
    """Return the devices of a site; lists may be empty or absent, not all; optimizers are only counted."""
    root = next((key for key in payload if key.casefold() == "inventory"), "Inventory")
    lists = member(payload, root, dict, where)
    if not any(name in lists for name in _LISTS):
        member(lists, _LISTS[0], list, where)
    check_serials([device for listed in lists.values() for device in listed or []], _SERIAL, where)
    found = Inventory([], [], [])
    for name, kind in _EQUIPMENT:
        for device in lists.get(name) or []:
            row = _shared(device, site_id) | _equipment(device, kind, where)
            if row["serial_number"] is not None:  # nothing else tells devices apart
                found.equipment.append(row)
                if name == "inverters":  # those of other makers report nothing (gotcha 48)
                    found.inverters.append(row["serial_number"])
    found.meters.extend(_shared(device, site_id) | _meter(device) for device in lists.get("meters") or [])
    for device in lists.get("batteries") or []:
        row = _shared(device, site_id) | _battery(device, where)
        if row["serial_number"] is not None:
            found.batteries.append(row)
    make_names_unique(found.meters)
    return found


def _shared(device: Record, site_id: int) -> Record:
    return {
        "site_id": site_id,
        "name": text(device.get("name")),
        "serial_number": text(device.get("SN")) or text(device.get("serialNumber")),
        "manufacturer": text(device.get("manufacturer")),
        "model": text(device.get("model")),
        "active": None,
    }


def _equipment(device: Record, kind: str, where: str) -> Record:
    return {
        "equipment_type": kind,
        "communication_method": text(device.get("communicationMethod")),
        "cpu_version": text(device.get("cpuVersion")) or text(device.get("firmwareVersion")),
        "connected_optimizers": whole(device.get("connectedOptimizers"), f"{where}: connectedOptimizers"),
        "dsp1_version": text(device.get("dsp1Version")),
        "dsp2_version": text(device.get("dsp2Version")),
        **dict.fromkeys(("inverter_serial", "nameplate_power", "panel_manufacturer", "panel_model")),
        "last_report_date": None,
    }


def _meter(device: Record) -> Record:
    kind = text(device.get("type"))
    known = _TYPES.get((kind or "").casefold(), kind)
    form = text(device.get("form"))
    return {
        "meter_type": known,
        "name": text(device.get("name")) or known or "meter",
        "connection_type": None,
        "form": form.lower() if form else None,
    }


def _battery(device: Record, where: str) -> Record:
    return {
        "firmware_version": text(device.get("firmwareVersion")),
        "capacity": None,
        "nameplate_capacity": number(device.get("nameplateCapacity"), f"{where}: nameplateCapacity"),
        "connected_inverter_sn": text(device.get("connectedInverterSn")),
        **dict.fromkeys(("last_state_of_charge", "last_power", "last_status", "last_telemetry_time")),
        **dict.fromkeys(("lifetime_energy_charged", "lifetime_energy_discharged")),
    }
