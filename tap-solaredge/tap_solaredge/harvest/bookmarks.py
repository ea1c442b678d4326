"""Singer state of this tap: one bookmark per stream and site, which only ever moves forward."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import msgspec

from tap_solaredge.errors import ConfigError
from tap_solaredge.harvest.notes import ENDED, VALUE, unreadable
from tap_solaredge.local_time import from_utc_text, is_of_this_age, utc_text
from tap_solaredge.plan.owed import Coverage
from tap_solaredge.redaction import one_line
from tap_solaredge.spans import Spans, Window

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tap_solaredge.streams import SolarEdgeStream

logger = logging.getLogger("tap-solaredge")

Partition = dict[str, Any]
_SPANS, _TIMES = ("covered", "open"), ("start", "woke_at", "reopened_at")


class Bookmarks:
    """Reads and moves the bookmarks inside a state document.

    A partition holds `context` (the site), `replication_key` and `replication_key_value` (start of the newest
    complete interval that carried a value), the fields of `Coverage` (spans as pairs of UTC times),
    `synced_at`, `status` (`success`, `skipped` or `error`), after a failure `error_message`, and the
    notes that `notes.py` names.
    """

    def __init__(self, state: dict[str, Any]) -> None:
        self._bookmarks: dict[str, Any] = state.setdefault("bookmarks", {})
        self._index: dict[tuple[str, int], Partition] = {}
        if not isinstance(self._bookmarks, dict):
            raise ConfigError("The state file has no object `bookmarks`; pass the last STATE line of a run")
        for stream, entry in self._bookmarks.items():
            for partition in _partitions(stream, entry):
                self._index[stream, partition["context"]["site_id"]] = partition

    def check(self) -> None:
        """Look at all that the state holds, before the first call; an unreadable note is left out.

        Raises:
            ConfigError: If a bookmark or a coverage is something else.
        """
        for (stream, site_id), partition in self._index.items():
            for name in list(unreadable(partition)):
                if name == VALUE:
                    raise _damaged(stream, site_id, name, partition[name])
                logger.warning(
                    "The state of %s, site %s has no readable `%s` but %.60r: it is left out",
                    stream, site_id, name, partition.pop(name),
                )  # fmt: skip
            self.coverage(stream, site_id)

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

    def sites(self) -> set[int]:
        """Return the sites that were read before."""
        return {site_id for stream, site_id in self._index if stream == "sites"}

    def noted(self, stream: str, site_id: int, name: str) -> Any:  # noqa: ANN401
        """Return what a partition holds under a name; this makes no partition."""
        return self._index.get((stream, site_id), {}).get(name)

    def value(self, stream: str, site_id: int) -> str | None:
        """Return the bookmark: UTC time or date as text."""
        value = self.noted(stream, site_id, VALUE)
        return str(value) if value is not None else None

    def newest(self, stream: str, site_id: int) -> datetime | None:
        """Return the bookmark of a stream of instants, None for a stream of dates."""
        value = self.value(stream, site_id)
        return from_utc_text(value) if value is not None and "T" in value else None

    def coverage(self, stream: str, site_id: int) -> Coverage:
        """Return how far a stream of a site has been read.

        Raises:
            ConfigError: If the state holds something else.
        """
        partition = self._index.get((stream, site_id), {})
        held: dict[str, Any] = {}
        name = VALUE
        try:
            for name in (*_SPANS, *_TIMES):
                if partition.get(name):
                    read = _spans if name in _SPANS else _moment
                    held[name] = read(partition[name])
            name = VALUE
            return Coverage(**held, newest=self.newest(stream, site_id))
        except (TypeError, ValueError, AttributeError, OverflowError):
            raise _damaged(stream, site_id, name, partition.get(name)) from None

    def move(self, stream: str, site_id: int, coverage: Coverage) -> None:
        """Note how far a stream of a site has been read."""
        partition = self.of(stream, site_id)
        partition["covered"] = _pairs(coverage.covered)
        moments = {name: getattr(coverage, name) for name in _TIMES}
        known = {name: utc_text(moment) for name, moment in moments.items() if moment is not None}
        known_open = {"open": _pairs(coverage.open)} if coverage.open else {}
        for name in (*_TIMES, "open"):
            partition.pop(name, None)
        partition.update(known | known_open)

    def advance(self, stream: str, site_id: int, key: str, value: str | None) -> None:
        """Move the bookmark to a newer value, never back."""
        partition = self.of(stream, site_id)
        partition["replication_key"] = key
        if value is not None and value > (self.value(stream, site_id) or ""):
            partition[VALUE] = value

    def forget_value(self, stream: str, site_id: int) -> None:
        """Forget a bookmark that cannot be true."""
        self.of(stream, site_id).pop(VALUE, None)

    def was_skipped(self, stream: str, site_id: int) -> bool:
        """Whether the run before could not read a stream for want of permission."""
        return bool(self.noted(stream, site_id, "status") == "skipped")

    def failed_at(self, site_id: int, streams: Iterable[SolarEdgeStream]) -> datetime | None:
        """Return when a stream of a site failed last, None where none did in its newest run."""
        partitions = (self._index.get((stream.name, site_id), {}) for stream in streams)
        ends = [one[ENDED] for one in partitions if one.get("status") == "error" and one.get(ENDED)]
        return from_utc_text(max(ends)) if ends else None

    def failed_whole(self, site_id: int, streams: Iterable[SolarEdgeStream]) -> bool:
        """Whether each of some streams of a site failed in its newest run."""
        statuses = {self.noted(stream.name, site_id, "status") for stream in streams}
        return statuses == {"error"}

    def finish(
        self, stream: str, site_id: int, at: datetime, status: str = "success", error: str | None = None
    ) -> None:
        """Record how reading a stream of a site ended; a failure leaves the bookmark where it was."""
        partition = self.of(stream, site_id)
        partition[ENDED] = utc_text(at)
        partition["status"] = status
        partition.pop("error_message", None)
        if error is not None:
            partition["error_message"] = one_line(error)


def _damaged(stream: str, site_id: int, name: str, value: object) -> ConfigError:
    return ConfigError(
        f"The state of {stream}, site {site_id} is damaged: `{name}` is {value!r:.80}; "
        "remove that partition to read its history again"
    )


def _partitions(stream: str, entry: Any) -> list[Partition]:  # noqa: ANN401
    """Return the partitions of a stream that name a site; numbers may be written as text.

    Raises:
        ConfigError: If they are no partitions.
    """
    found = (entry or {}).get("partitions") if isinstance(entry or {}, dict) else entry
    partitions = [] if found is None else found
    if not isinstance(partitions, list) or not all(isinstance(one, dict) for one in partitions):
        raise ConfigError(f"The state of {stream} is damaged: `partitions` is no list of objects")
    named = []
    for partition in partitions:
        context = partition.get("context")
        site_id = context.get("site_id") if isinstance(context, dict) else None
        if isinstance(site_id, str) and site_id.isascii() and site_id.isdecimal():
            site_id = context["site_id"] = int(site_id)
        if isinstance(site_id, int) and not isinstance(site_id, bool):
            named.append(partition)
    return named


def _moment(text: str) -> datetime:
    """Read a time of the state.

    Raises:
        ValueError: If it is no time of this age.
    """
    moment = from_utc_text(text)
    if not is_of_this_age(moment):
        raise ValueError(f"{text!r} is no time of this age")
    return moment


def _spans(pairs: list[list[str]]) -> Spans:
    return [Window(_moment(start), _moment(end)) for start, end in pairs]


def _pairs(spans: Spans) -> list[list[str]]:
    return [[utc_text(span.start), utc_text(span.end)] for span in spans]
