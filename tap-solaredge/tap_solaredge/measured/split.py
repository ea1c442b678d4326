"""Where the energy came from and went: the one place that says what the split means. Pure.

Production is what the API calls production; feed-in and purchased come from the grid meter; consumption from
the load meter, else production + purchased + discharge - feed-in - charge; self-consumption is production
minus feed-in (API V2 reference, section 6). Without a meter they are None, never 0. All functions work in W
and in Wh alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tap_solaredge.measured.readings import BatterySeries, MeterSeries, MeterType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_solaredge.local_time import Instant
    from tap_solaredge.measured.readings import Series


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


_COUNTED = (MeterType.FEED_IN, MeterType.PURCHASED, MeterType.CONSUMPTION)
"""The meters of `Metered`, in its order."""
NO_STORAGE = Storage(0.0, 0.0)


def total(values: Iterable[float | None]) -> float | None:
    """Return the sum of the values there are, None where there is none."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def split(production: float | None, metered: Metered, storage: Storage) -> Split:
    """Return the split of one interval.

    A missing production counts as 0 where the grid meter reports: the inverter sleeps (gotcha 12); in an
    outage the meter, which reports through it, is silent too.
    """
    feed_in, purchased, consumption = metered
    charge, discharge = storage
    if consumption is None and not (
        feed_in is None or purchased is None or charge is None or discharge is None
    ):
        consumption = max((production or 0.0) + purchased + discharge - feed_in - charge, 0.0)
    self_consumption = None if production is None or feed_in is None else production - feed_in
    return Split(consumption, self_consumption, feed_in, purchased)


def meter_powers(meters: list[MeterSeries]) -> tuple[Series, ...]:
    """Return the power (W) that each of the meters of `Metered` counts."""
    return tuple(_summed([m.power for m in meters if m.meter_type is kind]) for kind in _COUNTED)


def storage_powers_of(batteries: list[BatterySeries]) -> tuple[Series, Series]:
    """Return charge and discharge power (W) of all batteries."""
    return (
        _summed([no_glitches(battery.charge_power) for battery in batteries]),
        _summed([no_glitches(battery.discharge_power) for battery in batteries]),
    )


def no_glitches(series: Series) -> Series:
    """Take single negative glitches of the service as 0 (API V2 reference, section 5.12)."""
    return {at: value if value is None or value >= 0 else 0.0 for at, value in series.items()}


def _summed(series: list[Series]) -> Series:
    if len(series) == 1:
        return series[0]
    return {at: total(one.get(at) for one in series) for at in set().union(*series)}


def meter_energies(meters: list[MeterSeries], at: Instant) -> Metered:
    """Return the energy (Wh) of each type of meter in one interval."""
    return Metered(*(total(m.energy.get(at) for m in meters if m.meter_type is kind) for kind in _COUNTED))


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


def _positive(value: float | None) -> float | None:
    """Take single negative glitches of the service as 0 (API V2 reference, section 5.12)."""
    return None if value is None else max(value, 0.0)
