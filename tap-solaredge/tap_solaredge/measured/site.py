"""A site and its devices, as far as streams, plans and requests have to know them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from tap_solaredge.local_time import zone
from tap_solaredge.measured.readings import Device, MeterSeries, MeterType, Record
from tap_solaredge.measured.serial_numbers import Writings

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


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
    sells: bool = False
    """Whether a battery was seen to sell what it holds (gotcha 87)."""

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
