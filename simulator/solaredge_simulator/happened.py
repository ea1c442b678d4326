"""What happened on a site in one local day, whether it was lost, late or neither. Pure."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from solaredge_simulator.demand import demands
from solaredge_simulator.flows import balanced_columns, bare_columns, production
from solaredge_simulator.local_days import midnight, quarter_count

if TYPE_CHECKING:
    from datetime import date

    from solaredge_simulator.flows import Column, Key, Levels
    from solaredge_simulator.sites import Site

_UNMETERED = ("production_", "output_", "charge_", "discharge_")
"""The series of a site that need no meter."""


def happened(site: Site, day: date, levels: Levels) -> dict[Key, Column]:
    """Return the series of the site itself and of its batteries, which begin the day at `levels` (Wh)."""
    start, count = midnight(site.zone, day), quarter_count(site.zone, day)
    random = Random(f"{site.seed}/{site.site_id}/{day.toordinal()}")
    energies = production(site, day, start, count, random)
    demand = site.demand or site.unmeasured
    if demand is None:
        return bare_columns(site, energies, random)
    loads = demands(demand, day.weekday(), count, random)
    found = balanced_columns(site, loads, energies, random, levels)
    if site.demand is None:
        return {key: column for key, column in found.items() if key[0] or key[1].startswith(_UNMETERED)}
    return found
