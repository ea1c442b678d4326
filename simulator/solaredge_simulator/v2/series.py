"""Energy and power of a site, and every metric of every device: operations that answer with series."""

from __future__ import annotations

from hashlib import blake2b
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from solaredge_simulator.devices import MeterType
from solaredge_simulator.messages import problem
from solaredge_simulator.v2.asks import ENERGY_UNITS, POWER_UNITS
from solaredge_simulator.v2.buckets import as_32_bit, end_stamps, start_stamps, values, with_extra_day
from solaredge_simulator.v2.windows import Resolution, window

if TYPE_CHECKING:
    from collections.abc import Mapping

    from solaredge_simulator.flows import Column, Key
    from solaredge_simulator.options import Options
    from solaredge_simulator.v2.asks import SiteAsk
    from solaredge_simulator.v2.windows import Window

_GLITCHES, _NEARLY_FULL = 701, 95.0
_OTHER_UNITS = {"WH": "KWH", "W": "KW", "KWH": "WH"}


class Metric(NamedTuple):
    """A series of a device: its key is (owner, quantity); energies are summed, all else is averaged."""

    quantity: str
    unit: str
    scale: float = 1.0
    of_site: bool = False
    ends: bool = False

    @property
    def summed(self) -> bool:
        """Whether longer buckets hold sums."""
        return self.quantity.endswith("_wh") and self.quantity != "remaining_wh"

    def shown(self, options: Options) -> Metric:
        """Return the metric of a device in the units that the service chooses."""
        unit = _OTHER_UNITS.get(self.unit) if options.device_units == "kilo" else None
        return self._replace(unit=unit, scale=1.0 if unit == "WH" else 1000.0) if unit else self

    def key(self, serial: str) -> Key:
        """Return the key of the series of one device."""
        return ("" if self.of_site else serial, self.quantity)


INVERTER = {
    "power": Metric("power_w", "W"),
    "energy": Metric("energy_wh", "WH"),
    "consumedAcPower": Metric("consumed_w", "W"),
    "consumedAcEnergy": Metric("consumed_wh", "WH"),
    "voltage": Metric("voltage", "VOLT", ends=True),
    "current": Metric("current", "AMPERE"),
    "frequency": Metric("frequency", "HERTZ", ends=True),
}
METER = {
    MeterType.PURCHASED: ("import", "purchased"),
    MeterType.FEED_IN: ("export", "feed_in"),
    MeterType.PRODUCTION: ("production", "production"),
    MeterType.CONSUMPTION: ("consumption", "consumption"),
}
"""How the metrics of a meter of each type are named, and the series of the site that they are."""
STORAGE = {
    "chargePower": Metric("charge_w", "W"),
    "dischargePower": Metric("discharge_w", "W"),
    "chargeEnergy": Metric("charge_wh", "WH"),
    "dischargeEnergy": Metric("discharge_wh", "WH"),
    "remainingEnergy": Metric("remaining_wh", "KWH", 1000.0),
    "stateOfEnergy": Metric("state_of_charge", "PERCENTAGE", 100.0),
}


def energy(ask: SiteAsk) -> object:
    """`/energy`: production, or on a site with a battery what its inverters give (`Options.production`)."""
    unit, scale = ask.unit(ENERGY_UNITS)
    return measurements(ask, "", Metric(f"{ask.production}_wh", "WH", scale), unit)


def power(ask: SiteAsk) -> object:
    """`/power`: mean PV power."""
    unit, scale = ask.unit(POWER_UNITS)
    return measurements(ask, "", Metric(f"{ask.production}_w", "W", scale), unit)


def measurements(ask: SiteAsk, serial: str, metric: Metric, unit: str) -> object:
    """Return one series in its bare envelope (4.9)."""
    found = asked_window(ask)
    if found.resolution is Resolution.TOTAL and not metric.summed:
        raise problem(HTTPStatus.BAD_REQUEST, "Resolution TOTAL is not supported for this measurement")
    return {
        "period": found.period(ask.plant.zone),
        "unit": unit,
        "resolution": found.resolution,
        "values": points(ask, found, metric, serial),
    }


def asked_window(ask: SiteAsk) -> Window:
    """Return the window that is answered: TOTAL shrinks to the data that there are (5.5)."""
    found = window(ask.request, ask.plant.zone, ask.options)
    if found.resolution is Resolution.TOTAL:
        return _with_data(ask, found)
    return with_extra_day(found, ask.plant.zone) if ask.options.extra_day_bucket else found


def points(ask: SiteAsk, found: Window, metric: Metric, serial: str) -> list[dict[str, object]]:
    """Return the points of one series."""
    zone = ask.plant.zone
    stamps = end_stamps(found, zone) if metric.ends and ask.options.end_stamps else start_stamps(found, zone)
    column = values(ask.view, metric.key(serial), found, mean=not metric.summed)
    if metric.unit == "PERCENTAGE" and ask.options.overfull:
        full = 100 * ask.options.overfull
        column = [value + full if value and value >= _NEARLY_FULL else value for value in column]
    scale = 1.0 if metric.unit == "PERCENTAGE" and ask.options.percent == "hundred" else metric.scale
    if scale != 1.0:
        column = [None if value is None else as_32_bit(value / scale) for value in column]
    if (
        metric.quantity == "charge_wh"
        and ask.options.glitches
        and found.resolution is Resolution.QUARTER_HOUR
    ):
        column = _with_glitches(stamps, column)
    return [{"timestamp": at, "value": value} for at, value in zip(stamps, column, strict=True)]


def meter_metrics(ask: SiteAsk, serial: str) -> Mapping[str, Metric]:
    """Return the metrics of one physical meter."""
    found = {}
    for meter_type in (meter.meter_type for meter in ask.plant.meters if meter.serial == serial):
        name, quantity = METER[meter_type]
        found[f"{name}Energy"] = Metric(f"{quantity}_wh", "WH", of_site=True)
        found[f"{name}Power"] = Metric(f"{quantity}_w", "W", of_site=True)
    return found


def _with_data(ask: SiteAsk, found: Window) -> Window:
    upload = ask.plant.newest_quarter_end(ask.request.now)
    if upload is None:
        return found
    start, end = max(found.start, ask.plant.begins), min(found.end, upload.timestamp())
    return found._replace(start=start, end=end, ends_now=False) if start < end else found


def _with_glitches(stamps: list[str], column: Column) -> Column:
    """Return a column in which a few zeros are negative, as single values of real batteries are (5.12)."""
    return [_glitch(at) if value == 0 else value for at, value in zip(stamps, column, strict=True)]


def _glitch(at: str) -> float:
    draw = int.from_bytes(blake2b(at.encode(), digest_size=4).digest())
    return -float(100 + draw % 1500) if draw % _GLITCHES == 0 else 0.0
