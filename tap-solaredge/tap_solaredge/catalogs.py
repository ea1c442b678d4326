"""Catalogs as people write them: of what they say, the selection is heard; the rest we know better."""

from __future__ import annotations

from fnmatch import fnmatch
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from tap_solaredge.accepted_settings import name_unknown
from tap_solaredge.advice import command
from tap_solaredge.errors import ConfigError
from tap_solaredge.streams.columns import schema_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tap_solaredge.streams import SolarEdgeStream

HEARD: Final = ("inclusion", "selected", "selected-by-default")


def completed(given: Mapping[str, Any], streams: Iterable[type[SolarEdgeStream]]) -> dict[str, Any]:
    """Return a catalog with the schema and keys of our streams, and with what another one selects of them.

    A stream that is none of ours is named in a warning, and left out.

    Args:
        given: The other one; it may lack whatever it likes, and have another replication key or method.
        streams: Ours.

    Raises:
        ConfigError: If the other one is damaged; the text names the place.
    """
    known = _by_name(streams)
    named = [(str(entry.get("tap_stream_id") or entry.get("stream")), entry) for entry in given["streams"]]
    name_unknown((name for name, _ in named), known, "the catalog: there is no stream")
    return {"streams": [_entry(entry, known[name]) for name, entry in named if name in known]}


def warn_of_maps(maps: Mapping[str, Any], streams: Iterable[type[SolarEdgeStream]]) -> None:
    """Warn of stream maps of streams that do not exist: what they hide or hash would leave as it is."""
    known = _by_name(streams)
    sources = ((isinstance(each, dict) and each.get("__source__")) or name for name, each in maps.items())
    unknown = (
        name for name in sources if name != "__else__" and not any(fnmatch(stream, name) for stream in known)
    )
    name_unknown(unknown, known, "stream_maps: there is no stream")


def _by_name(streams: Iterable[Any]) -> dict[str, Any]:
    """Return our streams by name, as any type: the SDK has properties for what our classes have."""
    return {str(stream.name): stream for stream in streams}


def _entry(given: Mapping[str, Any], stream: Any) -> dict[str, Any]:  # noqa: ANN401
    damage = _damage(given)
    if damage is not None:
        raise ConfigError(
            f"the catalog is damaged at {stream.name}, {damage}; `{command('--discover')}` prints one"
        )
    return {
        "tap_stream_id": str(stream.name),
        "stream": str(stream.name),
        "schema": schema_of(stream.columns),
        "key_properties": list(stream.primary_keys or ()),
        "replication_key": _replication_key(stream),
        "metadata": list(_metadata(given, stream)),
    }


def _metadata(given: Mapping[str, Any], stream: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401
    """Yield what is selected: by metadata, else as long ago by `selected` in the entry or in the schema."""
    told = {tuple(each.get("breadcrumb") or ()): each["metadata"] for each in given.get("metadata") or []}
    schema = given.get("schema") or {}
    fields = schema.get("properties")
    root = told.get(()) or {"selected": given.get("selected", schema.get("selected", True))}
    yield {"breadcrumb": [], "metadata": _heard(root)}
    for column in stream.columns:
        crumb = ("properties", column.name)
        if column.name in {*(stream.primary_keys or ()), _replication_key(stream)}:
            level: dict[str, Any] = {"inclusion": "automatic"}
        elif fields and column.name not in fields:
            level = {"inclusion": "available", "selected": False}
        else:
            level = {
                "inclusion": "available",
                **_heard(told.get(crumb) or (fields or {}).get(column.name) or {}),
            }
        yield {"breadcrumb": list(crumb), "metadata": level}


def _damage(given: Mapping[str, Any]) -> str | None:
    """Return the place of an entry that is not what the Singer specification says, None where all is."""
    schema, metadata = given.get("schema") or {}, given.get("metadata") or []
    fields = (schema.get("properties") or {}) if isinstance(schema, dict) else None
    if not isinstance(fields, dict):
        return "schema"
    if not isinstance(metadata, list):
        return "metadata"
    odd = (
        f"property {name}"
        for name, field in fields.items()
        if field is not None and not isinstance(field, dict)
    )
    wrong = (f"metadata entry {number}" for number, each in enumerate(metadata, 1) if not _is_level(each))
    return next(chain(odd, wrong), None)


def _is_level(each: Any) -> bool:  # noqa: ANN401
    crumb = (each.get("breadcrumb") or []) if isinstance(each, dict) else None
    named = isinstance(crumb, list | tuple) and all(isinstance(part, str) for part in crumb)
    return named and isinstance(each.get("metadata"), dict)


def _replication_key(stream: Any) -> str | None:  # noqa: ANN401
    """Return the field, None for a stream that has none: there the SDK's property is found."""
    key = stream.replication_key
    return key if isinstance(key, str) else None


def _heard(level: Mapping[str, Any]) -> dict[str, Any]:
    return {name: level[name] for name in HEARD if level.get(name) is not None}
