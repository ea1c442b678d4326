"""What a run is given: the same for the run, for its forecast and for each site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta

    from tap_solaredge.budget.ledger import Ledger
    from tap_solaredge.clock import Clock
    from tap_solaredge.plan.scope import Scope
    from tap_solaredge.service.client import Client
    from tap_solaredge.service.dialect import Dialect
    from tap_solaredge.streams import SolarEdgeStream


@dataclass(frozen=True, slots=True)
class Job:
    """Selected streams, wanted sites, and the service."""

    streams: list[SolarEdgeStream]
    site_ids: list[int]
    scope: Scope
    dialect: Dialect
    client: Client
    ledger: Ledger
    clock: Clock
    keep_for: timedelta
    """How long lists are kept."""
