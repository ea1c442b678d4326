"""`batteries`: one row per battery, with its newest state and lifetime energies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from singer_sdk import typing as th

from tap_solaredge.resources import Resource
from tap_solaredge.streams.base import SITE_ID, Cadence, SolarEdgeStream, number, required, schema, text
from tap_solaredge.streams.power_flows import storage_status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_solaredge.local_time import Instant
    from tap_solaredge.measured.readings import Answers, BatterySeries, Record, Series, Site

LEAST_CHARGE_TO_SCALE = 10.0
"""Percent; below this, remaining energy divided by state of charge is too coarse for a capacity."""


class Batteries(SolarEdgeStream):
    """Batteries come from the inventory; telemetry only fills in their state (gotcha 50)."""

    name = "batteries"
    primary_keys = ("serial_number",)
    cadence = Cadence.LATEST
    needs = frozenset({Resource.DETAILS, Resource.DEVICES, Resource.STORAGE})
    schema = schema(
        required("serial_number", th.StringType, "Serial number"),
        SITE_ID,
        text("name", "Name, such as Battery 1"),
        text("manufacturer", "Maker"),
        text("model", "Model"),
        text("firmware_version", "Firmware version"),
        number("capacity", "Energy of the full battery today, Wh"),
        number("nameplate_capacity", "Energy of the full battery when new, Wh"),
        text("connected_inverter_sn", "Serial number of the inverter that it hangs on"),
        number("last_state_of_charge", "Newest state of charge, percent"),
        number("last_power", "Newest power, W; positive charges"),
        text("last_status", "Charging, Discharging or Idle"),
        th.Property("last_telemetry_time", th.DateTimeType, description="Interval of the newest power, UTC"),
        number("lifetime_energy_charged", "Energy charged so far, Wh"),
        number("lifetime_energy_discharged", "Energy discharged so far, Wh"),
        th.Property("active", th.BooleanType, description="False once removed (V2 only)"),
    )

    def records(self, site: Site, answers: Answers) -> Iterator[Record]:  # noqa: D102
        latest = {series.serial_number: series for series in answers.storage or ()}
        lifetime = {series.serial_number: series for series in answers.lifetime_storage or ()}
        for battery in site.devices.batteries:
            serial = battery["serial_number"]
            record = dict(battery)
            if serial in latest:
                record |= _state(latest[serial])
            if serial in lifetime:
                record["lifetime_energy_charged"] = _newest(lifetime[serial].charge_energy)[1]
                record["lifetime_energy_discharged"] = _newest(lifetime[serial].discharge_energy)[1]
            yield record


def _state(series: BatterySeries) -> Record:
    """Return the state columns: the newest value per field (gotcha 57)."""
    charge_at, charge = _newest(series.charge_power)
    discharge = series.discharge_power.get(charge_at) if charge_at else None
    power = None if charge is None or discharge is None else max(charge, 0.0) - max(discharge, 0.0)
    level_at, level = _newest(series.state_of_charge)
    remaining = series.remaining_energy.get(level_at) if level_at else None
    state: Record = {
        "last_state_of_charge": level,
        "last_power": power,
        "last_status": storage_status(power),
        "last_telemetry_time": charge_at.utc if charge_at else None,
    }
    if level is not None and remaining is not None and level >= LEAST_CHARGE_TO_SCALE:
        state["capacity"] = round(remaining / level * 100)
    lifetime = {"charged": series.lifetime_charged, "discharged": series.lifetime_discharged}
    told = {f"lifetime_energy_{name}": _newest(counted)[1] for name, counted in lifetime.items() if counted}
    return state | told


def _newest(series: Series) -> tuple[Instant | None, float | None]:
    """Return the newest interval with a value, and the value."""
    return max(((at, value) for at, value in series.items() if value is not None), default=(None, None))
