"""Quarter hours that were read anyway, summed to local days: the split of a day costs no call. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from tap_solaredge.local_time import Instant, instant, midnight
from tap_solaredge.readings import BatterySeries, MeterSeries, MeterType

if TYPE_CHECKING:
    from datetime import datetime

    from tap_solaredge.readings import Answers, Series, Site


class DaySums:
    """Sums of the meters' and batteries' energies of one site over the days that windows covered."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._covered: tuple[datetime, datetime] | None = None
        self._meters: dict[tuple[str | None, MeterType], dict[str, float]] = {}
        self._charge: dict[str, dict[str, float]] = {}
        self._discharge: dict[str, dict[str, float]] = {}

    def add(self, answers: Answers) -> None:
        """Add a window; windows come oldest first."""
        window = answers.window
        if window is None or answers.meters is None or answers.storage is None:
            self._covered = None
            return
        follows = self._covered is not None and self._covered[1] >= window.start
        self._covered = (self._covered[0] if self._covered and follows else window.start, window.end)
        for meter in answers.meters:
            _add(self._meters.setdefault((meter.serial_number, meter.meter_type), {}), meter.energy)
        for battery in answers.storage:
            _add(self._charge.setdefault(battery.serial_number, {}), battery.charge_energy)
            _add(self._discharge.setdefault(battery.serial_number, {}), battery.discharge_energy)

    def covers(self, first: date, now: datetime) -> bool:
        """Whether every quarter hour from the start of a local day until now has been read."""
        if self._covered is None:
            return False
        start, end = self._covered
        return start <= midnight(first, self._site.zone) and end >= now

    def first_day(self) -> date | None:
        """Return the first local day that is covered from its midnight on."""
        if self._covered is None:
            return None
        start = self._covered[0].astimezone(self._site.zone)
        whole = start == midnight(start.date(), self._site.zone)
        return start.date() if whole else start.date() + timedelta(days=1)

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
        return {_start(day, self._site): value for day, value in days.items()}


def _add(days: dict[str, float], energy: Series) -> None:
    for at, value in energy.items():
        if value is not None:
            day = at.local_date
            days[day] = days.get(day, 0.0) + value


def _start(day: str, site: Site) -> Instant:
    return instant(midnight(date.fromisoformat(day), site.zone).isoformat())
