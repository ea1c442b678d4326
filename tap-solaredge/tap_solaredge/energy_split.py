"""Where the energy came from and went: the one place that says what the split means. Pure.

Production is what the API calls production; feed-in and purchased come from the grid meter; consumption from
the load meter, else production + purchased + discharge - feed-in - charge; self-consumption is production
minus feed-in (API V2 reference, section 6). Without a meter they are None, never 0. All functions work in W
and in Wh alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tap_solaredge.readings import BatterySeries, MeterSeries, MeterType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_solaredge.local_time import Instant


class Split(NamedTuple):
    """The parts of one interval, in the unit of its inputs; None is unknown."""

    consumption: float | None
    self_consumption: float | None
    feed_in: float | None
    purchased: float | None


class Storage(NamedTuple):
    """What the batteries of a site did in one interval; None is unknown."""

    charge: float | None
    discharge: float | None


NO_STORAGE = Storage(0.0, 0.0)


def total(values: Iterable[float | None]) -> float | None:
    """Return the sum of the values there are, None where there is none."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def split(production: float | None, meters: dict[MeterType, float | None], storage: Storage) -> Split:
    """Return the split of one interval.

    A missing production counts as 0 where the grid meter reports: the inverter sleeps (gotcha 12); in an
    outage the meter, which reports through it, is silent too.
    """
    feed_in, purchased = meters.get(MeterType.FEED_IN), meters.get(MeterType.PURCHASED)
    consumption = meters.get(MeterType.CONSUMPTION)
    known = None not in (feed_in, purchased, storage.charge, storage.discharge)
    if consumption is None and known:
        gained = (production or 0.0) + (purchased or 0.0) + (storage.discharge or 0.0)
        consumption = max(gained - (feed_in or 0.0) - (storage.charge or 0.0), 0.0)
    self_consumption = None if production is None or feed_in is None else production - feed_in
    return Split(consumption, self_consumption, feed_in, purchased)


def meter_powers(meters: list[MeterSeries], at: Instant) -> dict[MeterType, float | None]:
    """Return the power (W) of each type of meter in one interval."""
    return {kind: total(m.power.get(at) for m in meters if m.meter_type == kind) for kind in _types(meters)}


def meter_energies(meters: list[MeterSeries], at: Instant) -> dict[MeterType, float | None]:
    """Return the energy (Wh) of each type of meter in one interval."""
    return {kind: total(m.energy.get(at) for m in meters if m.meter_type == kind) for kind in _types(meters)}


def storage_powers(batteries: list[BatterySeries], at: Instant) -> Storage:
    """Return charge and discharge power (W) of all batteries in one interval."""
    if not batteries:
        return NO_STORAGE
    return Storage(
        total(_positive(battery.charge_power.get(at)) for battery in batteries),
        total(_positive(battery.discharge_power.get(at)) for battery in batteries),
    )


def storage_energies(batteries: list[BatterySeries], at: Instant) -> Storage:
    """Return charge and discharge energy (Wh) of all batteries in one interval."""
    if not batteries:
        return NO_STORAGE
    return Storage(
        total(_positive(battery.charge_energy.get(at)) for battery in batteries),
        total(_positive(battery.discharge_energy.get(at)) for battery in batteries),
    )


def _types(meters: list[MeterSeries]) -> set[MeterType]:
    return {meter.meter_type for meter in meters}


def _positive(value: float | None) -> float | None:
    """Take single negative glitches of the service as 0 (API V2 reference, section 5.12)."""
    return None if value is None else max(value, 0.0)
