"""`inventory` of V1 as rows of `equipment`, `meters` and `batteries` (6.16). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_solaredge.service.fields import objects
from tap_solaredge.service.inventory import NOT_OF_AN_INVENTORY, Listed, meter_type
from tap_solaredge.service.payload import entries, is_empty
from tap_solaredge.service.place import shown
from tap_solaredge.service.units import ENERGY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_solaredge.measured.readings import Record
    from tap_solaredge.measured.site import Inventory
    from tap_solaredge.service.fields import Fields
    from tap_solaredge.service.place import Place

_SERIAL = ("SN", "serialNumber")
_LISTS = ("inverters", "meters", "batteries")
_EQUIPMENT = (("inverters", "INVERTER"), ("thirdPartyInverters", "INVERTER"), ("gateways", "GATEWAY"))


def devices(payload: Any, place: Place, site_id: int) -> Inventory:  # noqa: ANN401
    """Return the devices of a site; lists may be empty or absent, not all; optimizers are only counted.

    Raises:
        UnexpectedPayload: If there is no inventory, or no device in it tells a serial number.
    """
    found = payload if isinstance(payload, dict) else {}
    lists = next((lists for name, lists in found.items() if name.casefold() == "inventory"), None)
    if not isinstance(lists, dict):
        raise place.error("field `Inventory` is missing or no object")
    if not any(name in lists for name in _LISTS):
        raise place.error(f"field `{_LISTS[0]}` is missing")
    listed = Listed(place, _SERIAL)
    for name, kind in _EQUIPMENT:
        for device in _list(lists, name, place):
            row = _shared(device, site_id) | _equipment(device, kind)
            # those of other makers report nothing (gotcha 48)
            listed.equipment(row, device, reports=name == "inverters")
    for device in _list(lists, "meters", place):
        listed.meter(_shared(device, site_id) | _meter(device), device)
    lost = place.notes.lost
    batteries = list(_list(lists, "batteries", place))
    listed.unreadable_batteries = place.notes.lost - lost
    for device in batteries:
        listed.battery(_shared(device, site_id) | _battery(device), device)
    return listed.inventory()


def _list(lists: Record, name: str, place: Place) -> Iterator[Fields]:
    """Yield the devices of one list; what is no list costs itself."""
    told, where = lists.get(name), place / name
    if is_empty(told) or isinstance(told, list | dict):
        yield from objects(entries(told, place, name), where)
    else:
        where.lose(f"expected a list, got {shown(told)}; it is left out")


def _shared(device: Fields, site_id: int) -> Record:
    return {
        "site_id": site_id,
        "name": device.text("name"),
        "serial_number": device.text("SN") or device.text("serialNumber"),
        "manufacturer": device.text("manufacturer"),
        "model": device.text("model"),
        "active": None,
    }


def _equipment(device: Fields, kind: str) -> Record:
    return {
        "equipment_type": kind,
        "communication_method": device.text("communicationMethod"),
        "cpu_version": device.text("cpuVersion") or device.text("firmwareVersion"),
        "connected_optimizers": device.whole("connectedOptimizers"),
        "dsp1_version": device.text("dsp1Version"),
        "dsp2_version": device.text("dsp2Version"),
        **dict.fromkeys(("inverter_serial", "nameplate_power", "panel_manufacturer", "panel_model")),
        **dict.fromkeys(("last_report_date", "commissioned_at", "part_number", "firmware")),
    }


def _meter(device: Fields) -> Record:
    form = device.text("form")
    return {
        "meter_type": meter_type(device.text("type")),
        "connection_type": None,
        "form": form.lower() if form else None,
    }


def _battery(device: Fields) -> Record:
    return {
        "firmware_version": device.text("firmwareVersion"),
        "capacity": None,
        "nameplate_capacity": device.number("nameplateCapacity", ENERGY),
        "connected_inverter_sn": device.text("connectedInverterSn"),
        **dict.fromkeys(NOT_OF_AN_INVENTORY),
    }
