"""What a plant did in one quarter hour: the values that a test compares a database with."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from solaredge_simulator.devices import MeterType


@dataclass(frozen=True)
class BatteryQuarter:
    """One battery; remaining energy and state of charge (percent, 0 to 100) at the end of the quarter."""

    charge_wh: float | None = None
    charge_w: float | None = None
    discharge_wh: float | None = None
    discharge_w: float | None = None
    remaining_wh: float | None = None
    state_of_charge: float | None = None


@dataclass(frozen=True)
class MeterQuarter:
    """One listing of a meter, in its own direction."""

    energy_wh: float | None = None
    power_w: float | None = None


@dataclass(frozen=True)
class InverterQuarter:
    """One inverter at its AC side; volts, amperes, hertz."""

    energy_wh: float | None = None
    power_w: float | None = None
    voltage: float | None = None
    current: float | None = None
    frequency: float | None = None


@dataclass(frozen=True)
class Quarter:
    """A site from `start` (UTC) on; None where nobody measured it or the data are lost.

    production + purchased + discharge = consumption + feed_in + charge holds exactly wherever there is a grid
    meter, in Wh and in W, with a production of None (the inverter sleeps) counted as 0.
    """

    start: datetime
    production_wh: float | None = None
    production_w: float | None = None
    consumption_wh: float | None = None
    consumption_w: float | None = None
    feed_in_wh: float | None = None
    feed_in_w: float | None = None
    purchased_wh: float | None = None
    purchased_w: float | None = None
    batteries: Mapping[str, BatteryQuarter] = field(default_factory=dict)
    meters: Mapping[tuple[str, MeterType], MeterQuarter] = field(default_factory=dict)
    inverters: Mapping[str, InverterQuarter] = field(default_factory=dict)

    @property
    def charge_wh(self) -> float | None:
        """Energy into all batteries; None without a battery."""
        return _sum(battery.charge_wh for battery in self.batteries.values())

    @property
    def charge_w(self) -> float | None:
        """Power into all batteries; None without a battery."""
        return _sum(battery.charge_w for battery in self.batteries.values())

    @property
    def discharge_wh(self) -> float | None:
        """Energy out of all batteries; None without a battery."""
        return _sum(battery.discharge_wh for battery in self.batteries.values())

    @property
    def discharge_w(self) -> float | None:
        """Power out of all batteries; None without a battery."""
        return _sum(battery.discharge_w for battery in self.batteries.values())

    def without(self, flows: Collection[str], devices: Collection[str]) -> Quarter:
        """Return the quarter without some flows, such as `feed_in_wh`, and without some devices."""
        left: dict[str, Any] = dict.fromkeys(flows)
        for name in ("batteries", "inverters"):
            left[name] = {key: value for key, value in getattr(self, name).items() if key not in devices}
        left["meters"] = {key: value for key, value in self.meters.items() if key[0] not in devices}
        return replace(self, **left)


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
