"""Singer state of this tap: one bookmark per stream and site, which only ever moves forward."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tap_solaredge.errors import ConfigError
from tap_solaredge.local_time import from_utc_text, utc_text
from tap_solaredge.spans import Window, add, missing

if TYPE_CHECKING:
    from datetime import datetime

Partition = dict[str, Any]


class Bookmarks:
    """Reads and moves the bookmarks inside a state document.

    A partition holds `context` (the site), `replication_key` and `replication_key_value` (start of the newest
    complete interval that carried a value), `covered` (the spans of time that have been read, values or not),
    `synced_at`, `status` (`success`, `skipped` or `error`) and, after a failure, `error_message`.
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

    def copy(self) -> Bookmarks:
        """Return bookmarks that can be moved without moving these: for plans."""
        return Bookmarks({"bookmarks": msgspec.json.decode(msgspec.json.encode(self._bookmarks))})

    def of(self, stream: str, site_id: int) -> Partition:
        """Return the partition of a stream and site, making it when there is none."""
        if (stream, site_id) not in self._index:
            partition: Partition = {"context": {"site_id": site_id}}
            self._bookmarks.setdefault(stream, {}).setdefault("partitions", []).append(partition)
            self._index[stream, site_id] = partition
        return self._index[stream, site_id]

    def noted(self, stream: str, site_id: int, name: str) -> Any:  # noqa: ANN401
        """Return what a partition holds under a name; asking makes no partition."""
        return self._index.get((stream, site_id), {}).get(name)

    def value(self, stream: str, site_id: int) -> str | None:
        """Return the bookmark: UTC time or date as text."""
        value = self._index.get((stream, site_id), {}).get("replication_key_value")
        return str(value) if value is not None else None

    def newest_instant(self, stream: str, site_id: int) -> datetime | None:
        """Return the bookmark of a stream of instants, None for a stream of dates."""
        value = self.value(stream, site_id)
        return from_utc_text(value) if value is not None and "T" in value else None

    def covered(self, stream: str, site_id: int) -> list[Window]:
        """Return the spans that have been read.

        Raises:
            ConfigError: If the state holds something else.
        """
        spans = self._index.get((stream, site_id), {}).get("covered", [])
        try:
            return [Window(from_utc_text(start), from_utc_text(end)) for start, end in spans]
        except (TypeError, ValueError):
            raise ConfigError(
                f"The state of {stream}, site {site_id} is damaged: `covered` is {spans!r:.80}; "
                "remove that partition to read its history again"
            ) from None

    def read_until(self, stream: str, site_id: int) -> datetime | None:
        """Return the instant up to which the stream has been read."""
        spans = self.covered(stream, site_id)
        return spans[-1].end if spans else None

    def advance(self, stream: str, site_id: int, key: str, value: str | None, read: Window) -> None:
        """Note what was read and move the bookmark to a newer value, never back."""
        partition = self.of(stream, site_id)
        partition["replication_key"] = key
        if value is not None and value > (self.value(stream, site_id) or ""):
            partition["replication_key_value"] = value
        self._cover(stream, site_id, add(self.covered(stream, site_id), read))

    def read_only(self, stream: str, site_id: int, read: Window) -> None:
        """Note what a stream without history was last read from."""
        self._cover(stream, site_id, [read])

    def reopen(self, stream: str, site_id: int, span: Window) -> None:
        """Forget that a span was read: it carried no values then, and may now."""
        spans = self.covered(stream, site_id)
        if spans:
            whole = Window(spans[0].start, spans[-1].end)
            kept = missing(whole, [span, *missing(whole, spans)])
            self._cover(stream, site_id, kept)

    def was_skipped(self, stream: str, site_id: int) -> bool:
        """Whether the run before could not read a stream for want of permission."""
        return bool(self.noted(stream, site_id, "status") == "skipped")

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

    def _cover(self, stream: str, site_id: int, spans: list[Window]) -> None:
        self.of(stream, site_id)["covered"] = [[utc_text(span.start), utc_text(span.end)] for span in spans]
