"""What an answer says, in the field's own terms and base units (W, Wh, %), the same for both dialects."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import Enum, StrEnum, auto
from typing import TYPE_CHECKING, Any, NamedTuple

from tap_solaredge.local_time import Instant, zone
from tap_solaredge.measured.serial_numbers import Writings

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


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


@dataclass(slots=True)
class Inventory:
    """The devices of a site, as rows of the tables that hold them."""

    equipment: list[Record]
    meters: list[Record]
    batteries: list[Record]
    inverters: list[str] = field(default_factory=list)
    """Serial numbers of the inverters in service that report what they measure."""
    unreadable_batteries: int = 0
    """Batteries that are left out since nothing tells them apart."""
    registered: dict[str, dict[str, str | None]] = field(default_factory=dict)
    """When the devices of a kind of `Device` were registered (UTC), by serial; None where it is not told."""

    def write_as_before(self, before: list[str]) -> list[str]:
        """Write the devices as they were written before, and return how those with readings are.

        Args:
            before: The devices with readings, as written first; `inverters` stay as requests name them.
        """
        known, rows = Writings(before), [*self.equipment, *self.meters, *self.batteries]
        listed = {row["serial_number"] for row in rows}
        measuring = {row["serial_number"] for row in (*self.meters, *self.batteries)} - {None}

        def written(serial: str) -> str:
            return serial if known.of(serial) in listed else known.of(serial)

        for row in rows:
            for name in row.keys() & {"serial_number", "connected_inverter_sn", "inverter_serial"}:
                row[name] = row[name] and written(row[name])
        return sorted({*before, *map(written, measuring | set(self.inverters))})


class SiteRef(NamedTuple):
    """A site, as far as a request has to know it."""

    site_id: int
    zone: ZoneInfo | None = None
    """For dialects whose times have no offset; None before the details are known."""
    inverters: tuple[str, ...] = ()
    """Serial numbers, for dialects with a call for each inverter."""
    metered: bool = False
    """Whether the site has meters, for dialects that have other totals without."""


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
    denied: set[Device] = field(default_factory=set)
    """Devices whose readings the credential may not read."""
    devices: Inventory = field(default_factory=lambda: Inventory([], [], []))
    kept: set[Device] = field(default_factory=set)
    """Devices that were listed lately and are not now: their readings may go on."""
    meter_names: dict[str, str] = field(default_factory=dict)
    """Newest readable names of meters, by type and serial: for those whose name cannot be read now."""
    meaning: str | None = None
    """What production means (`measured.production.Meaning`), None where nobody has checked it."""

    @property
    def ref(self) -> SiteRef:
        """What a request about this site has to know."""
        return SiteRef(self.site_id, self.zone, tuple(self.devices.inverters), bool(self.devices.meters))

    def has(self, device: Device) -> bool:
        """Whether a device of this kind reports to us (virtual meters have no serial and no series)."""
        return device not in self.denied and (device in self.kept or self.lists(device))

    @property
    def stores(self) -> bool:
        """Whether there is a battery, readable or not."""
        return bool(self.devices.batteries) or Device.BATTERY in self.kept

    def lists(self, device: Device) -> bool:
        """Whether the list names a device of this kind that reports."""
        if device is Device.METER:
            return any(meter["serial_number"] for meter in self.devices.meters)
        return bool(self.devices.batteries if device is Device.BATTERY else self.devices.inverters)

    def reporting(self, device: Device | None) -> list[tuple[str, str]]:
        """Return serial number and type of the devices of a kind that should report, where that is known."""
        meters = [m for m in self.devices.meters if m["serial_number"] and m["active"] is True]
        if device is Device.METER:
            return [(meter["serial_number"], meter["meter_type"]) for meter in meters]
        batteries = self.devices.batteries if device is Device.BATTERY else []
        return [(b["serial_number"], "") for b in batteries if b["active"] is not False]

    def spelled(self, answer: Any) -> Any:  # noqa: ANN401
        """Return an answer with the serial numbers as the inventory writes them (gotcha 42)."""
        if not isinstance(answer, list):
            return answer
        devices = [*self.devices.meters, *self.devices.batteries, *self.devices.equipment]
        known = Writings(device["serial_number"] for device in devices if device["serial_number"])
        for series in answer:
            series.serial_number = series.serial_number and known.of(series.serial_number)
        return answer

    def meters_of(self, meter_type: MeterType) -> list[Record]:
        """Return the physical meters that count something."""
        return [m for m in self.devices.meters if m["serial_number"] and m["meter_type"] == meter_type]

    def meter_name(self, series: MeterSeries) -> str:
        """Return the inventory's name of a meter: by serial and type, else by type, else made from both."""
        of_type = [meter for meter in self.devices.meters if meter["meter_type"] == series.meter_type]
        exact = [meter for meter in of_type if meter["serial_number"] == series.serial_number]
        if exact:
            return str(exact[0]["name"])
        if series.serial_number is None:
            return str(of_type[0]["name"]) if len(of_type) == 1 else f"{series.meter_type} meter"
        name = self.known_name(series.meter_type, series.serial_number)
        taken = any(meter["name"] == name for meter in self.devices.meters)  # by what stands in its place now
        return f"{name} ({series.serial_number})" if taken else name

    def known_name(self, meter_type: str | None, serial_number: str) -> str:
        """Return the name that a meter was last known by, else one of its type and serial."""
        made = f"{meter_type} {serial_number}"
        return self.meter_names.get(made, made)


def site_of(details: Record, devices: Inventory | None) -> Site:
    """Return what a site's details and devices say of it."""
    installed = details["installation_date"]
    return Site(
        site_id=details["id"],
        name=details["name"] or str(details["id"]),
        zone=zone(details["timezone"]),
        installed=date.fromisoformat(installed) if installed else None,
        pending=(details["status"] or "").casefold().startswith("pending")
        and not details["last_update_time"],
        latitude=details["latitude"],
        longitude=details["longitude"],
        devices=devices or Inventory([], [], []),
    )
