"""What must still be read of one stream and site, as rules on spans of time. Pure.

Everything since the start is owed until it was read, however long the pause between two runs. What was read
without a value where one may still come stays open: loggers without network upload weeks later, in any order
(gotchas 74 and 75). Open spans are read again when something shows that values came, and else ever more
rarely, for three months. Nothing is believed that lies in the future.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tap_solaredge.local_time import QUARTER
from tap_solaredge.plan.sun import LONGEST_NIGHT
from tap_solaredge.spans import Spans, Window, common, missing, union, without

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

OUTAGE = timedelta(hours=2)
"""Values that were missing for so long and then came were late; the newest quarter hour or two always are."""
GIVEN_UP = timedelta(days=92)
"""How old an open span becomes before nobody waits for its values any more."""
CLOCKS_DIFFER = timedelta(minutes=1)
"""How far times of one run may lie apart: a slow answer seems to set the clock back."""
UNSURE = timedelta(days=7)
"""How much is read again where nothing tells what can be believed."""
RARER = 4
"""An open span is read again when a further 1/RARER of the time since the last sign of life has passed."""
MOST_OPEN = 200
"""Open spans that are remembered; of more, the newest."""
WORTH_READING_AGAIN = 0.001
"""The change of a day's energy, relative to the day, that shows that its quarter hours changed."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far one stream of one site has been read."""

    start: datetime | None = None
    """From here on everything is owed; None before the first run."""
    covered: Spans = field(default_factory=list)
    """What has been read, with or without values."""
    open: Spans = field(default_factory=list)
    """What was read without a value that may still come."""
    newest: datetime | None = None
    """Start of the newest quarter hour that carried a value."""
    woke_at: datetime | None = None
    """When a sign was last seen that late values came."""
    reopened_at: datetime | None = None
    """When the open spans were last read again."""

    @property
    def until(self) -> datetime | None:
        """The end of the newest span that has been read."""
        return self.covered[-1].end if self.covered else None


def believed(coverage: Coverage, now: datetime) -> Coverage:
    """Return what can be true at an instant: what was read cannot lie after it.

    Where something does, nothing is believed beyond the newest value.
    """
    until, latest = coverage.until, now + CLOCKS_DIFFER
    if (until is None or until <= latest) and (coverage.newest is None or coverage.newest <= latest):
        return coverage
    newest = coverage.newest if coverage.newest and coverage.newest <= now else None
    known = newest + QUARTER if newest else now - UNSURE
    future = [Window(known, max(filter(None, (until, coverage.newest))) + QUARTER)]
    return replace(
        coverage,
        covered=without(coverage.covered, future),
        open=without(coverage.open, future),
        newest=newest,
        start=_past(coverage.start, now),
        woke_at=_past(coverage.woke_at, now),
        reopened_at=_past(coverage.reopened_at, now),
    )


def _past(moment: datetime | None, now: datetime) -> datetime | None:
    return moment if moment is not None and moment <= now else None


def started(coverage: Coverage, first_run: datetime, explicit: datetime | None) -> Coverage:
    """Return the coverage with its start: fixed by the first run, moved back by an explicit date only.

    Args:
        coverage: As far as the stream was read.
        first_run: Where a first run begins now.
        explicit: The setting `start_date`.
    """
    known = coverage.start
    if known is None:
        known = min([first_run, *(span.start for span in coverage.covered[:1])])
    return replace(coverage, start=min(known, explicit) if explicit else known)


def all_until(coverages: Iterable[Coverage]) -> datetime | None:
    """Return up to when all of some streams have been read, None where one was not, or there is none."""
    ends = [coverage.until for coverage in coverages]
    known = [end for end in ends if end is not None]
    return min(known) if known and len(known) == len(ends) else None


def owed(coverage: Coverage, until: datetime) -> Spans:
    """Return what was never read between the start and an instant."""
    assert coverage.start is not None  # noqa: S101 (see `started`)
    return missing(Window(coverage.start, until), coverage.covered)


def woken(coverage: Coverage) -> bool:
    """Whether a sign was seen, since the open spans were last read again, that late values came."""
    read, woke = coverage.reopened_at, coverage.woke_at
    return woke is not None and (read is None or read <= woke)


def due(coverage: Coverage, now: datetime) -> Spans:
    """Return the open spans that are worth reading again now."""
    if woken(coverage):
        return coverage.open
    read, woke = coverage.reopened_at, coverage.woke_at

    def is_due(span: Window) -> bool:
        last_sign = max(span.start, woke) if woke else span.start
        return now - (read or last_sign) >= max((now - last_sign) / RARER, QUARTER)

    return [span for span in coverage.open if is_due(span)]


def after_reading(
    coverage: Coverage, window: Window, empty: Spans, newest: datetime | None, now: datetime, *, woke: bool
) -> Coverage:
    """Return the coverage after a window was read.

    Args:
        coverage: As it was before.
        window: What was read; the part that had not happened yet does not count.
        empty: The parts of it that had no value although one may come.
        newest: Start of its newest complete interval with a value.
        now: The service's time.
        woke: Whether it shows that late values come; see `late_values`.
    """
    window = Window(window.start, min(window.end, now))
    waiting = union(without(coverage.open, [window]), common(empty, [window]))
    return replace(
        coverage,
        covered=union(coverage.covered, [window]),
        open=[span for span in waiting if span.end > now - GIVEN_UP][-MOST_OPEN:],
        newest=max(filter(None, (coverage.newest, newest)), default=None),
        woke_at=now if woke else coverage.woke_at,
    )


def late_values(coverage: Coverage, window: Window, empty: Spans, newest: datetime | None) -> Spans:
    """Return the spans whose values came late: filled, or, of a site that is back, still to be filled."""
    outages = [span for span in coverage.open if span.end - span.start >= OUTAGE]
    filled = without(common(outages, [window]), empty)
    if filled or newest is None or coverage.newest is None or newest < coverage.newest + OUTAGE:
        return filled
    if coverage.until is None or coverage.until < coverage.newest + OUTAGE:
        return filled  # all was well when it was last read: it is one device that says nothing
    silent = coverage.newest + QUARTER  # from then on, or from the end of the night that began then
    return [span for span in outages if span.start - LONGEST_NIGHT <= silent <= span.end]


def reopened(coverage: Coverage, spans: Spans) -> Coverage:
    """Return the coverage without some spans: their values changed."""
    return replace(coverage, covered=without(coverage.covered, spans))


def changed_days(before: Mapping[str, int | None], now: Mapping[str, int | None]) -> list[str]:
    """Return the days whose energy (Wh) is another one than when it was last read."""

    def differs(old: int | None, new: int | None) -> bool:
        return new is not None and abs(new - (old or 0)) > max(WORTH_READING_AGAIN * new, 1)

    return [day for day, energy in now.items() if day in before and differs(before[day], energy)]
