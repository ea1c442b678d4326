"""`meter_readings`: power and energy of each meter in each quarter hour."""

from collections.abc import Iterator

from tap_solaredge.measured.readings import Record
from tap_solaredge.measured.site import Site
from tap_solaredge.resources import DETAILS, DEVICES, METERS, Answers
from tap_solaredge.streams.base import Cadence, SolarEdgeStream
from tap_solaredge.streams.columns import INTERVAL, SITE_ID, number, text

_PHASES = (1, 2, 3)
_UNKNOWN = "(in neither API)"


class MeterReadings(SolarEdgeStream):
    """What devices read, not what the service works out; API V2 has no registers."""

    name = "meter_readings"
    primary_keys = ("site_id", "meter_name", "timestamp")
    replication_key = "timestamp"
    cadence = Cadence.QUARTER_HOURS
    needs = frozenset({DETAILS, DEVICES, METERS})
    values = ("power", "energy_wh", "energy_lifetime")
    columns = (
        SITE_ID,
        text("meter_name", "Name of the meter, as in meters", key=True),
        *INTERVAL,
        number("power", "W", "Mean power in the direction that the meter counts", series="power"),
        number("energy_wh", "Wh", "Energy counted in the interval", series="energy"),
        number("energy_lifetime", "Wh", "Energy on the register (V1 only)", series="lifetime"),
        *(number(f"voltage_l{phase}", "V", f"Voltage of phase {phase} {_UNKNOWN}") for phase in _PHASES),
        *(number(f"current_l{phase}", "A", f"Current of phase {phase} {_UNKNOWN}") for phase in _PHASES),
        number("power_factor", None, f"Power factor; 1 is no reactive power {_UNKNOWN}"),
        *(
            number(f"power_factor_l{phase}", None, f"Power factor of phase {phase} {_UNKNOWN}")
            for phase in _PHASES
        ),
    )

    def records(self, site: Site, answers: Answers) -> Iterator[Record]:  # noqa: D102
        for meter in answers.get(METERS) or ():
            if not meter.computed:
                starts = meter.power | meter.energy | meter.lifetime
                yield from self.series_records(meter, starts, site.site_id, site.meter_name(meter))
