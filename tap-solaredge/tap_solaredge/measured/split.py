"""Where the energy came from and went: the one place that says what the split means. Pure.

Production is what the API calls production; feed-in and purchased come from the grid meter; consumption from
the load meter, else production + purchased + discharge - feed-in - charge; self-consumption is production
minus what was fed in of it (API V2 reference, section 6): what a battery sold was no production then. Without
a meter they are None, never 0; where one of several devices in service tells nothing, their sum is None too.
All functions work in W and in Wh alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from tap_solaredge.measured.readings import BatterySeries, MeterSeries, MeterType

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from tap_solaredge.local_time import Instant
    from tap_solaredge.measured.readings import Series


T = TypeVar("T", MeterSeries, BatterySeries)


class Split(NamedTuple):
    """The parts of one interval, in the unit of its inputs; None is unknown."""

    consumption: float | None
    self_consumption: float | None
    feed_in: float | None
    purchased: float | None


class Metered(NamedTuple):
    """What the meters of a site counted in one interval; None is unknown."""

    feed_in: float | None = None
    purchased: float | None = None
    consumption: float | None = None


class Storage(NamedTuple):
    """What the batteries of a site did in one interval; None is unknown."""

    charge: float | None
    discharge: float | None
    sold: float | None = None
    """What of the discharge went to the grid, where quarter hours tell it (gotcha 87)."""


_COUNTED = (MeterType.FEED_IN, MeterType.PURCHASED, MeterType.CONSUMPTION)
"""The meters of `Metered`, in its order."""
ROUNDING = 0.01
"""Part of the feed-in by which two meters may differ."""
NO_STORAGE = Storage(0.0, 0.0, 0.0)


def total(values: Iterable[float | None]) -> float | None:
    """Return the sum of the values there are, None where there is none."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def serving(devices: list[T], at: Instant) -> list[T]:
    """Return the devices that are in service in an interval."""
    return [one for one in devices if one.in_service[0] <= at < one.in_service[1]]


def serve_throughout(devices: list[T], intervals: Collection[Instant]) -> bool:
    """Return whether all devices are in service in all of some intervals."""
    return not intervals or all(
        one.in_service[0] <= min(intervals) and max(intervals) < one.in_service[1] for one in devices
    )


def _of_all(values: Iterable[float | None]) -> float | None:
    """Return the sum of what devices tell, None where one tells nothing: a part would pass for all."""
    found = None
    for value in values:
        if value is None:
            return None
        found = value if found is None else found + value
    return found


def split(production: float | None, metered: Metered, storage: Storage) -> Split:
    """Return the split of one interval.

    A missing production counts as 0 where the grid meter reports: the inverter sleeps (gotcha 12); in an
    outage the meter, which reports through it, is silent too. Where more was fed in and stored than came from
    elsewhere, there was a production, and the consumption is unknown. Self-consumption is never negative:
    where more was clearly fed in than produced, and nobody knows that a battery sold it, it is unknown
    (gotcha 87).
    """
    feed_in, purchased, consumption = metered
    charge, discharge, sold = storage
    if consumption is None and not (
        feed_in is None or purchased is None or charge is None or discharge is None
    ):
        rest = (production or 0.0) + purchased + discharge - feed_in - charge
        consumption = None if production is None and rest < 0 else max(rest, 0.0)
    return Split(consumption, _self_consumption(production, feed_in, sold), feed_in, purchased)


def _self_consumption(production: float | None, feed_in: float | None, sold: float | None) -> float | None:
    if production is None or feed_in is None:
        return None
    rest = production - (feed_in - (sold or 0.0))
    if rest >= 0:
        return rest
    return 0.0 if -rest <= ROUNDING * feed_in else None


def meter_powers(meters: list[MeterSeries]) -> tuple[Series, ...]:
    """Return the power (W) that each of the meters of `Metered` counts."""
    return tuple(_summed([m for m in meters if m.meter_type is kind], "power") for kind in _COUNTED)


def feed_in_energy(meters: list[MeterSeries]) -> Series:
    """Return the energy (Wh) that all meters of the grid count as fed in."""
    return _summed([m for m in meters if m.meter_type is MeterType.FEED_IN], "energy")


def storage_powers_of(batteries: list[BatterySeries]) -> tuple[Series, Series]:
    """Return charge and discharge power (W) of all batteries."""
    return _summed(batteries, "charge_power"), _summed(batteries, "discharge_power")


def no_glitches(series: Series) -> Series:
    """Take single negative glitches of the service as 0 (API V2 reference, section 5.12)."""
    if min(filter(None, series.values()), default=0.0) >= 0:
        return series
    return {at: value if value is None or value >= 0 else 0.0 for at, value in series.items()}


def _summed(devices: list[T], name: str) -> Series:
    many: list[Series] = [getattr(one, name) for one in devices]
    if len(many) == 1:
        return many[0]
    intervals: set[Instant] = set().union(*many)
    if serve_throughout(devices, intervals):
        return {at: _of_all(series.get(at) for series in many) for at in intervals}
    return {at: _of_all(getattr(one, name).get(at) for one in serving(devices, at)) for at in intervals}


def meter_energies(meters: list[MeterSeries], at: Instant) -> Metered:
    """Return the energy (Wh) of each type of meter in one interval."""
    here = serving(meters, at)
    return Metered(*(_of_all(m.energy.get(at) for m in here if m.meter_type is kind) for kind in _COUNTED))


def storage_powers(batteries: list[BatterySeries], at: Instant) -> Storage:
    """Return charge and discharge power (W) of all batteries in one interval."""
    here = serving(batteries, at)
    if not here:
        return NO_STORAGE
    return Storage(
        _of_all(battery.charge_power.get(at) for battery in here),
        _of_all(battery.discharge_power.get(at) for battery in here),
    )


def storage_energies(batteries: list[BatterySeries], at: Instant) -> Storage:
    """Return charge and discharge energy (Wh) of all batteries in one interval."""
    here = serving(batteries, at)
    if not here:
        return NO_STORAGE
    return Storage(
        _of_all(battery.charge_energy.get(at) for battery in here),
        _of_all(battery.discharge_energy.get(at) for battery in here),
        total(battery.sold_energy.get(at) for battery in here),
    )
