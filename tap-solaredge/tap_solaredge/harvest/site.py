"""Harvest one site along its plan: the inventory, today's windows, late data, history."""

from __future__ import annotations

import logging
from datetime import date, timedelta
from operator import itemgetter
from typing import TYPE_CHECKING

from tap_solaredge.errors import SiteDaySpent, TapSolarEdgeError
from tap_solaredge.harvest.asking import Asking
from tap_solaredge.harvest.outcomes import Outcomes
from tap_solaredge.local_time import QUARTER, from_utc_text, local_day, midnight, unit_end, utc_text
from tap_solaredge.measured.readings import Answers, Record, Site
from tap_solaredge.plan.steps import Progress, Scope, Step, Urgency
from tap_solaredge.plan.today import SitePlanner
from tap_solaredge.resources import Resource
from tap_solaredge.spans import Window
from tap_solaredge.streams import Cadence, SolarEdgeStream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tap_solaredge.clock import Clock
    from tap_solaredge.harvest.bookmarks import Bookmarks
    from tap_solaredge.harvest.fetch import Fetch
    from tap_solaredge.harvest.outcomes import Batch

logger = logging.getLogger("tap-solaredge")

DAY = timedelta(days=1)


class SiteHarvest:
    """Reads one site and moves its bookmarks; a stream that fails stops, the others go on."""

    def __init__(
        self,
        site_id: int,
        *,
        streams: list[SolarEdgeStream],
        fetch: Fetch,
        bookmarks: Bookmarks,
        scope: Scope,
        clock: Clock,
        asks: bool = True,
    ) -> None:
        self.site_id = site_id
        self.outcomes = Outcomes(site_id, streams, bookmarks, asks=asks)
        self._asking = Asking(site_id, streams=streams, fetch=fetch, outcomes=self.outcomes, scope=scope)
        self._streams = streams
        self._fetch = fetch
        self._bookmarks = bookmarks
        self._scope = scope
        self._clock = clock
        self._now = clock.now()
        """The service's time, as far as the answers so far told it."""
        self._told_in_this_run = False
        self._read_today: Window | None = None

    @property
    def site(self) -> Site | None:
        """What is known of the site, None before its details have been read."""
        return self._asking.site

    # The plan

    def planner(self, *, patience: timedelta = timedelta()) -> SitePlanner | None:
        """Return the planner of this site, None while the site is unknown."""
        if self.site is None:
            return None
        return SitePlanner(
            site=self.site,
            scope=self._scope,
            now=self._now,
            quarters=self._progress(Cadence.QUARTER_HOURS),
            energy=self._progress(Cadence.ENERGY),
            latest=self._progress(Cadence.LATEST),
            longest=self._fetch.longest,
            dialect=self._fetch.dialect,
            patience=patience,
        )

    def inventory_calls(self) -> int:
        """Return how many calls the slow lists of this site will take now."""
        return self._asking.inventory_calls()

    def expect(self, steps: list[Step]) -> None:
        """Note which steps will be read next, one after the other, so that their calls can run at once."""
        planner = self.planner()
        if planner is not None:
            self._asking.expect(steps, planner.cut)

    def last_read(self) -> datetime | None:
        """Return how far the stream that is furthest behind has been read."""
        read = [p.until for p in self._all_progress().values()]
        known = [until for until in read if until is not None]
        return min(known) if known and len(known) == len(read) else None

    def _all_progress(self) -> dict[str, Progress]:
        return self._progress(Cadence.QUARTER_HOURS) | self._progress(Cadence.ENERGY)

    def _progress(self, cadence: Cadence) -> dict[str, Progress]:
        return {
            str(stream.name): Progress(
                stream.needs,
                self._bookmarks.covered(stream.name, self.site_id),
                self._bookmarks.newest_instant(stream.name, self.site_id),
            )
            for stream in self._going_on(cadence)
        }

    # The work

    def inventory(self) -> Iterator[Batch | None]:
        """Read details and devices and yield the streams that come from them."""
        self._told_in_this_run = self._fetch.slow_calls(Resource.DETAILS, self.site_id) > 0
        self._asking.ask_inventory()
        self._now = self._clock.now()
        site = self.site
        if site is not None:
            self._reopen_what_was_unsettled()
            if not self._fetch.reads_devices(self.site_id):
                self._asking.leave_out_devices()
            for stream in self._going_on(Cadence.INVENTORY):
                yield self.outcomes.counted(stream, list(stream.records(site, self._asking.inventory)))
        yield None

    def last_update(self) -> datetime | None:
        """Return the service's newest data of the site, if that was told in this run."""
        told = (self._asking.inventory.details or {}).get("last_update_time")
        return from_utc_text(told) if told and self._told_in_this_run else None

    def read(self, step: Step) -> Iterator[Batch | None]:
        """Read one step of the plan and yield its records."""
        planner, site = self.planner(), self.site
        streams = [stream for stream in self._going_on() if stream.name in step.streams]
        if planner is None or site is None or not streams:
            return
        answers = self._asking.ask(site, step, planner.cut)
        for stream in streams:
            if not self.outcomes.goes_on(stream) or self._asking.lacks(stream, answers):
                continue
            if stream.cadence is Cadence.LATEST:
                self._asking.inventory.storage = answers.storage
                self._bookmarks.read_only(stream.name, self.site_id, step.window)
            else:
                records = list(stream.records(site, answers))
                yield self.outcomes.counted(stream, records)
                self._advance(stream, records, step)
        if step.urgency is Urgency.TODAY and None not in (answers.meters, answers.storage):
            self._read_today = step.window
        yield None

    def read_today(self) -> Window | None:
        """Return the newest window of quarter hours of which this run has read the meters."""
        return self._read_today

    def late_is_due(self) -> bool:
        """Whether the last days were not read again yet on this day of the site."""
        return bool(self._bookmarks.noted("sites", self.site_id, "late_read_on") != self._local_day())

    def late_is_read(self) -> None:
        """Note that the last days were read again on this day of the site."""
        self._bookmarks.of("sites", self.site_id)["late_read_on"] = self._local_day()

    def _reopen_what_was_unsettled(self) -> None:
        """After a pause, forget the days that were read last: what came late since then was not seen."""
        last_read = self._bookmarks.noted("sites", self.site_id, "late_read_on")
        if last_read is None or self.site is None:
            return
        day = date.fromisoformat(last_read)
        if local_day(self._now, self.site.zone) - day <= DAY:
            return
        since = midnight(day - self._scope.late_data, self.site.zone)
        for name in self._all_progress():
            self._bookmarks.reopen(name, self.site_id, Window(since, self._now))

    def _local_day(self) -> str:
        return local_day(self._now, self.site.zone).isoformat() if self.site else ""

    def latest(self) -> Iterator[Batch | None]:
        """Yield the streams that hold the newest state."""
        if self.site and self.site.devices.batteries:
            for stream in self._going_on(Cadence.LATEST):
                yield self.outcomes.counted(stream, list(stream.records(self.site, self._asking.inventory)))

    def snapshot_calls(self) -> int:
        """Return 1 where the live flows are due: with a meter, a quarter hour after the last ones; else 0."""
        flows = [stream for stream in self._going_on() if Resource.SNAPSHOT in stream.extras]
        offered = self._scope.live_flows and Resource.SNAPSHOT in self._fetch.dialect.OFFERS
        if not flows or not offered or self.site is None or self.site.pending or not self.site.has_meters:
            return 0
        last = self._bookmarks.noted(flows[0].name, self.site_id, "snapshot_at")
        return int(last is None or self._now - from_utc_text(last) >= QUARTER)

    def snapshot(self) -> Iterator[Batch | None]:
        """Yield the flows of this moment; the bookmark of their stream is that of its quarter hours."""
        if not self.snapshot_calls() or self.site is None:
            return
        answers = Answers()
        try:
            answers.snapshot = self._fetch.snapshot(self.site.ref)
        except TapSolarEdgeError as error:
            if error.stops_the_run or isinstance(error, SiteDaySpent):
                raise
            logger.warning("site %s: no live power flow: %s", self.site_id, error)
            return
        for stream in self._going_on():
            if Resource.SNAPSHOT in stream.extras:
                self._bookmarks.of(stream.name, self.site_id)["snapshot_at"] = utc_text(self._now)
                yield self.outcomes.counted(stream, list(stream.records(self.site, answers)))

    def finish(self) -> Iterator[Batch | None]:
        """Record how each stream ended."""
        self.outcomes.finish(self._now, self.site.name if self.site else "?")
        yield None

    # Bookkeeping

    def _going_on(self, cadence: Cadence | None = None) -> Iterator[SolarEdgeStream]:
        """Yield the streams that neither failed nor are skipped."""
        for stream in self._streams:
            if (cadence is None or stream.cadence is cadence) and self.outcomes.goes_on(stream):
                yield stream

    def _advance(self, stream: SolarEdgeStream, records: list[Record], step: Step) -> None:
        """Move the bookmark to the newest interval that is over and carried a value."""
        key = str(stream.replication_key)
        newest_first = sorted(records, key=itemgetter(key), reverse=True)
        over = (record for record in newest_first if self._is_over(record[key]))
        newest = next((record[key] for record in over if stream.has_value(record)), None)
        before = self._bookmarks.value(stream.name, self.site_id)
        self._bookmarks.advance(stream.name, self.site_id, key, newest, step.window)
        came_back = (
            before and newest and not step.periods and from_utc_text(before) + QUARTER < step.window.start
        )
        if came_back and step.urgency is Urgency.TODAY:
            silent = Window(from_utc_text(str(before)) + QUARTER, step.window.start)
            self._bookmarks.reopen(stream.name, self.site_id, silent)

    def _is_over(self, value: str) -> bool:
        if "T" in value:
            return from_utc_text(value) + QUARTER <= self._now
        assert self.site is not None  # noqa: S101 (records come from a site)
        end = unit_end(date.fromisoformat(value), self._scope.time_unit)
        return end <= local_day(self._now, self.site.zone)
