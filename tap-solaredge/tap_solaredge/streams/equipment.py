"""`equipment`: inverters, optimizers, gateways and other devices that are neither meter nor battery."""

from collections.abc import Iterable

from tap_solaredge.measured.readings import Record
from tap_solaredge.measured.site import Site
from tap_solaredge.resources import DETAILS, DEVICES, Answers
from tap_solaredge.streams.base import Cadence, SolarEdgeStream
from tap_solaredge.streams.columns import SITE_ID, flag, moment, number, text, whole


class Equipment(SolarEdgeStream):
    """Devices of a site; replaced ones stay, with `active` false (gotcha 40)."""

    name = "equipment"
    primary_keys = ("serial_number",)
    cadence = Cadence.INVENTORY
    needs = frozenset({DETAILS, DEVICES})
    columns = (
        text("serial_number", "Serial number of the device", key=True),
        SITE_ID,
        text("name", "Name, such as Inverter 1; not unique"),
        text("manufacturer", "Manufacturer"),
        text("model", "Model or part number"),
        text("equipment_type", "Kind of device: INVERTER, OPTIMIZER, GATEWAY, ..."),
        text("communication_method", "How the device reports: ETHERNET, RS485, ..."),
        text("cpu_version", "Firmware version"),
        whole("connected_optimizers", "Number of power optimizers connected to this inverter"),
        text("dsp1_version", "Firmware version of the first signal processor (V1 only)"),
        text("dsp2_version", "Firmware version of the second signal processor (V1 only)"),
        text("inverter_serial", "Serial number of the inverter it is connected to (V2 only)"),
        text("panel_manufacturer", "Manufacturer of the panel (in neither API)"),
        text("panel_model", "Model of the panel (in neither API)"),
        moment("last_report_date", "When the device reported last (in neither API)"),
        flag("active", "False once the device was replaced or removed (V2 only)"),
        number("nameplate_power", "W", "Nominal power (V2 only)"),
        moment("commissioned_at", "When SolarEdge registered the device (V2 only)"),
        text("part_number", "Part number, also where there is a model (V2 only)"),
        text("firmware", "All firmware versions in one text, as SolarEdge gives it (V2 only)"),
    )

    def records(self, site: Site, answers: Answers) -> Iterable[Record]:  # noqa: ARG002, D102
        devices = answers.get(DEVICES)
        return devices.equipment if devices else ()
