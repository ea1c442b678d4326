"""How far the streams of one site have been read, kept in their bookmarks."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tap_solaredge.harvest.notes import SEEN, UNIT
from tap_solaredge.local_time import utc_text
from tap_solaredge.plan import owed, sun
from tap_solaredge.plan.progress import Progress
from tap_solaredge.plan.scope import first_run
from tap_solaredge.plan.totals import BEFORE_ALL_DATA
from tap_solaredge.resources import Kind
from tap_solaredge.spans import Window, touch, union, without
from tap_solaredge.streams import Cadence, SolarEdgeStream

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_solaredge.harvest.bookmarks import Bookmarks
    from tap_solaredge.harvest.job import Job
    from tap_solaredge.measured.site import Site
    from tap_solaredge.spans import Spans

logger = logging.getLogger("tap-solaredge")

NEVER = datetime.min.replace(tzinfo=UTC)
DAYS = frozenset({Cadence.ENERGY, Cadence.TOTALS})
"""What begins where daily energy does."""


class Coverages:
    """Reads and moves the coverage of the streams of one site."""

    def __init__(self, site_id: int, job: Job, bookmarks: Bookmarks) -> None:
        self._site_id = site_id
        self._bookmarks = bookmarks
        self._clock = job.clock
        self._scope = job.scope
        self._starts: dict[str, datetime | None] = {}
        self.doubtful = False
        """Whether the state says something of the future, as far as the time is known."""
        self._warned = False

    def place_in_line(self, streams: list[SolarEdgeStream]) -> tuple[bool, datetime]:
        """Return what sites are sorted by: those tried longest ago first, but last those that failed whole.

        A site that gives no answer must not stand in front of the others in each run.
        """
        series = [s for s in streams if s.cadence in {Cadence.QUARTER_HOURS, Cadence.ENERGY}]
        tried = [self._bookmarks.coverage(stream.name, self._site_id).until for stream in series]
        tried.append(self._bookmarks.failed_at(self._site_id, streams))
        failed_whole = self._bookmarks.failed_whole(self._site_id, series)
        return failed_whole, max(filter(None, tried), default=NEVER)

    def newest(self, stream: SolarEdgeStream) -> datetime | None:
        """Return the start of the newest interval of a stream that carried a value."""
        return self._bookmarks.coverage(stream.name, self._site_id).newest

    def open(self, streams: Iterable[SolarEdgeStream]) -> Spans:
        """Return where values of some streams may still come, although it was read without."""
        return union(*(self._bookmarks.coverage(stream.name, self._site_id).open for stream in streams))

    def progress(self, site: Site, streams: Iterable[SolarEdgeStream], now: datetime) -> dict[str, Progress]:
        """Return how far streams have come, for a plan."""
        return {s.name: Progress(s.needs, self._believed(site, s, now)) for s in streams}

    def read(
        self,
        stream: SolarEdgeStream,
        window: Window,
        empty: Spans,
        newest: datetime | None,
        *,
        site: Site,
        now: datetime,
    ) -> Spans:
        """Note that a window was read, and return the spans of which values came late.

        Values of one night alone are no sign that more come: where other devices are read by night, solar
        power is read later.
        """
        before = self._of(stream)
        late = owed.late_values(before, window, empty, newest)
        filled = [span for span in before.open if touch(span, late)]
        woke = not all(_mixes(stream) and sun.is_night(site, span) for span in filled)
        self._move(stream, owed.after_reading(before, window, empty, newest, now, woke=woke))
        return late

    def begin_anew_in_another_unit(self, streams: Iterable[SolarEdgeStream], *, dry: bool) -> None:
        """Forget what was read of days where other periods are wanted now: all is owed again."""
        for stream in streams:
            known = self._bookmarks.noted(stream.name, self._site_id, UNIT)
            if known is None and self._bookmarks.noted(stream.name, self._site_id, SEEN):
                known = "DAY"  # of states from before it was noted
            if known in {None, self._scope.time_unit}:
                continue
            if not dry:
                logger.info(
                    "site %s: `energy_time_unit` is %s now, it was %s: %s is read anew",
                    self._site_id, self._scope.time_unit, known, stream.name,
                )  # fmt: skip
            self._bookmarks.of(stream.name, self._site_id).pop(SEEN, None)
            self._bookmarks.forget_value(stream.name, self._site_id)
            self._move(stream, owed.Coverage(start=self._of(stream).start))

    def read_dry(self, stream: SolarEdgeStream, window: Window, now: datetime) -> None:
        """Note what a forecast expects to be read: nothing is known to have come late."""
        before = self._of(stream)
        self._move(stream, owed.after_reading(before, window, before.open, None, now, woke=False))

    def read_only(self, stream: SolarEdgeStream, window: Window) -> None:
        """Note what a stream without history was last read from."""
        self._move(stream, owed.Coverage(covered=[window]))

    def reopen(self, streams: Iterable[SolarEdgeStream], spans: Spans) -> None:
        """Note that spans must be read again."""
        for stream in streams:
            before = self._bookmarks.coverage(stream.name, self._site_id)
            self._move(stream, owed.reopened(before, spans))

    def reopen_all(self, streams: Iterable[SolarEdgeStream]) -> None:
        """Note that all that was read must be read again."""
        self.reopen(streams, [Window(BEFORE_ALL_DATA, self._clock.now())])

    def wake(self, streams: Iterable[SolarEdgeStream], now: datetime) -> None:
        """Note that what is open is worth reading again."""
        for stream in streams:
            self._move(stream, replace(self._of(stream), woke_at=now))

    def begin_earlier(self, streams: Iterable[SolarEdgeStream], first_data: datetime, now: datetime) -> bool:
        """Let streams begin where data were found, and return whether any did not do so already."""
        moved = False
        for stream in streams:
            start = self._scope.beginning(first_data, now, days=stream.cadence in DAYS)
            before = self._of(stream)
            if before.start is None or start < before.start:
                self._starts[stream.name] = start
                self._move(stream, replace(before, start=start))
                moved = True
        return moved

    def close_round(self, streams: Iterable[SolarEdgeStream], done: dict[str, Spans], now: datetime) -> None:
        """Note when open spans were read again, where all that were due have been."""
        for stream in streams:
            coverage = self._bookmarks.coverage(stream.name, self._site_id)
            if coverage.open and not without(owed.due(coverage, now), done.get(stream.name, [])):
                self._move(stream, replace(coverage, reopened_at=now))

    def _of(self, stream: SolarEdgeStream) -> owed.Coverage:
        """Return the coverage, with the start that the plan gave it."""
        found = self._bookmarks.coverage(stream.name, self._site_id)
        return replace(found, start=self._starts.get(stream.name, found.start))

    def _believed(self, site: Site, stream: SolarEdgeStream, now: datetime) -> owed.Coverage:
        told = self._bookmarks.coverage(stream.name, self._site_id)
        found = owed.believed(told, now)
        if site.pending and not found.covered:
            found = replace(found, start=None)  # nothing is owed yet: it begins anew with each run
        if stream.cadence is not Cadence.LATEST:
            start = first_run(site, self._scope, now, days=stream.cadence in DAYS)
            found = owed.started(found, start, start if self._scope.start else None)
        self._starts[stream.name] = found.start
        in_the_future = found.until != told.until
        self.doubtful = self.doubtful or in_the_future
        begins = found.start != told.start
        if self._clock.heard and (in_the_future or begins):
            self._move(stream, found)  # a start holds from now on, even if no call of the stream succeeds
        if self._clock.heard and in_the_future:
            self._warn_of_the_future(told)
            if (self._bookmarks.value(stream.name, self._site_id) or "") > utc_text(now):
                self._bookmarks.forget_value(stream.name, self._site_id)
        return found

    def _warn_of_the_future(self, told: owed.Coverage) -> None:
        if self._warned:
            return
        self._warned = True
        logger.warning(
            "site %s: the state says that data were read until %s, which is in the future; "
            "it is not believed, and they are read again",
            self._site_id, f"{told.until:%Y-%m-%d %H:%M} UTC",
        )  # fmt: skip

    def _move(self, stream: SolarEdgeStream, coverage: owed.Coverage) -> None:
        if coverage.newest is None and self._bookmarks.newest(stream.name, self._site_id) is not None:
            self._bookmarks.forget_value(stream.name, self._site_id)
        self._bookmarks.move(stream.name, self._site_id, coverage)
        if stream.cadence is Cadence.ENERGY:
            self._bookmarks.of(stream.name, self._site_id)[UNIT] = self._scope.time_unit


def _mixes(stream: SolarEdgeStream) -> bool:
    """Whether a stream needs solar power beside what is measured by night too."""
    return len({need.solar for need in stream.needs if need.kind is Kind.QUARTERS}) > 1
