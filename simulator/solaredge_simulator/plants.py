"""Plants: sites whose truth can be asked, quarter by quarter, and what of it is visible at an instant."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING

from solaredge_simulator import days
from solaredge_simulator.devices import MeterType
from solaredge_simulator.local_days import QUARTER, local_day, midnight, quarter_count, slices, utc
from solaredge_simulator.outages import LATEST
from solaredge_simulator.quarters import BatteryQuarter, InverterQuarter, MeterQuarter, Quarter
from solaredge_simulator.sites import Site

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date, datetime

    from solaredge_simulator.flows import Column

METERED = {
    MeterType.PRODUCTION: "production",
    MeterType.CONSUMPTION: "consumption",
    MeterType.FEED_IN: "feed_in",
    MeterType.PURCHASED: "purchased",
}
"""The series of the site that a physical meter of each type counts."""

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
        """Return the quarter as the service shows it at `now`: without values while it is not visible."""
        return self.quarter(start) if self.visible(start, now) else Quarter(start)

    def total(self, name: str, start: datetime, end: datetime, now: datetime | None = None) -> float | None:
        """Return the sum of a value such as `feed_in_wh` over [start, end), None where there is none.

        With `now`, only what is visible by then.
        """
        seen = (q for q in self.quarters(start, end) if now is None or self.visible(q.start, now))
        known = [value for value in (getattr(quarter, name) for quarter in seen) if value is not None]
        return sum(known) if known else None

    def visible_at(self, start: datetime) -> datetime:
        """Return from when on the service shows the quarter that begins at `start`."""
        instant = start.timestamp()
        day = local_day(self.zone, instant)
        place = int(instant - midnight(self.zone, day)) // QUARTER
        return utc(days.link(self, day).visible_at[place])

    def visible(self, start: datetime, now: datetime) -> bool:
        """Tell whether the service shows the quarter that begins at `start` by `now`."""
        return self.visible_at(start) <= now

    def all_visible_at(self, until: datetime) -> datetime:
        """Return from when on everything before `until` is visible, late uploads included."""
        end = until.timestamp()
        return max(self.visible_at(utc(instant)) for instant in _quarters(end - LATEST, end))

    def settled_until(self, now: datetime) -> datetime:
        """Return the start of the first quarter that is not visible by `now`: everything before it is."""
        instants = _quarters(now.timestamp() - LATEST, now.timestamp() + QUARTER)
        return next(utc(instant) for instant in instants if not self.visible(utc(instant), now))

    def last_upload(self, now: datetime) -> datetime | None:
        """Return when the newest data came that the service has by `now`; None before the first."""
        instant, newest = now.timestamp(), 0
        day = local_day(self.zone, instant)
        # What is held back can arrive after newer data: look at all days that could have sent it later.
        while self.first_day and day >= self.first_day:
            if newest > midnight(self.zone, day) + _LONGEST_DAY + LATEST:
                break
            newest = max((at for at in self._uploads(day) if newest < at <= instant), default=newest)
            day -= timedelta(days=1)
        return utc(newest) if newest else None

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
