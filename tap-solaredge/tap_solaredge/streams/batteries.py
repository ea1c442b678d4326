"""`batteries`: one row per battery, with its newest state and lifetime energies."""

from collections.abc import Iterator

from tap_solaredge.local_time import Instant
from tap_solaredge.measured.readings import BatterySeries, Record, Series
from tap_solaredge.measured.site import Site
from tap_solaredge.resources import DETAILS, DEVICES, LIFETIME_STORAGE, STORAGE, Answers
from tap_solaredge.streams.base import Cadence, SolarEdgeStream
from tap_solaredge.streams.columns import SITE_ID, flag, moment, number, text
from tap_solaredge.streams.power_flows import storage_status

LEAST_CHARGE_TO_SCALE = 10.0
"""Percent; below this, remaining energy divided by state of charge is too coarse for a capacity."""


class Batteries(SolarEdgeStream):
    """Batteries come from the inventory; telemetry only fills in their state (gotcha 50)."""

    name = "batteries"
    primary_keys = ("serial_number",)
    cadence = Cadence.LATEST
    needs = frozenset({DETAILS, DEVICES, STORAGE})
    extras = frozenset({LIFETIME_STORAGE})
    columns = (
        text("serial_number", "Serial number of the battery", key=True),
        SITE_ID,
        text("name", "Name, such as Battery 1"),
        text("manufacturer", "Manufacturer"),
        text("model", "Model"),
        text("firmware_version", "Firmware version"),
        number("capacity", "Wh", "Energy that the full battery holds today"),
        number("nameplate_capacity", "Wh", "Energy that the full battery held when new"),
        text("connected_inverter_sn", "Serial number of the inverter it is connected to"),
        number("last_state_of_charge", "%", "Newest state of charge, of the usable capacity"),
        number("last_power", "W", "Newest power; positive charges, negative discharges"),
        text("last_status", "Charging, Discharging or Idle, by last_power"),
        moment("last_telemetry_time", "Start of the interval of last_power"),
        number("lifetime_energy_charged", "Wh", "Energy charged so far, as SolarEdge counts it"),
        number("lifetime_energy_discharged", "Wh", "Energy discharged so far, as SolarEdge counts it"),
        flag("active", "False once the battery was replaced or removed (V2 only)"),
    )

    def records(self, site: Site, answers: Answers) -> Iterator[Record]:  # noqa: D102
        latest = {series.serial_number: series for series in answers.get(STORAGE) or ()}
        counted = site.spelled(answers.get(LIFETIME_STORAGE) or [])
        lifetime = {series.serial_number: series for series in counted}
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
        "last_telemetry_time": str(charge_at) if charge_at else None,
    }
    if level is not None and remaining is not None and level >= LEAST_CHARGE_TO_SCALE:
        state["capacity"] = round(remaining / level * 100)
    lifetime = {"charged": series.lifetime_charged, "discharged": series.lifetime_discharged}
    told = {f"lifetime_energy_{name}": _newest(counted)[1] for name, counted in lifetime.items() if counted}
    return state | told


def _newest(series: Series) -> tuple[Instant | None, float | None]:
    """Return the newest interval with a value, and the value."""
    return max(((at, value) for at, value in series.items() if value is not None), default=(None, None))
