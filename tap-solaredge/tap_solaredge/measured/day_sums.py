"""Quarter hours that were read anyway, summed to local days: the split of a day costs no call. Pure."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from tap_solaredge.local_time import Instant, instant, local_day, midnight
from tap_solaredge.measured.readings import BatterySeries, MeterSeries, MeterType
from tap_solaredge.measured.split import no_glitches
from tap_solaredge.resources import METERS, STORAGE, Answers

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from tap_solaredge.measured.readings import Series, Site
    from tap_solaredge.spans import Window


class DaySums:
    """Sums of the meters' and batteries' energies of one site over the windows that were read."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._meters: dict[tuple[str | None, MeterType], dict[str, float]] = {}
        self._charge: dict[str, dict[str, float]] = {}
        self._discharge: dict[str, dict[str, float]] = {}

    def add(self, answers: Answers) -> None:
        """Add a window that overlaps no other one; one without meters or batteries does not help."""
        dates: dict[Instant, str] = {}
        for meter in answers.get(METERS) or ():
            _add(self._meters.setdefault((meter.serial_number, meter.meter_type), {}), meter.energy, dates)
        for battery in answers.get(STORAGE) or ():
            for sums, energy in (
                (self._charge, battery.charge_energy),
                (self._discharge, battery.discharge_energy),
            ):
                _add(sums.setdefault(battery.serial_number, {}), no_glitches(energy), dates)

    def meters(self, window: Window) -> list[MeterSeries]:
        """Return the days' energies as the meters' answer at DAY resolution would give them."""
        return [
            MeterSeries(serial, kind, energy=self._series(days, window))
            for (serial, kind), days in self._meters.items()
        ]

    def storage(self, window: Window) -> list[BatterySeries]:
        """Return the days' energies as the batteries' answer at DAY resolution would give them."""
        return [
            BatterySeries(
                serial,
                charge_energy=self._series(self._charge[serial], window),
                discharge_energy=self._series(self._discharge[serial], window),
            )
            for serial in self._charge
        ]

    def _series(self, days: dict[str, float], window: Window) -> Series:
        zone = self._site.zone
        first, last = (local_day(moment, zone).isoformat() for moment in window)
        return {_start(day, zone): value for day, value in days.items() if first <= day <= last}


@lru_cache(maxsize=1 << 12)
def _start(day: str, zone: ZoneInfo) -> Instant:
    start = midnight(date.fromisoformat(day), zone).astimezone(zone)
    return instant(start.isoformat())


def _add(days: dict[str, float], energy: Series, dates: dict[Instant, str]) -> None:
    """Add a series to the sums of days; the dates of its instants are looked up, and noted."""
    for at, value in energy.items():
        if value is not None:
            day = dates.get(at) or dates.setdefault(at, at.local_date)
            days[day] = days.get(day, 0.0) + value
