"""Energies and powers of V1 by wall clock, for each type of meter and in each time unit."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from solaredge_simulator import days
from solaredge_simulator.devices import MeterType
from solaredge_simulator.local_days import QUARTER, midnight, slices, stamp, stamps
from solaredge_simulator.outages import LAG_SPREAD, LEAST_LAG
from solaredge_simulator.sources import METERED
from solaredge_simulator.storage import eighths
from solaredge_simulator.v2.buckets import as_32_bit, buckets
from solaredge_simulator.v2.windows import Resolution, Window

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from zoneinfo import ZoneInfo

    from solaredge_simulator.flows import Column, Key
    from solaredge_simulator.v1.asks import SiteAsk

Point = tuple[str, float | None]
"""A wall-clock time without offset, and a value."""

_AT_LEAST = 300
_PART = 2 / 3


class Count(NamedTuple):
    """What a type of meter counts on a site, Wh or W, as V1 sees it."""

    ask: SiteAsk
    meter_type: MeterType
    unit: str

    def key(self) -> Key:
        """Return the series; Production with a battery is what the inverters give (section 5, gotcha 65)."""
        if self.meter_type == MeterType.PRODUCTION and self.ask.ac_production:
            return ("", f"output_{self.unit}")
        return ("", f"{METERED.get(self.meter_type, 'production')}_{self.unit}")

    def column(self, day: date) -> Column:
        """Return the quarters of a local day."""
        if self.meter_type != MeterType.SELF_CONSUMPTION:
            return self._provisional(day, self.ask.view.column(day, self.key()))
        made, fed = (count.column(day) for count in self._parts())
        return [None if m is None or f is None else m - f for m, f in zip(made, fed, strict=True)]

    def sum(self, start: float, end: float) -> float | None:
        """Return the sum over [start, end) (epoch seconds) of what is visible."""
        if self.meter_type != MeterType.SELF_CONSUMPTION:
            return self.ask.view.total(self.key(), start, end)
        made, fed = (count.sum(start, end) for count in self._parts())
        return None if made is None or fed is None else made - fed

    def _parts(self) -> tuple[Count, Count]:
        return self._replace(meter_type=MeterType.PRODUCTION), self._replace(meter_type=MeterType.FEED_IN)

    def _provisional(self, day: date, seen: Column) -> Column:
        """Give the newest quarters a value that is too low: the data of their first minutes (gotcha 2)."""
        plant, now = self.ask.plant, self.ask.request.now.timestamp()
        begin = midnight(plant.zone, day)
        if not self.ask.rules.provisional or not begin <= now < begin + (len(seen) + 2) * QUARTER:
            return seen
        seen = list(seen)
        usual, truth = days.arrivals(plant, day, self.key()), days.column(plant, day, self.key())
        due = int((now - _AT_LEAST - begin) // QUARTER)
        for place in range(max(0, due - 1), min(due + 1, len(seen))):
            prompt = usual[place] <= begin + (place + 1) * QUARTER + LEAST_LAG + LAG_SPREAD
            if seen[place] is None and prompt and truth[place] is not None:
                seen[place] = eighths((truth[place] or 0.0) * _PART)
        return seen


def points(count: Count, resolution: Resolution, first: date, last: date) -> Iterator[Point]:
    """Yield the buckets that touch whole local days, both included."""
    zone = count.ask.plant.zone
    start, end = count.ask.day_span(first, last)
    if resolution is Resolution.QUARTER_HOUR:
        for piece in slices(zone, start, end):
            yield from zip(walls(zone, piece.day), count.column(piece.day), strict=True)
        return
    for bucket in buckets(Window(start, end, resolution, ends_now=False), zone):
        yield wall(stamp(zone, bucket.start)), as_32_bit(count.sum(bucket.start, bucket.end))


@lru_cache(maxsize=4096)
def walls(zone: ZoneInfo, day: date) -> tuple[str, ...]:
    """Return the wall-clock times of a day's quarters; those of the repeated hour come twice."""
    return tuple(wall(text) for text in stamps(zone, day))


def wall(text: str) -> str:
    """Return an ISO time as V1 writes it: wall clock, no offset."""
    return f"{text[:10]} {text[11:19]}"
