"""`/currentPowerFlow`: the running quarter, in kW, with the direction in the connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solaredge_simulator.local_days import QUARTER, utc

if TYPE_CHECKING:
    from solaredge_simulator.quarters import Quarter
    from solaredge_simulator.v1.asks import SiteAsk

_CRITICAL = 10.0


def current(ask: SiteAsk) -> object:
    """Return the flows of this moment; an empty object where there is no meter, or nothing is known."""
    now = ask.request.now.timestamp()
    quarter = ask.plant.quarter(utc(now - now % QUARTER))
    if quarter.consumption_w is None:
        return {"siteCurrentPowerFlow": {}}
    grid = (quarter.feed_in_w or 0.0) - (quarter.purchased_w or 0.0)
    storage = (quarter.charge_w or 0.0) - (quarter.discharge_w or 0.0)
    flow: dict[str, object] = {
        "updateRefreshRate": 3,
        "unit": "kW",
        "connections": list(_connections(quarter.production_w or 0.0, grid, storage)),
        "GRID": _element(grid),
        "LOAD": _element(quarter.consumption_w),
        "PV": _element(quarter.production_w or 0.0),
    }
    if quarter.batteries:
        flow["STORAGE"] = _storage(quarter, storage)
    return {"siteCurrentPowerFlow": flow}


def _connections(made: float, grid: float, storage: float) -> list[dict[str, str]]:
    pairs = {
        ("PV", "Load"): made > 0,
        ("PV", "Storage"): storage > 0,
        ("STORAGE", "Load"): storage < 0,
        ("GRID", "Load"): grid < 0,
        ("LOAD", "Grid"): grid > 0,
    }
    return [{"from": source, "to": sink} for (source, sink), flows in pairs.items() if flows]


def _element(watts: float) -> dict[str, object]:
    """Return an element of the flow; powers are never negative."""
    return {"status": "Active" if watts else "Idle", "currentPower": round(abs(watts) / 1000, 6)}


def _storage(quarter: Quarter, watts: float) -> dict[str, object]:
    """Return the batteries together: the level is their mean."""
    levels = [battery.state_of_charge or 0.0 for battery in quarter.batteries.values()]
    level = sum(levels) / len(levels)
    status = "Charging" if watts > 0 else "Discharging" if watts < 0 else "Idle"
    return {**_element(watts), "status": status, "chargeLevel": round(level), "critical": level < _CRITICAL}
