"""The service's own totals of V1: a month by type of meter (6.6, 6.4), and the whole life (6.11). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_solaredge.measured.readings import MeterType, Totals
from tap_solaredge.measured.split import total
from tap_solaredge.service.fields import Fields
from tap_solaredge.service.payload import essential, mapping
from tap_solaredge.service.units import ENERGY
from tap_solaredge.service.v1.series import energy, meter_energies

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from tap_solaredge.service.place import Place


def totals(payloads: list[Any], place: Place, zone: ZoneInfo) -> Totals:
    """Return the totals of a month; types that are not listed, or have no value, are None.

    Raises:
        UnexpectedPayload: If there is no list.
    """
    if isinstance(payloads[0], dict) and "energy" in payloads[0]:
        return Totals(production=total(energy(payloads, place, zone).values()))
    found = {
        meter.meter_type: total(meter.energy.values()) for meter in meter_energies(payloads, place, zone)
    }
    return Totals(
        production=found.get(MeterType.PRODUCTION),
        self_consumption=found.get(MeterType.SELF_CONSUMPTION),
        feed_in=found.get(MeterType.FEED_IN),
        consumption=found.get(MeterType.CONSUMPTION),
        purchased=found.get(MeterType.PURCHASED),
    )


def lifetime(payload: Any, place: Place) -> Totals:  # noqa: ANN401
    """Return the production since installation; it counts up to the newest upload (6.11).

    Raises:
        UnexpectedPayload: If there is no `overview`.
    """
    told = mapping(essential(payload, "overview", place), place / "overview")
    made = Fields(told, place).inside("lifeTimeData").number("energy", ENERGY)
    return Totals(production=made, up_to_now=True)
