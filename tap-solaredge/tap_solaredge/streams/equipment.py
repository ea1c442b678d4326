"""`equipment`: inverters, optimizers, gateways and other devices that are neither meter nor battery."""

from __future__ import annotations

from typing import TYPE_CHECKING

from singer_sdk import typing as th

from tap_solaredge.resources import Resource
from tap_solaredge.streams.base import SITE_ID, Cadence, SolarEdgeStream, number, required, schema, text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_solaredge.measured.readings import Answers, Record, Site


class Equipment(SolarEdgeStream):
    """Devices of a site; replaced ones stay, with `active` false (gotcha 40)."""

    name = "equipment"
    primary_keys = ("serial_number",)
    cadence = Cadence.INVENTORY
    needs = frozenset({Resource.DETAILS, Resource.DEVICES})
    schema = schema(
        required("serial_number", th.StringType, "Serial number"),
        SITE_ID,
        text("name", "Name, such as Inverter 1; not unique"),
        text("manufacturer", "Maker"),
        text("model", "Model or part number"),
        text("equipment_type", "INVERTER, OPTIMIZER, GATEWAY, ..."),
        text("communication_method", "How the device reports: ETHERNET, RS485, ..."),
        text("cpu_version", "Firmware version"),
        th.Property("connected_optimizers", th.IntegerType, description="Optimizers on this inverter"),
        text("dsp1_version", "Firmware of the first signal processor (V1 only)"),
        text("dsp2_version", "Firmware of the second signal processor (V1 only)"),
        text("inverter_serial", "Serial number of the inverter that this device hangs on"),
        text("panel_manufacturer", "Maker of the panel (neither API gives it)"),
        text("panel_model", "Model of the panel (neither API gives it)"),
        th.Property("last_report_date", th.DateTimeType, description="Newest report (neither API gives it)"),
        th.Property("active", th.BooleanType, description="False once replaced or removed (V2 only)"),
        number("nameplate_power", "Nominal power, W (V2 only)"),
    )

    def records(self, site: Site, answers: Answers) -> Iterable[Record]:  # noqa: ARG002, D102
        return answers.devices.equipment if answers.devices else ()
