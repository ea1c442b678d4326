"""What the settings want: from when on each stream is read, until when, in which periods. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_solaredge.local_time import midnight, quarter_ceil
from tap_solaredge.resources import Kind

if TYPE_CHECKING:
    from datetime import datetime

    from tap_solaredge.measured.site import Site
    from tap_solaredge.resources import Resource

HINT = timedelta(days=28)
"""How long before the installation date daily energy is read: one call."""


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

    def resolution(self, resource: Resource[Any]) -> str:
        """Return how long the intervals of a resource's series are, as the service names it."""
        return self.time_unit if resource.kind is Kind.PERIODS else "QUARTER_HOUR"

    def until(self, now: datetime) -> datetime:
        """Return from where on nothing is read."""
        return min(now, self.end) if self.end else now

    def beginning(self, first_data: datetime | None, now: datetime, *, days: bool) -> datetime:
        """Return where reading begins: at the start that is named, else a look-back before the end.

        Args:
            first_data: The first data, as far as is known: what lies before them is left out.
            now: The time.
            days: Whether days are read: they are from before the first data, at little cost.
        """
        lookback = self.energy_lookback if days else self.power_lookback
        wanted = self.start or self.until(now) - lookback
        if first_data is not None:
            wanted = max(wanted, first_data - HINT if days else first_data)
        return quarter_ceil(wanted)


def first_run(site: Site, scope: Scope, now: datetime, *, days: bool) -> datetime:
    """Return where a first run begins.

    The installation date is a hint only (gotcha 81): where days from before it show data, the rest follows.
    One that is still to come says nothing, nor does it where a start is named for days.
    """
    installed = midnight(site.installed, site.zone) if site.installed else None
    if installed is not None and (installed > scope.until(now) or (days and scope.start)):
        installed = None
    return scope.beginning(installed, now, days=days)
