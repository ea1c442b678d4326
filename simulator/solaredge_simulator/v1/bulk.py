"""The bulk forms: one call for up to 100 sites, each in its own zone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solaredge_simulator.v1 import energy, site_data

if TYPE_CHECKING:
    from collections.abc import Callable

    from solaredge_simulator.v1.asks import SiteAsk


def data_periods(asks: list[SiteAsk]) -> object:
    """`dataPeriod`."""
    return _envelope(
        "datePeriodList", "siteEnergyList", _each(asks, "dataPeriod", site_data.data_period_values)
    )


def energies(asks: list[SiteAsk]) -> object:
    """`energy`."""
    name, _ = energy.time_unit(asks[0])
    found = _each(asks, "energyValues", energy.energy_values)
    return _envelope("sitesEnergy", "siteEnergyList", found, {"timeUnit": name, "unit": "Wh"})


def time_frames(asks: list[SiteAsk]) -> object:
    """`timeFrameEnergy`."""
    found = _each(asks, "timeFrameEnergy", energy.time_frame_values)
    return _envelope("timeFrameEnergyList", "timeFrameEnergyList", found)


def powers(asks: list[SiteAsk]) -> object:
    """`power`; the array is named after energy."""
    found = _each(asks, "powerDataValueSeries", energy.power_values)
    head = {"timeUnit": energy.QUARTERS, "unit": "W"}
    return _envelope("powerDateValuesList", "siteEnergyList", found, head)


def overviews(asks: list[SiteAsk]) -> object:
    """`overview`."""
    return _envelope(
        "sitesOverviews", "siteEnergyList", _each(asks, "siteOverview", site_data.overview_values)
    )


def _each(asks: list[SiteAsk], name: str, values: Callable[[SiteAsk], object]) -> list[dict[str, object]]:
    return [{"siteId": ask.plant.site_id, name: values(ask)} for ask in asks]


def _envelope(
    root: str, array: str, found: list[dict[str, object]], head: dict[str, str] | None = None
) -> dict[str, object]:
    return {root: {**(head or {}), "count": len(found), array: found}}
