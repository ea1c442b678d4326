"""`inverter_readings`: what each inverter measured in each quarter hour."""

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


class InverterReadings(SolarEdgeStream):
    """Costs calls of its own: one for a window under V2, one for each inverter and week under V1."""

    name = "inverter_readings"
    selected_by_default = False
    primary_keys = ("site_id", "serial_number", "timestamp")
    replication_key = "timestamp"
    cadence = Cadence.QUARTER_HOURS
    needs = frozenset({Resource.DETAILS, Resource.DEVICES, Resource.INVERTERS})
    values = ("power", "energy_wh")
    schema = schema(
        SITE_ID,
        required("serial_number", th.StringType, "Serial number of the inverter, as in `equipment`"),
        TIMESTAMP,
        UTC_OFFSET,
        number("power", "Mean AC power, W; with a battery on its DC side, that is in it"),
        number("energy_wh", "AC energy of the interval, Wh"),
        number("consumed_power", "Mean power drawn from AC, W (V2 only)"),
        number("consumed_energy_wh", "Energy drawn from AC, Wh (V2 only)"),
        number("voltage", "Mean of the phases against neutral, V"),
        number("current", "Power divided by voltage, A"),
        number("frequency", "Hz"),
        number("dc_voltage", "V (V1 only)"),
        number("temperature", "Degrees Celsius (V1 only)"),
        number("power_limit", "Percent of the nameplate power (V1 only)"),
        text("inverter_mode", "SolarEdge's own word, such as MPPT or SLEEPING (V1 only)"),
        number("energy_lifetime", "Counter at the end of the interval, Wh (V1 only)"),
    )

    def records(self, site: Site, answers: Answers) -> Iterator[Record]:  # noqa: D102
        for inverter in answers.inverters or ():
            for at in sorted({*inverter.power, *inverter.energy}):
                yield {
                    "site_id": site.site_id,
                    "serial_number": inverter.serial_number,
                    "timestamp": at.utc,
                    "utc_offset_minutes": at.offset_minutes,
                    "power": inverter.power.get(at),
                    "energy_wh": inverter.energy.get(at),
                    "consumed_power": inverter.consumed_power.get(at),
                    "consumed_energy_wh": inverter.consumed_energy.get(at),
                    "voltage": inverter.voltage.get(at),
                    "current": inverter.current.get(at),
                    "frequency": inverter.frequency.get(at),
                    "dc_voltage": inverter.dc_voltage.get(at),
                    "temperature": inverter.temperature.get(at),
                    "power_limit": inverter.power_limit.get(at),
                    "inverter_mode": inverter.mode.get(at),
                    "energy_lifetime": inverter.lifetime.get(at),
                }
