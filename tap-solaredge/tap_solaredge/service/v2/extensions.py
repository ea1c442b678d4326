"""The answers of V2 for streams beyond the nine tables: inverters, alerts, environmental benefits. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tap_solaredge.errors import UnexpectedPayload
from tap_solaredge.local_time import QUARTER, from_utc_text, utc_text
from tap_solaredge.measured.readings import InverterSeries
from tap_solaredge.service.payload import CHANGED, member, number, series, text, utc_time, whole

if TYPE_CHECKING:
    from tap_solaredge.local_time import Instant
    from tap_solaredge.measured.readings import Record, Series

_METRICS = {
    "power": "power",
    "energy": "energy",
    "consumedAcPower": "consumed_power",
    "consumedAcEnergy": "consumed_energy",
    "voltage": "voltage",
    "current": "current",
    "frequency": "frequency",
}
UNITS = {"METRIC": (1.0, 1.0), "IMPERIAL": (0.45359237, 1.609344)}
"""Kilograms and kilometres in the service's units of mass and way."""


def inverters(payload: Any, where: str) -> list[InverterSeries]:  # noqa: ANN401
    """Return the readings of each inverter (5.10)."""
    found = []
    for serial, metrics in member(payload, "inverters", dict, where).items():
        read: dict[str, Any] = {
            ours: series(metrics[name], f"{where}: {serial} {name}")
            for name, ours in _METRICS.items()
            if name in metrics
        }
        for name in ("voltage", "frequency"):
            if name in read:
                read[name] = _from_the_start(read[name], read.get("power", {}))
        found.append(InverterSeries(serial, **read))
    return found


def _from_the_start(values: Series, power: Series) -> Series:
    """Return values by the start of their interval: documents say that these are stamped with its end (4.5).

    The one recording that is known stamps them like the power, so the stamps of the power decide.
    """
    if not values or not power or min(values).utc != _end(min(power)):
        return values
    starts = {_end(at): at for at in power}
    return {starts[at.utc]: value for at, value in values.items() if at.utc in starts}


def _end(at: Instant) -> str:
    return utc_text(from_utc_text(at.utc) + QUARTER)


def alerts(pages: list[Any], where: str) -> list[Record]:
    """Return the alerts of some pages as rows of `alerts` (5.14)."""
    if not all(isinstance(page, list) for page in pages):
        raise UnexpectedPayload(f"{where}: the answer is no list; {CHANGED}")
    return [_alert(alert, where) for page in pages for alert in page]


def _alert(alert: Any, where: str) -> Record:  # noqa: ANN401
    number_of = whole(member(alert, "alertId", (int, str), where), f"{where}: alertId")
    where = f"{where}: {number_of}"
    component = alert.get("component")
    component = component if isinstance(component, dict) else {}
    codes = alert.get("errorCodes")
    return {
        "alert_id": number_of,
        "site_id": whole(member(alert, "siteId", (int, str), where), f"{where}: siteId"),
        "category": text(alert.get("category")),
        "type": text(alert.get("type")),
        "impact": whole(alert.get("impact"), f"{where}: impact"),
        "status": text(alert.get("status")),
        "first_trigger": utc_time(alert.get("firstTrigger"), f"{where}: firstTrigger"),
        "last_trigger": utc_time(alert.get("lastTrigger"), f"{where}: lastTrigger"),
        "component_name": text(component.get("name")),
        "component_serial_number": text(component.get("serialNumber")),
        "error_codes": None if codes is None else msgspec.json.encode(codes).decode(),
    }


def benefits(payload: Any, where: str) -> Record:  # noqa: ANN401
    """Return the columns of `environmental_benefits` (5.8); the answer's own unit counts."""
    if not isinstance(payload, dict) or "co2Emissions" not in payload:
        raise UnexpectedPayload(f"{where}: `co2Emissions` is not there; {CHANGED}")
    unit = text(payload.get("unit")) or "METRIC"
    if unit not in UNITS:
        raise UnexpectedPayload(f"{where}: unknown unit {unit!r:.40}; {CHANGED}")
    mass, way = UNITS[unit]
    co2, driven = (number(payload.get(name), f"{where}: {name}") for name in ("co2Emissions", "evMiles"))
    return {
        "co2_saved": None if co2 is None else co2 * mass,
        "ev_distance": None if driven is None else driven * way,
    }
