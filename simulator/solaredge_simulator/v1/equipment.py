"""`/equipment/{site}/list` and `/inventory`: what is on the wall now, nothing that was replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from solaredge_simulator.devices import Battery, Inverter, Meter
    from solaredge_simulator.v1.asks import SiteAsk

_MAKER = "SolarEdge"


def reporters(ask: SiteAsk) -> object:
    """`/equipment/{site}/list`."""
    found = [
        {
            "name": inverter.name,
            "manufacturer": _MAKER,
            "model": inverter.model,
            "serialNumber": inverter.serial,
            "kWpDC": None,
        }
        for inverter in _serving(ask)
    ]
    return {"reporters": {"count": len(found), "list": found}}


def inventory(ask: SiteAsk) -> object:
    """`/inventory`; the root has a capital."""
    gateways = [
        {"name": gateway.name, "firmwareVersion": gateway.firmware, "SN": gateway.serial}
        for gateway in ask.plant.gateways
    ]
    found = {
        "meters": [_meter(ask, meter) for meter in ask.plant.meters],
        "sensors": [],
        "gateways": gateways,
        "batteries": [_battery(ask, battery) for battery in ask.plant.batteries],
        "inverters": [_inverter(inverter) for inverter in _serving(ask)],
        "thirdPartyInverters": [],
    }
    return {"Inventory": found}


def _inverter(inverter: Inverter) -> dict[str, object]:
    return {
        "name": inverter.name,
        "manufacturer": _MAKER,
        "model": inverter.model,
        "communicationMethod": inverter.communication,
        "dsp1Version": "1.210.1623",
        "dsp2Version": "2.52.615",
        "cpuVersion": inverter.firmware,
        "SN": inverter.serial,
        "connectedOptimizers": inverter.optimizers,
    }


def _battery(ask: SiteAsk, battery: Battery) -> dict[str, object]:
    return {
        "name": battery.name,
        "manufacturer": battery.manufacturer,
        "model": battery.model,
        "firmwareVersion": battery.firmware,
        "connectedTo": ask.plant.inverters[0].name,
        "connectedInverterSn": battery.inverter,
        "nameplateCapacity": battery.nameplate,
        "SN": battery.serial,
    }


def _serving(ask: SiteAsk) -> list[Inverter]:
    return [inverter for inverter in ask.plant.inverters if inverter.serves(ask.request.now.timestamp())]


def _meter(ask: SiteAsk, meter: Meter) -> dict[str, object]:
    """Return a meter; a computed one has no maker, model or serial."""
    host = ask.plant.inverters[0]
    connected = {
        "connectedTo": host.name,
        "connectedSolaredgeDeviceSN": host.serial,
        "type": meter.meter_type,
    }
    if meter.serial is None:
        return {"name": meter.name, "firmwareVersion": "", **connected, "form": "virtual"}
    return {
        "name": meter.name,
        "manufacturer": meter.manufacturer,
        "model": meter.model,
        "firmwareVersion": "72",
        **connected,
        "form": "physical",
        "SN": meter.serial,
    }
