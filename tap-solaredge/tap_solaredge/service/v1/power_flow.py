"""`currentPowerFlow` of V1: positive powers, and connections that tell their direction (6.12). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_solaredge.measured.readings import Snapshot
from tap_solaredge.service.payload import factor, member, number, text

if TYPE_CHECKING:
    from tap_solaredge.measured.readings import Record


def power_flow(payload: Any, where: str) -> Snapshot | None:  # noqa: ANN401
    """Return the flows in W with the signs of `power_flows`; None where the service has none (gotcha 58)."""
    flow = member(payload, "siteCurrentPowerFlow", dict, where)
    if not flow:
        return None
    scale = factor(flow.get("unit"), where)
    ends = {
        (str(pair.get("from")).casefold(), str(pair.get("to")).casefold())
        for pair in flow.get("connections") or []
        if isinstance(pair, dict)
    }
    elements = {name.casefold(): value for name, value in flow.items() if isinstance(value, dict)}

    def power(name: str, *, signed: bool) -> float | None:
        watts = number(elements.get(name, {}).get("currentPower"), f"{where}: {name}")
        return None if watts is None else watts * scale * (_sign(name, ends) if signed else 1)

    storage: Record = elements.get("storage", {})
    return Snapshot(
        grid_power=power("grid", signed=True),
        pv_power=power("pv", signed=False),
        load_power=power("load", signed=False),
        storage_power=power("storage", signed=True),
        storage_charge_level=number(storage.get("chargeLevel"), f"{where}: chargeLevel"),
        storage_critical=storage.get("critical"),
        statuses={name: text(element.get("status")) for name, element in elements.items()},
    )


def _sign(name: str, ends: set[tuple[str, str]]) -> int:
    """Return 1 where power goes into an element, -1 where it comes from there, else 0 (gotcha 60)."""
    into = any(target == name for _, target in ends)
    out_of = any(source == name for source, _ in ends)
    return into - out_of
