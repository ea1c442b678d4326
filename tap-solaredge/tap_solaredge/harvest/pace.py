"""What a run will cost and how far it has come: lines before it, then one now and then, or a live one."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from tap_solaredge.budget.ledger import MINUTE
from tap_solaredge.harvest.lists import NotAskedYet
from tap_solaredge.harvest.live_line import LiveLine
from tap_solaredge.plan.calls import Purpose
from tap_solaredge.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from tap_solaredge.harvest.job import Job
    from tap_solaredge.plan.calls import Call
    from tap_solaredge.plan.forecast import Forecast

logger = logging.getLogger("tap-solaredge")

FEWEST = 4
"""Calls that bring a site with meters and a battery up to date: power, meters, batteries, days."""
SAID_EVERY = timedelta(seconds=15)


class Pace:
    """Works out how long calls take, from the limit per minute and from those made so far."""

    def __init__(self, job: Job, forecast: Callable[[], Forecast]) -> None:
        self.sites = 0
        self.served = 0
        """Sites that are up to date."""
        self._clock = job.clock
        self._ledger = job.ledger
        self._forecast = forecast
        self._expected: int | None = None
        """Calls of the whole run, as far as is known."""
        self._guesses = False
        """Whether that is a guess: sites that nobody knows yet cost what the others do."""
        self._began = self._said = job.clock.host()
        self._history_at: datetime | None = None
        self._live_line = LiveLine()

    def say_plan(self) -> None:
        """Say before the first call what is left, what the run will spend, and how long that takes."""
        left = self._ledger.left()
        known = "no monthly limit"
        if left.month is not None:
            known = f"{counted(left.month, 'call')} left this month"
        of_run = f", {left.run} in this run" if left.run is not None else ""
        logger.info("Before the first call: %s%s", known, of_run)
        if left.run is not None and left.run < FEWEST:
            logger.warning(
                "`max_calls_per_run` is %s: below %s not every stream of a site gets its calls",
                left.run,
                FEWEST,
            )
        self._say_forecast()

    def guess(self) -> None:
        """Say what a first run costs once its first site is known; guess anew each time twice as many are."""
        if self._expected is None or (self._guesses and not self.served):
            self._say_forecast()
        elif self._guesses and self.served & (self.served - 1) == 0:
            self.expect(self._forecast().estimate())

    def expect(self, more: int) -> None:
        """Note how many calls will follow."""
        self._expected = self._ledger.spent_in_run + more

    def _say_forecast(self) -> None:
        try:
            forecast = self._forecast()
        except NotAskedYet:
            logger.info("Plan: the sites of this account are not known yet")
            return
        for line in forecast.summary():
            logger.info("%s", line)
        self._guesses = bool(forecast.unknown)
        self.expect(forecast.estimate())
        needed, per_minute = self._by_limit(self._expected or 0), self._ledger.limits.calls_per_minute
        if needed >= MINUTE:
            logger.info("That takes about %s, at %s calls a minute", _minutes(needed), per_minute)

    def reads(self, calls: Iterable[Call]) -> None:
        """Note where in history the next calls are."""
        starts = [call.window.start for call in calls if call.window and call.purpose is Purpose.HISTORY]
        self._history_at = min(starts, default=self._history_at)

    def say(self) -> None:
        """Show how far the run has come, or say so where the last time was not a moment ago."""
        calls, whole = self._ledger.spent_in_run, self._expected or 0
        if calls < 1 or calls >= whole:
            return
        if self._live_line.possible:
            self._live_line.show(self._line(calls, whole), calls, whole)
        elif self._clock.host() - self._said >= SAID_EVERY:
            self._said = self._clock.host()
            logger.info("%s", self._line(calls, whole))

    def close(self) -> None:
        """Give the terminal back."""
        self._live_line.end()

    def _line(self, calls: int, whole: int) -> str:
        elapsed = self._clock.host() - self._began
        left = max(elapsed / calls * (whole - calls), self._by_limit(whole) - elapsed)
        history = f", history now at {self._history_at:%Y-%m-%d}" if self._history_at else ""
        return (
            f"{calls:,} of about {counted(whole, 'call')} made, about {_minutes(left)} left; "
            f"{self.served:,} of {counted(self.sites, 'site')} up to date{history}"
        )

    def _by_limit(self, calls: int) -> timedelta:
        """Return how long calls take at least: so many go out at once, then the minute has to pass."""
        per_minute = self._ledger.limits.calls_per_minute
        return MINUTE * ((calls - 1) // per_minute) if per_minute else timedelta()


def _minutes(duration: timedelta) -> str:
    """Return a duration for people, such as `20 seconds`, `5 minutes` or `3.5 hours`."""
    seconds = duration.total_seconds()
    if seconds < 90:  # noqa: PLR2004 (a minute and a half)
        return counted(max(round(seconds / 10) * 10, 10), "second")
    if seconds < 5400:  # noqa: PLR2004 (an hour and a half)
        return counted(round(seconds / 60), "minute")
    return f"{seconds / 3600:.1f} hours"
