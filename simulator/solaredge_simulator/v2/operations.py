"""The registry of V2 operations (reference, section 5.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from solaredge_simulator.grants import DEVICE_DATA, SITE_DATA
from solaredge_simulator.v2 import alerts, inventory, series, site_data, telemetry

if TYPE_CHECKING:
    from collections.abc import Callable

    from solaredge_simulator.v2.asks import Ask, SiteAsk

SITE, DEVICE = SITE_DATA, DEVICE_DATA


@dataclass(frozen=True)
class Operation:
    """One path and who answers it: of the fleet (API key only), or of a site with the scope it needs."""

    template: str
    of_fleet: Callable[[Ask], object] | None = None
    of_site: Callable[[SiteAsk], object] | None = None
    scope: str = SITE


def _site(path: str, answer: Callable[[SiteAsk], object], scope: str = SITE) -> Operation:
    return Operation(f"/v2/sites/{{site}}{path}", of_site=answer, scope=scope)


OPERATIONS = (
    Operation("/v2/sites", of_fleet=site_data.sites),
    Operation("/v2/alerts", of_fleet=alerts.fleet_alerts),
    _site("", site_data.details),
    _site("/overview", site_data.overview),
    _site("/overview/performance", site_data.performance),
    _site("/energy", series.energy),
    _site("/power", series.power),
    _site("/lifetime-energy", site_data.lifetime),
    _site("/environmental-benefits", site_data.benefits),
    _site("/devices", inventory.devices),
    _site("/devices/{serial}", inventory.device),
    _site("/alerts", alerts.site_alerts),
    _site("/power-flow", site_data.power_flow),
    *(
        operation
        for kind, (of_all, of_one) in telemetry.DEVICES.items()
        for operation in (
            _site(f"/{kind}/telemetry", of_all, DEVICE),
            _site(f"/{kind}/{{serials}}/telemetry", of_all, DEVICE),
            _site(f"/{kind}/{{serial}}/{{metric}}", of_one, DEVICE),
        )
    ),
)
