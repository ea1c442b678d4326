"""`storageData` of V1: rows of about five minutes become quarter hours (6.13). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_solaredge.measured.readings import BatterySeries
from tap_solaredge.service.payload import member, text
from tap_solaredge.service.v1.samples import by_quarter, energies, last, mean, values

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from tap_solaredge.local_time import Instant
    from tap_solaredge.measured.readings import Record

_COUNTERS = ("lifeTimeEnergyCharged", "lifeTimeEnergyDischarged")


def storage(payloads: list[Any], where: str, zone: ZoneInfo) -> list[BatterySeries]:
    """Return the readings of each battery; a site without a battery gives none."""
    found = []
    data = member(payloads[0], "storageData", dict, where)
    for battery in member(data, "batteries", list, where):
        serial = text(member(battery, "serialNumber", str, where)) or ""
        rows = member(battery, "telemetries", list, f"{where}: {serial}")
        found.append(
            _battery(serial, by_quarter(rows, "timeStamp", f"{where}: {serial}", zone), f"{where}: {serial}")
        )
    return found


def _battery(serial: str, quarters: dict[Instant, list[Record]], where: str) -> BatterySeries:
    battery = BatterySeries(serial)
    for at, rows in quarters.items():
        powers = values(rows, "power", where)
        battery.charge_power[at] = mean([max(power, 0.0) for power in powers])
        battery.discharge_power[at] = mean([max(-power, 0.0) for power in powers])
        levels = values(rows, "batteryPercentageState", where) or values(rows, "stateOfCharge", where)
        level = battery.state_of_charge[at] = mean(levels)
        full = last(values(rows, "fullPackEnergyAvailable", where))
        battery.remaining_energy[at] = None if level is None or full is None else full * level / 100
        battery.temperature[at] = mean(values(rows, "internalTemp", where))
        battery.state[at] = text(rows[-1].get("batteryState"))
        for name, lifetime in zip(
            _COUNTERS, (battery.lifetime_charged, battery.lifetime_discharged), strict=True
        ):
            lifetime[at] = last(values(rows, name, where))
    battery.charge_energy = energies(battery.charge_power, battery.lifetime_charged)
    battery.discharge_energy = energies(battery.discharge_power, battery.lifetime_discharged)
    return battery
