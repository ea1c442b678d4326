"""Singer STATE becomes rows of sync_metadata: one per site and stream, written with the data it tells of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from target_seh_sql.clocks import in_utc
from target_seh_sql.load.records import NO_CHARACTERS, RECORD_TYPES, SYNC, YEARS

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping
    from datetime import datetime

    from target_seh_sql.load.records import Row

ERROR_LENGTH: Final = 500
Whose = tuple[str, int]
"""Stream and site."""
Partitions = dict[Whose, dict[str, Any]]


class Told(NamedTuple):
    """What sync_metadata tells."""

    partitions: Partitions
    """Those of a STATE whose data are complete."""
    received: Counter[Whose]
    """Records since the run began."""


def partitions(sent: str) -> Partitions:
    """Return the partitions of a STATE as it was sent, by stream and site.

    Those of other streams or of no site are left out; numbers may be beyond those of databases.
    """
    try:
        state = msgspec.json.decode(sent, type=dict[str, Any])
    except msgspec.DecodeError:
        state = json.loads(sent)
    return {
        (stream, site_id): partition
        for stream, bookmark in _dict(state.get("bookmarks")).items()
        if stream in RECORD_TYPES and stream != SYNC.stream.name
        for partition in _list(_dict(bookmark).get("partitions"))
        if type(site_id := _dict(_dict(partition).get("context")).get("site_id")) is int
        and site_id.bit_length() < 64  # noqa: PLR2004 -- BIGINT
    }


def sync_rows(new: Told, old: Told, now: datetime) -> list[Row]:
    """Return the rows that say what is new; `now`, in UTC, stands in for a missing `synced_at`."""
    return [
        _row(*whose, partition, new.received[whose], now)
        for whose, partition in new.partitions.items()
        if partition != old.partitions.get(whose) or new.received[whose] != old.received[whose]
    ]


def _row(stream: str, site_id: int, partition: Mapping[str, Any], records: int, now: datetime) -> Row:
    error = partition.get("error_message")
    return SYNC.row(
        site_id=site_id,
        data_type=stream,
        last_sync_time=_instant(partition.get("synced_at")) or now,
        last_data_timestamp=_instant(partition.get("replication_key_value")),
        records_synced=records,
        status=NO_CHARACTERS.sub("", str(partition.get("status") or "success"))[:20],
        error_message=None if error is None else NO_CHARACTERS.sub("", str(error))[:ERROR_LENGTH],
    )


def _instant(text: object) -> datetime | None:
    """Read a date-time, or a date as its midnight; both count as UTC when they have no offset.

    Whole seconds, of a year that every database keeps: anything else says nothing.
    """
    if not isinstance(text, str):
        return None
    try:
        instant = in_utc(text)
    except (ValueError, OverflowError):
        return None
    return instant.replace(microsecond=0) if instant.year in YEARS else None


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
