"""Singer state of this tap: one bookmark per stream and site, which only ever moves forward."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_solaredge.api.errors import ConfigError
from tap_solaredge.local_time import utc_text

if TYPE_CHECKING:
    from datetime import datetime

Partition = dict[str, Any]


class Bookmarks:
    """Reads and moves the bookmarks inside a state document.

    A partition holds `context` (the site), `replication_key` and `replication_key_value` (start of the newest
    complete interval that carried a value), `read_until` (how far has been asked), `synced_at`, `status`
    (`success`, `skipped` or `error`) and, after a failure, `error_message`.
    """

    def __init__(self, state: dict[str, Any]) -> None:
        self._bookmarks: dict[str, Any] = state.setdefault("bookmarks", {})
        self._index: dict[tuple[str, int], Partition] = {}
        if not isinstance(self._bookmarks, dict):
            raise ConfigError("The state file has no object `bookmarks`; pass the last STATE line of a run")
        for stream, entry in self._bookmarks.items():
            for partition in (entry or {}).get("partitions", []):
                site_id = partition.get("context", {}).get("site_id")
                if isinstance(site_id, int):
                    self._index[stream, site_id] = partition

    def of(self, stream: str, site_id: int) -> Partition:
        """Return the partition of a stream and site, making it when there is none."""
        if (stream, site_id) not in self._index:
            partition: Partition = {"context": {"site_id": site_id}}
            self._bookmarks.setdefault(stream, {}).setdefault("partitions", []).append(partition)
            self._index[stream, site_id] = partition
        return self._index[stream, site_id]

    def value(self, stream: str, site_id: int) -> str | None:
        """Return the bookmark: UTC time or date as text."""
        value = self._index.get((stream, site_id), {}).get("replication_key_value")
        return str(value) if value is not None else None

    def read_until(self, stream: str, site_id: int) -> str | None:
        """Return the instant (UTC) up to which the stream has been read, values or not."""
        value = self._index.get((stream, site_id), {}).get("read_until")
        return str(value) if value is not None else None

    def advance(self, stream: str, site_id: int, key: str, value: str | None, read_until: datetime) -> None:
        """Move a bookmark to a newer value, never back."""
        partition = self.of(stream, site_id)
        partition["replication_key"] = key
        if value is not None and value > (self.value(stream, site_id) or ""):
            partition["replication_key_value"] = value
        partition["read_until"] = max(partition.get("read_until", ""), utc_text(read_until))

    def finish(
        self, stream: str, site_id: int, at: datetime, status: str = "success", error: str | None = None
    ) -> None:
        """Record how reading a stream of a site ended; a failure leaves the bookmark where it was."""
        partition = self.of(stream, site_id)
        partition["synced_at"] = utc_text(at)
        partition["status"] = status
        partition.pop("error_message", None)
        if error is not None:
            partition["error_message"] = error
