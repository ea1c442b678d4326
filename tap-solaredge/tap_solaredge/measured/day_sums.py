"""Quarter hours that were read anyway, summed to local days: the split of a day costs no call. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from tap_solaredge.local_time import Instant, from_utc_text, local_day, midnight, utc_text
from tap_solaredge.measured.readings import BatterySeries, MeterSeries, MeterType
from tap_solaredge.measured.split import feed_in_energy, storage_energies
from tap_solaredge.resources import METERS, POWER, STORAGE
from tap_solaredge.spans import Spans, Window, missing, union

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from tap_solaredge.measured.readings import Series
    from tap_solaredge.measured.site import Site
    from tap_solaredge.resources import Answers

QUARTER_IN_HOURS = 0.25
LEAST_SOLD = 1000.0
"""Wh of a day; less may be what meter and inverter measured at different moments."""
DAY = timedelta(days=1)


class _Day(NamedTuple):
    """The first and the last quarter hour of a local day, as far as answers showed them."""

    first: Instant
    last: Instant


class DaySums:
    """Sums of the meters' and batteries' energies of one site over the windows that were read.

    Which day a quarter hour belongs to, and where a day begins and ends, is told by the offsets of the
    answers, not by the site's master data (gotcha 78); a day that was not read from its begin to its end has
    no sums.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._read: Spans = []
        self._days: dict[str, _Day] = {}
        self._meters: dict[tuple[str | None, MeterType], dict[str, float]] = {}
        self._charge: dict[str, dict[str, float]] = {}
        self._discharge: dict[str, dict[str, float]] = {}
        self._sold: dict[str, dict[str, float]] = {}
        self._in_service: dict[tuple[str | None, str], tuple[str, str]] = {}
        self._without_power: set[str] = set()
        self.sold = False
        """Whether a battery sold at least `LEAST_SOLD` on a day."""

    def add(self, answers: Answers) -> None:
        """Add a window that overlaps no other one."""
        if answers.window is None:
            return
        self._read = union(self._read, [answers.window])
        dates: dict[Instant, str] = {}
        for meter in answers.get(METERS) or ():
            self._note_service((meter.serial_number, meter.meter_type), meter.in_service)
            _add(self._meters.setdefault((meter.serial_number, meter.meter_type), {}), meter.energy, dates)
        for battery in answers.get(STORAGE) or ():
            self._note_service((battery.serial_number, ""), battery.in_service)
            for sums, energy in (
                (self._charge, battery.charge_energy),
                (self._discharge, battery.discharge_energy),
            ):
                _add(sums.setdefault(battery.serial_number, {}), energy, dates)
        self._note_days(dates)
        self._add_sold(answers, set(dates.values()))

    def meters(self, window: Window) -> list[MeterSeries]:
        """Return the days' energies as the meters' answer at DAY resolution would give them."""
        starts = self._starts(window)
        found = []
        for (serial, kind), days in self._meters.items():
            energy = _by_start(days, starts)
            known = self._in_service[serial, kind]
            found.append(MeterSeries(serial, kind, energy=energy, in_service=_from_its_day(known, energy)))
        return found

    def storage(self, window: Window) -> list[BatterySeries]:
        """Return the days' energies as the batteries' answer at DAY resolution would give them."""
        starts = self._starts(window)
        known = {name: at for name, at in starts.items() if name not in self._without_power}
        found = []
        for serial in self._charge:
            charged = _by_start(self._charge[serial], starts)
            battery = BatterySeries(
                serial,
                charge_energy=charged,
                discharge_energy=_by_start(self._discharge[serial], starts),
                sold_energy=_by_start(self._sold[serial], known),
                in_service=_from_its_day(self._in_service[serial, ""], charged),
            )
            found.append(battery)
        return found

    def _starts(self, window: Window) -> dict[str, Instant]:
        """Return the starts of the whole days that a window touches, and of the one that runs at its end."""
        zone = self._site.zone
        first, last = (local_day(moment, zone).isoformat() for moment in window)
        running = midnight(date.fromisoformat(last), zone) < window.end
        found = {}
        for name in (name for name in self._days if first <= name <= last):
            day = self._days[name]
            whole = _span(date.fromisoformat(name), day, zone)
            until = window.end if running and whole.start < window.end < whole.end else whole.end
            if not missing(Window(whole.start, until), self._read):
                found[name] = Instant(utc_text(whole.start), day.first.offset_minutes)
        return found

    def _note_service(self, device: tuple[str | None, str], told: tuple[str, str]) -> None:
        """Note the time in service, of all windows together."""
        since, until = self._in_service.get(device, told)
        self._in_service[device] = min(since, told[0]), max(until, told[1])

    def _note_days(self, dates: dict[Instant, str]) -> None:
        """Note the first and the last instant of each day."""
        for name, of_day in groupby(dates.items(), itemgetter(1)):
            instants = [at for at, _ in of_day]
            known = self._days.get(name)
            instants += () if known is None else known
            self._days[name] = _Day(min(instants), max(instants))

    def _add_sold(self, answers: Answers, days: set[str]) -> None:
        """Add what the batteries sent to the grid, shared by what each of them gave."""
        batteries = answers.get(STORAGE) or []
        for battery in batteries:
            known = self._sold.setdefault(battery.serial_number, {})
            known.update(dict.fromkeys(days - known.keys(), 0.0))
        power = answers.get(POWER)
        if power is None:
            self._without_power |= days
            return
        for at, given in feed_in_energy(answers.get(METERS) or []).items() if batteries else ():
            produced = (power.get(at) or 0.0) * QUARTER_IN_HOURS
            if given and given > produced:
                self._share(batteries, at, given - produced)

    def _share(self, batteries: list[BatterySeries], at: Instant, surplus: float) -> None:
        """Add what was fed in beyond the production of a quarter hour, as far as batteries gave it."""
        discharge = storage_energies(batteries, at).discharge or 0.0
        part = min(surplus / discharge, 1.0) if discharge else 0.0
        for battery in batteries if part else ():
            days = self._sold[battery.serial_number]
            sold = (battery.discharge_energy.get(at) or 0.0) * part
            days[at.local_date] = days.get(at.local_date, 0.0) + sold
            self.sold = self.sold or days[at.local_date] >= LEAST_SOLD


def _span(of_day: date, day: _Day, zone: ZoneInfo) -> Window:
    """Return from where to where a local day lasts, by the offsets at its ends: 23 to 25 hours.

    Where clocks go forward at midnight, the day begins with its second hour.
    """
    wall = datetime(of_day.year, of_day.month, of_day.day, tzinfo=UTC)
    before, after = (timedelta(minutes=at.offset_minutes) for at in day)
    start, known = wall - before, midnight(of_day, zone)
    forward = known.astimezone(zone).utcoffset() == before
    if forward and start < known <= from_utc_text(day.first):
        start = known
    return Window(start, wall + DAY - after)


def _from_its_day(in_service: tuple[str, str], energy: Series) -> tuple[str, str]:
    """Return a time in service with the whole of the day in which it began."""
    return min([in_service[0], *energy]), in_service[1]


def _by_start(days: dict[str, float], starts: dict[str, Instant]) -> Series:
    return {starts[name]: value for name, value in days.items() if name in starts}


def _add(days: dict[str, float], energy: Series, dates: dict[Instant, str]) -> None:
    """Add a series to the sums of days; the dates of its instants are looked up, and noted."""
    for at, value in energy.items():
        day = dates.get(at) or dates.setdefault(at, at.local_date)
        if value is not None:
            days[day] = days.get(day, 0.0) + value
