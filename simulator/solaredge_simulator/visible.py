"""Series of a site as they can be seen at an instant: quarters as they are, longer buckets summed. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from solaredge_simulator import days
from solaredge_simulator.days import Sum
from solaredge_simulator.local_days import midnight, quarter_count, slices
from solaredge_simulator.outages import LATEST

if TYPE_CHECKING:
    from datetime import date

    from solaredge_simulator.flows import Column, Key
    from solaredge_simulator.local_days import Slice
    from solaredge_simulator.sites import Site


class View(NamedTuple):
    """A site at an instant (epoch seconds)."""

    site: Site
    now: float

    def column(self, day: date, key: Key) -> Column:
        """Return one series of a local day, None where it is not visible yet."""
        begin, count = midnight(self.site.zone, day), quarter_count(self.site.zone, day)
        if begin >= self.now:
            return [None] * count
        values = days.column(self.site, day, key)
        if self._settled(day):
            return values
        arrivals = days.arrivals(self.site, day, key)
        return [value if at <= self.now else None for value, at in zip(values, arrivals, strict=True)]

    def quarters(self, key: Key, start: float, end: float) -> Column:
        """Return one series quarter by quarter over [start, end) (epoch seconds)."""
        found: Column = []
        for piece in slices(self.site.zone, start, end):
            found += self.column(piece.day, key)[piece.first : piece.last]
        return found

    def sum(self, key: Key, start: float, end: float) -> Sum:
        """Return sum and number of the values of one series that are visible in [start, end)."""
        return _sum(self, key, max(start, self.site.begins), min(end, self.now))

    def total(self, key: Key, start: float, end: float) -> float | None:
        """Return the sum of what is visible in [start, end); None where there is nothing."""
        found = self.sum(key, start, end)
        return found.total if found.known else None

    def mean(self, key: Key, start: float, end: float) -> float | None:
        """Return the mean of what is visible in [start, end); None where there is nothing."""
        found = self.sum(key, start, end)
        return found.total / found.known if found.known else None

    def piece(self, piece: Slice, key: Key) -> Sum:
        """Return sum and number of the visible values of one series in a part of a local day."""
        if piece.last - piece.first == piece.of and self._settled(piece.day):
            return days.daily_sum(self.site, piece.day, key)
        return days.add(self.column(piece.day, key)[piece.first : piece.last])

    def _settled(self, day: date) -> bool:
        begin = midnight(self.site.zone, day)
        late = any(outage.touches(begin, self.now) for outage in self.site.outages)
        return not late and self.now - begin > LATEST + 90_000


@lru_cache(maxsize=20_000)
def _sum(view: View, key: Key, start: float, end: float) -> Sum:
    total, known = 0.0, 0
    for piece in slices(view.site.zone, start, end):
        part = view.piece(piece, key)
        total, known = total + part.total, known + part.known
    return Sum(total, known)
