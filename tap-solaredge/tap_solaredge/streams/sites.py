"""`sites`: one row per site, from its details."""

from __future__ import annotations

from typing import TYPE_CHECKING

from singer_sdk import typing as th

from tap_solaredge.resources import Resource
from tap_solaredge.streams.base import Cadence, SolarEdgeStream, number, required, schema, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_solaredge.measured.readings import Answers, Record, Site


class Sites(SolarEdgeStream):
    """Site master data."""

    name = "sites"
    primary_keys = ("id",)
    cadence = Cadence.INVENTORY
    needs = frozenset({Resource.DETAILS})
    schema = schema(
        required("id", th.IntegerType, "SolarEdge's number of the site"),
        text("name", "Name that the installer gave"),
        th.Property("account_id", th.IntegerType, description="Account that owns the site"),
        text("status", "Active, Pending (nothing reported yet) or Disabled"),
        number("peak_power", "Peak power of the modules, kWp"),
        th.Property("last_update_time", th.DateTimeType, description="Newest data of the site, UTC"),
        th.Property("installation_date", th.DateType, description="Date of installation"),
        text("currency", "Currency of revenues (V1 only)"),
        text("notes", "The installer's notes"),
        text("site_type", "Kind of site (V1 only)"),
        text("country", "Country"),
        text("state", "State or province"),
        text("city", "City"),
        text("address", "Street and number"),
        text("address2", "Second address line"),
        text("zip_code", "Postal code"),
        text("timezone", "IANA time zone of the site"),
        text("primary_module_manufacturer", "Maker of the modules (V1 only)"),
        text("primary_module_model", "Model of the modules (V1 only)"),
        number("primary_module_power", "Peak power of one module, W (V1 only)"),
        th.Property("is_public", th.BooleanType, description="Whether the site has a public page (V1 only)"),
        text("public_name", "Name on the public page (V1 only)"),
        number("latitude", "Latitude, degrees (V2 only)"),
        number("longitude", "Longitude, degrees (V2 only)"),
    )

    def records(self, site: Site, answers: Answers) -> Iterator[Record]:  # noqa: ARG002, D102
        if answers.details is not None:
            yield answers.details
