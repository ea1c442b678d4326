"""Make the records of one site from the answers of its calls, as soon as all that a record needs is there."""

from __future__ import annotations

import logging
from datetime import date
from functools import reduce
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from tap_solaredge.harvest.at_hand import AtHand, Done
from tap_solaredge.harvest.notes import SEEN, SELLS
from tap_solaredge.harvest.periods import REMEMBERED, Periods, compared, empty_periods, is_over
from tap_solaredge.harvest.service_times import is_lost
from tap_solaredge.harvest.silence import silences
from tap_solaredge.local_time import DAY, QUARTER, from_utc_text
from tap_solaredge.plan import windows
from tap_solaredge.plan.today import SETTLES
from tap_solaredge.resources import ENERGY, POWER, QUARTER_SUMS, Answers, Kind, Needs, Resource
from tap_solaredge.spans import Spans, Window, common, union, without
from tap_solaredge.streams import Cadence, SolarEdgeStream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tap_solaredge.harvest.bookmarks import Bookmarks
    from tap_solaredge.harvest.coverages import Coverages
    from tap_solaredge.harvest.outcomes import Batch, Outcomes
    from tap_solaredge.harvest.totals import TotalsOfSite
    from tap_solaredge.measured.readings import Record
    from tap_solaredge.plan.calls import Call
    from tap_solaredge.plan.progress import SiteProgress

logger = logging.getLogger("tap-solaredge")


