"""What can be fetched from the service: the one table of resources. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from tap_solaredge.measured.readings import (
    BatterySeries,
    Device,
    InverterSeries,
    MeterSeries,
    Record,
    Series,
    Snapshot,
    Totals,
)
from tap_solaredge.measured.site import Inventory

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_solaredge.spans import Window

T = TypeVar("T")


class Kind(Enum):
    """What an answer is like."""

    LIST = auto()
    """Changes slowly: an answer is kept for a day."""
    QUARTERS = auto()
    """A window of quarter hours."""
    PERIODS = auto()
    """A window of days, weeks, months or years."""
    TOTALS = auto()
    """Sums of closed months, and of the whole life."""
    MOMENT = auto()
    """The state of this moment."""


@dataclass(frozen=True, eq=False)
class Resource(Generic[T]):
    """One thing that the service can tell about a site; `T` is the type of its answer."""

    name: str
    kind: Kind
    device: Device | None = None
    """What a site must have for it; a site owner's grant must then cover what devices measured."""
    solar: bool = False
    """Whether there is nothing to read in the dark."""

    def __str__(self) -> str:
        return self.name


DETAILS = Resource[Record]("details", Kind.LIST)
DEVICES = Resource[Inventory]("devices", Kind.LIST)
LIFETIME_STORAGE = Resource[list[BatterySeries]]("lifetime_storage", Kind.LIST, Device.BATTERY)
ALERTS = Resource[list[Record]]("alerts", Kind.LIST)
BENEFITS = Resource[Record]("benefits", Kind.LIST)
ENERGY = Resource[Series]("energy", Kind.PERIODS)
METER_ENERGY = Resource[list[MeterSeries]]("meter_energy", Kind.PERIODS, Device.METER)
STORAGE_ENERGY = Resource[list[BatterySeries]]("storage_energy", Kind.PERIODS, Device.BATTERY)
POWER = Resource[Series]("power", Kind.QUARTERS, solar=True)
QUARTER_ENERGY = Resource[Series]("quarter_energy", Kind.QUARTERS, solar=True)
METERS = Resource[list[MeterSeries]]("meters", Kind.QUARTERS, Device.METER)
STORAGE = Resource[list[BatterySeries]]("storage", Kind.QUARTERS, Device.BATTERY)
INVERTERS = Resource[list[InverterSeries]]("inverters", Kind.QUARTERS, Device.INVERTER, solar=True)
TOTALS = Resource[Totals]("totals", Kind.TOTALS)
LIFETIME = Resource[Totals]("lifetime", Kind.TOTALS)
SNAPSHOT = Resource[Snapshot]("snapshot", Kind.MOMENT)

Needs = frozenset[Resource[Any]]

RESOURCES: tuple[Resource[Any], ...] = (
    DETAILS, DEVICES, LIFETIME_STORAGE, ALERTS, BENEFITS, ENERGY, METER_ENERGY, STORAGE_ENERGY,
    POWER, QUARTER_ENERGY, METERS, STORAGE, INVERTERS, TOTALS, LIFETIME, SNAPSHOT,
)  # fmt: skip
"""All of them, in the order in which they are fetched."""
QUARTER_SUMS: dict[Resource[Any], Resource[Any]] = {METER_ENERGY: METERS, STORAGE_ENERGY: STORAGE}
"""What quarter hours, summed, give without a call."""


class Answers:
    """The answers at hand about one site, of one window where they are series."""

    def __init__(
        self, window: Window | None = None, answers: Mapping[Resource[Any], object] | None = None
    ) -> None:
        self.window = window
        self._by_resource = dict(answers or {})

    def get(self, resource: Resource[T]) -> T | None:
        """Return an answer, None where it was not fetched or not given."""
        return cast("T | None", self._by_resource.get(resource))

    def put(self, resource: Resource[T], answer: T | None) -> None:
        """Add an answer, or take it back."""
        self._by_resource[resource] = answer
