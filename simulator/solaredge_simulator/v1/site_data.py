"""The site list, details, the period of the data, the overview and the benefits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solaredge_simulator.local_days import local_day, utc
from solaredge_simulator.v1.energy import measured_by, total
from solaredge_simulator.v1.refusals import bad_request

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from solaredge_simulator.plants import Plant
    from solaredge_simulator.v1.asks import FleetAsk, SiteAsk

_PAGE = 100
_CURRENCIES = {"US": "USD", "AU": "AUD"}
_TARIFF = 0.21
_CO2_KG, _SO2_G, _NOX_G, _TREES, _BULBS, _POUNDS = 0.392, 0.75, 0.24, 0.0117, 3.03, 2.20462


def sites_list(ask: FleetAsk) -> object:
    """`/sites/list`: filtered, sorted, a page at a time; `count` is that of all matches."""
    size, first = ask.number("size", _PAGE, _PAGE), ask.number("startIndex", 0)
    statuses = (
        (ask.request.first("status") or ask.request.first("Status") or "Active,Pending").lower().split(",")
    )
    text = (ask.request.first("searchText") or "").lower()
    found = [
        plant
        for plant in ask.plants.values()
        if ("all" in statuses or _status(plant, ask.request.now).lower() in statuses)
        and text in _searched(plant)
    ]
    if name := ask.request.first("sortProperty"):
        if name.lower() not in _SORTED:
            raise bad_request(f"Failed to convert value '{name}' of 'sortProperty'")
        found.sort(
            key=_SORTED[name.lower()], reverse=(ask.request.first("sortOrder") or "ASC").upper() == "DESC"
        )
    page = [site(plant, ask.request.now, alerts=ask.of_account) for plant in found[first : first + size]]
    return {"sites": {"count": len(found), "site": page}}


def details(ask: SiteAsk) -> object:
    """`/details`."""
    return {"details": site(ask.plant, ask.request.now, alerts=ask.of_account)}


def site(plant: Plant, now: datetime, *, alerts: bool) -> dict[str, object]:
    """Return a site as the list and the details show it; alerts for account keys only."""
    upload = plant.last_upload(now)
    address = f"/site/{plant.site_id}"
    impacts = [alert.impact for alert in plant.alerts if alert.since <= now and not alert.until]
    return {
        "id": plant.site_id,
        "name": plant.name,
        "accountId": plant.account_id,
        "status": _status(plant, now),
        "peakPower": plant.peak_power / 1000,
        "lastUpdateTime": f"{plant.local(upload):%Y-%m-%d}" if upload else None,
        "currency": _CURRENCIES.get(plant.place.country_code, "EUR"),
        "installationDate": str(plant.installed_shown),
        "ptoDate": None,
        "notes": plant.note,
        "type": "Optimizers & Inverters",
        "location": _location(plant),
        **(
            {
                "alertQuantity": len(impacts),
                "alertSeverity": "HIGH" if impacts else "NONE",
                "highestImpact": max(impacts, default=0),
            }
            if alerts
            else {}
        ),
        "primaryModule": {"manufacturerName": "Maker", "modelName": "Model 385", "maximumPower": 385.0},
        "uris": {
            "DETAILS": f"{address}/details",
            "DATA_PERIOD": f"{address}/dataPeriod",
            "OVERVIEW": f"{address}/overview",
        },
        "publicSettings": {"isPublic": False},
    }


def data_period(ask: SiteAsk) -> object:
    """`/dataPeriod`."""
    return {"dataPeriod": data_period_values(ask)}


def data_period_values(ask: SiteAsk) -> dict[str, object]:
    """Return the first and the last local day with data, null for a site that never reported."""
    newest = ask.plant.newest_quarter_end(ask.request.now)
    if newest is None or ask.plant.first_day is None:
        return {"startDate": None, "endDate": None}
    return {
        "startDate": str(ask.plant.first_day),
        "endDate": str(local_day(ask.plant.zone, newest.timestamp() - 1)),
    }


def overview(ask: SiteAsk) -> object:
    """`/overview`."""
    return {"overview": overview_values(ask)}


def overview_values(ask: SiteAsk) -> dict[str, object]:
    """Return lifetime, current year, month and day, and the newest power."""
    plant, now = ask.plant, ask.request.now
    upload, newest = plant.last_upload(now), plant.newest_quarter_end(now)
    today = plant.local(now).date()
    starts = {"Year": today.replace(month=1, day=1), "Month": today.replace(day=1), "Day": today}
    lifetime = total(ask, plant.begins, now.timestamp()) or 0.0
    power = plant.quarter(utc(newest.timestamp() - 900)).production_w if newest else None
    return {
        "lastUpdateTime": f"{plant.local(upload):%Y-%m-%d %H:%M:%S}" if upload else None,
        "lifeTimeData": {"energy": lifetime, "revenue": round(lifetime / 1000 * _TARIFF, 5)},
        **{
            f"last{name}Data": {"energy": total(ask, *ask.day_span(start, today)) or 0.0}
            for name, start in starts.items()
        },
        "currentPower": {"power": power or 0.0},
        "measuredBy": measured_by(ask),
    }


def benefits(ask: SiteAsk) -> object:
    """`/envBenefits`, metric unless `systemUnits=Imperial`."""
    units = ask.request.first("systemUnits") or "Metrics"
    if units not in {"Metrics", "Imperial"}:
        raise bad_request(f"Failed to convert value '{units}' of 'systemUnits'")
    energy = (total(ask, ask.plant.begins, ask.request.now.timestamp()) or 0.0) / 1000
    mass = 1.0 if units == "Metrics" else _POUNDS
    saved = {
        "units": "kg" if units == "Metrics" else "lb",
        "co2": energy * _CO2_KG * mass,
        "so2": energy * _SO2_G * mass,
        "nox": energy * _NOX_G * mass,
    }
    return {
        "envBenefits": {
            "gasEmissionSaved": saved,
            "treesPlanted": energy * _TREES,
            "lightBulbs": energy * _BULBS,
        }
    }


def _status(plant: Plant, now: datetime) -> str:
    return plant.status_shown(now).capitalize()


def _searched(plant: Plant) -> str:
    place = plant.place
    return f"{plant.name}\n{plant.note}\n{place.city}\n{place.zip_code}\n{place.country}".lower()


def _location(plant: Plant) -> dict[str, object]:
    place = plant.place
    return {
        "country": place.country,
        **({"state": place.state} if place.state else {}),
        "city": place.city,
        "address": place.address,
        "address2": "",
        "zip": place.zip_code,
        "timeZone": plant.zone_shown,
        "countryCode": place.country_code,
    }


_SORTED: dict[str, Callable[[Plant], str | float]] = {
    "name": lambda plant: plant.name,
    "country": lambda plant: plant.place.country,
    "state": lambda plant: plant.place.state or "",
    "city": lambda plant: plant.place.city,
    "address": lambda plant: plant.place.address,
    "zip": lambda plant: plant.place.zip_code,
    "status": lambda plant: "" if plant.first_day else "Pending",
    "peakpower": lambda plant: plant.peak_power,
    "installationdate": lambda plant: plant.installed.isoformat(),
    "amount": lambda _: 0.0,
    "maxseverity": lambda _: 0.0,
}
