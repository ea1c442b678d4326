"""The zone that the answers show, where the master data name none, or a wrong one (gotcha 78). Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tap_solaredge.local_time import DAY, fixed_zone, from_utc_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

    from tap_solaredge.local_time import Instant

FIRST_SITES = datetime(2006, 1, 1, 12, tzinfo=UTC)
"""No site has data from before: the service did not exist."""


def clocks_differ(one: ZoneInfo, other: ZoneInfo, now: datetime) -> bool:
    """Whether the clocks of two zones differed on any day until now: an alias is no other zone."""
    if one.key == other.key:
        return False
    days = (FIRST_SITES + number * DAY for number in range((now - FIRST_SITES).days + 1))
    return any(day.astimezone(one).utcoffset() != day.astimezone(other).utcoffset() for day in days)


def shown_zone(instants: Iterable[Instant], named: ZoneInfo) -> ZoneInfo:
    """Return the zone whose wall clock a site's answers show.

    Args:
        instants: Instants as the service wrote them, each with its offset; a first and a last one are enough.
        named: The zone of the master data; it is right where it has the same offset at each of them.

    Returns:
        The named zone, or a fixed one with the newest offset: right today, and until the clocks change.
    """
    newest: Instant | None = None
    agrees = True
    for at in instants:
        offset = from_utc_text(at).astimezone(named).utcoffset()
        agrees = agrees and offset is not None and offset.total_seconds() == at.offset_minutes * 60
        newest = at if newest is None else max(newest, at)
    return named if agrees or newest is None else fixed_zone(newest.offset_minutes)
