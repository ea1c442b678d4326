"""What an operation of V1 gets to know about its call, and how it reads its parameters."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from solaredge_simulator.local_days import midnight, months_later
from solaredge_simulator.v1.refusals import bad_request, forbidden, missing
from solaredge_simulator.visible import View

if TYPE_CHECKING:
    from collections.abc import Mapping

    from solaredge_simulator.messages import Request
    from solaredge_simulator.plants import Plant
    from solaredge_simulator.v1.rules import V1Rules

WEEK, MONTH, YEAR = "week", "month", "year"
"""Longest windows: seven days, or by the calendar."""

_MONTHS = {MONTH: 1, YEAR: 12}

_WALL = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_SHORT_MONTH = 28


@dataclass(frozen=True)
class FleetAsk:
    """A call about all sites that the key opens."""

    request: Request
    rules: V1Rules
    plants: Mapping[int, Plant]
    of_account: bool
    """The key is an account's: alert fields are shown."""

    def number(self, name: str, default: int, most: int | None = None) -> int:
        """Return a whole number of the query."""
        text = self.request.first(name) or str(default)
        if not text.isdecimal() or (most is not None and int(text) > most):
            raise bad_request(f"Failed to convert value '{text}' of '{name}'")
        return int(text)


@dataclass(frozen=True)
class SiteAsk(FleetAsk):
    """A call about one site; `rest` holds the further parts of the path."""

    plant: Plant
    rest: Mapping[str, str]

    @property
    def view(self) -> View:
        """The site as it can be seen now."""
        return View(self.plant, self.request.now.timestamp())

    @property
    def ac_production(self) -> bool:
        """Whether Production is AC output: with what the battery gives, without what it takes."""
        return bool(self.plant.batteries) and self.rules.production == "ac"

    def wall_times(self, longest: str | None) -> tuple[str, str]:
        """Return startTime and endTime as they stand in the query: wall-clock times, compared as such.

        Raises:
            RefusalError: 400 where one is missing or malformed, 403 where the range is too long or reversed.
        """
        start, end = (self._text(name, _WALL) for name in ("startTime", "endTime"))
        self._check(_naive(start), _naive(end), longest)
        return start, end

    def dates(self, longest: str | None) -> tuple[date, date]:
        """Return startDate and endDate, both included; refuses as `wall_times` does."""
        start, end = (date.fromisoformat(self._text(name, _DATE)) for name in ("startDate", "endDate"))
        self._check(_naive(f"{start} 00:00:00"), _naive(f"{end} 00:00:00"), longest)
        return start, end

    def instant(self, wall: str) -> float:
        """Return a wall-clock time as epoch seconds; the first of two in the repeated hour."""
        return datetime.fromisoformat(wall).replace(tzinfo=self.plant.zone).timestamp()

    def day_span(self, start: date, end: date) -> tuple[float, float]:
        """Return the instants between which whole local days lie, both included."""
        return midnight(self.plant.zone, start), midnight(self.plant.zone, end + timedelta(days=1))

    def _text(self, name: str, form: re.Pattern[str]) -> str:
        text = self.request.first(name)
        if not text:
            raise missing(name)
        try:
            datetime.fromisoformat(text)
        except ValueError:
            raise bad_request(f"Failed to convert value '{text}' of '{name}'") from None
        if not form.fullmatch(text):
            raise bad_request(f"Failed to convert value '{text}' of '{name}'")
        return text

    def _check(self, start: datetime, end: datetime, longest: str | None) -> None:
        if start > end:
            raise forbidden("The start of the period is after its end")
        if longest is None:
            return
        short = longest == MONTH and self.plant.site_id in self.rules.short_month
        if end - start >= timedelta(days=_SHORT_MONTH) if short else end > _latest(start, longest):
            raise forbidden("The requested period is too long for the time unit")


def _naive(wall: str) -> datetime:
    """Return a wall-clock time for arithmetic on the wall clock; the zone is a stand-in."""
    return datetime.fromisoformat(wall).replace(tzinfo=UTC)


def _latest(start: datetime, longest: str) -> datetime:
    return start + timedelta(days=7) if longest == WEEK else months_later(start, _MONTHS[longest])
