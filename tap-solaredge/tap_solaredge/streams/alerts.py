"""`alerts`: what SolarEdge found wrong with a site or a device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from singer_sdk import typing as th

from tap_solaredge.resources import Resource
from tap_solaredge.streams.base import (
    SITE_ID,
    Cadence,
    SolarEdgeStream,
    required,
    schema,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_solaredge.measured.readings import Answers, Record, Site


class Alerts(SolarEdgeStream):
    """Open and closed ones; an alert that closes is the same record again. V1 has none."""

    name = "alerts"
    selected_by_default = False
    primary_keys = ("alert_id",)
    cadence = Cadence.INVENTORY
    needs = frozenset({Resource.DETAILS, Resource.ALERTS})
    schema = schema(
        required("alert_id", th.IntegerType, "SolarEdge's number of the alert"),
        SITE_ID,
        text("category", "Such as EQUIPMENT"),
        text("type", "Such as INVERTER_COMMUNICATION_FAULT"),
        th.Property("impact", th.IntegerType, description="0 (none) to 9"),
        text("status", "OPEN or CLOSED"),
        th.Property("first_trigger", th.DateTimeType, description="UTC"),
        th.Property("last_trigger", th.DateTimeType, description="UTC"),
        text("component_name", "Name of the device"),
        text("component_serial_number", "Serial number of the device"),
        text("error_codes", "JSON array, as sent"),
    )

    def records(self, site: Site, answers: Answers) -> Iterator[Record]:  # noqa: ARG002, D102
        yield from answers.alerts or ()
