"""Which devices of a site measure a series: while one of them is silent, nobody knows its values. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solaredge_simulator.devices import MeterType

if TYPE_CHECKING:
    from solaredge_simulator.flows import Key
    from solaredge_simulator.sites import Site

METERED = {
    MeterType.PRODUCTION: "production",
    MeterType.CONSUMPTION: "consumption",
    MeterType.FEED_IN: "feed_in",
    MeterType.PURCHASED: "purchased",
}
"""The series of the site that a physical meter of each type counts."""


def sources(site: Site, key: Key) -> set[str]:
    """Return the serials of the devices that a series comes from.

    A meter goes before everything else. Without one, production is what the inverters report; consumption and
    its part that is directly from the PV are computed from all devices.
    """
    owner, quantity = key
    if owner:
        return {owner}
    name = quantity.rpartition("_")[0]
    meters = {meter.serial for meter in site.meters if meter.serial and METERED[meter.meter_type] == name}
    if meters:
        return meters
    batteries = {battery.serial for battery in site.batteries}
    if name in {"charge", "discharge"}:
        return batteries
    inverters = {inverter.serial for inverter in site.inverters}
    if name in {"consumption", "direct"}:
        return inverters | batteries | {meter.serial for meter in site.meters if meter.serial}
    return inverters
