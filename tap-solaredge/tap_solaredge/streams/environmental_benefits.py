"""`environmental_benefits`: what a site spared the environment, by SolarEdge's reckoning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_solaredge.resources import Resource
from tap_solaredge.streams.base import (
    SITE_ID,
    Cadence,
    SolarEdgeStream,
    number,
    schema,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_solaredge.measured.readings import Answers, Record, Site


class EnvironmentalBenefits(SolarEdgeStream):
    """One row for each site: sums since its first day."""

    name = "environmental_benefits"
    selected_by_default = False
    primary_keys = ("site_id",)
    cadence = Cadence.INVENTORY
    needs = frozenset({Resource.DETAILS, Resource.BENEFITS})
    schema = schema(
        SITE_ID,
        number("co2_saved", "Carbon dioxide, kg"),
        number("ev_distance", "Distance that an electric car could have driven, km (V2 only)"),
        number("so2_saved", "Sulphur dioxide, kg (V1 only)"),
        number("nox_saved", "Nitrogen oxides, kg (V1 only)"),
        number("trees_planted", "Trees that bind as much carbon dioxide (V1 only)"),
        number("light_bulbs", "Light bulbs that the energy could have lit for a day (V1 only)"),
    )

    def records(self, site: Site, answers: Answers) -> Iterator[Record]:  # noqa: D102
        told = answers.benefits or {}
        row = {name: told.get(name) for name in self.schema["properties"] if name != "site_id"}
        if any(value is not None for value in row.values()):
            yield {"site_id": site.site_id, **row}
