"""`energy_readings`: energy per day (or week, month, year) and where it came from and went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from singer_sdk import typing as th

from tap_solaredge.measured.split import meter_energies, split, storage_energies
from tap_solaredge.resources import Resource
from tap_solaredge.streams.base import (
    SITE_ID,
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


class EnergyReadings(SolarEdgeStream):
    """Official production beside the split that the meters give."""

    name = "energy_readings"
    primary_keys = ("site_id", "reading_date", "time_unit")
    replication_key = "reading_date"
    cadence = Cadence.ENERGY
    needs = frozenset({Resource.DETAILS, Resource.DEVICES, Resource.ENERGY})
    values = ("energy_wh", "consumption_wh", "feed_in_wh", "purchased_wh")
    schema = schema(
        SITE_ID,
        required("reading_date", th.DateType, "First day of the period, the site's own date"),
        required("time_unit", th.StringType, "DAY, WEEK, MONTH or YEAR"),
        UTC_OFFSET,
        number("energy_wh", "Production, Wh"),
        number("consumption_wh", "Consumption, Wh; needs a meter"),
        number("self_consumption_wh", "Production that was not fed in, Wh; needs a meter"),
        number("feed_in_wh", "Energy to the grid, Wh; needs a meter"),
        number("purchased_wh", "Energy from the grid, Wh; needs a meter"),
    )

    def records(self, site: Site, answers: Answers) -> Iterator[Record]:  # noqa: D102
        meters = answers.meter_energy or []
        storage = answers.storage_energy or []
        starts = {
            at.local_date: at
            for series in (*(m.energy for m in meters), *(b.charge_energy for b in storage))
            for at in series
        }
        for at, production in sorted((answers.energy or {}).items()):
            day = starts.get(at.local_date, at)
            parts = split(production, meter_energies(meters, day), storage_energies(storage, day))
            yield {
                "site_id": site.site_id,
                "reading_date": at.local_date,
                "time_unit": self.config["energy_time_unit"],
                "utc_offset_minutes": at.offset_minutes,
                "energy_wh": production,
                "consumption_wh": parts.consumption,
                "self_consumption_wh": parts.self_consumption,
                "feed_in_wh": parts.feed_in,
                "purchased_wh": parts.purchased,
            }
