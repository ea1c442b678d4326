"""`meters`: one row per meter and what it counts; import and export of one device are two rows."""

from collections.abc import Iterable

from tap_solaredge.measured.readings import Record
from tap_solaredge.measured.site import Site
from tap_solaredge.resources import DETAILS, DEVICES, Answers
from tap_solaredge.streams.base import Cadence, SolarEdgeStream
from tap_solaredge.streams.columns import SITE_ID, flag, text


class Meters(SolarEdgeStream):
    """Physical and virtual meters of a site."""

    name = "meters"
    primary_keys = ("site_id", "name")
    cadence = Cadence.INVENTORY
    needs = frozenset({DETAILS, DEVICES})
    columns = (
        SITE_ID,
        text("name", "Name of the meter, unique within the site", key=True),
        text("manufacturer", "Manufacturer"),
        text("model", "Model"),
        text("meter_type", "What it counts: Production, Consumption, FeedIn, Purchased or SelfConsumption"),
        text("serial_number", "Serial number of the device; virtual meters have none"),
        text("connection_type", "How the meter reports, where the service says so (V2 only)"),
        text("form", "physical, or virtual where the service works its values out"),
        flag("active", "False once the meter was replaced or removed (V2 only)"),
    )

    def records(self, site: Site, answers: Answers) -> Iterable[Record]:  # noqa: ARG002, D102
        devices = answers.get(DEVICES)
        return devices.meters if devices else ()
