"""Quarter hours that were read anyway, summed to local days: the split of a day costs no call. Pure."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from tap_solaredge import coverage
from tap_solaredge.local_time import Instant, instant, midnight
from tap_solaredge.readings import BatterySeries, MeterSeries, MeterType

if TYPE_CHECKING:
    from tap_solaredge.readings import Answers, Series, Site
    from tap_solaredge.windows import Window


class DaySums:
    """Sums of the meters' and batteries' energies of one site over the windows that were read."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._read: list[Window] = []
        self._meters: dict[tuple[str | None, MeterType], dict[str, float]] = {}
        self._charge: dict[str, dict[str, float]] = {}
        self._discharge: dict[str, dict[str, float]] = {}

    def add(self, answers: Answers) -> None:
        """Add a window that overlaps no other one; one without meters or batteries does not help."""
        if answers.window is None or answers.meters is None or answers.storage is None:
            return
        self._read = coverage.add(self._read, answers.window)
        for meter in answers.meters:
            _add(self._meters.setdefault((meter.serial_number, meter.meter_type), {}), meter.energy)
        for battery in answers.storage:
            for sums, energy in (
                (self._charge, battery.charge_energy),
                (self._discharge, battery.discharge_energy),
            ):
                no_glitches = {at: None if v is None else max(v, 0.0) for at, v in energy.items()}
                _add(sums.setdefault(battery.serial_number, {}), no_glitches)

    def cover(self, window: Window) -> bool:
        """Whether every quarter hour of a window has been read."""
        return not coverage.missing(window, self._read)

    def meters(self) -> list[MeterSeries]:
        """Return the days' energies as the meters' answer at DAY resolution would give them."""
        return [
            MeterSeries(serial, kind, energy=self._series(days))
            for (serial, kind), days in self._meters.items()
        ]

    def storage(self) -> list[BatterySeries]:
        """Return the days' energies as the batteries' answer at DAY resolution would give them."""
        return [
            BatterySeries(
                serial,
                charge_energy=self._series(self._charge[serial]),
                discharge_energy=self._series(self._discharge[serial]),
            )
            for serial in self._charge
        ]

    def _series(self, days: dict[str, float]) -> Series:
        return {self._start(day): value for day, value in days.items()}

    def _start(self, day: str) -> Instant:
        start = midnight(date.fromisoformat(day), self._site.zone).astimezone(self._site.zone)
        return instant(start.isoformat())


def _add(days: dict[str, float], energy: Series) -> None:
    for at, value in energy.items():
        if value is not None:
            day = at.local_date
            days[day] = days.get(day, 0.0) + value
