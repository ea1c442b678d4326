"""What a plan of one site is made from: the site, the time, how far its streams have come. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_solaredge.local_time import local_day, midnight, quarter_ceil, unit_start
from tap_solaredge.plan import windows
from tap_solaredge.plan.calls import Call
from tap_solaredge.resources import ENERGY, METER_ENERGY, QUARTER_SUMS, STORAGE_ENERGY, Kind, Needs, Resource
from tap_solaredge.spans import Spans, Window, common, union, without

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date, datetime

    from tap_solaredge.measured.readings import Site
    from tap_solaredge.plan.calls import Purpose
    from tap_solaredge.plan.scope import Progress, Scope
    from tap_solaredge.service.dialect import Dialect

ENOUGH = timedelta(days=7)
"""How much of the newest window is read again where the service would accept more: late data are in it."""
HINT = timedelta(days=28)
"""How long before the installation date daily energy is read: one call."""
PERIODS: Needs = frozenset({ENERGY, METER_ENERGY, STORAGE_ENERGY})


@dataclass(frozen=True, slots=True)
class SiteProgress:
    """How far the harvest of one site has come."""

    site: Site
    scope: Scope
    now: datetime
    quarters: Mapping[str, Progress]
    """Streams of quarter hours by name."""
    energy: Mapping[str, Progress]
    """Streams of days, weeks, months or years by name."""
    latest: Mapping[str, Progress]
    """Streams of the newest state by name: fed from today's quarter hours, without history."""
    totals: Mapping[str, Progress]
    """Streams of the service's own totals by name."""
    read: Mapping[Resource[Any], Spans]
    """What this run has read already."""
    longest: Callable[[Resource[Any]], timedelta]
    """The longest window that the service accepts."""
    dialect: Dialect
    patience: timedelta = timedelta()
    """How old the newest data must be to be worth a call; more than 0 when calls were spent ahead of time."""
    late_is_due: bool = False
    """Whether the last days were not read again yet on this day of the site."""
    totals_are_due: bool = False
    """Whether the service's own totals were not read yet on this day of the site."""
    first_data: str | None = None
    """The site's first day with data, where the service has told it."""
    lifetime_is_due: bool = False
    """Whether the total of the whole life was not read yet in this month of the site."""
    end: datetime = field(init=False)
    """Nothing is read from here on."""

    def __post_init__(self) -> None:
        end = min(self.now, self.scope.end) if self.scope.end else self.now
        object.__setattr__(self, "end", end)

    def needed(self, streams: Iterable[Progress], kind: Kind = Kind.QUARTERS) -> Needs:
        """Return the resources that some streams need."""
        wanted = frozenset(need for stream in streams for need in stream.needs if need.kind is kind)
        others = frozenset(need for progress in self.quarters.values() for need in progress.needs)
        return self.dialect.needed(self.site, wanted, others)

    def newest_start(self, resources: Needs) -> datetime:
        """Return the start of the newest window of quarter hours, paid for whole."""
        lengths = [self.longest(resource) for resource in resources]
        never_read = any(p.coverage.until is None for p in self.quarters.values())
        longest = max(lengths) if never_read else min(ENOUGH, *lengths)
        return max(quarter_ceil(self.end - longest), self.quarters_start())

    def quarters_start(self) -> datetime:
        """Return the first instant that any stream of quarter hours owes."""
        return self._start(self.quarters)

    def first_period(self) -> date:
        """Return the first day of the first period that is owed."""
        start = self._start(self.energy)
        return unit_start(local_day(start, self.site.zone), self.scope.time_unit)

    def periods_until(self) -> datetime | None:
        """Return up to when the stream of days that is furthest behind has been read."""
        read = [progress.coverage.until for progress in self.energy.values()]
        known = [until for until in read if until is not None]
        return min(known) if known and len(known) == len(read) else None

    def period_resources(self) -> Needs:
        """Return the resources of days with their split, where quarter hours do not give it."""
        return self.dialect.needed(self.site, PERIODS, PERIODS)

    def sums_help(self) -> bool:
        """Whether quarter hours of this site save calls for the days that are wanted."""
        return bool(self.energy) and self.scope.time_unit == "DAY" and len(self.period_resources()) > 1

    def summed(self, planned: Mapping[Resource[Any], Spans]) -> Spans:
        """Return the spans of which the quarter hours of this run give the split of the days."""
        if not self.sums_help():
            return []
        found: Spans | None = None
        for days, quarters in QUARTER_SUMS.items():
            if days in self.period_resources():
                spans = [*self.read.get(quarters, []), *planned.get(quarters, [])]
                found = union(spans) if found is None else common(found, union(spans))
        return found or []

    def calls(
        self,
        resource: Resource[Any],
        spans: Iterable[Window],
        purpose: Purpose,
        streams: Iterable[str],
        *,
        by_day: bool = False,
    ) -> list[Call]:
        """Return the calls that read some spans, newest first, without what this run has read.

        Args:
            resource: What is read.
            spans: When.
            purpose: Why.
            streams: The streams that need it.
            by_day: Whether windows of quarter hours begin with a day where that is possible.
        """
        names, periods = tuple(streams), resource.kind is Kind.PERIODS
        resolution = self.scope.time_unit if periods else "QUARTER_HOUR"
        left = without(spans, self.read.get(resource, []))
        longest, zone = self.longest(resource), self.site.zone
        if periods:
            cut = windows.cut_periods(left, longest, self.scope.time_unit, zone)
        else:
            cut = windows.cut(left, longest, zone if by_day else None)
        return [
            Call(request, purpose, resource, window, names)
            for window in (Window(start, min(end, self.end)) for start, end in cut)
            for request in self.dialect.requests(resource, self.site.ref, window, resolution)
        ]

    def midnight(self, day: date) -> datetime:
        """Return the instant at which a day of the site begins."""
        return midnight(day, self.site.zone)

    def today(self) -> date:
        """Return the site's date."""
        return local_day(self.end, self.site.zone)

    def _start(self, streams: Mapping[str, Progress]) -> datetime:
        starts = (progress.coverage.start for progress in streams.values())
        return min((start for start in starts if start is not None), default=self.end)


def first_run(site: Site, scope: Scope, end: datetime, *, days: bool) -> datetime:
    """Return where a first run begins: at the start that the settings name, else a look-back before its end.

    The installation date is a hint only (gotcha 81): daily energy is read from before it, at little cost, and
    where that shows data, the rest follows; see `earlier`. One that is still to come says nothing.
    """
    wanted = scope.start or end - (scope.energy_lookback if days else scope.power_lookback)
    installed = midnight(site.installed, site.zone) if site.installed else None
    if installed and installed <= end and not (days and scope.start):
        wanted = max(wanted, installed - HINT if days else installed)
    return quarter_ceil(wanted)


def earlier(first_data: datetime, scope: Scope, end: datetime, *, days: bool) -> datetime:
    """Return where reading begins, now that data from before the installation date were found."""
    wanted = scope.start or end - (scope.energy_lookback if days else scope.power_lookback)
    return quarter_ceil(max(wanted, first_data - HINT if days else first_data))
