"""`power_readings`: mean production power of each quarter hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_solaredge.resources import Resource
from tap_solaredge.streams.base import (
    SITE_ID,
    TIMESTAMP,
    UTC_OFFSET,
    Cadence,
    SolarEdgeStream,
    number,
    schema,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_solaredge.measured.readings import Answers, Record, Site


class PowerReadings(SolarEdgeStream):
    """Production power, net of the battery as the API documents it."""

    name = "power_readings"
    primary_keys = ("site_id", "timestamp")
    replication_key = "timestamp"
    cadence = Cadence.QUARTER_HOURS
    needs = frozenset({Resource.DETAILS, Resource.POWER})
    values = ("power_watts",)
    schema = schema(SITE_ID, TIMESTAMP, UTC_OFFSET, number("power_watts", "Mean production power, W"))

    def records(self, site: Site, answers: Answers) -> Iterator[Record]:  # noqa: D102
        for at, power in sorted((answers.power or {}).items()):
            yield {
                "site_id": site.site_id,
                "timestamp": at.utc,
                "utc_offset_minutes": at.offset_minutes,
                "power_watts": power,
            }
