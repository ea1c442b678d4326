"""`power_flows`: who gave and who took power in each quarter hour: grid, PV, load, storage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from singer_sdk import typing as th

from tap_solaredge.measured.split import (
    NO_STORAGE,
    Metered,
    Storage,
    meter_powers,
    split,
    storage_powers_of,
    total,
)
from tap_solaredge.resources import Resource
from tap_solaredge.streams.base import (
    SITE_ID,
    TIMESTAMP,
    UTC_OFFSET,
    Cadence,
    SolarEdgeStream,
    number,
    schema,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_solaredge.local_time import Instant
    from tap_solaredge.measured.readings import Answers, BatterySeries, Record, Site, Snapshot


class PowerFlows(SolarEdgeStream):
    """Signs: grid + export - import; storage + charging - discharging; PV and load are never negative."""

    name = "power_flows"
    primary_keys = ("site_id", "timestamp")
    replication_key = "timestamp"
    cadence = Cadence.QUARTER_HOURS
    needs = frozenset({Resource.DETAILS, Resource.DEVICES, Resource.POWER, Resource.METERS, Resource.STORAGE})
    extras = frozenset({Resource.SNAPSHOT})
    values = ("grid_power", "pv_power", "load_power", "storage_power", "storage_charge_level")
    schema = schema(
        SITE_ID,
        TIMESTAMP,
        UTC_OFFSET,
        text("resolution", "QUARTER_HOUR, or SNAPSHOT for a live reading"),
        text("unit", "Unit of all powers, always W"),
        text("grid_status", "Importing, Exporting or Idle; null without a grid meter"),
        number("grid_power", "W; positive is export, negative is import"),
        text("pv_status", "Active or Idle"),
        number("pv_power", "Production, W"),
        text("load_status", "Active or Idle; null when nothing measures the load"),
        number("load_power", "Consumption, W"),
        text("storage_status", "Charging, Discharging or Idle; null without a battery"),
        number("storage_power", "W; positive charges, negative discharges"),
        number("storage_charge_level", "State of charge of all batteries together, percent"),
        th.Property(
            "storage_critical", th.BooleanType, description="Battery nearly empty (V1 snapshots only)"
        ),
    )

    def records(self, site: Site, answers: Answers) -> Iterator[Record]:  # noqa: D102
        if answers.snapshot is not None:
            yield _live(site, answers.snapshot)
        power, meters, batteries = answers.power or {}, answers.meters or [], answers.storage or []
        instants = set(power)
        instants.update(*(meter.power for meter in meters), *(b.charge_power for b in batteries))
        feed_in, purchased, load = meter_powers(meters)
        charge, discharge = storage_powers_of(batteries)
        levels = batteries[0].state_of_charge if len(batteries) == 1 else None
        for at in sorted(instants):
            produced = power.get(at)
            stored = Storage(charge.get(at), discharge.get(at)) if batteries else NO_STORAGE
            parts = split(produced, Metered(feed_in.get(at), purchased.get(at), load.get(at)), stored)
            grid = _difference(parts.feed_in, parts.purchased)
            storage = _difference(stored.charge, stored.discharge) if batteries else None
            yield {
                "site_id": site.site_id,
                "timestamp": at.utc,
                "utc_offset_minutes": at.offset_minutes,
                "resolution": "QUARTER_HOUR",
                "unit": "W",
                "grid_status": _direction(grid, "Exporting", "Importing"),
                "grid_power": grid,
                "pv_status": _direction(produced, "Active", "Idle"),
                "pv_power": produced,
                "load_status": _direction(parts.consumption, "Active", "Idle"),
                "load_power": parts.consumption,
                "storage_status": storage_status(storage),
                "storage_power": storage,
                "storage_charge_level": _charge_level(batteries, at) if levels is None else levels.get(at),
                "storage_critical": None,
            }


def _live(site: Site, flow: Snapshot) -> Record:
    """Return the row of a moment; it is no quarter hour, so its second is never a quarter's start."""
    assert flow.at is not None  # noqa: S101 (the harvest says when it asked)
    return {
        "site_id": site.site_id,
        "timestamp": flow.at.utc,
        "utc_offset_minutes": flow.at.offset_minutes,
        "resolution": "SNAPSHOT",
        "unit": "W",
        "grid_status": _direction(flow.grid_power, "Exporting", "Importing"),
        "grid_power": flow.grid_power,
        "pv_status": flow.statuses.get("pv"),
        "pv_power": flow.pv_power,
        "load_status": flow.statuses.get("load"),
        "load_power": flow.load_power,
        "storage_status": storage_status(flow.storage_power),
        "storage_power": flow.storage_power,
        "storage_charge_level": flow.storage_charge_level,
        "storage_critical": flow.storage_critical,
    }


def storage_status(power: float | None) -> str | None:
    """Name what a battery does, from its power in W (+ charging)."""
    return _direction(power, "Charging", "Discharging")


def _direction(power: float | None, positive: str, negative: str) -> str | None:
    if power is None:
        return None
    if power == 0:
        return "Idle"
    return positive if power > 0 else negative


def _difference(plus: float | None, minus: float | None) -> float | None:
    return None if plus is None or minus is None else plus - minus


def _charge_level(batteries: list[BatterySeries], at: Instant) -> float | None:
    """Return the state of charge over all batteries, weighted by their capacity where it is known."""
    levels = [battery.state_of_charge.get(at) for battery in batteries]
    known = [level for level in levels if level is not None]
    if len(known) <= 1:
        return known[0] if known else None
    remaining = [battery.remaining_energy.get(at) for battery in batteries]
    pairs = [(r, s) for r, s in zip(remaining, levels, strict=True) if r and s]
    if len(pairs) < len(known):
        return sum(known) / len(known)
    capacity = total(r / s for r, s in pairs) or 1.0
    return sum(r for r, _ in pairs) / capacity
