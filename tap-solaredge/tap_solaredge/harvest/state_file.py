"""A state as people hand it over: a STATE line, what Meltano prints, what a target wrote."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from tap_solaredge.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import IO

_WRAPPERS: Final = ("singer_state", "completed", "partial", "value")
"""Where the state itself stands, in what `meltano state get` prints and in a STATE message."""
REMEDY = "pass the last STATE line of a run; a first run needs no --state"


def read(file: IO[str], streams: Collection[str]) -> dict[str, Any]:
    """Return the state that a file holds.

    Args:
        file: The file, read from where it stands.
        streams: Names of the streams that a state of this tap may know.

    Raises:
        ConfigError: If it holds none, or one of another tap.
    """
    lines = [line for line in file.read().removeprefix("\ufeff").splitlines() if line.strip()]
    if not lines:
        raise ConfigError(f"The state file is empty: {REMEDY}")
    try:
        found = _decoded(lines)
    except (ValueError, RecursionError):
        raise ConfigError(f"The state file is cut or no JSON: {REMEDY}") from None
    return unwrapped(found, streams)


def unwrapped(found: Any, streams: Collection[str]) -> dict[str, Any]:  # noqa: ANN401
    """Return the state itself, of this tap."""
    while isinstance(found, dict) and "bookmarks" not in found:
        inner = next((found[name] for name in _WRAPPERS if isinstance(found.get(name), dict)), None)
        if inner is None:
            break
        found = inner
    if found is None:
        return {}
    if not isinstance(found, dict) or (found and "bookmarks" not in found):
        raise ConfigError(f"The state file has no object `bookmarks`: {REMEDY}")
    bookmarks = found.get("bookmarks") or {}
    if not isinstance(bookmarks, dict) or not all(isinstance(e or {}, dict) for e in bookmarks.values()):
        raise ConfigError(f"`bookmarks` of the state file is no object: {REMEDY}")
    if bookmarks and not any(name in streams for name in bookmarks):
        names = ", ".join(sorted(map(str, bookmarks))[:3])
        raise ConfigError(f"The state file is of another tap; it knows the streams {names:.100}: {REMEDY}")
    return found | {"bookmarks": bookmarks}


def _decoded(lines: list[str]) -> Any:  # noqa: ANN401
    """Return what the whole file says, else its last line: a target writes one STATE after another."""
    try:
        return json.loads("\n".join(lines))
    except ValueError:
        if len(lines) == 1:
            raise
        return json.loads(lines[-1])
