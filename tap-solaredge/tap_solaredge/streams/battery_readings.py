"""`battery_readings`: charge, power and energy of each battery in each quarter hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from singer_sdk import typing as th

from tap_solaredge.resources import Resource
from tap_solaredge.streams.base import (
    SITE_ID,
    TIMESTAMP,
    UTC_OFFSET,
    Cadence,
    SolarEdgeStream,
    number,
    required,
    schema,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_solaredge.measured.readings import Answers, Record, Site


class BatteryReadings(SolarEdgeStream):
    """Costs no call of its own: power flows are made from the same answers."""

    name = "battery_readings"
    primary_keys = ("site_id", "serial_number", "timestamp")
    replication_key = "timestamp"
    cadence = Cadence.QUARTER_HOURS
    needs = frozenset({Resource.DETAILS, Resource.DEVICES, Resource.STORAGE})
    values = ("state_of_charge", "charge_power", "discharge_power")
    schema = schema(
        SITE_ID,
        required("serial_number", th.StringType, "Serial number of the battery, as in `batteries`"),
        TIMESTAMP,
        UTC_OFFSET,
        number("state_of_charge", "Percent"),
        number("charge_power", "Mean power into the battery, W"),
        number("discharge_power", "Mean power out of the battery, W; both may be above 0 in one interval"),
        number("charge_energy_wh", "Energy into the battery, Wh"),
        number("discharge_energy_wh", "Energy out of the battery, Wh"),
        number("remaining_energy_wh", "Energy left in the battery, Wh"),
        number("temperature", "Inside, degrees Celsius (V1 only)"),
        text("battery_state", "SolarEdge's own code (V1 only)"),
    )

    def records(self, site: Site, answers: Answers) -> Iterator[Record]:  # noqa: D102
        for battery in answers.storage or ():
            for at in sorted({*battery.charge_power, *battery.state_of_charge, *battery.charge_energy}):
                yield {
                    "site_id": site.site_id,
                    "serial_number": battery.serial_number,
                    "timestamp": at.utc,
                    "utc_offset_minutes": at.offset_minutes,
                    "state_of_charge": battery.state_of_charge.get(at),
                    "charge_power": battery.charge_power.get(at),
                    "discharge_power": battery.discharge_power.get(at),
                    "charge_energy_wh": _not_negative(battery.charge_energy.get(at)),
                    "discharge_energy_wh": _not_negative(battery.discharge_energy.get(at)),
                    "remaining_energy_wh": battery.remaining_energy.get(at),
                    "temperature": battery.temperature.get(at),
                    "battery_state": battery.state.get(at),
                }


def _not_negative(energy: float | None) -> float | None:
    """Return an energy; single negative glitches are 0 (reference: API V2, section 6)."""
    return None if energy is None else max(energy, 0.0)
