"""What the settings want, and how far a stream has come: what a plan is made from. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from tap_solaredge.plan.owed import Coverage
    from tap_solaredge.resources import Needs


@dataclass(frozen=True, slots=True)
class Scope:
    """The part of time that the settings want."""

    start: datetime | None
    end: datetime | None
    energy_lookback: timedelta
    power_lookback: timedelta
    time_unit: str
    late_data: timedelta
    live_flows: bool = True


@dataclass(frozen=True, slots=True)
class Progress:
    """One stream of one site: what its records need, and how far it has been read."""

    needs: Needs
    coverage: Coverage
