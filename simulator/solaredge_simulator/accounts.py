"""Who may call: accounts with their keys, sites and plans, and what a credential opens."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from solaredge_simulator.grants import DEVICE_DATA, SITE_DATA
from solaredge_simulator.limits import Plan

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from solaredge_simulator.grants import Application
    from solaredge_simulator.limits import Quota
    from solaredge_simulator.plants import Plant

DEMO_KEY = "demo-fleet-key"
ALL_SCOPES = frozenset({SITE_DATA, DEVICE_DATA})


@dataclass(frozen=True, kw_only=True)
class Account:
    """A developer account: its keys share its credits. `sites` None is the whole fleet."""

    label: str = "demo"
    keys: Collection[str] = (DEMO_KEY,)
    sites: Collection[int] | None = None
    applications: Collection[Application] = ()
    """Its "Site Access" applications; they share the credits too."""
    plan: Plan = field(default_factory=Plan)


@dataclass(frozen=True)
class Credential:
    """What a caller has shown. `fleet` is false for a grant of one site (OAuth), which cannot list sites."""

    label: str
    sites: Collection[int] | None
    quota: Quota
    fleet: bool = True
    scopes: frozenset[str] = ALL_SCOPES

    def reach(self, plants: Mapping[int, Plant]) -> dict[int, Plant]:
        """Return the plants that the caller may see, in order of their id."""
        return {
            number: plants[number] for number in sorted(plants) if self.sites is None or number in self.sites
        }
