"""`storageData` of V1: rows of about five minutes become quarter hours (6.13). Pure."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

from tap_solaredge.measured.joining import joined
from tap_solaredge.measured.readings import BatterySeries
from tap_solaredge.service.fields import objects
from tap_solaredge.service.payload import charge, essential, essential_list, is_empty, text
from tap_solaredge.service.units import ENERGY, PERCENT, POWER, TEMPERATURE
from tap_solaredge.service.v1.samples import (
    by_quarter,
    count,
    energies,
    last,
    mean,
    values,
    whole_watt_hours,
)

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from tap_solaredge.local_time import Instant
    from tap_solaredge.service.place import Place
    from tap_solaredge.service.v1.samples import Count, Sample


def storage(payloads: list[Any], place: Place, zone: ZoneInfo) -> list[BatterySeries]:
    """Return the readings of each battery; a site without a battery gives none.

    Where two parts of a window overlap, the older one knows the counters of before.

    Raises:
        UnexpectedPayload: If there is no list of batteries.
    """
    newest_first = [_batteries(payload, place, zone) for payload in reversed(payloads)]
    return list(reduce(joined, newest_first))


def _batteries(payload: Any, place: Place, zone: ZoneInfo) -> list[BatterySeries]:  # noqa: ANN401
    data = essential(payload, "storageData", place)
    listed = [] if is_empty(data) else essential_list(data, "batteries", place)
    found: dict[str, BatterySeries] = {}
    for battery in objects(listed, place):
        serial = battery.text("serialNumber")
        rows = battery.told.get("telemetries")
        if serial is None or serial in found:
            battery.place.lose("a battery without a serial number of its own is left out")
        elif not isinstance(rows, list) and not is_empty(rows):
            battery.place.lose("field `telemetries` is no list; the battery is left out")
        else:
            of_battery = place / serial
            found[serial] = _battery(
                serial, by_quarter(rows or [], "timeStamp", of_battery, zone), of_battery
            )
    return list(found.values())


def _battery(serial: str, quarters: dict[Instant, list[Sample]], place: Place) -> BatterySeries:
    battery = BatterySeries(serial)
    charged: dict[Instant, Count | None] = {}
    discharged: dict[Instant, Count | None] = {}
    for at, samples in quarters.items():
        _read(battery, at, samples, place)
        for name, counts, lifetime in (
            ("lifeTimeEnergyCharged", charged, battery.lifetime_charged),
            ("lifeTimeEnergyDischarged", discharged, battery.lifetime_discharged),
        ):
            counted = counts[at] = count(samples, name, place)
            lifetime[at] = None if counted is None else counted.value
    battery.charge_energy = energies(battery.charge_power, charged, whole_watt_hours)
    battery.discharge_energy = energies(battery.discharge_power, discharged, whole_watt_hours)
    return battery


def _read(battery: BatterySeries, at: Instant, samples: list[Sample], place: Place) -> None:
    """Add the readings of one quarter hour."""
    powers = values(samples, "power", place, POWER)
    battery.charge_power[at] = mean([max(power, 0.0) for power in powers])
    battery.discharge_power[at] = mean([max(-power, 0.0) for power in powers])
    levels = values(samples, "batteryPercentageState", place, PERCENT)
    levels = levels or values(samples, "stateOfCharge", place, PERCENT)
    level = battery.state_of_charge[at] = mean(
        [level for level in levels if charge(level, place) is not None]
    )
    full = last(values(samples, "fullPackEnergyAvailable", place, ENERGY))
    battery.remaining_energy[at] = None if level is None or full is None else full * level / 100
    battery.temperature[at] = mean(values(samples, "internalTemp", place, TEMPERATURE))
    battery.state[at] = text(samples[-1].row.get("batteryState"), place / "batteryState")
