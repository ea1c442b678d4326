"""The registry of V1 paths (API V1 reference, section 6)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from solaredge_simulator.v1 import bulk, energy, equipment, power_flow, registers, site_data
from solaredge_simulator.v1.inverter_data import inverter_data
from solaredge_simulator.v1.storage_data import storage_data

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from solaredge_simulator.v1.asks import FleetAsk, SiteAsk


@dataclass(frozen=True)
class Operation:
    """A path and who answers it: of all sites, one, or several. Nobody: withdrawn in March 2026."""

    template: str
    of_fleet: Callable[[FleetAsk], object] | None = None
    of_site: Callable[[SiteAsk], object] | None = None
    of_sites: Callable[[list[SiteAsk]], object] | None = None
    xml: bool = False
    """Answers in XML unless JSON is asked for."""

    @property
    def withdrawn(self) -> bool:
        """Whether nobody answers."""
        return not (self.of_fleet or self.of_site or self.of_sites)

    @property
    def pattern(self) -> re.Pattern[str]:
        """The paths that it answers, with or without the suffix `.json`."""
        sites = self.template.replace("{site}", r"(?P<site>\d+)").replace(
            "{sites}", r"(?P<sites>\d+(?:,\d+)*)"
        )
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+?)", sites) + r"(?P<suffix>\.\w+)?")


def _site(name: str, answer: Callable[[SiteAsk], object], *, xml: bool = False) -> Operation:
    return Operation(f"/site/{{site}}/{name}", of_site=answer, xml=xml)


def _sites(name: str, answer: Callable[[list[SiteAsk]], object]) -> Operation:
    return Operation(f"/sites/{{sites}}/{name}", of_sites=answer)


OPERATIONS = (
    Operation("/sites/list", of_fleet=site_data.sites_list),
    _site("details", site_data.details),
    _site("dataPeriod", site_data.data_period),
    _site("energy", energy.energy),
    _site("energyDetails", energy.energy_details),
    _site("timeFrameEnergy", energy.time_frame),
    _site("power", energy.power),
    _site("powerDetails", energy.power_details),
    _site("overview", site_data.overview),
    _site("currentPowerFlow", power_flow.current),
    _site("storageData", storage_data),
    _site("meters", registers.meters, xml=True),
    _site("inventory", equipment.inventory),
    _site("envBenefits", site_data.benefits),
    Operation("/equipment/{site}/list", of_site=equipment.reporters),
    Operation("/equipment/{site}/{serial}/data", of_site=inverter_data),
    _sites("dataPeriod", bulk.data_periods),
    _sites("energy", bulk.energies),
    _sites("timeFrameEnergy", bulk.time_frames),
    _sites("power", bulk.powers),
    _sites("overview", bulk.overviews),
    Operation("/equipment/{site}/sensors"),
    Operation("/equipment/{site}/{serial}/changeLog"),
    Operation("/site/{site}/sensors"),
    Operation("/site/{site}/siteImage"),
    Operation("/site/{site}/siteImage/{image}"),
    Operation("/site/{site}/installerImage"),
    Operation("/site/{site}/installerImage/{image}"),
    Operation("/accounts/list"),
    Operation("/version/current"),
    Operation("/version/supported"),
)

_PATTERNS = [(operation, operation.pattern) for operation in OPERATIONS]


def find(path: str) -> tuple[Operation | None, Mapping[str, str]]:
    """Return the operation of a path and the parts that the path names."""
    for operation, pattern in _PATTERNS:
        if found := pattern.fullmatch(path):
            return operation, {name: part for name, part in found.groupdict().items() if part is not None}
    return None, {}
