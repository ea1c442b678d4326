"""Harvest one site along its plan: the inventory, today's windows, late data, history."""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from tap_solaredge import windows
from tap_solaredge.api.errors import NotPermitted, TapSolarEdgeError
from tap_solaredge.day_sums import DaySums
from tap_solaredge.local_time import QUARTER, from_utc_text, local_day, unit_end, zone
from tap_solaredge.plan import Progress, Scope, SitePlanner, Step, Urgency
from tap_solaredge.readings import Answers, Inventory, Record, Resource, Site
from tap_solaredge.streams import Cadence, SolarEdgeStream
from tap_solaredge.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_solaredge.bookmarks import Bookmarks
    from tap_solaredge.fetch import Fetch

logger = logging.getLogger("tap-solaredge")

Batch = tuple[SolarEdgeStream, list[Record]]
"""Records of one stream; None between batches marks a place where STATE may be sent."""


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
        now: datetime,
    ) -> None:
        self.site_id = site_id
        self.site: Site | None = None
        self.failures: dict[str, TapSolarEdgeError] = {}
        self.skipped: dict[str, TapSolarEdgeError] = {}
        self.counts: dict[str, int] = {str(stream.name): 0 for stream in streams}
        self._streams = streams
        self._fetch = fetch
        self._bookmarks = bookmarks
        self._scope = scope
        self._now = now
        self._answers = Answers()
        self._sums: DaySums | None = None
        self._told_in_this_run = False
        self._read_today: Window | None = None

    # The plan

    def planner(self, *, keeps_pace: bool = True) -> SitePlanner | None:
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
            keeps_pace=keeps_pace,
        )

    def inventory_calls(self) -> int:
        """Return how many calls the slow lists of this site will take now."""
        return sum(not self._fetch.is_kept(resource, self.site_id) for resource in self._slow_lists())

    def last_read(self) -> datetime | None:
        """Return how far the stream that is furthest behind has been read."""
        read = [p.until for p in self._all_progress().values()]
        known = [until for until in read if until is not None]
        return min(known) if known and len(known) == len(read) else None

    def _all_progress(self) -> dict[str, Progress]:
        return self._progress(Cadence.QUARTER_HOURS) | self._progress(Cadence.ENERGY)

    def _progress(self, cadence: Cadence) -> dict[str, Progress]:
        return {
            str(stream.name): Progress(stream.needs, self._bookmarks.covered(stream.name, self.site_id))
            for stream in self._streams
            if stream.cadence is cadence and self._alive(stream)
        }

    # The work

    def inventory(self) -> Iterator[Batch | None]:
        """Read details and devices and yield the streams that come from them."""
        self._told_in_this_run = not self._fetch.is_kept(Resource.DETAILS, self.site_id)
        for resource in (Resource.DETAILS, Resource.DEVICES, Resource.LIFETIME_STORAGE):
            if resource in self._slow_lists():
                self._ask(resource, partial(self._fetch.slow, resource, self.site_id), self._answers)
        if self._answers.details is not None:
            self.site = _site(self._answers.details, self._answers.devices)
            self._sums = DaySums(self.site)
            for stream in self._streams:
                if stream.cadence is Cadence.INVENTORY and self._alive(stream):
                    yield self._batch(stream, list(stream.records(self.site, self._answers)))
        yield None

    def last_update(self) -> datetime | None:
        """Return the service's newest data of the site, if that was told in this run."""
        told = (self._answers.details or {}).get("last_update_time")
        return from_utc_text(told) if told and self._told_in_this_run else None

    def read(self, step: Step) -> Iterator[Batch | None]:
        """Read one step of the plan and yield its records."""
        site, streams = self.site, [s for s in self._streams if s.name in step.streams and self._alive(s)]
        if site is None or not streams:
            return
        answers = self._step_answers(site, step)
        for stream in streams:
            if not self._alive(stream):
                continue
            if stream.cadence is Cadence.LATEST:
                self._answers.storage = answers.storage
                self._bookmarks.read_only(stream.name, self.site_id, step.window)
            else:
                records = list(stream.records(site, answers))
                yield self._batch(stream, records)
                self._advance(stream, records, step)
        if step.urgency is Urgency.TODAY and answers.meters is not None:
            self._read_today = step.window
        yield None

    def read_today(self) -> Window | None:
        """Return the newest window of quarter hours of which this run has read the meters."""
        return self._read_today

    def latest(self) -> Iterator[Batch | None]:
        """Yield the streams that hold the newest state."""
        for stream in self._streams:
            if stream.cadence is not Cadence.LATEST or not self._alive(stream):
                continue
            if self.site and self.site.has_batteries:
                yield self._batch(stream, list(stream.records(self.site, self._answers)))

    def finish(self) -> Iterator[Batch | None]:
        """Record how each stream ended."""
        name = self.site.name if self.site else "?"
        for stream in self._streams:
            failure = self.failures.get(stream.name) or self.skipped.get(stream.name)
            if failure is not None:
                status = "error" if stream.name in self.failures else "skipped"
                self._bookmarks.finish(stream.name, self.site_id, self._now, status, str(failure))
                continue
            self._bookmarks.finish(stream.name, self.site_id, self._now)
            newest = self._bookmarks.value(stream.name, self.site_id)
            complete = f", complete to {newest}" if newest else ""
            records = f"{self.counts[stream.name]:,}"
            logger.info("site %s (%s): %s: %s records%s", self.site_id, name, stream.name, records, complete)
        yield None

    # Asking

    def _slow_lists(self) -> list[Resource]:
        """Return the slow lists that are wanted, as far as is known: only batteries have lifetime sums."""
        needs = {resource for stream in self._streams for resource in stream.needs}
        wanted: list[Resource] = [r for r in (Resource.DETAILS, Resource.DEVICES) if r in needs]
        batteries = self._answers.devices.batteries if self._answers.devices else []
        if batteries and any(stream.cadence is Cadence.LATEST for stream in self._streams):
            wanted.append(Resource.LIFETIME_STORAGE)
        return wanted

    def _step_answers(self, site: Site, step: Step) -> Answers:
        answers = Answers(step.window)
        self._fill_in(site, step, answers)
        for resource in step.asks:
            self._ask(resource, self._window_of(resource, step), answers)
        if not step.periods and self._sums is not None:
            self._sums.add(answers)
        return answers

    def _window_of(self, resource: Resource, step: Step) -> Callable[[], Any]:
        planner = self.planner()

        def cut(window: Window, longest: timedelta) -> list[Window]:
            if planner is not None and step.periods:
                return planner.cut_periods(window, longest)
            return windows.split(*window, longest)

        return lambda: self._fetch.window(resource, self.site_id, step.window, cut)

    def _fill_in(self, site: Site, step: Step, answers: Answers) -> None:
        """Put in what is known without a call: no meter, no battery, dark, or the sums of quarter hours."""
        if step.periods:
            answers.meter_energy, answers.storage_energy = [], []
            if step.split_from_quarters and self._sums is not None:
                answers.meter_energy, answers.storage_energy = self._sums.meters(), self._sums.storage()
            return
        answers.meters = None if site.has_meters else []
        answers.storage = None if site.has_batteries else []
        answers.power = None if Resource.POWER in step.asks else {}

    def _ask(self, resource: Resource, get: Callable[[], Any], answers: Answers) -> None:
        """Put an answer where streams find it; a failure is that of the streams that need the answer."""
        try:
            setattr(answers, resource.value, get())
        except TapSolarEdgeError as error:
            if error.stops_the_run:
                raise
            where = self.skipped if isinstance(error, NotPermitted) else self.failures
            hit = [s.name for s in self._streams if _needs(s, resource) and self._alive(s)]
            where.update(dict.fromkeys(hit, error))
            level = logging.WARNING if isinstance(error, NotPermitted) else logging.ERROR
            logger.log(level, "site %s: %s: %s", self.site_id, ", ".join(hit) or resource.value, error)

    # Bookkeeping

    def _alive(self, stream: SolarEdgeStream) -> bool:
        return stream.name not in self.failures and stream.name not in self.skipped

    def _batch(self, stream: SolarEdgeStream, records: list[Record]) -> Batch:
        self.counts[stream.name] += len(records)
        return stream, records

    def _advance(self, stream: SolarEdgeStream, records: list[Record], step: Step) -> None:
        """Move the bookmark to the newest interval that is over and carried a value."""
        key = str(stream.replication_key)
        carried = [record[key] for record in records if stream.has_value(record)]
        newest = max((value for value in carried if self._is_over(value)), default=None)
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


def _needs(stream: SolarEdgeStream, resource: Resource) -> bool:
    """Whether a stream fails without this answer; the split and lifetime sums belong to their streams."""
    if resource in {Resource.METER_ENERGY, Resource.STORAGE_ENERGY}:
        return stream.cadence is Cadence.ENERGY
    return resource in stream.needs


def _site(details: Record, devices: Inventory | None) -> Site:
    installed = details["installation_date"]
    return Site(
        site_id=details["id"],
        name=details["name"] or str(details["id"]),
        zone=zone(details["timezone"]),
        installed=date.fromisoformat(installed) if installed else None,
        pending=(details["status"] or "").casefold().startswith("pending"),
        latitude=details["latitude"],
        longitude=details["longitude"],
        devices=devices or Inventory([], [], []),
    )
