"""`power_readings`: mean production power of each quarter hour."""

from collections.abc import Iterator
from typing import Any

from tap_solaredge.measured.readings import Record
from tap_solaredge.measured.site import Site
from tap_solaredge.resources import DETAILS, POWER, QUARTER_ENERGY, Answers
from tap_solaredge.streams.base import Cadence, SolarEdgeStream
from tap_solaredge.streams.columns import INTERVAL, SITE_ID, number


class PowerReadings(SolarEdgeStream):
    """Production power, net of the battery as the API documents it."""

    name = "power_readings"
    primary_keys = ("site_id", "timestamp")
    replication_key = "timestamp"
    cadence = Cadence.QUARTER_HOURS
    needs = frozenset({DETAILS, POWER})
    values = ("power_watts",)
    columns = (
        SITE_ID,
        *INTERVAL,
        number("power_watts", "W", "Mean production power, net of any battery", series="power"),
        number("energy_wh", "Wh", "Production of the interval; null unless `quarter_hour_energy` is set"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        if self.config["quarter_hour_energy"]:
            self.needs = self.needs | {QUARTER_ENERGY}

    def records(self, site: Site, answers: Answers) -> Iterator[Record]:  # noqa: D102
        power, energy = answers.get(POWER) or {}, answers.get(QUARTER_ENERGY) or {}
        for at in sorted(power | energy):
            yield self.record(site.site_id, str(at), at.offset_minutes, power.get(at), energy.get(at))
