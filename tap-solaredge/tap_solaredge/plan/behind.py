"""What today's windows do not reach: late data, holes that a pause left, history; newest first. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tap_solaredge.local_time import QUARTER, local_day, quarter_floor
from tap_solaredge.plan import totals, windows
from tap_solaredge.plan.calls import Call, Purpose, blocks
from tap_solaredge.plan.owed import due, owed, woken
from tap_solaredge.plan.today import periods_wait
from tap_solaredge.resources import QUARTER_SUMS
from tap_solaredge.spans import Spans, Window, common, missing, touch, union

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_solaredge.plan.progress import SiteProgress
    from tap_solaredge.plan.scope import Progress
    from tap_solaredge.resources import Resource


class Behind:
    """Plans what one site still owes."""

    def __init__(self, progress: SiteProgress) -> None:
        self._p = progress
        self._planned: dict[Resource[Any], Spans] = {}
        self._needed = progress.needed(progress.quarters.values())
        self._block = max(map(progress.longest, self._needed), default=QUARTER)
        """How long the longest windows of quarter hours are."""

    def blocks(self) -> list[list[Call]]:
        """Return the calls in blocks, newest first; a block is best read in one run."""
        if self._p.site.pending:
            return []
        return blocks([*self._quarters(), *self._periods(), *totals.calls(self._p)])

    # Quarter hours

    def _quarters(self) -> list[Call]:
        p, found = self._p, []
        spans = {name: self._spans(one) for name, one in p.quarters.items()} if self._needed else {}
        for resource in sorted(self._needed, key=str):
            behind = {n: one for n, one in p.quarters.items() if spans[n] and resource in p.needed([one])}
            calls = self._calls(resource, union(*(spans[name] for name in behind)), behind)
            self._planned[resource] = union(call.window for call in calls if call.window)
            found += calls
        return found

    def _spans(self, progress: Progress) -> Spans:
        """Return what a stream of quarter hours owes, open spans and the last days included."""
        p, coverage = self._p, progress.coverage
        start, newest = p.quarters_start(), p.newest_start(self._needed)
        until = max(newest, coverage.until or newest)
        reach = p.end if woken(coverage) else newest  # by night nothing reads the newest window
        again = due(coverage, p.now)
        if p.sums_help():  # quarter hours of whole days give their split, which is read again too
            again = windows.whole_periods(again, "DAY", p.site.zone)
        open_again = common(again, [Window(start, reach)]) if start < reach else []
        spans = union(owed(coverage, until), open_again)
        last_days = Window(max(quarter_floor(p.end - p.scope.late_data), start), newest)
        if p.late_is_due and last_days.start < last_days.end:
            spans = union(spans, common(coverage.covered, [last_days]))
        return spans

    # Days, weeks, months, years

    def _periods(self) -> list[Call]:
        p = self._p
        if not p.energy:
            return []
        spans = self._missing_periods()
        summed = p.summed(self._planned)
        found = []
        for resource in sorted(p.period_resources(), key=str):
            wanted = spans
            if resource in QUARTER_SUMS and p.sums_help():
                wanted = [day for day in self._days(spans) if missing(day, summed)]
            found += self._calls(resource, wanted, p.energy)
        return found

    def _missing_periods(self) -> Spans:
        """Return the spans of whole periods that have not been read or may have changed.

        With those beside an open span: what is silent for days has told a part of them.
        """
        p, zone = self._p, self._p.site.zone
        until = p.periods_until() if periods_wait(p) else None
        today, first = p.midnight(local_day(until or p.end, zone)), p.midnight(p.first_period())
        if first >= today:
            return []
        coverages = [one.coverage for one in p.energy.values()]
        spans = (union(owed(one, today), _and_beside(due(one, p.now))) for one in coverages)
        whole = windows.whole_periods(union(*spans), p.scope.time_unit, zone)
        running = Window(today, p.end)
        woken = [span for one in coverages if one.woke_at for span in due(one, p.now)]
        return common(whole, [Window(first, p.end if touch(running, woken) else today)])

    def _days(self, spans: Spans) -> Spans:
        unit, zone = self._p.scope.time_unit, self._p.site.zone
        return [day for span in spans for day in windows.periods_in(span, unit, zone)]

    def _calls(self, resource: Resource[Any], spans: Spans, streams: Mapping[str, Progress]) -> list[Call]:
        p = self._p
        never_read = union(*(owed(one.coverage, p.end) for one in streams.values()))
        by_day = p.sums_help() and p.longest(resource) >= self._block
        return [
            replace(call, purpose=Purpose.HISTORY) if call.window and touch(call.window, never_read) else call
            for call in p.calls(resource, spans, Purpose.LATE, streams, by_day=by_day)
        ]


def _and_beside(spans: Spans) -> Spans:
    return [Window(start - QUARTER, end + QUARTER) for start, end in spans]
