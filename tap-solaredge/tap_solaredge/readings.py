"""What an answer says, in the field's own terms and base units (W, Wh, %), the same for both dialects."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from tap_solaredge.local_time import Instant

if TYPE_CHECKING:
    from datetime import date
    from zoneinfo import ZoneInfo

    from tap_solaredge.windows import Window

Series = dict[Instant, float | None]
"""Start of interval to value; None is "no value", never 0."""
Record = dict[str, Any]


class Resource(StrEnum):
    """What can be asked about a site; each name is a field of `Answers`."""

    DETAILS = "details"
    DEVICES = "devices"
    LIFETIME_STORAGE = "lifetime_storage"
    POWER = "power"
    METERS = "meters"
    STORAGE = "storage"
    ENERGY = "energy"
    METER_ENERGY = "meter_energy"
    STORAGE_ENERGY = "storage_energy"


class MeterType(StrEnum):
    """What a meter counts, in SolarEdge's words: feed-in is export, purchased is import."""

    PRODUCTION = "Production"
    CONSUMPTION = "Consumption"
    FEED_IN = "FeedIn"
    PURCHASED = "Purchased"
    SELF_CONSUMPTION = "SelfConsumption"


@dataclass(slots=True)
class MeterSeries:
    """One meter's readings of a window."""

    serial_number: str | None
    meter_type: MeterType
    power: Series = field(default_factory=dict)
    """W, mean of the interval."""
    energy: Series = field(default_factory=dict)
    """Wh of the interval."""
    lifetime: Series = field(default_factory=dict)
    """Wh on the register, where the dialect knows it."""


@dataclass(slots=True)
class BatterySeries:
    """One battery's readings of a window."""

    serial_number: str
    charge_power: Series = field(default_factory=dict)
    discharge_power: Series = field(default_factory=dict)
    charge_energy: Series = field(default_factory=dict)
    discharge_energy: Series = field(default_factory=dict)
    remaining_energy: Series = field(default_factory=dict)
    state_of_charge: Series = field(default_factory=dict)
    """Percent, 0 to 100."""


@dataclass(slots=True)
class Inventory:
    """The devices of a site, as rows of the tables that hold them."""

    equipment: list[Record]
    meters: list[Record]
    batteries: list[Record]


@dataclass(slots=True)
class Answers:
    """The answers at hand for one site, and one window where they are series; None was not asked."""

    window: Window | None = None
    details: Record | None = None
    devices: Inventory | None = None
    lifetime_storage: list[BatterySeries] | None = None
    power: Series | None = None
    meters: list[MeterSeries] | None = None
    storage: list[BatterySeries] | None = None
    energy: Series | None = None
    meter_energy: list[MeterSeries] | None = None
    storage_energy: list[BatterySeries] | None = None


@dataclass(slots=True)
class Site:
    """What the other streams need to know about a site."""

    site_id: int
    name: str
    zone: ZoneInfo
    installed: date | None
    pending: bool
    latitude: float | None = None
    longitude: float | None = None
    devices: Inventory = field(default_factory=lambda: Inventory([], [], []))

    @property
    def has_meters(self) -> bool:
        """Whether a physical meter reports (virtual ones have no serial and no series)."""
        return any(meter["serial_number"] for meter in self.devices.meters)

    @property
    def has_batteries(self) -> bool:
        """Whether the site has a battery."""
        return bool(self.devices.batteries)

    def meter_name(self, series: MeterSeries) -> str:
        """Return the inventory's name of a meter: by serial and type, else by type, else made from both."""
        of_type = [meter for meter in self.devices.meters if meter["meter_type"] == series.meter_type]
        exact = [meter for meter in of_type if meter["serial_number"] == series.serial_number]
        if exact:
            return str(exact[0]["name"])
        if series.serial_number is None and of_type:
            return str(of_type[0]["name"])
        return f"{series.meter_type} {series.serial_number or 'meter'}"
