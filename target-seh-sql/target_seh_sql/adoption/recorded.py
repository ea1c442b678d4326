"""The tables as SolarEdge Harvest made them (reference: API V1, section 9); recognises them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_seh_sql.tables.streams import NINE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from target_seh_sql.tables.stream import Stream

PREFIXES: Final = ("", "seh_")
"""Older and newer databases."""
ADDED: Final[Mapping[str, frozenset[str]]] = {
    "sites": frozenset({"latitude", "longitude"}),
    "equipment": frozenset({"active", "nameplate_power", "commissioned_at", "part_number", "firmware"}),
    "batteries": frozenset({"active"}),
    "meters": frozenset({"active"}),
    "energy_readings": frozenset(
        {
            *("utc_offset_minutes", "consumption_wh", "self_consumption_wh", "feed_in_wh", "purchased_wh"),
            *("charged_wh", "discharged_wh"),
        }
    ),
    "power_readings": frozenset({"utc_offset_minutes", "energy_wh"}),
    "power_flows": frozenset(
        {
            *("utc_offset_minutes", "resolution"),
            *("feed_in_power", "purchased_power", "self_consumption_power"),
        }
    ),
    "meter_readings": frozenset({"utc_offset_minutes", "energy_wh"}),
    "sync_metadata": frozenset(),
}
"""Columns that only this target has."""
NEWER: Final[Mapping[str, frozenset[str]]] = {
    name: frozenset({"id", "site_id", *columns.split(), "created_at", "updated_at"})
    for name, columns in {
        "alerts": "alert_id severity alert_type alert_code name description serial_number alert_timestamp",
        "environmental_benefits": "co2_saved so2_saved nox_saved co2_units trees_planted light_bulbs "
        "benefits_timestamp",
        "power_details": "timestamp production_w consumption_w self_consumption_w feed_in_w purchased_w",
        "inverter_telemetry": "serial_number timestamp total_active_power total_energy power_limit "
        "temperature inverter_mode operation_mode ac_current ac_voltage ac_frequency apparent_power "
        "active_power reactive_power cos_phi dc_voltage",
    }.items()
}
"""Tables of newer versions whose rows become ours; `inventory` and `optimizer_telemetry` stay as they are."""
STAYING: Final = "inverter_telemetry"
"""Not replaced: its samples are finer than our quarter hours."""
EXTENSIONS: Final[Mapping[str, str]] = {
    "alerts": "alerts",
    "environmental_benefits": "environmental_benefits",
    "inverter_telemetry": "inverter_readings",
}
"""Which extension of ours a table of theirs fills."""
DATA_TYPES: Final[Mapping[str, str]] = {
    "site": "sites",
    "equipment": "equipment",
    "energy": "energy_readings",
    "power": "power_readings",
    "power_details": "power_flows",
    "storage": "batteries",
    "meter": "meter_readings",
    "environmental": "environmental_benefits",
    "alert": "alerts",
    "inverter_telemetry": "inverter_readings",
}
"""What its sync_metadata calls our streams: `storage` filled the batteries, `meter` the meter readings."""
WITHOUT_STREAM: Final = frozenset({"inventory", "optimizer_telemetry"})
"""What its sync_metadata tells of and no stream of ours does."""


def recorded_columns(stream: Stream) -> frozenset[str]:
    """Return the columns that one of the nine tables has."""
    parent = () if stream.is_site else ("meter_id",) if stream.of_meter else ("site_id",)
    own = {column.name for column in stream.columns()} - ADDED[stream.name]
    return frozenset({"id", *parent, *own, "created_at", "updated_at"})


def differences(found: Mapping[str, Collection[str]]) -> Iterator[str]:
    """Yield what keeps tables from being those of a SolarEdge Harvest.

    Args:
        found: the columns of each table that there is, by what it is called without prefix.
    """
    if "sites" not in found:
        yield "there is no table of sites"
    expected = {stream.name: recorded_columns(stream) for stream in NINE} | dict(NEWER)
    for name, columns in expected.items():
        if name not in found:
            continue
        if missing := sorted(columns - set(found[name])):
            yield f"{name} lacks {', '.join(missing)}"
        if foreign := sorted(set(found[name]) - columns):
            yield f"{name} also has {', '.join(foreign)}"
