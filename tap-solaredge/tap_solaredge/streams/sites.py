"""`sites`: one row per site, from its details."""

from collections.abc import Iterable

from tap_solaredge.measured.readings import Record
from tap_solaredge.measured.site import Site
from tap_solaredge.resources import DETAILS, Answers
from tap_solaredge.streams.base import Cadence, SolarEdgeStream
from tap_solaredge.streams.columns import day, flag, moment, number, text, whole


class Sites(SolarEdgeStream):
    """Site master data."""

    name = "sites"
    primary_keys = ("id",)
    cadence = Cadence.INVENTORY
    needs = frozenset({DETAILS})
    columns = (
        whole("id", "SolarEdge's number of the site", key=True),
        text("name", "Name that the installer gave it"),
        whole("account_id", "SolarEdge's number of the account that owns the site"),
        text("status", "Active, Pending (nothing reported yet) or Disabled"),
        number("peak_power", "kWp", "Peak power of all modules together"),
        moment("last_update_time", "Time of the newest data that the site sent (V2 only)"),
        day("installation_date", "Date of installation, by the site's own calendar"),
        text("currency", "Currency of revenues (V1 only)"),
        text("notes", "The installer's notes"),
        text("site_type", "Kind of site (V1 only)"),
        text("country", "Country"),
        text("state", "State or province"),
        text("city", "City"),
        text("address", "Street and number"),
        text("address2", "Second line of the address"),
        text("zip_code", "Postal code"),
        text("timezone", "IANA name of the site's time zone"),
        text("primary_module_manufacturer", "Manufacturer of the modules (V1 only)"),
        text("primary_module_model", "Model of the modules (V1 only)"),
        number("primary_module_power", "W", "Peak power of one module (V1 only)"),
        flag("is_public", "Whether the site has a public page (V1 only)"),
        text("public_name", "Name on the public page (V1 only)"),
        number("latitude", "°", "Latitude; positive in the north (V2 only)"),
        number("longitude", "°", "Longitude; positive in the east (V2 only)"),
    )

    def records(self, site: Site, answers: Answers) -> Iterable[Record]:  # noqa: ARG002, D102
        details = answers.get(DETAILS)
        return () if details is None else (details,)
