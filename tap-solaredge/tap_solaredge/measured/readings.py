"""What an answer says, in the field's own terms and base units (W, Wh, %), the same for both dialects."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto
from typing import Any

from tap_solaredge.local_time import Instant

Series = dict[Instant, float | None]
"""Start of interval to value; None is "no value", never 0."""
Words = dict[Instant, str | None]
"""Start of interval to a word."""
Record = dict[str, Any]


ALWAYS = ("", "~")
"""Before and after all times."""


class Device(Enum):
    """What a site may have that measures."""

    METER = auto()
    BATTERY = auto()
    INVERTER = auto()


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
    computed: bool = False
    """Whether the service works this out and no device reads it."""
    in_service: tuple[str, str] = ALWAYS
    """From when, and before when (UTC): what it does not tell in between is unknown, else it is nothing."""


@dataclass(slots=True)
class BatterySeries:
    """One battery's readings of a window."""

    serial_number: str
    charge_power: Series = field(default_factory=dict)
    discharge_power: Series = field(default_factory=dict)
    charge_energy: Series = field(default_factory=dict)
    discharge_energy: Series = field(default_factory=dict)
    sold_energy: Series = field(default_factory=dict)
    """Wh of the discharge that went to the grid: of days whose quarter hours tell it."""
    remaining_energy: Series = field(default_factory=dict)
    state_of_charge: Series = field(default_factory=dict)
    """Percent, 0 to 100."""
    lifetime_charged: Series = field(default_factory=dict)
    """Wh charged so far, at the end of the interval, where the dialect knows it."""
    lifetime_discharged: Series = field(default_factory=dict)
    temperature: Series = field(default_factory=dict)
    """Degrees Celsius inside, where the dialect knows it."""
    state: Words = field(default_factory=dict)
    """The service's own code, where the dialect knows it."""
    in_service: tuple[str, str] = ALWAYS
    """As of a meter."""


@dataclass(slots=True)
class InverterSeries:
    """One inverter's readings of a window, at its AC side where nothing else is said."""

    serial_number: str
    power: Series = field(default_factory=dict)
    energy: Series = field(default_factory=dict)
    apparent_power: Series = field(default_factory=dict)
    """VA, where the dialect knows it."""
    reactive_power: Series = field(default_factory=dict)
    """var, where the dialect knows it."""
    consumed_power: Series = field(default_factory=dict)
    consumed_energy: Series = field(default_factory=dict)
    voltage: Series = field(default_factory=dict)
    """V, mean of the phases against neutral."""
    current: Series = field(default_factory=dict)
    """A, of all phases together."""
    frequency: Series = field(default_factory=dict)
    """Hz."""
    dc_voltage: Series = field(default_factory=dict)
    """V; this and what follows where the dialect knows it."""
    temperature: Series = field(default_factory=dict)
    """Degrees Celsius."""
    power_limit: Series = field(default_factory=dict)
    """Percent of the nameplate power."""
    lifetime: Series = field(default_factory=dict)
    """Wh counted so far, at the end of the interval."""
    mode: Words = field(default_factory=dict)
    """The service's own word."""


DeviceSeries = MeterSeries | BatterySeries | InverterSeries


@dataclass(slots=True)
class Totals:
    """The service's own figures of one period, Wh; None is "not told"."""

    production: float | None = None
    self_consumption: float | None = None
    """Production not fed in, what was stored included."""
    feed_in: float | None = None
    to_storage: float | None = None
    consumption: float | None = None
    from_pv: float | None = None
    from_storage: float | None = None
    purchased: float | None = None
    meaning: str | None = None
    """What production means (`measured.production.Meaning`), where the service says so."""
    first: Instant | None = None
    """Where the service's data begin, for the total of a site's whole life."""
    up_to_now: bool = False
    """Whether it counts up to the newest upload, whatever the window was."""


@dataclass(slots=True)
class Snapshot:
    """The flows of a moment, W: grid + export, storage + charging; None is "not told"."""

    grid_power: float | None
    pv_power: float | None
    load_power: float | None
    storage_power: float | None
    storage_charge_level: float | None
    storage_critical: bool | None
    statuses: dict[str, str | None] = field(default_factory=dict)
    """The service's own word by element: grid, pv, load, storage."""
    at: Instant | None = None
    """When it was fetched: the answer has no time."""
