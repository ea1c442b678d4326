"""What `--state` and `--catalog` name: read, and looked at before anything believes it."""

from __future__ import annotations

import json
from typing import IO, Any

from tap_solaredge.errors import ConfigError


def state_in(file: IO[str] | None) -> dict[str, Any] | None:
    """Return the state that a file holds; `meltano state get` prints it inside an object.

    Raises:
        ConfigError: it holds none.
    """
    if file is None:
        return None
    found = _document(file, "--state")
    found = found.get("singer_state", found) or {}
    bookmarks = found.get("bookmarks") or {}
    if not (isinstance(bookmarks, dict) and all(map(_is_entry, bookmarks.values()))):
        raise ConfigError(
            f"--state {file.name} is no state of this tap; pass the last line that a target printed"
        )
    return {**found, "bookmarks": {stream: entry for stream, entry in bookmarks.items() if entry}}


def _is_entry(entry: Any) -> bool:  # noqa: ANN401
    """Tell whether this may be what a state says of one stream."""
    if entry is None:
        return True
    partitions = entry.get("partitions") or [] if isinstance(entry, dict) else None
    return isinstance(partitions, list) and all(
        isinstance(each, dict) and isinstance(each.get("context", {}), dict) for each in partitions
    )


def catalog_in(file: IO[str] | None) -> dict[str, Any] | None:
    """Return the catalog that a file holds.

    Raises:
        ConfigError: it holds none.
    """
    if file is None:
        return None
    found = _document(file, "--catalog")
    streams = found.get("streams")
    if not (isinstance(streams, list) and all(map(_is_stream, streams))):
        raise ConfigError(f"--catalog {file.name} is no catalog; `tap-solaredge --discover` prints one")
    return found


def _is_stream(entry: Any) -> bool:  # noqa: ANN401
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("tap_stream_id") or entry.get("stream"), str)
        and isinstance(entry.get("schema") or {}, dict)
        and isinstance(entry.get("metadata") or [], list)
    )


def _document(file: IO[str], option: str) -> dict[str, Any]:
    try:
        text = file.read().removeprefix("\ufeff")
        found = json.loads(text) if text.strip() else None
    except (ValueError, RecursionError):
        raise ConfigError(f"{option} {file.name} is not JSON") from None
    except OSError as error:
        raise ConfigError(f"{option} {file.name}: {error.strerror}") from None
    if not isinstance(found, dict):
        raise ConfigError(
            f"{option} {file.name} holds no JSON object; leave {option} out to begin without one"
        )
    return found
