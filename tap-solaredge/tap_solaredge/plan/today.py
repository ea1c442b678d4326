"""What to ask next: bookmarks, time, limits and what is left become steps, each with its price. Pure.

Today's data of a site come first, then late data of the last days, then history (`history.py`). A call is
paid for whole, so the newest window is as long as the service accepts. Where meters are read by the quarter
hour anyway, the split of the days follows from that and costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from tap_solaredge.local_time import (
    QUARTER,
    local_day,
    midnight,
    quarter_ceil,
    quarter_floor,
    unit_start,
)
from tap_solaredge.plan import sun, windows
from tap_solaredge.plan.history import History
from tap_solaredge.plan.steps import PERIOD_SERIES, SERIES, SOLAR, Progress, Scope, Step, Urgency
from tap_solaredge.resources import Resource
from tap_solaredge.spans import Window, add, missing, union

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from tap_solaredge.measured.readings import Site
    from tap_solaredge.service.dialect import Dialect

SETTLES = timedelta(minutes=90)
"""How long after dusk power is still asked for: the last quarter hours arrive late (gotcha 2)."""
DAY_REFRESH = timedelta(hours=6)
"""How often the running day's energy is read, where it costs a call."""
LONGEST_WAIT = timedelta(hours=30)
"""How old a day's energy may be before its split is asked for, where quarter hours gave none."""
STALE, GONE = timedelta(hours=2), timedelta(days=1)
"""Older data are asked for though calls were spent ahead of time, until a site counts as offline."""
ENOUGH = timedelta(days=7)
"""How much of the newest window is read again where the service would accept more: late data are in it."""


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
    dialect: Dialect
    patience: timedelta = timedelta()
    """How old the newest data must be to be worth a call; more than 0 when calls were spent ahead of time."""
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
        sums_from = quarters.window.start if quarters and self.summable(quarters.asks) else None
        return [step for step in (quarters, self._newest_periods(sums_from)) if step and step.calls]

    def _nothing_new(self, last_update: datetime | None) -> bool:
        read = [progress.until for progress in (self.quarters | self.energy | self.latest).values()]
        return last_update is not None and all(u is not None and last_update + QUARTER <= u for u in read)

    def _newest_quarters(self) -> Step | None:
        due = {name: p for name, p in (self.quarters | self.latest).items() if self._quarter_is_over(p)}
        asks = self.asks(due.values())
        if not due or not asks:
            return None
        window = Window(self.newest_start(asks), self.end)
        night = self._night(window)
        if night is not None and not self._splits_a_new_day():
            asks -= SOLAR
            due = {name: p for name, p in due.items() if not p.needs & SERIES <= SOLAR}
            window = (
                Window(night, self.end) if any(Resource.POWER in p.needs for p in due.values()) else window
            )
        if not asks:
            return None
        never_read = any(progress.until is None for progress in due.values())
        step = self.step(window, Urgency.TODAY, asks, due)
        return replace(step, floor=self.floor(self.scope.power_lookback)) if never_read else step

    def _quarter_is_over(self, progress: Progress) -> bool:
        """Whether a quarter hour ended since the last read, and the budget does not ask to wait."""
        if progress.until is None:
            return True
        if progress.until >= self.end or quarter_floor(progress.until) == quarter_floor(self.end):
            return False
        return self.end - progress.until >= self.patience or self._was_silent(progress)

    def _was_silent(self, progress: Progress) -> bool:
        """Whether nothing came for a while that may have come now; not for days, since that costs calls."""
        return progress.newest is not None and STALE <= self.end - (progress.newest + QUARTER) < GONE

    def newest_start(self, asks: frozenset[Resource]) -> datetime:
        """Return the start of the newest window of quarter hours, paid for whole."""
        lengths = [self.longest(ask) for ask in asks]
        never_read = any(progress.until is None for progress in self.quarters.values())
        longest = max(lengths) if never_read else min(ENOUGH, *lengths)
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

    def _splits_a_new_day(self) -> bool:
        """Whether a day is over, and the quarter hours of a wide window, power included, give its split."""
        until = self.periods_until()
        return until is not None and self.sums_help() and local_day(until, self.site.zone) < self._this_day()

    # Days, weeks, months, years

    def periods_until(self) -> datetime | None:
        """Return up to when the stream of days that is furthest behind has been read."""
        read = [progress.until for progress in self.energy.values()]
        known = [until for until in read if until is not None]
        return min(known) if known and len(known) == len(read) else None

    def _this_day(self) -> date:
        return local_day(self.end, self.site.zone)

    def _newest_periods(self, sums_from: datetime | None) -> Step | None:
        if not self.energy:
            return None
        unit, today = self.scope.time_unit, self._this_day()
        first = self.first_period()
        until = self.periods_until()
        read_day = local_day(until, self.site.zone) if until else None
        summed = self._first_summed_day(sums_from)
        free = summed is not None and (read_day is None or summed <= read_day)
        if (
            read_day is not None
            and until is not None
            and not self._period_due(read_day, until, today, free=free)
        ):
            return None
        if free and summed is not None:
            start = max(summed, first)
        else:
            longest = min(self.longest(ask) for ask in self.period_asks())
            start = max(windows.first_period(longest, unit_start(today, unit), unit, self.site.zone), first)
        window = Window(self.midnight(start), self.end)
        return self.period_step(
            window, Urgency.TODAY, free=free, floor=self.midnight(first) if until is None else None
        )

    def _period_due(self, read_day: date, until: datetime, today: date, *, free: bool) -> bool:
        """Whether a day is over that was not, or the running one is worth a call.

        Where quarter hours of the same run would give the split, it waits for a run that reads some.
        """
        age, comes_free = self.end - until, self.quarters and self.sums_help()
        if read_day < today:
            return age >= self.patience and (free or not comes_free or age >= LONGEST_WAIT)
        affordable = free or not self.site.has_meters
        return affordable and not self.patience and age >= DAY_REFRESH

    def _first_summed_day(self, sums_from: datetime | None) -> date | None:
        """Return the first day whose quarter hours are all read by this run, None where sums do not help."""
        if sums_from is None or not self.sums_help():
            return None
        day = local_day(sums_from, self.site.zone)
        first = day if self.midnight(day) >= sums_from else day + timedelta(days=1)
        return first if self.midnight(first) < self.end else None

    def period_step(
        self,
        window: Window,
        urgency: Urgency,
        *,
        free: bool,
        floor: datetime | None = None,
        beyond: dict[Resource, Window] | None = None,
    ) -> Step:
        """Return the step that reads a window of days, weeks, months or years."""
        asks = frozenset({Resource.ENERGY}) if free else self.period_asks()
        calls = self.calls(asks, window, floor or window.start, {} if beyond is None else beyond)
        return Step(window, urgency, tuple(sorted(asks)), tuple(self.energy), calls, periods=True,
                    split_from_quarters=free, floor=floor)  # fmt: skip

    def calls(
        self, asks: Iterable[Resource], window: Window, floor: datetime, beyond: dict[Resource, Window]
    ) -> int:
        """Return how many calls a window takes, as `Fetch.window` will ask it; newest windows first.

        Args:
            asks: What is asked.
            window: The span.
            floor: Calls are asked in full length, down to here, for the older windows that follow.
            beyond: What the calls for the window before read beyond it; changed to what these read.
        """
        calls = 0
        for ask in asks:
            span = beyond.pop(ask, None)
            span = span if span is not None and span.end == window.end else None
            until = window.end if span is None else max(span.start, window.start)
            reach = windows.reach(floor, window.start, until, self.longest(ask))
            parts = windows.touching(self.cut(ask, reach), window)
            reached = parts[0].start if parts else span.start if span else window.start
            if reached < window.start:
                beyond[ask] = Window(reached, window.start)
            calls += len(parts) * self.dialect.price(ask, self.site.ref)
        return calls

    def period_asks(self) -> frozenset[Resource]:
        """Return what is asked for days with their split, where quarter hours do not give it."""
        return self.dialect.asks(self.site, PERIOD_SERIES)

    def periods_wait(self) -> bool:
        """Whether the days since the last read may wait for a run that reads quarter hours."""
        until = self.periods_until()
        return until is not None and self.sums_help() and self.end - until < LONGEST_WAIT

    # Late data

    def late(self, read_today: Window | None = None) -> list[Step]:
        """Return the windows of the last days that today's window did not reach, for once a day.

        What was never read is left to history.
        """
        asks = self.asks(self.quarters.values())
        if not asks or self.site.pending:
            return []
        start = max(quarter_floor(self.end - self.scope.late_data), self.floor(self.scope.power_lookback))
        span = Window(start, self.newest_start(asks))
        if span.start >= span.end:
            return []
        never_read = union(missing(span, p.covered) for p in self.quarters.values())
        longest = max(self.longest(ask) for ask in asks)
        gaps = missing(span, [*never_read, *([read_today] if read_today else [])])
        cut = [window for gap in gaps for window in windows.split(*gap, longest)]
        return [self.step(window, Urgency.LATE, asks, dict(self.quarters)) for window in reversed(cut)]

    def sums_help(self) -> bool:
        """Whether quarter hours of this site save calls for the periods that are wanted."""
        return self.scope.time_unit == "DAY" and self.period_asks() != {Resource.ENERGY}

    def summable(self, asks: Iterable[Resource]) -> bool:
        """Whether the answers hold everything that the days are made of."""
        wanted = {Resource.METERS} if self.site.has_meters else set()
        wanted |= {Resource.STORAGE} if self.site.has_batteries else set()
        return bool(wanted) and wanted <= set(asks)

    def quarters_in(self, steps: list[Step]) -> Window | None:
        """Return today's window of quarter hours, if meters and batteries are among them."""
        quarters = [step for step in steps if not step.periods]
        wanted = self.dialect.asks(self.site, frozenset({Resource.METERS, Resource.STORAGE}))
        return next((step.window for step in quarters if wanted <= set(step.asks)), None)

    def history(self, read_today: Window | None = None) -> Iterator[list[Step]]:
        """Yield blocks of what was never read, newest first; see `history.py`.

        Args:
            read_today: The quarter hours with meters that this run has read already.
        """
        return History(self, read_today).blocks()

    def after(self, steps: list[Step]) -> SitePlanner:
        """Return the planner as it will be once some steps have been read."""

        def read(streams: dict[str, Progress], *, periods: bool) -> dict[str, Progress]:
            found = dict(streams)
            for step in steps:
                for name in step.streams:
                    if name in found and step.periods is periods:
                        old = found[name]
                        covered = add(old.covered, step.window)
                        found[name] = replace(old, covered=covered)
            return found

        return replace(
            self, quarters=read(self.quarters, periods=False), energy=read(self.energy, periods=True)
        )

    # Shared

    def floor(self, lookback: timedelta) -> datetime:
        """Return the first instant that is wanted: by the settings, and since the site exists."""
        wanted = self.scope.start or self.end - lookback
        if self.site.installed:
            wanted = max(wanted, self.midnight(self.site.installed))
        return quarter_ceil(wanted)

    def first_period(self) -> date:
        """Return the first day of the first period that is wanted."""
        first = local_day(self.floor(self.scope.energy_lookback), self.site.zone)
        return unit_start(first, self.scope.time_unit)

    def cut(self, ask: Resource, window: Window, longest: timedelta | None = None) -> list[Window]:
        """Cut a window into parts that the service accepts, on seams that suit what is asked."""
        length = longest or self.longest(ask)
        by_period = ask in self.dialect.BY_PERIOD
        return self.cut_periods(window, length) if by_period else windows.split(*window, length)

    def cut_periods(self, window: Window, longest: timedelta) -> list[Window]:
        """Cut a span into windows of whole local periods."""
        return windows.split_periods(window, longest, self.scope.time_unit, self.site.zone)

    def step(
        self, window: Window, urgency: Urgency, asks: frozenset[Resource], streams: Mapping[str, Progress]
    ) -> Step:
        """Return the step that reads a window of quarter hours."""
        calls = self.calls(asks, window, window.start, {})
        return Step(window, urgency, tuple(sorted(asks)), tuple(streams), calls)

    def asks(self, due: Iterable[Progress]) -> frozenset[Resource]:
        """Return what must be asked for some streams of quarter hours."""
        return self.dialect.asks(self.site, frozenset(n for p in due for n in p.needs) & SERIES)

    def midnight(self, day: date) -> datetime:
        """Return the instant at which a day of the site begins."""
        return midnight(day, self.site.zone)
