"""`meter_readings`: power and energy of each meter in each quarter hour."""

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
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_solaredge.measured.readings import Answers, Record, Site

_PHASES = ("voltage_l1", "voltage_l2", "voltage_l3", "current_l1", "current_l2", "current_l3")
_FACTORS = ("power_factor", "power_factor_l1", "power_factor_l2", "power_factor_l3")
_NEVER_GIVEN = dict.fromkeys((*_PHASES, *_FACTORS))


class MeterReadings(SolarEdgeStream):
    """What devices read, not what the service works out; API V2 has no registers."""

    name = "meter_readings"
    primary_keys = ("site_id", "meter_name", "timestamp")
    replication_key = "timestamp"
    cadence = Cadence.QUARTER_HOURS
    needs = frozenset({Resource.DETAILS, Resource.DEVICES, Resource.METERS})
    values = ("power", "energy_wh", "energy_lifetime")
    schema = schema(
        SITE_ID,
        required("meter_name", th.StringType, "Name of the meter, as in `meters`"),
        TIMESTAMP,
        UTC_OFFSET,
        number("power", "Mean power, W, in the direction that the meter counts"),
        number("energy_wh", "Energy of the interval, Wh"),
        number("energy_lifetime", "Energy on the register, Wh (V1 only)"),
        *(number(name, "Per phase, V or A (neither API gives it)") for name in _PHASES),
        *(number(name, "Power factor (neither API gives it)") for name in _FACTORS),
    )

    def records(self, site: Site, answers: Answers) -> Iterator[Record]:  # noqa: D102
        for meter in answers.meters or ():
            if meter.computed:
                continue
            name = site.meter_name(meter)
            for at in sorted({*meter.power, *meter.energy, *meter.lifetime}):
                yield {
                    "site_id": site.site_id,
                    "meter_name": name,
                    "timestamp": at.utc,
                    "utc_offset_minutes": at.offset_minutes,
                    "power": meter.power.get(at),
                    "energy_wh": meter.energy.get(at),
                    "energy_lifetime": meter.lifetime.get(at),
                    **_NEVER_GIVEN,
                }
