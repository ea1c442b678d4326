"""Plants: sites whose truth can be asked, quarter by quarter, and what of it is visible at an instant."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from solaredge_simulator import days
from solaredge_simulator.local_days import QUARTER, local_day, midnight, quarter_count, slices, utc
from solaredge_simulator.outages import LATEST, outage
from solaredge_simulator.quarters import BatteryQuarter, InverterQuarter, MeterQuarter, Quarter
from solaredge_simulator.sites import Site
from solaredge_simulator.sources import METERED, sources

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date, datetime
    from typing import Self

    from solaredge_simulator.devices import MeterType
    from solaredge_simulator.flows import Column

_LONGEST_DAY = 25 * 3600
_FLOWS = tuple(f"{name}_{unit}" for name in METERED.values() for unit in ("wh", "w"))
_OF_BATTERY = ("charge_wh", "charge_w", "discharge_wh", "discharge_w", "remaining_wh", "state_of_charge")
_OF_INVERTER = ("energy_wh", "power_w", "voltage", "current", "frequency")


class Plant(Site):
    """A site with its truth. Pure; all times are aware; a quarter is named by its start."""

    def quarter(self, start: datetime) -> Quarter:
        """Return what happened in the quarter that begins at `start`, visible yet or not."""
        return next(self.quarters(start, start + timedelta(seconds=QUARTER)))

    def quarters(self, start: datetime, end: datetime) -> Iterator[Quarter]:
        """Yield the quarters that touch [start, end), without a gap, in order."""
        for day, first, last, _ in slices(self.zone, start.timestamp(), end.timestamp()):
            begin = midnight(self.zone, day)
            for place in range(first, last):
                yield self._quarter(utc(begin + place * QUARTER), day, place)

    def seen(self, start: datetime, now: datetime) -> Quarter:
        """Return the quarter as the service shows it at `now`: without values while they are not visible."""
        return self._shown(self.quarter(start), now) if self.visible(start, now) else Quarter(start)

    def total(self, name: str, start: datetime, end: datetime, now: datetime | None = None) -> float | None:
        """Return the sum of a value such as `feed_in_wh` over [start, end), None where there is none.

        With `now`, only what is visible by then.
        """
        every = self.quarters(start, end)
        seen = every if now is None else (self._shown(q, now) for q in every if self.visible(q.start, now))
        known = [value for value in (getattr(quarter, name) for quarter in seen) if value is not None]
        return sum(known) if known else None

    def visible_at(self, start: datetime, device: str | None = None) -> datetime:
        """Return from when on the service shows the quarter that begins at `start`, or one device in it."""
        instant = start.timestamp()
        day = local_day(self.zone, instant)
        place = int(instant - midnight(self.zone, day)) // QUARTER
        of = days.arrivals(self, day, (device, "")) if device else days.link(self, day).visible_at
        return utc(of[place])

    def visible(self, start: datetime, now: datetime, device: str | None = None) -> bool:
        """Tell whether the service shows a quarter by `now`, or what one device measured in it."""
        return self.visible_at(start, device) <= now

    def all_visible_at(self, until: datetime) -> datetime:
        """Return from when on everything before `until` is visible, late uploads of any device included."""
        end, devices = until.timestamp(), {outage.device for outage in self.outages} | {None}
        return max(
            self.visible_at(utc(instant), device)
            for instant in _quarters(self._oldest_held(end), end)
            for device in devices
        )

    def settled_until(self, now: datetime) -> datetime:
        """Return the start of the first quarter that is not visible by `now`: everything before it is."""
        instants = _quarters(self._oldest_held(now.timestamp()), now.timestamp() + QUARTER)
        return next(utc(instant) for instant in instants if not self.visible(utc(instant), now))

    def last_upload(self, now: datetime) -> datetime | None:
        """Return when the newest data came that the service has by `now`; None before the first."""
        instant, newest = now.timestamp(), 0
        day = local_day(self.zone, instant)
        # What is held back can arrive after newer data: look at all days that could have sent it later.
        while self.first_day and day >= self.first_day:
            begin = midnight(self.zone, day)
            if newest > begin + _LONGEST_DAY + LATEST and not self._touched(begin, newest):
                break
            newest = max((at for at in self._uploads(day) if newest < at <= instant), default=newest)
            day -= timedelta(days=1)
        return utc(newest) if newest else None

    def silent(
        self,
        start: datetime,
        end: datetime,
        order: str = "at once",
        hours: float = 8,
        device: str | None = None,
    ) -> Self:
        """Return the plant with one more outage: silent from `start` to `end`, nothing is lost.

        Args:
            start: since when the site or the device sends nothing.
            end: when it is there again.
            order: what it kept arrives "at once", "newest first" or "oldest first".
            hours: how long the upload takes, unless all comes at once.
            device: the serial of the one device that is silent; None: the whole site.

        Raises:
            ValueError: an end before the start, an unknown order or device.
        """
        serials = {found.serial for of in (self.inverters, self.meters, self.batteries) for found in of}
        if device is not None and device not in serials:
            raise ValueError(f"site {self.site_id} has no device {device}")
        found = outage(start.timestamp(), end.timestamp(), order, hours, device)
        return replace(self, outages=(*self.outages, found), never_silent=self.never_silent or self)

    def renamed(self, serial: str, name: str, meter_type: str | None = None) -> Self:
        """Return the plant whose devices with a serial, or one listing of a meter, have another name."""
        renamed: dict[str, Any] = {
            of: tuple(
                replace(device, name=name)
                if device.serial == serial and meter_type in {None, getattr(device, "meter_type", None)}
                else device
                for device in getattr(self, of)
            )
            for of in ("inverters", "meters", "batteries")
        }
        return replace(self, **renamed)

    def _touched(self, begin: float, now: float) -> bool:
        return any(outage.touches(begin, now) for outage in self.outages)

    def _oldest_held(self, end: float) -> float:
        """Return since when (epoch seconds) quarters before `end` may have been held back."""
        return min([end, *(outage.start for outage in self.outages)]) - LATEST

    def _shown(self, quarter: Quarter, now: datetime) -> Quarter:
        """Return a visible quarter without what devices measured that have not sent it by `now`."""
        devices = {outage.device for outage in self.outages if outage.device}
        late = {device for device in devices if not self.visible(quarter.start, now, device)}
        if not late:
            return quarter
        return quarter.without({name for name in _FLOWS if sources(self, ("", name)) & late}, late)

    def newest_quarter_end(self, now: datetime) -> datetime | None:
        """Return the end of the newest quarter with a value that is visible; None before the first."""
        day = local_day(self.zone, now.timestamp())
        while self.first_day and day >= self.first_day:
            column, arrivals = self._witness(day), days.link(self, day).visible_at
            for place in reversed(range(len(column))):
                if column[place] is not None and arrivals[place] <= now.timestamp():
                    return utc(midnight(self.zone, day) + (place + 1) * QUARTER)
            day -= timedelta(days=1)
        return None

    def local(self, instant: datetime) -> datetime:
        """Return an instant on the site's clock."""
        return instant.astimezone(self.zone)

    def local_midnight(self, day: date) -> datetime:
        """Return the instant (UTC) at which a local day begins."""
        return utc(midnight(self.zone, day))

    def quarter_count(self, day: date) -> int:
        """Return the quarter hours of a local day."""
        return quarter_count(self.zone, day)

    def _uploads(self, day: date) -> Iterator[int]:
        """Yield the instants at which quarters of a day with a value arrive."""
        arrivals = zip(days.link(self, day).visible_at, self._witness(day), strict=True)
        return (at for at, value in arrivals if value is not None)

    def _witness(self, day: date) -> Column:
        """Return the series that has a value whenever the site reports at all."""
        return days.column(self, day, ("", "purchased_wh" if self.demand else "production_wh"))

    def _quarter(self, start: datetime, day: date, place: int) -> Quarter:
        if self.first_day is None or day < self.first_day:
            return Quarter(start)
        own, instant = days.columns(self, day), start.timestamp()
        flows = {name: column[place] for name in _FLOWS if (column := own.get(("", name)))}
        return Quarter(
            start,
            **flows,
            batteries={
                b.serial: BatteryQuarter(*(own[b.serial, n][place] for n in _OF_BATTERY))
                for b in self.batteries
            },
            meters=self._meters(flows),
            inverters={
                i.serial: InverterQuarter(
                    *(days.inverters(self, day)[i.serial, n][place] for n in _OF_INVERTER)
                )
                for i in self.inverters
                if i.serves(instant)
            },
        )

    def _meters(self, flows: Mapping[str, float | None]) -> dict[tuple[str, MeterType], MeterQuarter]:
        return {
            (meter.serial, meter.meter_type): MeterQuarter(
                flows[f"{METERED[meter.meter_type]}_wh"], flows[f"{METERED[meter.meter_type]}_w"]
            )
            for meter in self.meters
            if meter.serial
        }


def _quarters(start: float, end: float) -> range:
    """Return the starts (epoch seconds) of the quarters that touch [start, end)."""
    return range(int(start // QUARTER) * QUARTER, math.ceil(end), QUARTER)
