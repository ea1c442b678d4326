"""Harvest one site: plan what it needs, take in what its calls answered, say how each stream ended."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from tap_solaredge.harvest.answered_span import check_span
from tap_solaredge.harvest.coverages import Coverages
from tap_solaredge.harvest.failing import Failing
from tap_solaredge.harvest.inventory import PRODUCTION, SiteInventory
from tap_solaredge.harvest.live_flows import LiveFlows
from tap_solaredge.harvest.meaning import ProductionCheck
from tap_solaredge.harvest.notes import LATE_READ, SELLS, day_of
from tap_solaredge.harvest.outcomes import Outcomes
from tap_solaredge.harvest.records import Records
from tap_solaredge.harvest.service_times import ServiceTimes
from tap_solaredge.harvest.totals import TotalsOfSite
from tap_solaredge.local_time import DAY, from_utc_text, local_day, midnight
from tap_solaredge.measured.joining import joined
from tap_solaredge.plan.behind import blocks_behind
from tap_solaredge.plan.calls import Call, Purpose
from tap_solaredge.plan.progress import SiteProgress
from tap_solaredge.plan.today import newest
from tap_solaredge.resources import DETAILS, ENERGY, POWER, SNAPSHOT, STORAGE, Kind
from tap_solaredge.service import place
from tap_solaredge.spans import Window
from tap_solaredge.streams import Cadence

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tap_solaredge.errors import TapSolarEdgeError
    from tap_solaredge.harvest.bookmarks import Bookmarks
    from tap_solaredge.harvest.caller import Caller
    from tap_solaredge.harvest.job import Job
    from tap_solaredge.harvest.lengths import Lengths
    from tap_solaredge.harvest.lists import Lists
    from tap_solaredge.harvest.outcomes import Batch
    from tap_solaredge.measured.site import Site

logger = logging.getLogger("tap-solaredge")

SERIES = (Cadence.QUARTER_HOURS, Cadence.ENERGY)
"""What is read again after a pause."""
JUMP = timedelta(minutes=1)
"""A plan that was made with a time so wrong is made anew."""


class SiteHarvest:
    """Reads one site and moves its bookmarks; a stream that fails stops, the others go on."""

    def __init__(
        self,
        site_id: int,
        job: Job,
        *,
        lists: Lists,
        lengths: Lengths,
        caller: Caller,
        bookmarks: Bookmarks,
    ) -> None:
        self.site_id = site_id
        self.outcomes = Outcomes(site_id, job.streams, bookmarks, dry=caller.dry)
        self._inventory = SiteInventory(site_id, job, lists, self.outcomes, bookmarks)
        self._coverages = Coverages(site_id, job, bookmarks)
        self._check = ProductionCheck(site_id, job, bookmarks)
        self._totals = TotalsOfSite(
            site_id, job, self.outcomes, bookmarks, coverages=self._coverages, check=self._check
        )
        self._records = Records(
            job.streams, self.outcomes, bookmarks, self._coverages, self._totals, dry=caller.dry
        )
        self._failing = Failing(inventory=self._inventory, outcomes=self.outcomes, lengths=lengths)
        self._live = LiveFlows(job, self.outcomes, bookmarks)
        self._service_times = ServiceTimes(job, bookmarks)
        self._dialect = job.dialect
        self._scope = job.scope
        self._clock = job.clock
        self._lengths = lengths
        self._caller = caller
        self._bookmarks = bookmarks
        self._progress: SiteProgress | None = None
        self._skew = timedelta()
        self._heard = self._sums_wanted = False
        self.plan_is_outdated = False
        """Whether an answer has told that the newest plan was made with a wrong time or state."""

    @property
    def site(self) -> Site | None:
        """What is known of the site, None before its details have been read."""
        return self._inventory.site

    def place_in_line(self) -> tuple[bool, datetime]:
        """Return what sites are sorted by; see `Coverages`."""
        return self._coverages.place_in_line(self.outcomes.going_on())

    # Plans

    def lists_price(self) -> int:
        """Return how many calls the lists of this site take now."""
        return self._inventory.price()

    def today(self, patience: timedelta) -> list[Call]:
        """Return the calls for today's data."""
        progress = self._plan()
        calls, self._records.dark, sums_wanted = newest(progress, patience)
        self._sums_wanted = self._sums_wanted or sums_wanted
        return [*calls, *self._live.calls(progress.site)]

    def check(self) -> list[Call]:
        """Return the call that finds out what production means, where that is due and can be told."""
        progress, held = self._progress, self._records.held
        streams = [stream.name for stream in self.outcomes.going_on() if stream.needs & held]
        if progress is None or not streams:
            return []
        if self._caller.dry:
            return self._check.forecast(progress, streams)
        return self._check.calls(progress, self._records.at_hand, streams)

    def release(self) -> Iterator[Batch | None]:
        """Yield the records that waited for what production means."""
        if self._records.held:
            progress = self._plan()
            if self._check.is_news(progress.site, dry=self._caller.dry):
                hit = [stream for stream in self.outcomes.going_on() if stream.needs & PRODUCTION]
                self._coverages.reopen_all(hit)
            yield from self._records.release(progress)
            yield None

    def behind(self) -> list[list[Call]]:
        """Return the calls for what is owed besides, in blocks, newest first."""
        self._records.found_late_data = False
        return blocks_behind(self._plan())

    @property
    def found_late_data(self) -> bool:
        """Whether values came late since the last plan, so that more has become owed."""
        return self._records.found_late_data

    def _hear(self) -> None:
        """Look at the time that an answer told: what was believed before may be wrong."""
        jumped, first = abs(self._clock.skew - self._skew) > JUMP, self._clock.heard and not self._heard
        self._heard = self._clock.heard
        if jumped or (first and self._coverages.doubtful):
            self.plan_is_outdated = True

    def _plan(self) -> SiteProgress:
        """Return what a plan is made from now."""
        site = self.site
        assert site is not None  # noqa: S101 (of an unknown site nothing is planned)
        now, self._skew, self._heard = self._clock.now(), self._clock.skew, self._clock.heard
        self.plan_is_outdated = self._coverages.doubtful = False
        self._progress = SiteProgress(
            site=site,
            scope=self._scope,
            now=now,
            quarters=self._coverages.progress(site, self.outcomes.going_on(Cadence.QUARTER_HOURS), now),
            energy=self._coverages.progress(site, self.outcomes.going_on(Cadence.ENERGY), now),
            latest=self._coverages.progress(site, self.outcomes.going_on(Cadence.LATEST), now),
            totals=self._coverages.progress(site, self.outcomes.going_on(Cadence.TOTALS), now),
            last_update=self._last_update(),
            first_data=self._totals.first_data(),
            totals_are_due=self._totals.are_due(site, now),
            lifetime_is_due=self._totals.lifetime_is_due(site, now),
            read=self._records.at_hand.read,
            longest=self._lengths.longest,
            dialect=self._dialect,
            late_is_due=self._bookmarks.noted("sites", self.site_id, LATE_READ) != day_of(site, now),
        )
        return self._progress

    def _last_update(self) -> datetime | None:
        """Return the service's newest data of the site, if that was told in this run."""
        told = (self._inventory.answers.get(DETAILS) or {}).get("last_update_time")
        return from_utc_text(told) if told and DETAILS in self._inventory.fresh else None

    # Work

    def inventory(self) -> Iterator[Batch | None]:
        """Read details and devices and yield the streams that come from them."""
        self._inventory.read(self._clock.now(), with_devices=self._caller.reads_devices(self.site_id))
        if self.site is not None:
            self.site.sells = self._bookmarks.noted("sites", self.site_id, SELLS) is True
            self._records.held = PRODUCTION if self._check.begins(self.site) else frozenset()
            self._inventory.give_up_what_batteries_decide()
            energy = self.outcomes.going_on(Cadence.ENERGY)
            self._coverages.begin_anew_in_another_unit(energy, dry=self._caller.dry)
            if self._inventory.zone_changed:
                self._coverages.reopen_all(self.outcomes.going_on(*SERIES, Cadence.TOTALS))
            self._reopen_what_was_unsettled(self.site)
            for streams, span in self._inventory.read_without(self._clock.now()):
                self._coverages.reopen([s for s in self.outcomes.going_on(*SERIES) if s in streams], [span])
            for stream in [] if self._caller.dry else self.outcomes.going_on(Cadence.INVENTORY):
                yield self.outcomes.batch(stream, self.site, self._inventory.answers)
        yield None

    def wants(self, call: Call) -> bool:
        """Whether a call of the plan is still worth making."""
        assert self.site is not None and call.resource is not None  # noqa: S101, PT018 (there is a plan)
        wanted = self._totals.wants(call, self.site) and call.resource.device not in self.site.denied
        return wanted and any(stream.name in call.serves for stream in self.outcomes.going_on())

    def take(self, call: Call, payloads: list[Any] | None) -> Iterator[Batch | None]:
        """Take in what calls that belong together answered; yield the records that it completes."""
        assert self.site is not None and self._progress is not None and call.resource is not None  # noqa: S101, PT018 (there is a plan)
        self._hear()
        now = self._clock.now()
        answer = None if payloads is None else self._dialect.parse(call.resource, payloads, self.site.ref)
        answer = self._service_times.mark(call, self.site.spelled(answer), self.site, now)
        if call.resource in {POWER, ENERGY} and self._inventory.see_zone(answer):
            self._plan()
            self.plan_is_outdated = True
            if call.resource is ENERGY:  # from another zone's midnight on: what it cuts is no day
                return
        if call.resource is SNAPSHOT:
            yield from self._live.records(self.site, answer)
            return
        if call.purpose is Purpose.CHECK:
            self._check.take(answer, self.site)
            return
        if call.resource.kind is Kind.TOTALS:
            yield from self._totals.take(call, answer, self.site, now)
            return
        if call.resource is STORAGE and call.purpose is Purpose.TODAY and call.window:
            self._take_latest(answer, call.window)
        if self._dialect.tells_each_interval and call.window:
            check_span(call.resource, self._scope.resolution(call.resource), call.window, answer, now)
        lost = place.unread(f"site {self.site_id}, {call.resource}") > 0
        yield from self._records.take(call, answer, replace(self._progress, now=now), lost=lost)
        yield None

    def fail(self, call: Call, error: TapSolarEdgeError) -> bool:
        """Take in the error of a call, and return whether the plan must be made anew.

        Raises:
            TapSolarEdgeError: If no further call of the site, or of the run, can succeed.
        """
        assert self._progress is not None  # noqa: S101 (there is a plan)
        return self._failing.take(call, error, self._progress, sums_wanted=self._sums_wanted)

    def give_up_everything(self, error: TapSolarEdgeError) -> None:
        """Let all streams of the site fail that have not failed yet."""
        self.outcomes.give_up(self.outcomes.going_on(), "the site", error)

    def late_is_read(self) -> None:
        """Note that the last days, and what was open, were read again."""
        assert self.site is not None  # noqa: S101 (there is a plan)
        now = self._clock.now()
        self._bookmarks.of("sites", self.site_id)[LATE_READ] = day_of(self.site, now)
        self._totals.are_read(self.site, now)
        self._coverages.close_round(self.outcomes.going_on(*SERIES), self._records.done.all(), now)

    def latest(self) -> Iterator[Batch | None]:
        """Yield the streams that hold the newest state."""
        if self.site and self.site.devices.batteries and not self._caller.dry:
            for stream in self.outcomes.going_on(Cadence.LATEST):
                yield self.outcomes.batch(stream, self.site, self._inventory.answers)

    def finish(self) -> Iterator[Batch | None]:
        """Record how each stream ended."""
        self.outcomes.finish(self._clock.now(), self.site.name if self.site else "?")
        yield None

    def _take_latest(self, answer: Any, window: Window) -> None:  # noqa: ANN401
        for stream in self.outcomes.going_on(Cadence.LATEST):
            self._coverages.read_only(stream, Window(window.start, min(window.end, self._clock.now())))
        if answer is not None:
            known = self._inventory.answers.get(STORAGE)
            self._inventory.answers.put(STORAGE, joined(known, answer) if known else answer)

    def _reopen_what_was_unsettled(self, site: Site) -> None:
        """After a pause, let the days be read again that were read last: what came late was not seen."""
        yesterday = local_day(self._clock.now(), site.zone) - DAY
        notes = self._bookmarks.of("sites", self.site_id)
        day = date.fromisoformat(notes.setdefault(LATE_READ, yesterday.isoformat()))
        if day >= yesterday:
            return
        since = midnight(day - self._scope.late_data, site.zone)
        self._coverages.reopen(self.outcomes.going_on(*SERIES), [Window(since, self._clock.now())])
