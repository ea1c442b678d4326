"""What to ask next: bookmarks, time, limits and what is left become steps, each with its price. Pure.

Today's data of a site come first, then late data of the last days, then history, newest first. A call is paid
for whole, so the newest window is always as long as the service accepts. Where meters are read by the quarter
hour anyway, the split of the days follows from that and costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING

from tap_solaredge import coverage, sun, windows
from tap_solaredge.local_time import (
    QUARTER,
    local_day,
    midnight,
    quarter_ceil,
    quarter_floor,
    unit_end,
    unit_start,
)
from tap_solaredge.readings import Resource, Site
from tap_solaredge.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SERIES = frozenset({Resource.POWER, Resource.METERS, Resource.STORAGE})
PERIOD_SERIES = frozenset({Resource.ENERGY, Resource.METER_ENERGY, Resource.STORAGE_ENERGY})
SETTLES = timedelta(minutes=90)
"""How long after dusk power is still asked for: the last quarter hours arrive late (gotcha 2)."""
DAY_REFRESH = timedelta(hours=6)
"""How often the running day's energy is read, where it costs a call."""
MAY_WAIT = timedelta(minutes=75)
"""When the month's pace is exceeded, quarter hours younger than this are left for the next run."""


class Urgency(Enum):
    """Why a step is wanted, most urgent first."""

    TODAY = "today"
    LATE = "late data"
    HISTORY = "history"


