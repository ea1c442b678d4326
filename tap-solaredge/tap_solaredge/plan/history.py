"""History: blocks of what was never read, newest first, each some days and their quarter hours. Pure.

The sums of the quarter hours give the split of the days, as long as both are read in one run; so a block is
no longer than one call for quarter hours reaches. What the call for its days reads beyond the block is kept
for the next ones; where a run ends in between, that is all that is asked twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tap_solaredge.local_time import QUARTER, local_day
from tap_solaredge.plan import windows
from tap_solaredge.plan.steps import Step, Urgency
from tap_solaredge.resources import Resource
from tap_solaredge.spans import Window, missing, union

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_solaredge.plan.today import SitePlanner

DAY = timedelta(days=1)
Beyond = dict[Resource, Window]
"""What the last calls read beyond the window that was asked."""


@dataclass(slots=True)
class History:
    """What is missing of one site, cut into blocks."""

    planner: SitePlanner
    read_today: Window | None = None
    """The quarter hours with meters that this run has read already."""
    _gaps: list[Window] = field(default_factory=list)
    _beyond: Beyond = field(default_factory=dict)

    def blocks(self) -> Iterator[list[Step]]:
        """Yield blocks, newest first; a block is best read in one run."""
        if self.planner.site.pending:
            return
        left = self._gaps = self._missing_quarters()
        for days in reversed(self._missing_periods()):
            days_beyond: Beyond = {}
            for period in reversed(self._blocks_of(days)):
                newer, left = _apart(left, period.end)
                yield from ([step] for step in self._steps(newer))
                reach = self._reach(period)
                outside = missing(reach, left)
                steps = self._steps(missing(reach, outside))
                left = [part for gap in left for part in missing(gap, [reach])]
                yield [*steps, self._days(period, steps, days.start, days_beyond)]
        yield from ([step] for step in self._steps(left))

    def _reach(self, period: Window) -> Window:
        """Return the span of quarter hours that is read with a block of days."""
        floor = self.planner.floor(self.planner.scope.power_lookback)
        return Window(floor if period.start == self._seam() else period.start, period.end)

    def _days(self, period: Window, steps: list[Step], floor: datetime, beyond: Beyond) -> Step:
        read = [step.window for step in steps if self.planner.summable(step.asks)]
        read += [self.read_today] if self.read_today else []
        free = self.planner.sums_help() and not missing(period, read)
        return self.planner.period_step(period, Urgency.HISTORY, free=free, floor=floor, beyond=beyond)

    def _steps(self, spans: list[Window]) -> list[Step]:
        """Cut spans of gaps into steps, newest first; what a call reads beyond one is kept for the next."""
        planner, steps = self.planner, []
        for window in reversed([part for span in spans for part in windows.split(*span, self._longest())]):
            due = {n: p for n, p in planner.quarters.items() if missing(window, p.covered)}
            needed = planner.asks(due.values())
            if needed:
                floor = next(gap.start for gap in self._gaps if gap.start <= window.start < gap.end)
                step = planner.step(window, Urgency.HISTORY, needed, due)
                calls = planner.calls(needed, window, floor, self._beyond)
                steps.append(replace(step, calls=calls, floor=floor))
        return steps

    def _longest(self) -> timedelta:
        asks = self.planner.asks(self.planner.quarters.values())
        return max((self.planner.longest(ask) for ask in asks), default=QUARTER)

    def _missing_quarters(self) -> list[Window]:
        """Return the spans of quarter hours that some stream has not read."""
        planner = self.planner
        asks = planner.asks(planner.quarters.values())
        if not asks:
            return []
        floor, newest = planner.floor(planner.scope.power_lookback), planner.newest_start(asks)
        gaps = []
        for progress in planner.quarters.values():
            wanted = Window(floor, max(newest, progress.until or newest))
            if wanted.start < wanted.end:
                gaps.append(missing(wanted, progress.covered))
        return union(gaps)

    def _missing_periods(self) -> list[Window]:
        """Return the spans of days that have not been read, oldest first."""
        planner = self.planner
        until = planner.periods_until() if planner.periods_wait() else None
        today = local_day(until or planner.end, planner.site.zone)
        wanted = Window(planner.midnight(planner.first_period()), planner.midnight(today))
        if wanted.start >= wanted.end:
            return []
        return union(missing(wanted, p.covered) for p in planner.energy.values())

    def _blocks_of(self, days: Window) -> list[Window]:
        """Cut a span of days into blocks, with a seam where the quarter hours begin that give their sums."""
        seam, longest = self._seam(), self.planner.longest(Resource.ENERGY)
        before = Window(days.start, min(seam, days.end))
        after = Window(max(seam, days.start), days.end)
        summed = min(longest, max(self._longest(), DAY)) if self.planner.sums_help() else longest
        return [
            block
            for part, length in ((before, longest), (after, summed))
            if part.start < part.end
            for block in self.planner.cut_periods(part, length)
        ]

    def _seam(self) -> datetime:
        """Return the start of the first day whose quarter hours are all wanted."""
        before = self.planner.floor(self.planner.scope.power_lookback) - timedelta(microseconds=1)
        return self.planner.midnight(local_day(before, self.planner.site.zone) + DAY)


def _apart(spans: list[Window], at: datetime) -> tuple[list[Window], list[Window]]:
    """Return what lies after an instant, and what lies before."""
    after = [Window(max(span.start, at), span.end) for span in spans if span.end > at]
    before = [Window(span.start, min(span.end, at)) for span in spans if span.start < at]
    return after, before
