"""`meters`: one row per meter and what it counts; import and export of one device are two rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from singer_sdk import typing as th

from tap_solaredge.resources import Resource
from tap_solaredge.streams.base import SITE_ID, Cadence, SolarEdgeStream, required, schema, text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_solaredge.measured.readings import Answers, Record, Site


class Meters(SolarEdgeStream):
    """Physical and virtual meters of a site."""

    name = "meters"
    primary_keys = ("site_id", "name")
    cadence = Cadence.INVENTORY
    needs = frozenset({Resource.DETAILS, Resource.DEVICES})
    schema = schema(
        SITE_ID,
        required("name", th.StringType, "Name, unique within the site"),
        text("manufacturer", "Maker"),
        text("model", "Model"),
        text("meter_type", "Production, Consumption, FeedIn, Purchased or SelfConsumption"),
        text("serial_number", "Serial number; virtual meters have none"),
        text("connection_type", "How the meter is connected, where the API says it"),
        text("form", "physical or virtual"),
        th.Property("active", th.BooleanType, description="False once removed (V2 only)"),
    )

    def records(self, site: Site, answers: Answers) -> Iterable[Record]:  # noqa: ARG002, D102
        return answers.devices.meters if answers.devices else ()
