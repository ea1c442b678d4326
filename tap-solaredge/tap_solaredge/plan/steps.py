"""The words of a plan: what is wanted, how far it has been read, and the steps that read more. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from tap_solaredge.resources import Resource

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

    from tap_solaredge.spans import Window

SERIES = frozenset({Resource.POWER, Resource.METERS, Resource.STORAGE, Resource.INVERTERS})
SOLAR = frozenset({Resource.POWER, Resource.INVERTERS})
"""What nobody asks at night: the morning's window is long enough to hold the night."""
PERIOD_SERIES = frozenset({Resource.ENERGY, Resource.METER_ENERGY, Resource.STORAGE_ENERGY})


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
    live_flows: bool = True


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one stream of one site has been read."""

    needs: frozenset[Resource]
    covered: list[Window]
    newest: datetime | None = None
    """Start of the newest quarter hour that carried a value."""

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
    floor: datetime | None = None
    """Where the gap begins that this step and older ones fill together."""


def price(steps: Iterable[Step]) -> int:
    """Return how many calls some steps take."""
    return sum(step.calls for step in steps)
