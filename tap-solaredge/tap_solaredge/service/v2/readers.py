"""The answers of V2 in the terms of `readings`: sites, series, meters, batteries. Pure."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tap_solaredge import resources
from tap_solaredge.errors import RangeTooLong
from tap_solaredge.measured.readings import BatterySeries, MeterSeries, MeterType, Record, Series
from tap_solaredge.measured.split import no_glitches
from tap_solaredge.resources import Kind
from tap_solaredge.service.fields import Fields
from tap_solaredge.service.payload import MOST_ID, essential, is_empty, keyed
from tap_solaredge.service.place import Place
from tap_solaredge.service.series import series, site_series
from tap_solaredge.service.sites import of_site, rows_of
from tap_solaredge.service.units import CHARGE, ENERGY, PEAK_POWER, POWER
from tap_solaredge.service.v2 import extensions
from tap_solaredge.service.v2.charge import Levels, percent
from tap_solaredge.service.v2.devices import devices
from tap_solaredge.service.v2.endpoint import Endpoint
from tap_solaredge.service.v2.totals import lifetime, overview

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_solaredge.measured.site import SiteRef
    from tap_solaredge.resources import Resource
    from tap_solaredge.service.units import Units

_METRICS = {
    MeterType.FEED_IN: "export",
    MeterType.PURCHASED: "import",
    MeterType.PRODUCTION: "production",
    MeterType.CONSUMPTION: "consumption",
}
_MEASURED: Mapping[str, Units] = MappingProxyType({"Power": POWER, "Energy": ENERGY})
_OF_METERS = frozenset(f"{prefix}{name}" for prefix in _METRICS.values() for name in _MEASURED)
_COARSE = frozenset({"HOUR", "DAY", "WEEK", "MONTH", "YEAR", "TOTAL"})
_STORED: Mapping[str, Units] = MappingProxyType(
    {
        "chargePower": POWER,
        "dischargePower": POWER,
        "chargeEnergy": ENERGY,
        "dischargeEnergy": ENERGY,
        "remainingEnergy": ENERGY,
        "stateOfEnergy": CHARGE,
    }
)


def listed_sites(payload: Any) -> list[Record]:  # noqa: ANN401
    """Return id, name and status of each site on a page (5.2); a bare list is read too.

    Raises:
        UnexpectedPayload: If there is no list, or nothing in it can be read.
    """
    place = Place("site list")
    sites = payload if isinstance(payload, list) else essential(payload, "sites", place)
    if not isinstance(sites, list) and not is_empty(sites):
        sites = essential(sites, "site", place)
    return rows_of(sites, "siteId", _listed_site, place)


def _listed_site(site_id: int, site: Fields) -> Record:
    return {"id": site_id, "name": site.text("name"), "status": _status(site)}


def parse(resource: Resource[Any], payloads: list[Any], site: SiteRef) -> Any:  # noqa: ANN401
    """Return what an answer says; the type is that of the resource's field in `Answers`.

    What cannot be read is None or left out, with one warning for each resource and site of a run.

    Raises:
        UnexpectedPayload: If it lacks its essence; the message names site, resource and field.
    """
    place = Place(f"site {site.site_id}, {resource}")
    # alerts come in pages, everything else in one answer
    payload = payloads if resource is resources.ALERTS else payloads[0]
    _check_resolution(resource, payload, place)
    answer = ENDPOINTS[resource].read(payload, place, site)
    place.finish()
    return answer


def _check_resolution(resource: Resource[Any], payload: Any, place: Place) -> None:  # noqa: ANN401
    """Make sure that quarter hours are answered with quarter hours: sums of hours are none.

    Raises:
        RangeTooLong: If they are not; a shorter window may be.
    """
    told = payload.get("resolution") if isinstance(payload, dict) else None
    if resource.kind is Kind.QUARTERS and isinstance(told, str) and told.strip().upper() in _COARSE:
        raise RangeTooLong(f"{place}: quarter hours were requested, the answer is by {told.strip().upper()}")


def details(payload: Any, place: Place, site: SiteRef) -> Record:  # noqa: ANN401
    """Return the row of `sites` (5.3); it is the site of the request.

    Raises:
        UnexpectedPayload: If it is another site, or none.
    """
    of_site(essential(payload, "siteId", place), site.site_id, place)
    place.notes.read += 1
    told = Fields(payload, place)
    at = told.inside("location")
    return {
        "id": site.site_id,
        "name": told.text("name"),
        "account_id": told.whole("accountId", MOST_ID),
        "status": _status(told),
        "peak_power": told.number("peakPower", PEAK_POWER),
        "last_update_time": told.utc_time("lastUpdateTime"),
        "installation_date": told.day("installationDate"),
        "notes": told.text("note"),
        "country": at.text("country"),
        "state": at.text("state"),
        "city": at.text("city"),
        "address": at.text("address"),
        "address2": at.text("address2"),
        "zip_code": at.text("zip"),
        "timezone": at.text("timezone"),
        "latitude": _degrees(at, "latitude", 90),
        "longitude": _degrees(at, "longitude", 180),
        **dict.fromkeys(("currency", "site_type", "is_public", "public_name")),
        **dict.fromkeys(f"primary_module_{name}" for name in ("manufacturer", "model", "power")),
    }


def _degrees(location: Fields, name: str, most: float) -> float | None:
    """Return degrees; the official sample has a placeholder (5.3)."""
    read = location.number(name)
    if read is not None and not -most <= read <= most:
        (location.place / name).lose(f"{read:.5g} degrees cannot be")
        return None
    return read


def power(payload: Any, place: Place, site: SiteRef) -> Series:  # noqa: ANN401
    """Return the power of the whole site (5.6)."""
    return site_series(payload, place, POWER, site.zone)


def energy(payload: Any, place: Place, site: SiteRef) -> Series:  # noqa: ANN401
    """Return the energy of the whole site (5.5)."""
    return site_series(payload, place, ENERGY, site.zone)


def meters(payload: Any, place: Place, site: SiteRef) -> list[MeterSeries]:  # noqa: ANN401
    """Return the readings of each meter and type (5.11); a site without a meter gives none."""
    found = []
    for serial, metrics, where in keyed(payload, "meters", place, _OF_METERS):
        for kind, prefix in _METRICS.items():
            read = {
                name: series(metrics[f"{prefix}{name}"], where / f"{prefix}{name}", units, site.zone)
                for name, units in _MEASURED.items()
                if f"{prefix}{name}" in metrics
            }
            if read:
                found.append(MeterSeries(serial, kind, read.get("Power", {}), read.get("Energy", {})))
    return found


def storage(payload: Any, place: Place, site: SiteRef) -> list[BatterySeries]:  # noqa: ANN401
    """Return the readings of each battery (5.12); a site without a battery gives none."""
    return [
        _battery(serial, metrics, where, site)
        for serial, metrics, where in keyed(payload, "storage", place, _STORED)
    ]


def _battery(serial: str, metrics: Record, place: Place, site: SiteRef) -> BatterySeries:
    read = {
        name: series(metrics[name], place / name, units, site.zone) if name in metrics else {}
        for name, units in _STORED.items()
    }
    levels = metrics.get("stateOfEnergy")
    unit = levels.get("unit") if isinstance(levels, dict) else None
    told = Levels(unit, read["stateOfEnergy"], read["remainingEnergy"])
    return BatterySeries(
        serial,
        charge_power=no_glitches(read["chargePower"]),
        discharge_power=no_glitches(read["dischargePower"]),
        charge_energy=no_glitches(read["chargeEnergy"]),
        discharge_energy=no_glitches(read["dischargeEnergy"]),
        remaining_energy=read["remainingEnergy"],
        state_of_charge=percent(told, site.site_id, serial, place / "stateOfEnergy"),
    )


def _status(site: Fields) -> str | None:
    status = site.text("activationStatus")
    return status.capitalize() if status else None


ENDPOINTS: Mapping[Resource[Any], Endpoint] = MappingProxyType(
    {
        resources.DETAILS: Endpoint("", details),
        resources.DEVICES: Endpoint("/devices", devices),
        resources.POWER: Endpoint("/power", power),
        resources.ENERGY: Endpoint("/energy", energy),
        resources.QUARTER_ENERGY: Endpoint("/energy", energy),
        resources.METERS: Endpoint("/meters/telemetry", meters),
        resources.METER_ENERGY: Endpoint("/meters/telemetry", meters),
        resources.STORAGE: Endpoint("/storage/telemetry", storage),
        resources.STORAGE_ENERGY: Endpoint("/storage/telemetry", storage),
        resources.LIFETIME_STORAGE: Endpoint("/storage/telemetry", storage),
        resources.TOTALS: Endpoint("/overview", overview),
        resources.LIFETIME: Endpoint("/energy", lifetime),
        **extensions.ENDPOINTS,
    }
)
