"""Days, weeks, months and years of one site: production joined with the split, and what changed since."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from tap_solaredge.local_time import QUARTER, from_utc_text, local_day, unit_end
from tap_solaredge.measured.day_sums import DaySums
from tap_solaredge.measured.readings import Device
from tap_solaredge.plan import windows
from tap_solaredge.plan.owed import CLOCKS_DIFFER, changed_days
from tap_solaredge.resources import ENERGY, METERS, POWER, QUARTER_SUMS, Answers
from tap_solaredge.spans import Spans, Window, common, union, without

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tap_solaredge.harvest.at_hand import AtHand
    from tap_solaredge.measured.readings import Record, Series
    from tap_solaredge.plan.progress import SiteProgress
    from tap_solaredge.streams import SolarEdgeStream

REMEMBERED = 35
"""Days whose energy is remembered, so that a change shows late data: a call reads 28."""


class Periods:
    """Knows which periods are complete in the answers at hand."""

    def __init__(self, at_hand: AtHand) -> None:
        self._at_hand = at_hand
        self._summed: Spans = []
        self._sums: DaySums | None = None

    def add(self, progress: SiteProgress, *, dry: bool) -> None:
        """Add what was read of meters and batteries to the sums of days."""
        needed = progress.sum_resources()
        self._sums = self._sums or DaySums(progress.site)
        for window in without(self._at_hand.common(needed), self._summed):
            self._summed = union(self._summed, [window])
            if dry:
                continue
            answers = self._at_hand.answers(needed | {POWER}, window)
            progress.dialect.complete(answers, progress.site, progress.scope.time_unit)
            self._sums.add(answers)

    @property
    def sold(self) -> bool:
        """Whether a battery sold energy on one of the days that have been added."""
        return self._sums is not None and self._sums.sold

    def summed(self) -> Spans:
        """Return the spans of which the quarter hours have been added."""
        return self._summed

    def whole(self, progress: SiteProgress) -> Spans:
        """Return the periods of which production and split are known, the running one as far as it goes."""
        read = self._at_hand.read.get(ENERGY, [])
        ready, unit, zone = read, progress.scope.time_unit, progress.site.zone
        for resource in progress.period_resources() - {ENERGY}:
            ready = common(ready, union(self._at_hand.read.get(resource, []), self._summed))
        running = read[-1].end if read else None
        if running and ready and running - ready[-1].end < CLOCKS_DIFFER:
            running = ready[-1].end
        return _whole(windows.whole_periods(ready, unit, zone), ready, running, progress)

    def answers(self, window: Window, progress: SiteProgress) -> Iterator[Answers]:
        """Yield what is known of whole periods, apart where the split comes from quarter hours."""
        needed = progress.period_resources()
        summed = _whole([window], self._summed, window.end, progress)
        for part in (*summed, *without([window], summed)):
            answers = self._at_hand.answers(needed, part)
            if self._sums is not None and part in summed:
                for resource in needed & QUARTER_SUMS.keys():
                    self._put_sums(answers, resource, self._sums)
            progress.dialect.complete(answers, progress.site, progress.scope.time_unit)
            yield answers

    def _put_sums(self, answers: Answers, resource: Any, sums: DaySums) -> None:  # noqa: ANN401
        assert answers.window is not None  # noqa: S101 (it is of a series)
        of_meters = QUARTER_SUMS[resource].device is METERS.device
        answers.put(resource, sums.meters(answers.window) if of_meters else sums.storage(answers.window))


def _whole(spans: Spans, known: Spans, end: datetime | None, progress: SiteProgress) -> Spans:
    """Return those periods of some spans that are known whole, the running one to the end of all.

    Only the first and the last period of each part are looked at: the cost does not grow with the years.
    """
    unit, zone = progress.scope.time_unit, progress.site.zone
    found: Spans = []
    for part in common(spans, union(known)):
        first = windows.period_at(part.start, unit, zone)
        last = windows.period_before(part.end, unit, zone)
        start = first.start if first.start == part.start else first.end
        until = min(last.end, end or last.end)
        found.append(Window(start, until if until <= part.end else last.start))
    return union(found)


def compared(
    energy: Series, known: dict[str, int | None] | None, today: date
) -> tuple[list[date], dict[str, int | None]]:
    """Return the days whose energy is not what it was before, and the days' energies to remember."""
    before = known or {}
    over = ((at.local_date, value) for at, value in energy.items() if at.local_date < today.isoformat())
    found = {day: None if value is None else round(value) for day, value in over}
    both = before | found
    newest = {day: both[day] for day in sorted(both)[-REMEMBERED:]}
    return [date.fromisoformat(day) for day in changed_days(before, found)], newest


def empty_periods(
    stream: SolarEdgeStream, records: list[Record], window: Window, progress: SiteProgress
) -> Spans:
    """Return the periods that are over and still lack a value that may come."""
    if Device.METER in progress.site.denied:  # the split may come with a later permission
        return [window]
    key, production = str(stream.replication_key), stream.values[0]
    told = {name for record in records for name in stream.values if record[name] is not None}
    wanted = told | {production}
    days = (str(record[key]) for record in records if any(record[name] is None for name in wanted))
    starts = [progress.midnight(date.fromisoformat(day)) for day in days if is_over(day, progress)]
    quarters = (Window(start, start + QUARTER) for start in starts)
    return windows.whole_periods(quarters, progress.scope.time_unit, progress.site.zone)


def is_over(value: str, progress: SiteProgress) -> bool:
    """Whether an interval is over, by what its record says of its start."""
    if "T" in value:
        return from_utc_text(value) + QUARTER <= progress.now
    end = unit_end(date.fromisoformat(value), progress.scope.time_unit)
    return end <= local_day(progress.now, progress.site.zone)
