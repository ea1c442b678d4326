"""What is fixed about a site: place, zone, devices, people. No readings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from solaredge_simulator.local_days import midnight

if TYPE_CHECKING:
    from datetime import date
    from zoneinfo import ZoneInfo

    from solaredge_simulator.demand import Demand
    from solaredge_simulator.devices import Battery, Gateway, Inverter, Meter, MeterType

FOREVER = 1 << 40
"""Epoch seconds that never come."""


class Place(NamedTuple):
    """Where a site stands; the country as English name and as ISO code, degrees north and east."""

    address: str
    city: str
    zip_code: str
    country: str
    country_code: str
    latitude: float
    longitude: float
    state: str | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Site:
    """A site of the fleet. `peak_power` in W; `first_day` is the first local day with data, None: never."""

    site_id: int
    account_id: int
    name: str
    place: Place
    zone: ZoneInfo
    peak_power: float
    installed: date
    first_day: date | None
    inverters: tuple[Inverter, ...] = ()
    meters: tuple[Meter, ...] = ()
    batteries: tuple[Battery, ...] = ()
    gateways: tuple[Gateway, ...] = ()
    demand: Demand | None = None
    """The load; None where no meter measures it."""
    sleeps: bool = True
    """Production is null at night; False: 0.0."""
    hertz: float = 50.0
    note: str = ""
    seed: int = 1
    trouble: bool = True
    """Hours offline and late uploads happen."""

    @property
    def begins(self) -> int:
        """Instant (epoch seconds) of the first data."""
        return midnight(self.zone, self.first_day) if self.first_day else FOREVER

    def has_meter(self, meter_type: MeterType) -> bool:
        """Tell whether a physical meter of the site counts this."""
        return any(meter.serial and meter.meter_type == meter_type for meter in self.meters)
