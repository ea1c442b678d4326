"""`inverter_readings`: what each inverter measured in each quarter hour."""

from collections.abc import Iterator

from tap_solaredge.measured.readings import Record
from tap_solaredge.measured.site import Site
from tap_solaredge.resources import DETAILS, DEVICES, INVERTERS, Answers
from tap_solaredge.streams.base import Cadence, SolarEdgeStream
from tap_solaredge.streams.columns import INTERVAL, SITE_ID, number, text


class InverterReadings(SolarEdgeStream):
    """Costs calls of its own: one for a window under V2, one for each inverter and week under V1."""

    name = "inverter_readings"
    selected_by_default = False
    primary_keys = ("site_id", "serial_number", "timestamp")
    replication_key = "timestamp"
    cadence = Cadence.QUARTER_HOURS
    needs = frozenset({DETAILS, DEVICES, INVERTERS})
    values = ("power", "energy_wh")
    columns = (
        SITE_ID,
        text("serial_number", "Serial number of the inverter, as in equipment", key=True),
        *INTERVAL,
        number("power", "W", "Mean AC power; that of a battery on its DC side is in it", series="power"),
        number("energy_wh", "Wh", "AC energy of the interval", series="energy"),
        number("consumed_power", "W", "Mean power drawn from AC (V2 only)", series="consumed_power"),
        number("consumed_energy_wh", "Wh", "Energy drawn from AC (V2 only)", series="consumed_energy"),
        number("voltage", "V", "Mean AC voltage of the phases against neutral", series="voltage"),
        number("current", "A", "AC current of all phases together: power / voltage", series="current"),
        number("frequency", "Hz", "Mean AC frequency", series="frequency"),
        number("dc_voltage", "V", "Mean DC voltage (V1 only)", series="dc_voltage"),
        number("temperature", "°C", "Mean temperature of the inverter (V1 only)", series="temperature"),
        number("power_limit", "%", "Power limit, of the nameplate power (V1 only)", series="power_limit"),
        text("inverter_mode", "SolarEdge's own word, such as MPPT or SLEEPING (V1 only)", series="mode"),
        number("apparent_power", "VA", "Mean apparent power, all phases (V1 only)", series="apparent_power"),
        number("reactive_power", "var", "Mean reactive power, all phases (V1 only)", series="reactive_power"),
        number("energy_lifetime", "Wh", "Counter at the end of the interval (V1 only)", series="lifetime"),
    )

    def records(self, site: Site, answers: Answers) -> Iterator[Record]:  # noqa: D102
        for inverter in answers.get(INVERTERS) or ():
            starts = inverter.power | inverter.energy
            yield from self.series_records(inverter, starts, site.site_id, inverter.serial_number)
