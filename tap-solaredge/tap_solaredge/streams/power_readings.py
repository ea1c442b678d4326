"""`power_readings`: mean production power of each quarter hour."""

from collections.abc import Iterator

from tap_solaredge.measured.readings import Answers, Record, Site
from tap_solaredge.resources import Resource
from tap_solaredge.streams.base import Cadence, SolarEdgeStream
from tap_solaredge.streams.columns import INTERVAL, SITE_ID, number


class PowerReadings(SolarEdgeStream):
    """Production power, net of the battery as the API documents it."""

    name = "power_readings"
    primary_keys = ("site_id", "timestamp")
    replication_key = "timestamp"
    cadence = Cadence.QUARTER_HOURS
    needs = frozenset({Resource.DETAILS, Resource.POWER})
    values = ("power_watts",)
    columns = (
        SITE_ID,
        *INTERVAL,
        number("power_watts", "W", "Mean production power, net of any battery", series="power"),
    )

    def records(self, site: Site, answers: Answers) -> Iterator[Record]:  # noqa: D102
        return self.series_records(answers, answers.power or {}, site.site_id)
