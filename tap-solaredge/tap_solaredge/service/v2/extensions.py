"""The answers of V2 for streams beyond the nine tables: inverters, alerts, environmental benefits. Pure."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import msgspec

from tap_solaredge.local_time import QUARTER, from_utc_text, utc_text
from tap_solaredge.measured.readings import InverterSeries
from tap_solaredge.resources import ALERTS, BENEFITS, INVERTERS
from tap_solaredge.service.fields import Fields, objects
from tap_solaredge.service.payload import MOST_ID, entries, essential, is_empty, keyed
from tap_solaredge.service.place import shown
from tap_solaredge.service.series import series
from tap_solaredge.service.sites import of_site
from tap_solaredge.service.units import CURRENT, ENERGY, FREQUENCY, POWER, VOLTAGE
from tap_solaredge.service.v2.endpoint import Endpoint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_solaredge.local_time import Instant
    from tap_solaredge.measured.readings import Record, Series
    from tap_solaredge.measured.site import SiteRef
    from tap_solaredge.resources import Resource
    from tap_solaredge.service.place import Place
    from tap_solaredge.service.units import Units

_METRICS: Mapping[str, tuple[str, Units]] = MappingProxyType(
    {
        "power": ("power", POWER),
        "energy": ("energy", ENERGY),
        "consumedAcPower": ("consumed_power", POWER),
        "consumedAcEnergy": ("consumed_energy", ENERGY),
        "voltage": ("voltage", VOLTAGE),
        "current": ("current", CURRENT),
        "frequency": ("frequency", FREQUENCY),
    }
)
UNITS = MappingProxyType({"METRIC": (1.0, 1.0), "IMPERIAL": (0.45359237, 1.609344)})
"""Kilograms and kilometres in the service's units of mass and way."""


def inverters(payload: Any, place: Place, site: SiteRef) -> list[InverterSeries]:  # noqa: ANN401
    """Return the readings of each inverter (5.10)."""
    found = []
    for serial, metrics, where in keyed(payload, "inverters", place, _METRICS):
        read: dict[str, Any] = {
            ours: series(metrics[name], where / name, units, site.zone)
            for name, (ours, units) in _METRICS.items()
            if name in metrics
        }
        for name in ("voltage", "frequency"):
            if name in read:
                read[name] = _from_the_start(read[name], read.get("power", {}))
        found.append(InverterSeries(serial, **read))
    return found


def _from_the_start(values: Series, power: Series) -> Series:
    """Return values by the start of their interval: documents say that these are stamped with its end (4.5).

    The one recording that is known stamps them like the power, so the stamps of the power decide.
    """
    if not values or not power or (min(values), max(values)) != (_end(min(power)), _end(max(power))):
        return values
    starts = {_end(at): at for at in power}
    return {starts[at]: value for at, value in values.items() if at in starts}


def _end(at: Instant) -> str:
    return utc_text(from_utc_text(at) + QUARTER)


def alerts(pages: list[Any], place: Place, site: SiteRef) -> list[Record]:
    """Return the alerts of some pages as rows of `alerts` (5.14); one that cannot be read is left out."""
    found: dict[int, Record] = {}
    for page in pages:
        for alert in objects(entries(page, place, "alerts"), place):
            number_of = alert.whole("alertId", MOST_ID)
            if number_of is None:
                alert.place.lose("an alert without `alertId` is left out")
                continue
            place.notes.read += 1
            found[number_of] = _alert(number_of, site.site_id, alert)
    place.check(few=1)
    return list(found.values())


def _alert(number_of: int, site_id: int, alert: Fields) -> Record:
    of_site(alert.told.get("siteId"), site_id, alert.place)
    component = alert.inside("component")
    codes = alert.told.get("errorCodes")
    if not isinstance(codes, list) and not is_empty(codes):
        (alert.place / "errorCodes").lose(f"expected a list, got {shown(codes)}")
    return {
        "alert_id": number_of,
        "site_id": site_id,
        "category": alert.text("category"),
        "type": alert.text("type"),
        "impact": alert.whole("impact"),
        "status": alert.text("status"),
        "first_trigger": alert.utc_time("firstTrigger"),
        "last_trigger": alert.utc_time("lastTrigger"),
        "component_name": component.text("name"),
        "component_serial_number": component.text("serialNumber"),
        "error_codes": msgspec.json.encode(codes).decode() if isinstance(codes, list) else None,
    }


def benefits(payload: Any, place: Place, _: SiteRef) -> Record:  # noqa: ANN401
    """Return the columns of `environmental_benefits` (5.8); the answer's own unit counts.

    Raises:
        UnexpectedPayload: If there is no `co2Emissions`.
    """
    essential(payload, "co2Emissions", place)
    told = Fields(payload, place)
    unit = (told.text("unit") or "METRIC").upper()  # METRIC is what the request says
    mass, way = UNITS.get(unit, (None, None))
    if mass is None:
        place.note(f"unknown unit {shown(unit)}")
    return {
        "co2_saved": told.number("co2Emissions", scale=mass),
        "ev_distance": told.number("evMiles", scale=way),
    }


ENDPOINTS: Mapping[Resource[Any], Endpoint] = MappingProxyType(
    {
        INVERTERS: Endpoint("/inverters/telemetry", inverters),
        ALERTS: Endpoint("/alerts", alerts),
        BENEFITS: Endpoint("/environmental-benefits", benefits),
    }
)
