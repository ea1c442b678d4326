"""Instants as drivers and people give them, and time zones by their names. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def in_utc(moment: datetime | str) -> datetime:
    """Return an instant in UTC, as which one without a zone counts; SQLite gives text where it knows no type.

    Raises:
        ValueError: the text is no date-time.
        OverflowError: UTC has no such year.
    """
    found = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def zone_named(name: str | None) -> ZoneInfo | None:
    """Return a zone, None where the name is missing or unknown."""
    try:
        return ZoneInfo(name or "")
    except (ZoneInfoNotFoundError, ValueError, OSError):  # the last: `Europe`, a folder
        return None
