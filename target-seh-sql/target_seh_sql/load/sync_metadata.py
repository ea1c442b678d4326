"""Singer STATE becomes rows of sync_metadata: one per site and stream, written with the data it tells of."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from target_seh_sql.load.records import RECORD_TYPES, SYNC

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping

    from target_seh_sql.load.records import Row

ERROR_LENGTH: Final = 500
Whose = tuple[str, int]
"""Stream and site."""
Partitions = dict[Whose, dict[str, Any]]


def partitions(state: Mapping[str, Any]) -> Partitions:
    """Return the state's partitions by stream and site; those of other streams or of no site are left out."""
    return {
        (stream, site_id): partition
        for stream, bookmark in _dict(state.get("bookmarks")).items()
        if stream in RECORD_TYPES and stream != SYNC.stream.name
        for partition in _list(_dict(bookmark).get("partitions"))
        if isinstance(site_id := _dict(_dict(partition).get("context")).get("site_id"), int)
    }


def sync_rows(
    complete: Partitions,
    written: Partitions,
    received: Counter[Whose],
    since: Counter[Whose],
    now: datetime,
) -> list[Row]:
    """Return the rows to write for a state.

    Args:
        complete: partitions of the state whose data are complete.
        written: those that sync_metadata already tells of.
        received: records since the run began.
        since: records as they stood when `written` was written.
        now: UTC; stands in where a partition has no `synced_at`.
    """
    return [
        _row(*whose, partition, received[whose], now)
        for whose, partition in complete.items()
        if partition != written.get(whose) or received[whose] != since[whose]
    ]


def _row(stream: str, site_id: int, partition: Mapping[str, Any], records: int, now: datetime) -> Row:
    error = partition.get("error_message")
    return SYNC.row(
        site_id=site_id,
        data_type=stream,
        last_sync_time=_instant(partition.get("synced_at")) or now,
        last_data_timestamp=_instant(partition.get("replication_key_value")),
        records_synced=records,
        status=str(partition.get("status", "success"))[:20],
        error_message=None if error is None else str(error)[:ERROR_LENGTH],
    )


def _instant(text: object) -> datetime | None:
    """Read a date-time, or a date as its midnight; both count as UTC when they have no offset."""
    if not isinstance(text, str):
        return None
    try:
        instant = datetime.fromisoformat(text)
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def told(state: str) -> Partitions:
    """Return the partitions of a STATE as it was sent, also of one with numbers beyond those of databases."""
    try:
        return partitions(msgspec.json.decode(state, type=dict[str, Any]))
    except msgspec.DecodeError:
        return partitions(json.loads(state))
