"""`power_flows`: who gave and who took power in each quarter hour: grid, PV, load, storage."""

from collections.abc import Iterator

from tap_solaredge.local_time import Instant
from tap_solaredge.measured.readings import BatterySeries, Record, Series, Snapshot
from tap_solaredge.measured.site import Site
from tap_solaredge.measured.split import (
    NO_STORAGE,
    Metered,
    Storage,
    meter_powers,
    serve_throughout,
    serving,
    split,
    storage_powers_of,
    total,
)
from tap_solaredge.resources import DETAILS, DEVICES, METERS, POWER, SNAPSHOT, STORAGE, Answers
from tap_solaredge.streams.base import Cadence, SolarEdgeStream
from tap_solaredge.streams.columns import INTERVAL, SITE_ID, flag, number, text


class PowerFlows(SolarEdgeStream):
    """Signs: grid + export - import; storage + charging - discharging; PV and load are never negative."""

    name = "power_flows"
    primary_keys = ("site_id", "timestamp")
    replication_key = "timestamp"
    cadence = Cadence.QUARTER_HOURS
    needs = frozenset({DETAILS, DEVICES, POWER, METERS, STORAGE})
    extras = frozenset({SNAPSHOT})
    values = ("grid_power", "pv_power", "load_power", "storage_power", "storage_charge_level")
    columns = (
        SITE_ID,
        *INTERVAL,
        text("resolution", "QUARTER_HOUR, or SNAPSHOT for a live reading, whose timestamp is its moment"),
        text("unit", "Unit of all powers, always W"),
        text("grid_status", "Importing, Exporting or Idle; null without a grid meter"),
        number("grid_power", "W", "Power at the grid connection; positive is export, negative is import"),
        text("pv_status", "Active or Idle"),
        number("pv_power", "W", "Production power"),
        text("load_status", "Active or Idle; null when nothing measures the load"),
        number("load_power", "W", "Consumption power, metered or worked out; null without a meter"),
        text("storage_status", "Charging, Discharging or Idle; null without a battery"),
        number("storage_power", "W", "Power of all batteries; positive charges, negative discharges"),
        number("storage_charge_level", "%", "State of charge of all batteries together"),
        flag("storage_critical", "Whether the battery is nearly empty (V1 snapshots only)"),
        number("feed_in_power", "W", "Power fed into the grid, before purchased power is taken off it"),
        number("purchased_power", "W", "Power taken from the grid, before power fed in is taken off it"),
        number("self_consumption_power", "W", "Production not fed into the grid; null without a grid meter"),
    )

    def records(self, site: Site, answers: Answers) -> Iterator[Record]:  # noqa: D102
        snapshot = answers.get(SNAPSHOT)
        if snapshot is not None:
            yield self._live(site, snapshot)
        power, meters = answers.get(POWER) or {}, answers.get(METERS) or []
        batteries = answers.get(STORAGE) or []
        starts: Series = dict(power)
        for series in (*(meter.power for meter in meters), *(b.charge_power for b in batteries)):
            starts |= series
        feed_in, purchased, consumed = meter_powers(meters)
        charge, discharge = storage_powers_of(batteries)
        always = serve_throughout(batteries, starts)
        for at in sorted(starts):
            produced = power.get(at)
            here = batteries if always else serving(batteries, at)
            stored = Storage(charge.get(at), discharge.get(at)) if here else NO_STORAGE
            parts = split(produced, Metered(feed_in.get(at), purchased.get(at), consumed.get(at)), stored)
            grid = _difference(parts.feed_in, parts.purchased)
            storage = _difference(stored.charge, stored.discharge) if here else None
            load = parts.consumption
            yield self.record(
                site.site_id, str(at), at.offset_minutes, "QUARTER_HOUR", "W",
                _direction(grid, "Exporting", "Importing"), grid,
                _direction(produced, "Active", "Idle"), produced,
                _direction(load, "Active", "Idle"), load,
                storage_status(storage), storage,
                _charge_level(here, at), None,
                parts.feed_in, parts.purchased, parts.self_consumption,
            )  # fmt: skip

    def _live(self, site: Site, flow: Snapshot) -> Record:
        """Return the record of a moment; it is no quarter hour, so its second is never a quarter's start."""
        assert flow.at is not None  # noqa: S101 (the harvest says when)
        return self.record(
            site.site_id, str(flow.at), flow.at.offset_minutes, "SNAPSHOT", "W",
            _direction(flow.grid_power, "Exporting", "Importing"), flow.grid_power,
            flow.statuses.get("pv"), flow.pv_power,
            flow.statuses.get("load"), flow.load_power,
            storage_status(flow.storage_power), flow.storage_power,
            flow.storage_charge_level, flow.storage_critical, None, None, None,
        )  # fmt: skip


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
    """Return the state of charge over all batteries, by their capacity where it is known; None of a part."""
    levels = [battery.state_of_charge.get(at) for battery in batteries]
    known = [level for level in levels if level is not None]
    if len(known) < len(levels) or len(known) <= 1:
        return known[0] if len(known) == len(levels) == 1 else None
    remaining = [battery.remaining_energy.get(at) for battery in batteries]
    pairs = [(r, s) for r, s in zip(remaining, levels, strict=True) if r and s]
    if len(pairs) < len(known):
        return sum(known) / len(known)
    capacity = total(r / s for r, s in pairs) or 1.0
    return sum(r for r, _ in pairs) / capacity
