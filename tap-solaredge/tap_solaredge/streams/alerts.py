"""`alerts`: what SolarEdge found wrong with a site or a device."""

from collections.abc import Iterable

from tap_solaredge.measured.readings import Record
from tap_solaredge.measured.site import Site
from tap_solaredge.resources import ALERTS, DETAILS, Answers
from tap_solaredge.streams.base import Cadence, SolarEdgeStream
from tap_solaredge.streams.columns import SITE_ID, moment, text, whole


class Alerts(SolarEdgeStream):
    """Open and closed ones; an alert that closes is the same record again. V1 has none."""

    name = "alerts"
    selected_by_default = False
    primary_keys = ("alert_id",)
    cadence = Cadence.INVENTORY
    needs = frozenset({DETAILS, ALERTS})
    columns = (
        whole("alert_id", "SolarEdge's number of the alert", key=True),
        SITE_ID,
        text("category", "Kind of alert, such as EQUIPMENT"),
        text("type", "What is wrong, such as INVERTER_COMMUNICATION_FAULT"),
        whole("impact", "How bad it is, from 0 (no impact) to 9"),
        text("status", "OPEN or CLOSED"),
        moment("first_trigger", "When it was raised for the first time"),
        moment("last_trigger", "When it was raised for the last time"),
        text("component_name", "Name of the device that it is about"),
        text("component_serial_number", "Serial number of the device that it is about"),
        text("error_codes", "Error codes, as the JSON array that SolarEdge sends"),
    )

    def records(self, site: Site, answers: Answers) -> Iterable[Record]:  # noqa: ARG002, D102
        return answers.get(ALERTS) or ()
