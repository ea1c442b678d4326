"""Catalogs as people write them: of what they say, the selection is heard; the rest we know better. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tap_solaredge.streams.columns import schema_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tap_solaredge.streams import SolarEdgeStream

HEARD: Final = ("inclusion", "selected", "selected-by-default")


def completed(given: Mapping[str, Any], streams: Iterable[type[SolarEdgeStream]]) -> dict[str, Any]:
    """Return a catalog with the schema and keys of our streams, and with what another one selects of them.

    Args:
        given: The other one; it may lack whatever it likes, and have another replication key or method.
        streams: Ours.
    """
    ours: Iterable[Any] = streams  # the SDK has properties for what our classes have
    known = {str(stream.name): stream for stream in ours}
    named = ((str(entry.get("tap_stream_id") or entry.get("stream")), entry) for entry in given["streams"])
    return {"streams": [_entry(entry, known[name]) for name, entry in named if name in known]}


def _entry(given: Mapping[str, Any], stream: Any) -> dict[str, Any]:  # noqa: ANN401
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


def _replication_key(stream: Any) -> str | None:  # noqa: ANN401
    """Return the field, None for a stream that has none: there the SDK's property is found."""
    key = stream.replication_key
    return key if isinstance(key, str) else None


def _heard(level: Mapping[str, Any]) -> dict[str, Any]:
    return {name: level[name] for name in HEARD if level.get(name) is not None}
