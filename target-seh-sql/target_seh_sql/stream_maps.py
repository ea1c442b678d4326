"""Which streams the setting `stream_maps` leaves alone, changes or drops, by the SDK's rules."""

from __future__ import annotations

from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

DROPPED: Final = (None, "__NULL__")


def _definitions(stream: str, maps: Mapping[str, Any]) -> list[Any]:
    """Return what the maps say of a stream: by its name, by a pattern such as `*`, or as a source."""
    return [
        definition
        for name, definition in maps.items()
        if not name.startswith("__")
        and fnmatch(stream, definition.get("__source__", name) if isinstance(definition, dict) else name)
    ]


def is_mapped(stream: str, maps: Mapping[str, Any]) -> bool:
    """Tell whether a stream comes out changed, or under another name."""
    return any(definition not in DROPPED for definition in _definitions(stream, maps))


def is_dropped(stream: str, maps: Mapping[str, Any]) -> bool:
    """Tell whether nothing of a stream comes out: it, a pattern or `__else__` is null or `__NULL__`."""
    found = _definitions(stream, maps) or ([maps["__else__"]] if "__else__" in maps else [])
    return bool(found) and all(definition in DROPPED for definition in found)
