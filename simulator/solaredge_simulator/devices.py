"""What hangs on the wall of a site: inverters, meters, batteries, optimizers and gateways."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class MeterType(StrEnum):
    """What a meter counts, in the spelling of the service."""

    PRODUCTION = "Production"
    CONSUMPTION = "Consumption"
    FEED_IN = "FeedIn"
    PURCHASED = "Purchased"
    SELF_CONSUMPTION = "SelfConsumption"


@dataclass(frozen=True)
class Inverter:
    """An inverter, in service from `since` to before `until`; `share` is its part of the production."""

    serial: str
    name: str
    model: str
    nameplate: float
    share: float
    optimizers: int
    leader: str | None = None
    communication: str = "ETHERNET"
    firmware: str = "4.22.101"
    since: datetime | None = None
    until: datetime | None = None

    def serves(self, instant: float) -> bool:
        """Tell whether the inverter is in service at an instant (epoch seconds)."""
        begun = self.since is None or self.since.timestamp() <= instant
        return begun and (self.until is None or instant < self.until.timestamp())


@dataclass(frozen=True)
class Meter:
    """One listing of a meter: a serial is listed once per type; a computed meter has no serial."""

    serial: str | None
    name: str
    model: str | None
    meter_type: MeterType
    manufacturer: str | None = None


@dataclass(frozen=True)
class Battery:
    """A battery behind an inverter; capacities in Wh, `power` the most that it takes or gives, W."""

    serial: str
    name: str
    manufacturer: str
    model: str
    capacity: float
    nameplate: float
    power: float
    firmware: str
    inverter: str
    sells: tuple[int, int] | None = None
    """Hours of the day, from and before, in which it gives all it has, whatever the load (gotcha 87)."""
    buys: tuple[int, int] | None = None
    """Hours of the day in which it charges from the grid."""


@dataclass(frozen=True)
class Charger:
    """A charger for electric vehicles; `power` the most that it gives, W."""

    serial: str
    name: str
    model: str
    power: float
    firmware: str = "1.5.0"


@dataclass(frozen=True)
class Gateway:
    """A box that carries the data of the inverters to the service."""

    serial: str
    name: str
    firmware: str