class Records:
    """Takes in answers of series, and gives the records that they complete."""

    def __init__(
        self,
        streams: list[SolarEdgeStream],
        outcomes: Outcomes,
        bookmarks: Bookmarks,
        coverages: Coverages,
        totals: TotalsOfSite,
        *,
        dry: bool,
    ) -> None:
        self.at_hand = AtHand()
        self.done = Done()
        self.dark: Window | None = None
        """The dark hours that are known without a call for solar power."""
        self.held: Needs = frozenset()
        """What streams that need it must wait for: what production means is being found out."""
        self.found_late_data = False
        """Whether values came late, so that further spans have become owed."""
        self._woken = False
        self._periods = Periods(self.at_hand)
        self._streams = streams
        self._outcomes = outcomes
        self._bookmarks = bookmarks
        self._coverages = coverages
        self._totals = totals
        self._dry = dry
        self._empty: dict[Resource[Any], Spans] = {}
        self._unread: Spans = []
        """Where part of an answer could not be read, or no device told anything: its days are read again."""

    def take(
        self,
        call: Call,
        answer: Any,  # noqa: ANN401
        progress: SiteProgress,
        *,
        lost: bool = False,
    ) -> Iterator[Batch]:
        """Take in the answer to a call, and yield the records that are complete now.

        Args:
            call: The call.
            answer: What it means; None is that of a forecast.
            progress: How far the harvest of the site has come.
            lost: Whether a part of it could not be read: the window stays open then.
        """
        assert call.resource is not None and call.window is not None  # noqa: S101, PT018 (it is of a series)
        resource, window = call.resource, Window(call.window.start, min(call.window.end, progress.now))
        if window.start >= window.end:
            return
        self.at_hand.put(resource, window, answer)
        lost = lost or (resource in QUARTER_SUMS and is_lost(resource, answer, progress.site))
        self._unread = union(self._unread, [window] if lost else [])
        if resource.kind is Kind.QUARTERS and answer is not None:
            empty = [window] if lost else self._silences(resource, answer, window, progress)
            self._empty[resource] = union(without(self._empty.get(resource, []), [window]), empty)
        elif resource is ENERGY and answer is not None and progress.scope.time_unit == "DAY":
            self._compare(answer, progress)
        yield from self._complete(progress)

    def release(self, progress: SiteProgress) -> Iterator[Batch]:
        """Yield the records that waited for what production means."""
        self.held = frozenset()
        yield from self._complete(progress)

    def _complete(self, progress: SiteProgress) -> Iterator[Batch]:
        """Yield the records that can be made now."""
        yield from self._quarters(progress)
        if not self.held:
            self._periods.add(progress, dry=self._dry)
        if self._periods.sold and not progress.site.sells:
            self._note_sales(progress)
        for stream in self._ready(Cadence.ENERGY):
            for span in self.done.left(stream.name, self._periods.whole(progress)):
                for answers in self._periods.answers(span, progress):
                    yield from self._made(stream, answers, [], progress)
        self._forget(progress)

    # Quarter hours

    def _silences(
        self,
        resource: Resource[Any],
        answer: Any,  # noqa: ANN401
        window: Window,
        progress: SiteProgress,
    ) -> Spans:
        streams = [s for s in self._going_on(Cadence.QUARTER_HOURS) if resource in s.needs]
        known = self._coverages.open(streams)
        return silences(resource, answer, window, progress.site, known=known, now=progress.now)

    def _quarters(self, progress: SiteProgress) -> Iterator[Batch]:
        for stream in self._ready(Cadence.QUARTER_HOURS):
            needed = progress.needed(stream.needs)
            for window in self.done.left(stream.name, self._read(needed)):
                answers = self.at_hand.answers(needed, window)
                progress.dialect.complete(answers, progress.site, progress.scope.time_unit)
                empty = union(*(common(self._empty.get(resource, []), [window]) for resource in needed))
                unasked = without(
                    common(self._known_dark(needed), [window]), self.at_hand.read.get(POWER, [])
                )
                yield from self._made(stream, answers, union(empty, unasked), progress)

    def _read(self, needed: Needs) -> Spans:
        """Return the spans in which all that is needed has been read, or is known: no sun, no device."""
        read, dark = self.at_hand.read, self._known_dark(needed)
        if not needed:
            return union(*(spans for resource, spans in read.items() if resource.kind is Kind.QUARTERS))
        found: Spans | None = None
        for resource in needed:
            spans = union(read.get(resource, []), dark if resource.solar else [])
            found = spans if found is None else common(found, spans)
        return found or []

    def _known_dark(self, needed: Needs) -> Spans:
        """Return the dark hours, for streams that have something to tell of them."""
        mixed = any(r.solar for r in needed) and any(not r.solar for r in needed)
        return [self.dark] if self.dark and mixed else []

    # Days, weeks, months, years

    def _compare(self, energy: Any, progress: SiteProgress) -> None:  # noqa: ANN401
        """Let days be read again, and their quarter hours, whose energy is not what it was before."""
        for stream in self._going_on(Cadence.ENERGY):
            partition = self._bookmarks.of(stream.name, progress.site.site_id)
            changed, partition[SEEN] = compared(energy, partition.get(SEEN), progress.today())
            spans = [Window(progress.midnight(day), progress.midnight(day + DAY)) for day in changed]
            self._reopen(spans, progress)

    def _reopen(self, days: Spans, progress: SiteProgress) -> None:
        """Let days be read again, without what this run has read of them."""
        if not days:
            return
        self._coverages.reopen(self._going_on(Cadence.ENERGY), union(days))
        self._totals.reopen(union(days), progress.site)
        for stream in self._going_on(Cadence.QUARTER_HOURS):
            self._coverages.reopen([stream], self.done.left(stream.name, union(days)))
        self.found_late_data = True

    def _note_sales(self, progress: SiteProgress) -> None:
        """Note that a battery sells; at first, let the last weeks be read again with their quarter hours."""
        site, today = progress.site, progress.today()
        site.sells = self._bookmarks.of("sites", site.site_id)[SELLS] = True
        since = max(progress.midnight(today - REMEMBERED * DAY), progress.start(progress.quarters))
        days = [Window(since, progress.midnight(today))]
        self._coverages.reopen(self._going_on(Cadence.ENERGY), days)
        self.found_late_data = True

    # Records and bookmarks

    def _made(
        self, stream: SolarEdgeStream, answers: Answers, empty: Spans, progress: SiteProgress
    ) -> Iterator[Batch]:
        """Make the records of a window and move the bookmark."""
        window, key = answers.window, str(stream.replication_key)
        assert window is not None  # noqa: S101 (it is of a series)
        self.done.add(stream.name, window)
        if self._dry:
            self._coverages.read_dry(stream, window, progress.now)
            return
        records = list(stream.records(progress.site, answers))
        if stream.cadence is Cadence.ENERGY:
            records = self._with_data(stream, records, progress)
        yield self._outcomes.counted(stream, records)
        newest_first = sorted(records, key=itemgetter(key), reverse=True)
        over = (record for record in newest_first if is_over(record[key], progress))
        newest = next((record[key] for record in over if stream.has_value(record)), None)
        if stream.cadence is Cadence.ENERGY:
            unread = common(self._unread, [window])
            empty = union(empty_periods(stream, records, window, progress), unread)
            window = Window(window.start, max(window.start, min(window.end, self._settled(progress))))
        moment = from_utc_text(newest) if newest and "T" in newest else None
        late = self._coverages.read(stream, window, empty, moment, site=progress.site, now=progress.now)
        self._bookmarks.advance(stream.name, progress.site.site_id, key, newest)
        self._totals.reopen(late, progress.site)
        if late and stream.cadence is Cadence.QUARTER_HOURS:
            self._reopen_energy(late, progress)
        if self._bookmarks.was_skipped(stream.name, progress.site.site_id) and not self._woken:
            self._woken = self.found_late_data = True
            self._coverages.wake(self._going_on(Cadence.ENERGY), progress.now)

    def _settled(self, progress: SiteProgress) -> datetime:
        """Return up to when days are final: just after midnight the last quarter hours are still to come."""
        midnight = progress.midnight(progress.today())
        if progress.now - midnight >= SETTLES:
            return progress.now
        awake = [s for s in self._going_on(Cadence.QUARTER_HOURS) if not all(need.solar for need in s.needs)]
        newest = [self._coverages.newest(stream) for stream in awake]
        ends = [start + QUARTER for start in newest if start is not None]
        return min([progress.now, *(end for end in ends if end < midnight)])

    def _with_data(
        self, stream: SolarEdgeStream, records: list[Record], progress: SiteProgress
    ) -> list[Record]:
        """Return the records without empty ones from before the installation; data from then are believed."""
        site, key = progress.site, str(stream.replication_key)
        installed = site.installed.isoformat() if site.installed else ""
        early = [record[key] for record in records if record[key] < installed and stream.has_value(record)]
        if early:
            first = progress.midnight(date.fromisoformat(min(early)))
            series = (Cadence.QUARTER_HOURS, Cadence.ENERGY, Cadence.TOTALS)
            streams = [stream for cadence in series for stream in self._going_on(cadence)]
            if self._coverages.begin_earlier(streams, first, progress.now):
                self.found_late_data = True
                logger.info(
                    "site %s: there are data from %s, before the installation date %s: they are read too",
                    site.site_id, min(early), installed,
                )  # fmt: skip
        return [record for record in records if record[key] >= installed or stream.has_value(record)]

    def _reopen_energy(self, late: Spans, progress: SiteProgress) -> None:
        """Let the days be read again whose quarter hours came late."""
        days = windows.whole_periods(late, progress.scope.time_unit, progress.site.zone)
        today = progress.midnight(progress.today())
        over = [day for day in days if day.start < today]
        if over:
            self._coverages.reopen(
                self._going_on(Cadence.ENERGY), common(over, [Window(over[0].start, today)])
            )
            self.found_late_data = True

    def _going_on(self, cadence: Cadence) -> list[SolarEdgeStream]:
        """Return the streams that neither failed nor are skipped."""
        return [s for s in self._streams if s.cadence is cadence and self._outcomes.goes_on(s)]

    def _ready(self, cadence: Cadence) -> list[SolarEdgeStream]:
        """Return the streams that go on and wait for nothing."""
        return [stream for stream in self._going_on(cadence) if not stream.needs & self.held]

    def _forget(self, progress: SiteProgress) -> None:
        """Let go of answers from which all streams have made their records."""
        needs = {
            str(stream.name): progress.needed(stream.needs)
            for stream in self._going_on(Cadence.QUARTER_HOURS)
        }
        summed = progress.sum_resources()
        for resource, read in self.at_hand.read.items():
            users = [self.done.of(name) for name, needed in needs.items() if resource in needed]
            if resource.kind is Kind.PERIODS:
                users += [self.done.of(stream.name) for stream in self._going_on(Cadence.ENERGY)]
            elif resource in summed:
                users.append(self._periods.summed())
            self.at_hand.forget(resource, reduce(common, users, read))
