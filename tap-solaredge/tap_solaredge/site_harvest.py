"""Harvest one site: its inventory, then its windows of quarter hours, then its days."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tap_solaredge import windows
from tap_solaredge.api.errors import NotPermitted, TapSolarEdgeError
from tap_solaredge.day_sums import DaySums
from tap_solaredge.local_time import (
    QUARTER,
    from_utc_text,
    local_day,
    midnight,
    quarter_ceil,
    quarter_floor,
    unit_end,
    unit_start,
    utc_text,
    zone,
)
from tap_solaredge.readings import Answers, Inventory, Record, Resource, Site
from tap_solaredge.streams import Cadence, SolarEdgeStream
from tap_solaredge.windows import Window

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from tap_solaredge.bookmarks import Bookmarks
    from tap_solaredge.fetch import Fetch

logger = logging.getLogger("tap-solaredge")

Batch = tuple[SolarEdgeStream, list[Record]]
"""Records of one stream; None between batches marks a place where STATE may be sent."""
NEWEST = timedelta(hours=12)
LIFETIME_EVERY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Scope:
    """What the settings ask for."""

    start: datetime | None
    end: datetime | None
    energy_lookback: timedelta
    power_lookback: timedelta
    time_unit: str
    overlap: timedelta


class SiteHarvest:
    """Reads one site and moves its bookmarks; a stream that fails stops, the others go on."""

    def __init__(
        self,
        listed: Record,
        *,
        streams: list[SolarEdgeStream],
        fetch: Fetch,
        bookmarks: Bookmarks,
        scope: Scope,
        now: datetime,
    ) -> None:
        self.site_id: int = listed["id"]
        self.failures: dict[str, TapSolarEdgeError] = {}
        self.skipped: dict[str, TapSolarEdgeError] = {}
        self.counts: dict[str, int] = dict.fromkeys((stream.name for stream in streams), 0)
        self._streams = streams
        self._fetch = fetch
        self._bookmarks = bookmarks
        self._scope = scope
        self._now = now
        self._end = min(now, scope.end) if scope.end else now
        self._answers = Answers()
        self._sums: DaySums | None = None

    def run(self) -> Iterator[Batch | None]:
        """Yield the site's batches, with None wherever STATE may be sent."""
        site = yield from self._inventory()
        if site is not None and not site.pending:
            self._sums = DaySums(site)
            yield from self._quarter_hours(site)
            yield from self._energy(site)
        yield from self._latest(site)
        self._finish(site)
        yield None

    # Inventory

    def _inventory(self) -> Generator[Batch | None, None, Site | None]:
        needs = {resource for stream in self._streams for resource in stream.needs}
        for resource in (Resource.DETAILS, Resource.DEVICES):
            if resource in needs:
                self._ask(resource, lambda r=resource: self._fetch.whole(r, self.site_id), self._answers)
        yield from self._batches(Cadence.INVENTORY, None)
        details = self._answers.details
        return None if details is None else _site(details, self._answers.devices)

    def _batches(self, cadence: Cadence, site: Site | None) -> Iterator[Batch | None]:
        for stream in self._streams:
            if stream.cadence is cadence and self._alive(stream):
                yield self._batch(stream, list(stream.records(site, self._answers)))  # type: ignore[arg-type]
        yield None

    # Quarter hours

    def _quarter_hours(self, site: Site) -> Iterator[Batch | None]:
        streams = [s for s in self._streams if s.cadence in {Cadence.QUARTER_HOURS, Cadence.LATEST}]
        starts = {stream.name: self._quarter_start(stream, site) for stream in streams}
        resources = {resource for stream in streams for resource in self._series_of(stream, site)}
        if not starts or not resources:
            return
        start, longest = min(starts.values()), [self._fetch.longest(resource) for resource in resources]
        floor = self._floor(site, self._scope.power_lookback)
        start = quarter_ceil(windows.fill_back(start, self._end, min(longest), floor))
        for window in windows.split(start, self._end, max(longest)):
            due = [stream for stream in streams if self._alive(stream) and starts[stream.name] < window.end]
            answers = self._window_answers(site, window, due)
            for stream in due:
                if stream.cadence is Cadence.QUARTER_HOURS and self._alive(stream):
                    records = list(stream.records(site, answers))
                    yield self._batch(stream, records)
                    self._advance(stream, records, window, complete_until=self._now - QUARTER)
            yield None

    def _window_answers(self, site: Site, window: Window, due: list[SolarEdgeStream]) -> Answers:
        answers = Answers(window)
        for resource in sorted({resource for stream in due for resource in self._series_of(stream, site)}):
            self._ask(
                resource,
                lambda r=resource: self._fetch.window(
                    r, self.site_id, window, lambda w, longest: windows.split(*w, longest)
                ),
                answers,
            )
        if not site.has_meters:
            answers.meters = []
        if not site.has_batteries:
            answers.storage = []
        self._answers.storage = answers.storage
        if self._sums is not None:
            self._sums.add(answers)
        return answers

    def _series_of(self, stream: SolarEdgeStream, site: Site) -> set[Resource]:
        """Return the series that a stream needs from this site's devices."""
        absent = set() if site.has_meters else {Resource.METERS}
        absent |= set() if site.has_batteries else {Resource.STORAGE}
        return set(stream.needs & {Resource.POWER, Resource.METERS, Resource.STORAGE}) - absent

    def _quarter_start(self, stream: SolarEdgeStream, site: Site) -> datetime:
        if stream.cadence is Cadence.LATEST:
            return quarter_floor(self._end - NEWEST)
        bookmark = self._bookmarks.value(stream.name, self.site_id)
        if bookmark is None:
            return quarter_ceil(self._floor(site, self._scope.power_lookback))
        return quarter_floor(from_utc_text(bookmark) + QUARTER - self._scope.overlap)

    def _floor(self, site: Site, lookback: timedelta) -> datetime:
        """Return the first instant that is wanted: by the settings, and since the site exists."""
        wanted = self._scope.start or self._end - lookback
        return max(wanted, midnight(site.installed, site.zone)) if site.installed else wanted

    # Energy

    def _energy(self, site: Site) -> Iterator[Batch | None]:
        for stream in self._streams:
            if stream.cadence is not Cadence.ENERGY or not self._alive(stream):
                continue
            for window in self._energy_windows(stream, site):
                answers = self._energy_answers(site, window)
                if not self._alive(stream):
                    break
                records = list(stream.records(site, answers))
                yield self._batch(stream, records)
                self._advance_energy(stream, records, window, site)
                yield None

    def _energy_windows(self, stream: SolarEdgeStream, site: Site) -> list[Window]:
        """Return the windows to read: none when nothing new can be had for one call."""
        unit, today = self._scope.time_unit, local_day(self._end, site.zone)
        floor = unit_start(local_day(self._floor(site, self._scope.energy_lookback), site.zone), unit)
        bookmark = self._bookmarks.value(stream.name, self.site_id)
        first = floor
        if bookmark is not None:
            first = unit_start(date.fromisoformat(bookmark), unit)
            if self._covered(first, site):
                first = max(min(self._covered_from(), first), floor)
            elif self._read_today(stream, site, today):
                return []
            else:
                longest = self._fetch.longest(Resource.ENERGY)
                first = min(first, max(unit_start(today - longest + timedelta(days=1), unit), floor))
        span = Window(midnight(first, site.zone), self._end)
        return self._cut_periods(span, self._fetch.longest(Resource.ENERGY), site)

    def _covered(self, first: date, site: Site) -> bool:
        """Whether the split of all days since `first` follows from the quarter hours that were read."""
        covers = self._sums is not None and self._sums.covers(first, self._end)
        return covers and self._scope.time_unit == "DAY" and site.has_meters

    def _covered_from(self) -> date:
        first = self._sums.first_day() if self._sums else None
        return first or date.max

    def _read_today(self, stream: SolarEdgeStream, site: Site, today: date) -> bool:
        """Whether the periods were read since the site's last midnight (only meters make it cost more)."""
        read_until = self._bookmarks.read_until(stream.name, self.site_id)
        read_day = local_day(from_utc_text(read_until), site.zone) if read_until else date.min
        return site.has_meters and read_day >= today

    def _energy_answers(self, site: Site, window: Window) -> Answers:
        answers = Answers(window, meter_energy=[], storage_energy=[])
        asked = [Resource.ENERGY]
        if self._sums is not None and self._covered(local_day(window.start, site.zone), site):
            answers.meter_energy, answers.storage_energy = self._sums.meters(), self._sums.storage()
        else:
            asked += [Resource.METER_ENERGY] if site.has_meters else []
            asked += [Resource.STORAGE_ENERGY] if site.has_meters and site.has_batteries else []
        for resource in asked:
            self._ask(
                resource,
                lambda r=resource: self._fetch.window(
                    r, self.site_id, window, lambda w, longest: self._cut_periods(w, longest, site)
                ),
                answers,
            )
        return answers

    def _cut_periods(self, window: Window, longest: timedelta, site: Site) -> list[Window]:
        """Cut a span into windows of whole local periods, oldest first, the newest ones of full length."""
        start, end = local_day(window.start, site.zone), window.end
        seams = [start]
        while midnight(seams[-1], site.zone) < end:
            seams.append(unit_end(seams[-1], self._scope.time_unit))
        cut: list[Window] = []
        last = seams.pop()
        while seams:
            first = next((seam for seam in seams if last - seam <= longest), seams[-1])
            cut.append(Window(midnight(first, site.zone), min(midnight(last, site.zone), end)))
            last, seams = first, seams[: seams.index(first)]
        return cut[::-1]

    def _advance_energy(
        self, stream: SolarEdgeStream, records: list[Record], window: Window, site: Site
    ) -> None:
        today, unit = local_day(self._now, site.zone), self._scope.time_unit
        carried = [record["reading_date"] for record in records if stream.has_value(record)]
        newest = max(
            (day for day in carried if unit_end(date.fromisoformat(day), unit) <= today), default=None
        )
        self._bookmarks.advance(stream.name, self.site_id, "reading_date", newest, window.end)

    # Newest state

    def _latest(self, site: Site | None) -> Iterator[Batch | None]:
        if site is None:
            return
        for stream in self._streams:
            if stream.cadence is Cadence.LATEST and site.has_batteries and self._alive(stream):
                self._lifetime(stream)
                yield self._batch(stream, list(stream.records(site, self._answers)))

    def _lifetime(self, stream: SolarEdgeStream) -> None:
        """Read the lifetime energies of the batteries, once a day: they cost a call of their own."""
        partition = self._bookmarks.of(stream.name, self.site_id)
        read = partition.get("lifetime_read_at")
        if read and from_utc_text(read) + LIFETIME_EVERY > self._now:
            return
        resource = Resource.LIFETIME_STORAGE
        self._ask(resource, lambda: self._fetch.whole(resource, self.site_id), self._answers)
        if self._answers.lifetime_storage is not None:
            partition["lifetime_read_at"] = utc_text(self._now)

    # Bookkeeping

    def _ask(self, resource: Resource, get: Any, answers: Answers) -> None:  # noqa: ANN401
        """Put an answer where streams find it; a failure is that of the streams that need the answer."""
        try:
            setattr(answers, resource.value, get())
        except TapSolarEdgeError as error:
            if error.stops_the_run:
                raise
            where = self.skipped if isinstance(error, NotPermitted) else self.failures
            hit = [stream.name for stream in self._streams if _needs(stream, resource)]
            where.update({name: error for name in hit if name not in self.skipped | self.failures})
            level = logging.WARNING if isinstance(error, NotPermitted) else logging.ERROR
            logger.log(level, "site %s: %s: %s", self.site_id, ", ".join(hit) or resource, error)

    def _alive(self, stream: SolarEdgeStream) -> bool:
        return stream.name not in self.failures and stream.name not in self.skipped

    def _batch(self, stream: SolarEdgeStream, records: list[Record]) -> Batch:
        self.counts[stream.name] += len(records)
        return stream, records

    def _advance(
        self, stream: SolarEdgeStream, records: list[Record], window: Window, complete_until: datetime
    ) -> None:
        """Move the bookmark to the newest interval that is over and carried a value."""
        limit = utc_text(complete_until)
        newest = max(
            (r["timestamp"] for r in records if r["timestamp"] <= limit and stream.has_value(r)), default=None
        )
        self._bookmarks.advance(stream.name, self.site_id, "timestamp", newest, window.end)

    def _finish(self, site: Site | None) -> None:
        for stream in self._streams:
            name = stream.name
            if name in self.failures:
                self._bookmarks.finish(name, self.site_id, self._now, "error", str(self.failures[name]))
            elif name in self.skipped:
                self._bookmarks.finish(name, self.site_id, self._now, "skipped", str(self.skipped[name]))
            else:
                self._bookmarks.finish(name, self.site_id, self._now)
                newest = self._bookmarks.value(name, self.site_id)
                logger.info(
                    "site %s (%s): %s: %s records%s",
                    self.site_id,
                    site.name if site else "?",
                    name,
                    f"{self.counts[name]:,}",
                    f", complete to {newest}" if newest else "",
                )


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
        devices=devices or Inventory([], [], []),
    )
