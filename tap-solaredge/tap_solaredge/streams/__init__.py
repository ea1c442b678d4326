"""What is harvested: the registry of streams, parents before children."""

from tap_solaredge.streams.alerts import Alerts
from tap_solaredge.streams.base import Cadence, SolarEdgeStream
from tap_solaredge.streams.batteries import Batteries
from tap_solaredge.streams.battery_readings import BatteryReadings
from tap_solaredge.streams.energy_readings import EnergyReadings
from tap_solaredge.streams.energy_totals import EnergyTotals
from tap_solaredge.streams.environmental_benefits import EnvironmentalBenefits
from tap_solaredge.streams.equipment import Equipment
from tap_solaredge.streams.inverter_readings import InverterReadings
from tap_solaredge.streams.meter_readings import MeterReadings
from tap_solaredge.streams.meters import Meters
from tap_solaredge.streams.power_flows import PowerFlows
from tap_solaredge.streams.power_readings import PowerReadings
from tap_solaredge.streams.sites import Sites

STREAMS: tuple[type[SolarEdgeStream], ...] = (
    Sites,
    Equipment,
    Batteries,
    Meters,
    EnergyReadings,
    PowerReadings,
    PowerFlows,
    MeterReadings,
    BatteryReadings,
    InverterReadings,
    Alerts,
    EnvironmentalBenefits,
    EnergyTotals,
)

__all__ = ["STREAMS", "Cadence", "SolarEdgeStream"]
