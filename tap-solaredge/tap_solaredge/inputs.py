"""What `--state` and `--catalog` name: read, and looked at before anything believes it."""

from __future__ import annotations

import json
from typing import IO, TYPE_CHECKING, Any, Final

from tap_solaredge.advice import command
from tap_solaredge.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Collection

NO_STATE: Final = "pass the last STATE line of a run; a first run needs no --state"
_WRAPPERS: Final = ("singer_state", "completed", "partial", "value")
"""Where the state itself stands, in what `meltano state get` prints and in a STATE message."""


def state_in(file: IO[str] | None, streams: Collection[str]) -> dict[str, Any] | None:
    """Return the state that a file holds: a STATE line, what `meltano state get` prints, what a target wrote.

    Args:
        file: The file, None without one.
        streams: Names of the streams that a state of this tap may know.

    Raises:
        ConfigError: If it holds none, or one of another tap.
    """
    if file is None:
        return None
    name = f"--state {file.name}"
    lines = [line for line in _text(file, "--state").splitlines() if line.strip()]
    if not lines:
        raise ConfigError(f"{name} is empty: {NO_STATE}")
    try:
        found = _unwrapped(_last_of(lines))
    except (ValueError, RecursionError):
        raise ConfigError(f"{name} is cut or no JSON: {NO_STATE}") from None
    is_state = isinstance(found, dict) and (not found or "bookmarks" in found)
    bookmarks = (found.get("bookmarks") or {}) if is_state else None
    if not (isinstance(bookmarks, dict) and all(map(_is_entry, bookmarks.values()))):
        raise ConfigError(f"{name} is no state of this tap: {NO_STATE}")
    if bookmarks and bookmarks.keys().isdisjoint(streams):
        known = ", ".join(sorted(bookmarks)[:3])
        raise ConfigError(f"{name} is of another tap; it knows the streams {known:.100}: {NO_STATE}")
    return {**found, "bookmarks": {stream: entry for stream, entry in bookmarks.items() if entry}}


def _last_of(lines: list[str]) -> Any:  # noqa: ANN401
    """Return what the whole file says, else its last line: a target writes one STATE after another."""
    try:
        return json.loads("\n".join(lines))
    except ValueError:
        if len(lines) == 1:
            raise
        return json.loads(lines[-1])


def _unwrapped(found: Any) -> Any:  # noqa: ANN401
    """Return the state inside of what Meltano, or a STATE message, puts around it; null is an empty one."""
    while isinstance(found, dict) and "bookmarks" not in found:
        inner = next((found[name] for name in _WRAPPERS if isinstance(found.get(name), dict)), None)
        if inner is None:
            return {} if _WRAPPERS[0] in found else found
        found = inner
    return {} if found is None else found


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
    text = _text(file, "--catalog")
    try:
        found = json.loads(text) if text.strip() else None
    except (ValueError, RecursionError):
        raise ConfigError(f"--catalog {file.name} is not JSON") from None
    if not isinstance(found, dict):
        raise ConfigError(
            f"--catalog {file.name} holds no JSON object; leave --catalog out to begin without one"
        )
    streams = found.get("streams")
    if not (isinstance(streams, list) and all(map(_is_stream, streams))):
        raise ConfigError(f"--catalog {file.name} is no catalog; `{command('--discover')}` prints one")
    return found


def _is_stream(entry: Any) -> bool:  # noqa: ANN401
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("tap_stream_id") or entry.get("stream"), str)
        and isinstance(entry.get("schema") or {}, dict)
        and isinstance(entry.get("metadata") or [], list)
    )


def _text(file: IO[str], option: str) -> str:
    try:
        return file.read().removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise ConfigError(f"{option} {file.name} is not JSON") from None
    except OSError as error:
        raise ConfigError(f"{option} {file.name}: {error.strerror}") from None
