"""What a plan of one site is made from: the site, the time, how far its streams have come. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_solaredge.local_time import local_day, midnight, quarter_ceil
from tap_solaredge.plan import windows
from tap_solaredge.plan.calls import Call
from tap_solaredge.plan.owed import all_until
from tap_solaredge.resources import ENERGY, METER_ENERGY, QUARTER_SUMS, STORAGE_ENERGY, Kind, Needs, Resource
from tap_solaredge.spans import Spans, Window, common_to_all, union, without

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date, datetime

    from tap_solaredge.measured.site import Site
    from tap_solaredge.plan.calls import Purpose
    from tap_solaredge.plan.owed import Coverage
    from tap_solaredge.plan.scope import Scope
    from tap_solaredge.service.dialect import Dialect

ENOUGH = timedelta(days=7)
"""How much of the newest window is read again where the service would accept more: late data are in it."""
LONGEST_WAIT = timedelta(hours=30)
"""How old a day's energy may be before its split is read, where quarter hours gave none."""
PERIODS: Needs = frozenset({ENERGY, METER_ENERGY, STORAGE_ENERGY})


@dataclass(frozen=True, slots=True)
class Progress:
    """One stream of one site: what its records need, and how far it has been read."""

    needs: Needs
    coverage: Coverage


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
    last_update: datetime | None
    """The service's newest data of the site, where that was told in this run."""
    late_is_due: bool
    """Whether the last days were not read again yet on this day of the site."""
    totals_are_due: bool
    """Whether the service's own totals were not read yet on this day of the site."""
    first_data: str | None
    """The site's first day with data, where the service has told it."""
    lifetime_is_due: bool
    """Whether the total of the whole life was not read yet in this month of the site."""

    @property
    def end(self) -> datetime:
        """Nothing is read from here on."""
        return self.scope.until(self.now)

    def needed(self, *needs: Needs, kind: Kind = Kind.QUARTERS) -> Needs:
        """Return the resources that must be fetched for what some streams need."""
        wanted = frozenset(need for needed in needs for need in needed if need.kind is kind)
        others = frozenset(need for progress in self.quarters.values() for need in progress.needs)
        return self.dialect.needed(self.site, wanted, others)

    def users(self, resource: Resource[Any], streams: Mapping[str, Progress]) -> dict[str, Progress]:
        """Return those of some streams of quarter hours that need a resource."""
        return {name: one for name, one in streams.items() if resource in self.needed(one.needs)}

    def newest_start(self, resources: Needs) -> datetime:
        """Return the start of the newest window of quarter hours, paid for whole."""
        lengths = [self.longest(resource) for resource in resources]
        never_read = any(p.coverage.until is None for p in self.quarters.values())
        longest = max(lengths) if never_read else min(ENOUGH, *lengths)
        return max(quarter_ceil(self.end - longest), self.start(self.quarters))

    def start(self, streams: Mapping[str, Progress]) -> datetime:
        """Return the first instant that any of some streams owes."""
        starts = (progress.coverage.start for progress in streams.values())
        return min((start for start in starts if start is not None), default=self.end)

    def periods_start(self) -> datetime:
        """Return where the first day, week, month or year begins that is owed."""
        return windows.period_at(self.start(self.energy), self.scope.time_unit, self.site.zone).start

    def periods_until(self) -> datetime | None:
        """Return up to when days, weeks, months or years have been read, None before the first time."""
        return all_until(progress.coverage for progress in self.energy.values())

    def period_resources(self) -> Needs:
        """Return the resources of days with their split, where quarter hours do not give it."""
        return self.dialect.needed(self.site, PERIODS, PERIODS)

    def sums_help(self) -> bool:
        """Whether quarter hours of this site save calls for the days that are wanted."""
        return bool(self.sum_resources())

    def sold_by_quarters(self) -> bool:
        """Whether days are to be read with their quarter hours: only these tell what a battery sold."""
        return self.site.sells and self.sums_help()

    def sum_resources(self) -> Needs:
        """Return the quarter hours whose sums give the split of days without a call."""
        if not self.energy or self.scope.time_unit != "DAY":
            return frozenset()
        return frozenset(QUARTER_SUMS[one] for one in self.period_resources() if one in QUARTER_SUMS)

    def periods_wait(self) -> bool:
        """Whether the days since the last read may wait for a run that reads quarter hours."""
        until = self.periods_until()
        return until is not None and self.sums_help() and self.end - until < LONGEST_WAIT

    def summed(self, planned: Iterable[tuple[Resource[Any], Window]]) -> Spans:
        """Return the spans of which the quarter hours of this run give the split of the days.

        Args:
            planned: What this run will read yet, and when.
        """
        read: dict[Resource[Any], Spans] = {}
        for resource, window in planned:
            read.setdefault(resource, []).append(window)
        return common_to_all(union(self.read.get(one, []), read.get(one, [])) for one in self.sum_resources())

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
        names, resolution = tuple(streams), self.scope.resolution(resource)
        left = without(spans, self.read.get(resource, []))
        longest, zone = self.longest(resource), self.site.zone
        if resource.kind is Kind.PERIODS:
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
