"""`energy`, `power`, their details by type of meter, and `timeFrameEnergy`."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from solaredge_simulator.devices import MeterType
from solaredge_simulator.v1.asks import MONTH, YEAR
from solaredge_simulator.v1.refusals import bad_request
from solaredge_simulator.v1.series import Count, points
from solaredge_simulator.v2.buckets import as_32_bit
from solaredge_simulator.v2.windows import Resolution

if TYPE_CHECKING:
    from solaredge_simulator.v1.asks import SiteAsk
    from solaredge_simulator.v1.series import Point

QUARTERS = "QUARTER_OF_AN_HOUR"
_UNITS = {QUARTERS: Resolution.QUARTER_HOUR} | {
    name: Resolution(name) for name in ("HOUR", "DAY", "WEEK", "MONTH", "YEAR")
}
_TOTALS = {MeterType.PRODUCTION, MeterType.CONSUMPTION}
_LONGEST = {QUARTERS: MONTH, "HOUR": MONTH, "DAY": YEAR}


def time_unit(ask: SiteAsk) -> tuple[str, Resolution]:
    """Return the time unit by V1's name and by V2's; DAY where none is given."""
    name = ask.request.first("timeUnit") or "DAY"
    if name not in _UNITS:
        raise bad_request(f"Failed to convert value '{name}' of 'timeUnit'")
    return name, _UNITS[name]


def chosen(ask: SiteAsk, possible: list[MeterType]) -> list[MeterType]:
    """Return those types of meter that `meters` names, in any case; all where it is missing."""
    asked = ask.request.first("meters")
    names = {name.strip().lower() for name in asked.split(",")} if asked else None
    return [kind for kind in possible if names is None or kind.lower() in names]


def energy(ask: SiteAsk) -> object:
    """`/energy`."""
    name, _ = time_unit(ask)
    return {"energy": {"timeUnit": name, "unit": "Wh", **energy_values(ask)}}


def energy_values(ask: SiteAsk) -> dict[str, object]:
    """Return the values of whole days, both included; null where there is nothing."""
    name, resolution = time_unit(ask)
    first, last = ask.dates(_LONGEST.get(name))
    found = points(Count(ask, MeterType.PRODUCTION, "wh"), resolution, first, last)
    return {"measuredBy": measured_by(ask), "values": [{"date": at, "value": value} for at, value in found]}


def power(ask: SiteAsk) -> object:
    """`/power`."""
    return {"power": {"timeUnit": QUARTERS, "unit": "W", **power_values(ask)}}


def power_values(ask: SiteAsk) -> dict[str, object]:
    """Return quarter hours from startTime to endTime, both included."""
    start, end = ask.wall_times(MONTH)
    found = _between(Count(ask, MeterType.PRODUCTION, "w"), Resolution.QUARTER_HOUR, start, end)
    values = [{"date": at, "value": value} for at, value in found if at <= end]
    return {"measuredBy": measured_by(ask), "values": values}


def energy_details(ask: SiteAsk) -> object:
    """`/energyDetails`: endTime is out; what has no value has no key `value`."""
    name, resolution = time_unit(ask)
    meters = _details(ask, "wh", resolution, _LONGEST.get(name))
    return {"energyDetails": {"timeUnit": name, "unit": "Wh", "meters": meters}}


def power_details(ask: SiteAsk) -> object:
    """`/powerDetails`: as energy details, always quarter hours."""
    meters = _details(ask, "w", Resolution.QUARTER_HOUR, MONTH)
    return {"powerDetails": {"timeUnit": QUARTERS, "unit": "W", "meters": meters}}


def time_frame(ask: SiteAsk) -> object:
    """`/timeFrameEnergy`."""
    return {"timeFrameEnergy": time_frame_values(ask)}


def time_frame_values(ask: SiteAsk) -> dict[str, object]:
    """Return the energy of whole days, and the lifetime at both ends."""
    first, last = ask.dates(YEAR)
    start, end = ask.day_span(first, last)
    return {
        "energy": total(ask, start, end),
        "unit": "Wh",
        "measuredBy": measured_by(ask),
        "startLifetimeEnergy": {
            "date": str(first),
            "energy": total(ask, ask.plant.begins, start),
            "unit": "Wh",
        },
        "endLifetimeEnergy": {"date": str(last), "energy": total(ask, ask.plant.begins, end), "unit": "Wh"},
    }


def total(ask: SiteAsk, start: float, end: float) -> float | None:
    """Return the production (Wh) between two instants (epoch seconds)."""
    return as_32_bit(Count(ask, MeterType.PRODUCTION, "wh").sum(start, end))


def measured_by(ask: SiteAsk) -> str:
    """Return who measures the production."""
    return "METER" if ask.plant.has_meter(MeterType.PRODUCTION) else "INVERTER"


def _details(ask: SiteAsk, unit: str, resolution: Resolution, longest: str | None) -> list[dict[str, object]]:
    start, end = ask.wall_times(longest)
    kinds = chosen(ask, list(MeterType)) if ask.plant.demand else []
    partial = ask.rules.sums == "partial" and resolution in {Resolution.MONTH, Resolution.YEAR}
    series = {kind: _between(Count(ask, kind, unit), resolution, start, end) for kind in kinds}
    for kind in set(series) - _TOTALS if partial else ():
        series[kind] = [(at, None) for at, _ in series[kind]]
    return [{"type": kind, "values": _absent(found, end)} for kind, found in series.items()]


def _between(count: Count, resolution: Resolution, start: str, end: str) -> list[Point]:
    """Return the buckets whose stamp is `start` or later, until the day of `end`; wall clock all through."""
    first, last = date.fromisoformat(start[:10]), date.fromisoformat(end[:10])
    return [(at, value) for at, value in points(count, resolution, first, last) if at >= start]


def _absent(found: list[Point], end: str) -> list[dict[str, object]]:
    return [
        {"date": at} if value is None else {"date": at, "value": value} for at, value in found if at < end
    ]
