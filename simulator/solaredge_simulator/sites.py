"""What is fixed about a site: place, zone, devices, people. No readings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from solaredge_simulator.local_days import midnight

if TYPE_CHECKING:
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from solaredge_simulator.demand import Demand
    from solaredge_simulator.devices import Battery, Charger, Gateway, Inverter, Meter, MeterType
    from solaredge_simulator.outages import Outage

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


class Listed(NamedTuple):
    """What master data say of a site where they are wrong; "own" is the truth (gotchas 78, 81)."""

    zone: str | None = "own"
    status: str = "own"
    """Such as PENDING, though data come."""
    installed: date | str = "own"
    latitude: float | str | None = "own"


TRUE = Listed()


class OpenAlert(NamedTuple):
    """An alert besides those of hours offline; `until` None: still open."""

    kind: str
    since: datetime
    impact: int
    codes: tuple[str, ...] = ()
    until: datetime | None = None


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
    chargers: tuple[Charger, ...] = ()
    former: tuple[Inverter | Meter | Battery, ...] = ()
    """Devices that went to another site; V2 still lists them here, inactive (gotcha 86)."""
    demand: Demand | None = None
    """The load; None where no meter measures it."""
    unmeasured: Demand | None = None
    """A load that only batteries know of, on a site without a meter."""
    alerts: tuple[OpenAlert, ...] = ()
    listed: Listed = TRUE
    sleeps: bool = True
    """Production is null at night; False: 0.0."""
    hertz: float = 50.0
    note: str = ""
    seed: int = 1
    trouble: bool = True
    """Hours offline and late uploads happen."""
    outages: tuple[Outage, ...] = ()
    """When the site or one device of it is silent and keeps its data."""
    never_silent: Site | None = None
    """The same site without outages: what happens is computed once for both; None: this one has none."""

    @property
    def zone_shown(self) -> str | None:
        """The time zone that master data name."""
        return self.zone.key if self.listed.zone == "own" else self.listed.zone

    @property
    def installed_shown(self) -> date | str:
        """The installation date that master data name."""
        return self.installed if self.listed.installed == "own" else self.listed.installed

    @property
    def latitude_shown(self) -> float | str | None:
        """The latitude that master data name, in degrees."""
        return self.place.latitude if self.listed.latitude == "own" else self.listed.latitude

    def status_shown(self, now: datetime) -> str:
        """Return the status that master data name."""
        own = "ACTIVE" if self.begins <= now.timestamp() else "PENDING"
        return own if self.listed.status == "own" else self.listed.status

    @property
    def begins(self) -> int:
        """Instant (epoch seconds) of the first data."""
        return midnight(self.zone, self.first_day) if self.first_day else FOREVER

    def has_meter(self, meter_type: MeterType) -> bool:
        """Tell whether a physical meter of the site counts this."""
        return any(meter.serial and meter.meter_type == meter_type for meter in self.meters)
