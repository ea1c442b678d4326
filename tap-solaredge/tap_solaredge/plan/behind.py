"""What today's windows do not reach: late data, holes that a pause left, history; newest first. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tap_solaredge.local_time import QUARTER, local_day, quarter_floor
from tap_solaredge.plan import totals, windows
from tap_solaredge.plan.calls import Call, Purpose, blocks, read_by
from tap_solaredge.plan.owed import due, owed, woken
from tap_solaredge.resources import QUARTER_SUMS
from tap_solaredge.spans import Spans, Window, common, missing, touch, union

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from tap_solaredge.plan.owed import Coverage
    from tap_solaredge.plan.progress import Progress, SiteProgress
    from tap_solaredge.resources import Needs, Resource


def blocks_behind(p: SiteProgress) -> list[list[Call]]:
    """Return the calls for what is owed in blocks, newest first; a block is best read in one run."""
    if p.site.pending:
        return []
    needed = p.needed(*(one.needs for one in p.quarters.values()))
    block = max(map(p.longest, needed), default=QUARTER)  # as long as the longest windows of quarter hours
    quarters = _quarters(p, needed, block)
    return blocks([*quarters, *_periods(p, quarters, block), *totals.calls(p)])


# Quarter hours


def _quarters(p: SiteProgress, needed: Needs, block: timedelta) -> list[Call]:
    newest = p.newest_start(needed) if needed else p.end
    spans = {name: _spans(p, one.coverage, newest) for name, one in p.quarters.items()}
    if p.sold_by_quarters():
        days = common(_missing_periods(p), [Window(p.start(p.quarters), newest)])
        spans = {name: union(known, days) for name, known in spans.items()}
    found = []
    for resource in sorted(needed, key=str):
        behind = {name: one for name, one in p.users(resource, p.quarters).items() if spans[name]}
        found += _calls(p, resource, union(*(spans[name] for name in behind)), behind, block)
    return found


def _spans(p: SiteProgress, coverage: Coverage, newest: datetime) -> Spans:
    """Return what a stream owes before the newest window begins, open spans and the last days included."""
    start, until = p.start(p.quarters), max(newest, coverage.until or newest)
    reach = p.end if woken(coverage) else newest  # by night nothing reads the newest window
    again = due(coverage, p.now)
    if p.sums_help():  # quarter hours of whole days give their split, which is read again too
        again = windows.whole_periods(again, "DAY", p.site.zone)
    spans = union(owed(coverage, until), common(again, [Window(start, reach)]))
    if p.late_is_due:
        last_days = Window(max(quarter_floor(p.end - p.scope.late_data), start), newest)
        spans = union(spans, common(coverage.covered, [last_days]))
    return spans


# Days, weeks, months, years


def _periods(p: SiteProgress, quarters: list[Call], block: timedelta) -> list[Call]:
    if not p.energy:
        return []
    spans, summed, found = _missing_periods(p), p.summed(read_by(quarters)), []
    for resource in sorted(p.period_resources(), key=str):
        wanted = spans
        if resource in QUARTER_SUMS:
            periods = (windows.periods_in(span, p.scope.time_unit, p.site.zone) for span in spans)
            wanted = [period for span in periods for period in span if missing(period, summed)]
        found += _calls(p, resource, wanted, p.energy, block)
    return found


def _missing_periods(p: SiteProgress) -> Spans:
    """Return the spans of whole periods that have not been read or may have changed.

    With those beside an open span: what is silent for days has told a part of them. And where batteries sell,
    with those of which quarter hours were never read.
    """
    zone, coverages = p.site.zone, [one.coverage for one in p.energy.values()]
    until = p.periods_until() if p.periods_wait() else None
    today, first = p.midnight(local_day(until or p.end, zone)), p.periods_start()
    spans = [union(owed(coverage, today), _and_beside(due(coverage, p.now))) for coverage in coverages]
    if p.sold_by_quarters():
        spans += [owed(one.coverage, today) for one in p.quarters.values()]
    whole = windows.whole_periods(union(*spans), p.scope.time_unit, zone)
    open_again = [span for coverage in coverages if coverage.woke_at for span in due(coverage, p.now)]
    return common(whole, [Window(first, p.end if touch(Window(today, p.end), open_again) else today)])


def _calls(
    p: SiteProgress, resource: Resource[Any], spans: Spans, streams: Mapping[str, Progress], block: timedelta
) -> list[Call]:
    """Return the calls that read some spans: history where some stream never read them, else late data."""
    never_read = union(*(owed(one.coverage, p.end) for one in streams.values()))
    by_day = p.sums_help() and p.longest(resource) >= block
    return [
        replace(call, purpose=Purpose.HISTORY) if call.window and touch(call.window, never_read) else call
        for call in p.calls(resource, spans, Purpose.LATE, streams, by_day=by_day)
    ]


def _and_beside(spans: Spans) -> Spans:
    return [Window(start - QUARTER, end + QUARTER) for start, end in spans]
