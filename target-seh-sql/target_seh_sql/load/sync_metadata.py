"""Singer STATE becomes rows of sync_metadata: one per site and stream, written with the data it tells of."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from target_seh_sql.load.records import RECORD_TYPES, SYNC

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping

    from target_seh_sql.load.records import Row

ERROR_LENGTH: Final = 500
Partitions = dict[tuple[str, int], dict[str, Any]]


class Received(NamedTuple):
    """Whose records came."""

    stream: str
    site_id: int


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
    state: Mapping[str, Any],
    written: Mapping[str, Any],
    received: Counter[Received],
    since: Counter[Received],
    now: datetime,
) -> list[Row]:
    """Return the rows to write for a state.

    Args:
        state: the state whose data are complete.
        written: the state that sync_metadata already tells of.
        received: records since the run began.
        since: records as they stood when `written` was written.
        now: UTC; stands in where a partition has no `synced_at`.
    """
    before = partitions(written)
    return [
        _row(stream, site_id, partition, received[Received(stream, site_id)], now)
        for (stream, site_id), partition in partitions(state).items()
        if partition != before.get((stream, site_id))
        or received[Received(stream, site_id)] != since[Received(stream, site_id)]
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


def decoded(state: str) -> dict[str, Any]:
    """Decode a STATE; numbers that no database could hold are none of ours."""
    try:
        return msgspec.json.decode(state, type=dict[str, Any])
    except msgspec.DecodeError:
        return dict(json.loads(state))
