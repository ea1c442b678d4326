"""`/devices`: inverters, meters, batteries, optimizers and gateways of a site, removed ones included."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from solaredge_simulator.devices import Battery, Inverter, Meter
from solaredge_simulator.messages import problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from solaredge_simulator.plants import Plant
    from solaredge_simulator.v2.asks import SiteAsk

Item = dict[str, object]

_KNOWN = ("INVERTER", "BATTERY", "BATTERY_MODULE", "OPTIMIZER", "METER", "EV_CHARGER", "BUI", "GATEWAY")
_MAKER = "SolarEdge"


def devices(ask: SiteAsk) -> object:
    """`/devices`: inverters only, unless `types` names others, by comma or by repetition."""
    asked = ",".join(ask.request.query.get("types", ["INVERTER"])).split(",")
    for name in asked:
        if name not in _KNOWN:
            raise problem(HTTPStatus.BAD_REQUEST, f"Invalid value '{name}' for parameter 'types'")
    return [item for name in _KNOWN if name in asked for item in items(ask.plant, name, ask.request.now)]


def device(ask: SiteAsk) -> object:
    """`/devices/{serial}`: the first listing of one device."""
    every = (item for name in _KNOWN for item in items(ask.plant, name, ask.request.now))
    found = next((item for item in every if item["serialNumber"] == ask.rest["serial"]), None)
    if found is None:
        raise problem(HTTPStatus.NOT_FOUND, "Unknown device")
    return found


def items(plant: Plant, name: str, now: datetime) -> list[Item]:
    """Return the devices of one type that the site has or had by `now`."""
    of: dict[str, Callable[[Plant, datetime], list[Item]]] = {
        "INVERTER": _inverters,
        "METER": _meters,
        "BATTERY": _batteries,
        "OPTIMIZER": _optimizers,
        "GATEWAY": _gateways,
        "EV_CHARGER": _chargers,
    }
    if name not in of:
        return []
    former = replace(
        plant,
        inverters=tuple(device for device in plant.former if isinstance(device, Inverter)),
        meters=tuple(device for device in plant.former if isinstance(device, Meter)),
        batteries=tuple(device for device in plant.former if isinstance(device, Battery)),
        gateways=(),
        chargers=(),
        former=(),
    )
    gone = of[name](former, now) if plant.former and name != "OPTIMIZER" else []
    return of[name](plant, now) + [item | {"active": False} for item in gone]


def _inverters(plant: Plant, now: datetime) -> list[Item]:
    return [
        {
            "type": "INVERTER",
            "serialNumber": inverter.serial,
            "manufacturer": _MAKER,
            "partNumber": inverter.model,
            "powerModel": "------",
            "createdAt": plant.local(inverter.since).isoformat() if inverter.since else _installed(plant, 2),
            "firmwareVersion": inverter.firmware,
            "connectedTo": inverter.leader,
            "active": inverter.until is None or now < inverter.until,
            "nameplate": inverter.nameplate,
            "name": inverter.name,
            "form": None,
            "communicationType": inverter.communication,
            "firmware": f"{inverter.firmware}.1.14.2401.2.19.2000",
            "connectedOptimizers": inverter.optimizers,
        }
        for inverter in plant.inverters
        if inverter.since is None or inverter.since <= now
    ]


def _meters(plant: Plant, _: datetime) -> list[Item]:
    host = plant.inverters[0] if plant.inverters else None
    return [
        {
            "type": "METER",
            "serialNumber": meter.serial,
            "manufacturer": meter.manufacturer,
            "model": meter.model,
            **({"createdAt": _installed(plant, 20)} if meter.serial else {}),
            "connectedTo": host.serial if host else None,
            "connectedToName": host.name if host else None,
            "active": True,
            "name": meter.name,
            "form": "PHYSICAL" if meter.serial else "VIRTUAL",
            "meterType": meter.meter_type,
        }
        for meter in plant.meters
    ]


def _batteries(plant: Plant, _: datetime) -> list[Item]:
    return [
        {
            "type": "BATTERY",
            "serialNumber": battery.serial,
            "manufacturer": battery.manufacturer,
            "model": battery.model,
            "createdAt": _installed(plant, 31),
            "firmwareVersion": battery.firmware,
            "connectedTo": battery.inverter,
            "active": True,
            "nameplate": battery.nameplate / 1000,
            "name": battery.name,
        }
        for battery in plant.batteries
    ]


def _optimizers(plant: Plant, now: datetime) -> list[Item]:
    return [
        {
            "type": "OPTIMIZER",
            "serialNumber": f"{inverter.serial[:-3]}{number:02X}-{number:02X}",
            "manufacturer": _MAKER,
            "model": "S440",
            "createdAt": _installed(plant, number),
            "connectedTo": inverter.serial,
            "active": True,
            "name": f"Panel {inverter.name.split()[-1]}.1.{number}",
        }
        for inverter in plant.inverters
        if inverter.serves(now.timestamp())
        for number in range(1, inverter.optimizers + 1)
    ]


def _gateways(plant: Plant, _: datetime) -> list[Item]:
    return [
        {
            "type": "GATEWAY",
            "serialNumber": gateway.serial,
            "manufacturer": _MAKER,
            "model": "SE1000-GW",
            "createdAt": _installed(plant, 1),
            "firmwareVersion": gateway.firmware,
            "connectedTo": None,
            "active": True,
            "name": gateway.name,
        }
        for gateway in plant.gateways
    ]


def _chargers(plant: Plant, _: datetime) -> list[Item]:
    return [
        {
            "type": "EV_CHARGER",
            "serialNumber": charger.serial,
            "manufacturer": _MAKER,
            "model": charger.model,
            "createdAt": _installed(plant, 45),
            "firmwareVersion": charger.firmware,
            "connectedTo": plant.inverters[0].serial,
            "active": True,
            "nameplate": charger.power,
            "name": charger.name,
        }
        for charger in plant.chargers
    ]


def _installed(plant: Plant, minutes: int) -> str:
    """Return a local time on the morning of the installation."""
    begin = datetime.combine(plant.installed, time(11, 0, 41), plant.zone)
    return (begin + timedelta(minutes=minutes)).isoformat()
