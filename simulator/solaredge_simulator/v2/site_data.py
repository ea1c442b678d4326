"""The site list, details, totals of a window, lifetime, benefits and the power flow of paid plans."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from solaredge_simulator.messages import problem
from solaredge_simulator.v2.buckets import as_32_bit
from solaredge_simulator.v2.windows import span

if TYPE_CHECKING:
    from datetime import datetime

    from solaredge_simulator.plants import Plant
    from solaredge_simulator.v2.asks import Ask, SiteAsk

_PAGE, _LONGEST_PAGE = 50, 1000
_CO2_KG, _EV_KM = 0.392, 6.1
_POUNDS, _MILES = 2.20462, 0.621371
_BEFORE = timedelta(microseconds=618_796)
"""Uploads come at whole seconds here; the service shows fractions."""


def sites(ask: Ask) -> object:
    """`/sites`: `count` is the number of all sites of the credential, `site` is the page."""
    size = ask.count("sites-in-page", _PAGE, _LONGEST_PAGE)
    first = (ask.count("page", 1) - 1) * size
    plants = list(ask.plants.values())
    page = [_listed(plant, ask.request.now) for plant in plants[first : first + size]]
    return {"sites": {"count": len(plants), "site": page}}


def details(ask: SiteAsk) -> object:
    """`/sites/{siteId}`: the zone and the time of the last upload stand only here."""
    plant, now = ask.plant, ask.request.now
    upload, place = plant.last_upload(now), plant.place
    listed = _listed(plant, now)
    location = {
        "address": place.address,
        "address2": None,
        "city": place.city,
        "state": place.state,
        "zip": place.zip_code,
        "country": place.country,
        "countryCode": place.country_code,
        "latitude": plant.latitude_shown,
        "longitude": place.longitude,
        "timezone": plant.zone_shown,
    }
    return {
        "siteId": plant.site_id,
        "name": plant.name,
        "accountId": plant.account_id,
        "peakPower": listed["peakPower"],
        "installationDate": listed["installationDate"],
        "lastUpdateTime": plant.local(upload - _BEFORE).isoformat() if upload else None,
        "location": location,
        "activationStatus": listed["activationStatus"],
        "note": plant.note,
    }


def overview(ask: SiteAsk) -> object:
    """`/overview`: totals of any window and where they went; by default today."""
    found = span(ask.request, ask.plant.zone)

    def total(name: str) -> float | None:
        return ask.view.total(("", name), found.start, found.end)

    made, used = total("production_wh"), None
    charged = fed = given = bought = direct = None
    if ask.plant.demand:
        used, charged, fed = total("consumption_wh"), total("charge_wh"), total("feed_in_wh")
        bought, direct = total("purchased_wh"), total("direct_wh")
        given = None if None in {used, bought, direct} else (used or 0.0) - (direct or 0.0) - (bought or 0.0)
    if ask.options.overview == "partial":
        fed = direct = given = bought = None
    production = {"toSelfConsumption": direct, "toStorage": charged, "toGrid": fed}
    consumption = {"fromPv": direct, "fromStorage": given, "fromGrid": bought}
    return {
        "siteId": ask.plant.site_id,
        "production": _breakdown(made, production),
        "consumption": _breakdown(used, consumption),
    }


def _breakdown(total: float | None, parts: dict[str, float | None]) -> dict[str, object]:
    rounded = {name: as_32_bit(value) for name, value in parts.items()}
    return {"total": as_32_bit(total), "unit": "WH", **rounded}


def performance(ask: SiteAsk) -> object:
    """`/overview/performance`: energy per peak power, and its ratio to full sun (5 hours a day)."""
    found = span(ask.request, ask.plant.zone)
    made = ask.view.total(("", "production_wh"), found.start, found.end)
    if made is None:
        return {"specificYield": None, "performanceRatio": None}
    yielded = made / ask.plant.peak_power
    days = max((found.end - found.start) / 86_400, 1 / 96)
    return {
        "specificYield": as_32_bit(yielded),
        "performanceRatio": as_32_bit(min(1.0, yielded / (5 * days))),
    }


def lifetime(ask: SiteAsk) -> object:
    """`/lifetime-energy`."""
    return {"energy": as_32_bit(_lifetime(ask)), "unit": "WH"}


def benefits(ask: SiteAsk) -> object:
    """`/environmental-benefits`: over the life of the site; kg and km, or pounds and miles."""
    unit, _ = ask.unit({"METRIC": 1.0, "IMPERIAL": 1.0})
    kilowatt_hours = (_lifetime(ask) or 0.0) / 1000
    mass, way = (1.0, 1.0) if unit == "METRIC" else (_POUNDS, _MILES)
    return {
        "co2Emissions": as_32_bit(kilowatt_hours * _CO2_KG * mass),
        "evMiles": as_32_bit(kilowatt_hours * _EV_KM * way),
        "unit": unit,
    }


def power_flow(ask: SiteAsk) -> object:
    """`/power-flow`: the newest quarter, on paid plans."""
    if ask.options.plan == "free":
        detail = "The operation is not included in your plan (tier FREE)"
        raise problem(HTTPStatus.FORBIDDEN, detail)
    newest = ask.plant.newest_quarter_end(ask.request.now)
    quarter = ask.plant.quarter(newest - timedelta(minutes=15)) if newest else None
    if newest is None or quarter is None:
        raise problem(HTTPStatus.NOT_FOUND, "No data")
    grid = (quarter.feed_in_w or 0.0) - (quarter.purchased_w or 0.0)
    store = (quarter.charge_w or 0.0) - (quarter.discharge_w or 0.0)
    levels = [battery.state_of_charge or 0.0 for battery in quarter.batteries.values()]
    return {
        "updatedAt": ask.plant.local(newest).isoformat(),
        "refreshRate": 3,
        "unit": "W",
        "pv": {"active": bool(quarter.production_w), "power": quarter.production_w or 0.0},
        "load": {"active": bool(quarter.consumption_w), "power": quarter.consumption_w},
        "storage": {
            "active": bool(store),
            "power": abs(store),
            "status": "CHARGE" if store > 0 else "DISCHARGE" if store < 0 else "IDLE",
            "chargeLevel": round(sum(levels) / len(levels)) if levels else None,
        },
        "grid": {"active": bool(grid), "power": abs(grid), "status": "EXPORT" if grid > 0 else "IMPORT"},
    }


def _listed(plant: Plant, now: datetime) -> dict[str, object]:
    place = plant.place
    return {
        "siteId": plant.site_id,
        "name": plant.name,
        "peakPower": plant.peak_power / 1000,
        "installationDate": str(plant.installed_shown),
        "location": {
            "address": place.address,
            "city": place.city,
            "state": place.state,
            "zip": place.zip_code,
            "country": place.country,
        },
        "activationStatus": plant.status_shown(now),
        "note": plant.note,
    }


def _lifetime(ask: SiteAsk) -> float | None:
    now = ask.request.now.timestamp()
    return ask.view.total(("", f"{ask.production}_wh"), ask.plant.begins, now)
