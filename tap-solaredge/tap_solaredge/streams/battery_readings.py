"""`battery_readings`: charge, power and energy of each battery in each quarter hour."""

from collections.abc import Iterator
from dataclasses import replace

from tap_solaredge.measured.readings import Record
from tap_solaredge.measured.site import Site
from tap_solaredge.measured.split import no_glitches
from tap_solaredge.resources import DETAILS, DEVICES, STORAGE, Answers
from tap_solaredge.streams.base import Cadence, SolarEdgeStream
from tap_solaredge.streams.columns import INTERVAL, SITE_ID, number, text


class BatteryReadings(SolarEdgeStream):
    """Costs no call of its own: power flows are made from the same answers."""

    name = "battery_readings"
    primary_keys = ("site_id", "serial_number", "timestamp")
    replication_key = "timestamp"
    cadence = Cadence.QUARTER_HOURS
    needs = frozenset({DETAILS, DEVICES, STORAGE})
    values = ("state_of_charge", "charge_power", "discharge_power")
    columns = (
        SITE_ID,
        text("serial_number", "Serial number of the battery, as in batteries", key=True),
        *INTERVAL,
        number("state_of_charge", "%", "State of charge, of the usable capacity", series="state_of_charge"),
        number("charge_power", "W", "Mean power into the battery", series="charge_power"),
        number("discharge_power", "W", "Mean power out of the battery", series="discharge_power"),
        number("charge_energy_wh", "Wh", "Energy into the battery", series="charge_energy"),
        number("discharge_energy_wh", "Wh", "Energy out of the battery", series="discharge_energy"),
        number("remaining_energy_wh", "Wh", "Energy left in the battery", series="remaining_energy"),
        number("temperature", "°C", "Mean temperature inside (V1 only)", series="temperature"),
        text("battery_state", "SolarEdge's own code of the state (V1 only)", series="state"),
    )

    def records(self, site: Site, answers: Answers) -> Iterator[Record]:  # noqa: D102
        for battery in answers.get(STORAGE) or ():
            whole = replace(
                battery,
                charge_energy=no_glitches(battery.charge_energy),
                discharge_energy=no_glitches(battery.discharge_energy),
            )
            starts = battery.charge_power | battery.state_of_charge | battery.charge_energy
            yield from self.series_records(whole, starts, site.site_id, battery.serial_number)
