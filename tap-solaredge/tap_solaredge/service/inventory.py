"""The devices that an inventory lists, each once, however often and at how many places it stands. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_solaredge.measured.readings import Device, MeterType
from tap_solaredge.measured.site import Inventory

if TYPE_CHECKING:
    from tap_solaredge.measured.readings import Record
    from tap_solaredge.service.fields import Fields
    from tap_solaredge.service.place import Place

NOT_OF_AN_INVENTORY = (
    "last_state_of_charge", "last_power", "last_status", "last_telemetry_time",
    "lifetime_energy_charged", "lifetime_energy_discharged",
)  # fmt: skip
"""Columns of `batteries` that telemetry tells."""
_TYPES = {kind.casefold(): kind.value for kind in MeterType}


class Listed:
    """Devices by what tells them apart; of one that is listed twice, the active entry counts."""

    def __init__(self, place: Place, serial_fields: tuple[str, ...]) -> None:
        self._place = place
        self._serial_fields = serial_fields
        self._equipment: dict[str, Record] = {}
        self._reporting: set[str] = set()
        self._meters: dict[tuple[Any, ...], Record] = {}
        self._batteries: dict[str, Record] = {}
        self.unreadable_batteries = 0
        """How many entries are batteries, but cannot be told apart or read."""
        self._registered: dict[str, dict[str, str | None]] = {}
        self._seen = 0
        self._with_serial_field = 0

    def equipment(self, row: Record, device: Fields, *, reports: bool) -> None:
        """Add an inverter or another device; `reports` says whether the service tells what it measures."""
        if self._is_known(row, device):
            _keep(self._equipment, row["serial_number"], row)
            if reports:
                self._reporting.add(row["serial_number"])

    def battery(self, row: Record, device: Fields) -> None:
        """Add a battery."""
        if self._is_known(row, device):
            _keep(self._batteries, row["serial_number"], row)
        else:
            self.unreadable_batteries += 1

    def meter(self, row: Record, device: Fields) -> None:
        """Add a meter: serial number and type tell it, or name and type without one (gotchas 43, 44)."""
        if self._is_known(row, device, needs_serial=False):
            serial, kind, name = row["serial_number"], row["meter_type"], row["name"]
            row["name"] = name or kind or "meter"
            _keep(self._meters, (serial, kind, None if serial else name), row)

    def registered(self, device: Device, serial: str, told: str | None) -> None:
        """Add when a device was registered (UTC), None where that is not told."""
        self._registered.setdefault(device.name, {})[serial] = told

    def inventory(self) -> Inventory:
        """Return the devices.

        Raises:
            UnexpectedPayload: If not one of them has a serial number's field, or none could be read.
        """
        if self._seen and not self._with_serial_field:
            raise self._place.error(f"no device has the field `{self._serial_fields[0]}`")
        self._place.check(few=1)
        meters = list(self._meters.values())
        _make_names_unique(meters)
        return Inventory(
            equipment=list(self._equipment.values()),
            meters=meters,
            batteries=list(self._batteries.values()),
            inverters=[
                serial
                for serial, row in self._equipment.items()
                if serial in self._reporting and row["active"] is not False
            ],
            unreadable_batteries=self.unreadable_batteries,
            registered=self._registered,
        )

    def _is_known(self, row: Record, device: Fields, *, needs_serial: bool = True) -> bool:
        """Whether a device can be told apart; one that cannot is left out with a note."""
        self._seen += 1
        self._with_serial_field += any(name in device.told for name in self._serial_fields)
        unreadable = any(device.told.get(name) not in (None, "") for name in self._serial_fields)
        if row["serial_number"] is None and (needs_serial or unreadable):
            device.place.lose("a device without a readable serial number is left out")
            return False
        self._place.notes.read += 1
        return True


def meter_type(told: str | None) -> str | None:
    """Return what a meter counts in our spelling; an unknown type stays as it is."""
    folded = (told or "").replace("_", "").replace(" ", "").casefold()
    return _TYPES.get(folded, told)


def _keep(rows: dict[Any, Record], key: Any, row: Record) -> None:  # noqa: ANN401
    """Keep one row for each device: the first one, but an active one rather than one that is not."""
    known = rows.get(key)
    if known is None or (known["active"] is False and row["active"] is not False):
        rows[key] = row


def _make_names_unique(rows: list[Record]) -> None:
    """Add the serial number to names that several meters of a site share, and the type where one device does.

    The name is their key. One that was replaced keeps its name, under which its readings are stored.
    """
    for suffix in ("serial_number", "meter_type"):
        names = [row["name"] for row in rows]
        gone = [row["name"] for row in rows if row["active"] is False]
        for row in rows:
            keeps_its_name = row["active"] is False and gone.count(row["name"]) == 1
            if names.count(row["name"]) > 1 and not keeps_its_name:
                row["name"] = f"{row['name']} {row[suffix] or row['meter_type']}"
