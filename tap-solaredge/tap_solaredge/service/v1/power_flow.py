"""`currentPowerFlow` of V1: positive powers, and connections that tell their direction (6.12). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_solaredge.measured.readings import Snapshot
from tap_solaredge.service.payload import charge, essential_object, flag, is_empty, mapping, number, text
from tap_solaredge.service.units import PERCENT, POWER, factor

if TYPE_CHECKING:
    from tap_solaredge.measured.readings import Record
    from tap_solaredge.service.place import Place

_ELEMENTS = frozenset({"grid", "pv", "load", "storage"})
_VALUES = frozenset({"status", "currentPower", "chargeLevel", "critical"})
"""What elements hold."""


def power_flow(payload: Any, place: Place) -> Snapshot | None:  # noqa: ANN401
    """Return the flows in W with the signs of `power_flows`; None where the service has none (gotcha 58).

    Raises:
        UnexpectedPayload: If there is no `siteCurrentPowerFlow`.
    """
    flow = essential_object(payload, "siteCurrentPowerFlow", place)
    if not flow:
        return None
    scale = factor(flow.get("unit"), POWER, place)
    ends = _ends(flow.get("connections"), place / "connections")
    elements = {n.casefold(): mapping(v, place / n) for n, v in flow.items() if n.casefold() in _ELEMENTS}
    for name, element in elements.items():
        if element and not element.keys() & _VALUES:
            (place / name).lose("none of its values is known")

    def power(name: str, *, signed: bool) -> float | None:
        watts = number(elements.get(name, {}).get("currentPower"), place / name, POWER, scale)
        sign = _sign(name, ends) if signed and watts else 1
        return None if watts is None or sign is None else watts * sign

    storage: Record = elements.get("storage", {})
    level = place / "chargeLevel"
    return Snapshot(
        grid_power=power("grid", signed=True),
        pv_power=power("pv", signed=False),
        load_power=power("load", signed=False),
        storage_power=power("storage", signed=True),
        storage_charge_level=charge(number(storage.get("chargeLevel"), level, PERCENT), level),
        storage_critical=flag(storage.get("critical"), place / "critical"),
        statuses={n: text(element.get("status"), place / n / "status") for n, element in elements.items()},
    )


def _ends(connections: Any, place: Place) -> set[tuple[str, str]] | None:  # noqa: ANN401
    """Return from where to where power flows; None where that is not told, or cannot be read."""
    if is_empty(connections):
        return None
    found = set()
    for pair in connections if isinstance(connections, list) else [connections]:
        ends = (pair.get("from"), pair.get("to")) if isinstance(pair, dict) else (None, None)
        if not all(isinstance(end, str) and end.strip() for end in ends):
            place.lose("a connection cannot be read: directions are not known")
            return None
        found.add((str(ends[0]).strip().casefold(), str(ends[1]).strip().casefold()))
    return found


def _sign(name: str, ends: set[tuple[str, str]] | None) -> int | None:
    """Return 1 where power goes into an element, -1 where it comes from there, else 0 (gotcha 60)."""
    if ends is None:
        return None
    into = any(target == name for _, target in ends)
    out_of = any(source == name for source, _ in ends)
    return into - out_of