@dataclass(frozen=True, slots=True)
class Scope:
    """What the settings ask for."""

    start: datetime | None
    end: datetime | None
    energy_lookback: timedelta
    power_lookback: timedelta
    time_unit: str
    overlap: timedelta
    late_data: timedelta


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one stream of one site has been read."""

    needs: frozenset[Resource]
    covered: list[Window]

    @property
    def until(self) -> datetime | None:
        """The end of the newest span that has been read."""
        return self.covered[-1].end if self.covered else None


@dataclass(frozen=True, slots=True)
class Step:
    """One window to read: what is asked, and for which streams."""

    window: Window
    urgency: Urgency
    asks: tuple[Resource, ...]
    streams: tuple[str, ...]
    calls: int
    periods: bool = False
    """Whether these are days, weeks, months or years; else quarter hours."""
    split_from_quarters: bool = False
    """Whether the split of the days follows from quarter hours that earlier steps of this run read."""


@dataclass(frozen=True, slots=True)
class SitePlanner:
    """Plans one site."""

    site: Site
    scope: Scope
    now: datetime
    quarters: dict[str, Progress]
    """Streams of quarter hours by name."""
    energy: dict[str, Progress]
    """Streams of days, weeks, months or years by name."""
    latest: dict[str, Progress]
    """Streams of the newest state by name: fed from today's quarter hours, without history."""
    longest: Callable[[Resource], timedelta]
    """The longest window that the service accepts."""
    splits_by_quarters: bool = True
    """Whether the dialect's quarter hours of meters add up to its days."""
    keeps_pace: bool = True
    """Whether the budget allows a run at this time of the month."""
    end: datetime = field(init=False)

    def __post_init__(self) -> None:
        end = min(self.now, self.scope.end) if self.scope.end else self.now
        object.__setattr__(self, "end", end)

    # Today

    def today(self, last_update: datetime | None = None) -> list[Step]:
        """Return the newest windows, where they can hold anything new.

        Args:
            last_update: The service's newest data of this site, where that was told in this run.
        """
        if self.site.pending or self._nothing_new(last_update):
            return []
        quarters = self._newest_quarters()
        sums_from = quarters.window.start if quarters and Resource.METERS in quarters.asks else None
        return [step for step in (quarters, self._newest_periods(sums_from)) if step and step.calls]

    def _nothing_new(self, last_update: datetime | None) -> bool:
        read = [progress.until for progress in (self.quarters | self.energy | self.latest).values()]
        known = [until for until in read if until is not None]
        return last_update is not None and len(known) == len(read) and last_update + QUARTER <= min(known)

    def _newest_quarters(self) -> Step | None:
        due = {name: p for name, p in (self.quarters | self.latest).items() if self._quarter_is_over(p)}
        asks = {ask for progress in due.values() for ask in self._series(progress)}
        if not due or not asks:
            return None
        window = Window(self._newest_start(asks), self.end)
        night = self._night(window)
        if night is not None:
            asks -= {Resource.POWER}
            due = {name: p for name, p in due.items() if self._series(p) != {Resource.POWER}}
            window = (
                Window(night, self.end) if any(Resource.POWER in p.needs for p in due.values()) else window
            )
        return self._step(window, Urgency.TODAY, asks, due) if asks else None

    def _quarter_is_over(self, progress: Progress) -> bool:
        """Whether a quarter hour ended since the last read, and the budget does not ask to wait."""
        if progress.until is None:
            return True
        if progress.until >= self.end or quarter_floor(progress.until) == quarter_floor(self.end):
            return False
        return self.keeps_pace or self.end - progress.until >= MAY_WAIT

    def _newest_start(self, asks: set[Resource]) -> datetime:
        longest = min(self.longest(ask) for ask in asks)
        overlapping = self.end - max(longest, self.scope.overlap)
        return max(quarter_ceil(overlapping), self.floor(self.scope.power_lookback))

    def _night(self, window: Window) -> datetime | None:
        """Return where the night began that still lasts and whose evening has been read, else None."""
        latitude, longitude = self.site.latitude, self.site.longitude
        powers = [p.until for p in self.quarters.values() if Resource.POWER in p.needs]
        if latitude is None or longitude is None or not powers or None in powers:
            return None
        read = min(until for until in powers if until is not None)
        if not sun.dark(latitude, longitude, read - SETTLES, self.end):
            return None
        start = quarter_floor(read - SETTLES)
        return max(start, window.start)

    # Days, weeks, months, years

    def _newest_periods(self, sums_from: datetime | None) -> Step | None:
        if not self.energy:
            return None
        unit, today = self.scope.time_unit, local_day(self.end, self.site.zone)
        first = self.first_period()
        until = min((p.until for p in self.energy.values() if p.until), default=None)
        if len([p for p in self.energy.values() if p.until]) < len(self.energy):
            until = None
        read_day = local_day(until, self.site.zone) if until else None
        summed = self._first_summed_day(sums_from)
        free = summed is not None and (read_day is None or summed <= read_day)
        if (
            read_day is not None
            and until is not None
            and not self._period_due(read_day, until, today, free=free)
        ):
            return None
        longest = self.longest(Resource.ENERGY)
        if free and summed is not None:
            start = max(summed, first)
        else:
            start = max(unit_start(today - longest + timedelta(days=1), unit), first)
        return self._period_step(Window(self._midnight(start), self.end), Urgency.TODAY, free=free)

    def _period_due(self, read_day: date, until: datetime, today: date, *, free: bool) -> bool:
        """Whether a day is over that was not, or the running one is worth a call."""
        if read_day < today:
            return self.keeps_pace or self.end - until >= MAY_WAIT
        affordable = free or not self.site.has_meters
        return affordable and self.keeps_pace and self.end - until >= DAY_REFRESH

    def _first_summed_day(self, sums_from: datetime | None) -> date | None:
        """Return the first day whose quarter hours are all read by this run, None where sums do not help."""
        if sums_from is None or not self._sums_help():
            return None
        day = local_day(sums_from, self.site.zone)
        first = day if self._midnight(day) >= sums_from else day + timedelta(days=1)
        return first if self._midnight(first) < self.end else None

    def _period_step(self, window: Window, urgency: Urgency, *, free: bool) -> Step:
        asks = {Resource.ENERGY}
        if self.site.has_meters and not free:
            asks |= {Resource.METER_ENERGY} | (
                {Resource.STORAGE_ENERGY} if self.site.has_batteries else set()
            )
        calls = sum(len(self.cut_periods(window, self.longest(ask))) for ask in asks)
        return Step(window, urgency, tuple(sorted(asks)), tuple(self.energy), calls, periods=True,
                    split_from_quarters=free)  # fmt: skip

    # Late data and history

    def late(self, read_today: Window | None = None) -> list[Step]:
        """Return the windows of the last days that today's window did not reach, for once a day."""
        asks = {ask for progress in self.quarters.values() for ask in self._series(progress)}
        if not asks or self.site.pending:
            return []
        start = max(quarter_floor(self.end - self.scope.late_data), self.floor(self.scope.power_lookback))
        span = Window(start, self._newest_start(asks))
        if span.start >= span.end or any(coverage.missing(span, p.covered) for p in self.quarters.values()):
            return []
        longest = max(self.longest(ask) for ask in asks)
        gaps = coverage.missing(span, [read_today] if read_today else [])
        cut = [window for gap in gaps for window in windows.split(*gap, longest)]
        return [self._step(window, Urgency.LATE, asks, dict(self.quarters)) for window in reversed(cut)]

    def history(self, read_today: Window | None = None) -> list[list[Step]]:
        """Return blocks of what was never read, newest first; a block is best read in one run.

        A block is one window of days and the quarter hours in it, whose sums give the split of the days.

        Args:
            read_today: The quarter hours with meters that this run has read already.
        """
        if self.site.pending:
            return []
        asks = {ask for progress in self.quarters.values() for ask in self._series(progress)}
        gaps = self._missing_quarters(asks)
        blocks: list[list[Step]] = []
        for period in reversed(self._missing_periods()):
            outside = coverage.missing(period, gaps)
            steps = self._history_steps(coverage.missing(period, outside), asks)
            gaps = [part for gap in gaps for part in coverage.missing(gap, [period])]
            read = [step.window for step in steps if Resource.METERS in step.asks]
            free = self._sums_help() and not coverage.missing(
                period, [*read, *([read_today] if read_today else [])]
            )
            blocks.append([*steps, self._period_step(period, Urgency.HISTORY, free=free)])
        return [*blocks, *([step] for step in self._history_steps(gaps, asks))]

    def _history_steps(self, gaps: list[Window], asks: set[Resource]) -> list[Step]:
        """Cut gaps into steps, newest first."""
        longest = max((self.longest(ask) for ask in asks), default=QUARTER)
        steps = []
        for window in reversed([window for gap in gaps for window in windows.split(*gap, longest)]):
            due = {n: p for n, p in self.quarters.items() if coverage.missing(window, p.covered)}
            needed = {ask for progress in due.values() for ask in self._series(progress)}
            steps.append(self._step(window, Urgency.HISTORY, needed, due))
        return [step for step in steps if step.calls]

    def _missing_quarters(self, asks: set[Resource]) -> list[Window]:
        """Return the spans of quarter hours that some stream has not read since they settled."""
        if not asks:
            return []
        floor, newest = self.floor(self.scope.power_lookback), self._newest_start(asks)
        settles = min(self.scope.late_data, min(self.longest(ask) for ask in asks) / 2)
        gaps = []
        for progress in self.quarters.values():
            read = progress.covered
            reaches_today = progress.until is not None and progress.until >= newest
            wanted = Window(
                floor, max(newest, progress.until) if reaches_today and progress.until else newest
            )
            if wanted.start < wanted.end:
                gaps.append(coverage.missing(wanted, read if reaches_today else _settled(read, settles)))
        return coverage.union(gaps)

    def _missing_periods(self) -> list[Window]:
        """Return the windows of days that have not been read, oldest first."""
        if not self.energy:
            return []
        wanted = Window(
            self._midnight(self.first_period()), self._midnight(local_day(self.end, self.site.zone))
        )
        if wanted.start >= wanted.end:
            return []
        gaps = coverage.union(coverage.missing(wanted, p.covered) for p in self.energy.values())
        longest = self.longest(Resource.ENERGY)
        return [window for gap in gaps for window in self.cut_periods(gap, longest)]

    def _sums_help(self) -> bool:
        """Whether quarter hours of this site's meters add up to the periods that are wanted."""
        return self.site.has_meters and self.splits_by_quarters and self.scope.time_unit == "DAY"

    def after(self, steps: list[Step]) -> SitePlanner:
        """Return the planner as it will be once some steps have been read."""

        def read(streams: dict[str, Progress], *, periods: bool) -> dict[str, Progress]:
            found = dict(streams)
            for step in steps:
                for name in step.streams:
                    if name in found and step.periods is periods:
                        old = found[name]
                        found[name] = Progress(old.needs, coverage.add(old.covered, step.window))
            return found

        return replace(
            self, quarters=read(self.quarters, periods=False), energy=read(self.energy, periods=True)
        )

    # Shared

    def floor(self, lookback: timedelta) -> datetime:
        """Return the first instant that is wanted: by the settings, and since the site exists."""
        wanted = self.scope.start or self.end - lookback
        if self.site.installed:
            wanted = max(wanted, self._midnight(self.site.installed))
        return quarter_ceil(wanted)

    def first_period(self) -> date:
        """Return the first day of the first period that is wanted."""
        first = local_day(self.floor(self.scope.energy_lookback), self.site.zone)
        return unit_start(first, self.scope.time_unit)

    def cut_periods(self, window: Window, longest: timedelta) -> list[Window]:
        """Cut a span into windows of whole local periods, oldest first, the newest ones of full length."""
        seams = [local_day(window.start, self.site.zone)]
        while self._midnight(seams[-1]) < window.end:
            seams.append(unit_end(seams[-1], self.scope.time_unit))
        cut: list[Window] = []
        last = seams.pop()
        while seams:
            end = self._midnight(last)
            first = next((seam for seam in seams if end - self._midnight(seam) <= longest), seams[-1])
            cut.append(Window(self._midnight(first), min(end, window.end)))
            last, seams = first, seams[: seams.index(first)]
        return cut[::-1]

    def _step(
        self, window: Window, urgency: Urgency, asks: set[Resource], streams: Mapping[str, Progress]
    ) -> Step:
        calls = sum(len(windows.split(*window, self.longest(ask))) for ask in asks)
        return Step(window, urgency, tuple(sorted(asks)), tuple(streams), calls)

    def _series(self, progress: Progress) -> set[Resource]:
        """Return the series that a stream needs from this site's devices."""
        absent = set() if self.site.has_meters else {Resource.METERS}
        absent |= set() if self.site.has_batteries else {Resource.STORAGE}
        return set(progress.needs & SERIES) - absent

    def _midnight(self, day: date) -> datetime:
        return midnight(day, self.site.zone)


def _settled(covered: list[Window], settles: timedelta) -> list[Window]:
    """Return what was read and cannot have changed since: the end of the newest span was still filling in."""
    if not covered:
        return []
    *older, newest = covered
    return [*older, Window(newest.start, max(newest.end - settles, newest.start))]
