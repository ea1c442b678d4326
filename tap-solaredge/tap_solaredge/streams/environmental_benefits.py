"""`environmental_benefits`: what a site spared the environment, by SolarEdge's reckoning."""

from collections.abc import Iterator

from tap_solaredge.measured.readings import Record
from tap_solaredge.measured.site import Site
from tap_solaredge.resources import BENEFITS, DETAILS, Answers
from tap_solaredge.streams.base import Cadence, SolarEdgeStream
from tap_solaredge.streams.columns import SITE_ID, number


class EnvironmentalBenefits(SolarEdgeStream):
    """One row for each site: sums since its first day."""

    name = "environmental_benefits"
    selected_by_default = False
    primary_keys = ("site_id",)
    cadence = Cadence.INVENTORY
    needs = frozenset({DETAILS, BENEFITS})
    columns = (
        SITE_ID,
        number("co2_saved", "kg", "Carbon dioxide not emitted since the site's first day"),
        number("ev_distance", "km", "Distance that an electric car could have driven so far (V2 only)"),
        number("so2_saved", "kg", "Sulphur dioxide not emitted since the site's first day (V1 only)"),
        number("nox_saved", "kg", "Nitrogen oxides not emitted since the site's first day (V1 only)"),
        number("trees_planted", None, "Trees that would bind as much carbon dioxide (V1 only)"),
        number("light_bulbs", None, "Light bulbs that could have been lit for a day (V1 only)"),
    )

    def records(self, site: Site, answers: Answers) -> Iterator[Record]:  # noqa: D102
        told = answers.get(BENEFITS) or {}
        row = {column.name: told.get(column.name) for column in self.columns}
        if any(value is not None for value in row.values()):
            yield row | {SITE_ID.name: site.site_id}
