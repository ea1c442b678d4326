"""The nine tables as SolarEdge Harvest made them (reference: API V1, section 9); recognises them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_seh_sql.tables.streams import NINE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from target_seh_sql.tables.streams import Stream

PREFIXES: Final = ("", "seh_")
"""Older and newer databases."""
ADDED: Final[Mapping[str, frozenset[str]]] = {
    "sites": frozenset({"latitude", "longitude"}),
    "equipment": frozenset({"active", "nameplate_power"}),
    "batteries": frozenset({"active"}),
    "meters": frozenset({"active"}),
    "energy_readings": frozenset(
        {"utc_offset_minutes", "consumption_wh", "self_consumption_wh", "feed_in_wh", "purchased_wh"}
    ),
    "power_readings": frozenset({"utc_offset_minutes"}),
    "power_flows": frozenset({"utc_offset_minutes", "resolution"}),
    "meter_readings": frozenset({"utc_offset_minutes", "energy_wh"}),
    "sync_metadata": frozenset(),
}
"""Columns that only this target has."""
DATA_TYPES: Final[Mapping[str, str]] = {
    "site": "sites",
    "equipment": "equipment",
    "energy": "energy_readings",
    "power": "power_readings",
    "storage": "batteries",
    "meter": "meter_readings",
}
"""What its sync_metadata calls our streams: `storage` filled the batteries, `meter` the meter readings."""


def recorded_columns(stream: Stream) -> frozenset[str]:
    """Return the columns that such a table has."""
    parent = () if stream.is_site else ("meter_id",) if stream.of_meter else ("site_id",)
    own = {column.name for column in stream.columns()} - ADDED[stream.name]
    return frozenset({"id", *parent, *own, "created_at", "updated_at"})


def differences(found: Mapping[str, Mapping[str, bool]]) -> Iterator[str]:
    """Yield what keeps tables from being those of a SolarEdge Harvest.

    Args:
        found: of each stream's table that there is, the columns, and whether each is a time with a zone.
    """
    if "sites" not in found:
        yield "there is no table of sites"
    for stream in NINE:
        if stream.name not in found:
            continue
        columns, expected = found[stream.name], recorded_columns(stream)
        if missing := sorted(expected - columns.keys()):
            yield f"{stream.name} lacks {', '.join(missing)}"
        if foreign := sorted(columns.keys() - expected):
            yield f"{stream.name} also has {', '.join(foreign)}"
        if zoned := sorted(name for name, has_zone in columns.items() if has_zone):
            yield f"{stream.name} keeps {', '.join(zoned)} with a time zone"
