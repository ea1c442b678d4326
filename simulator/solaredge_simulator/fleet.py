"""The five made-up sites of the demo and the tests, as many more as wanted, and the variety."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from solaredge_simulator.kinds import REPLACED_AT, home, island, office, pending, roof
from solaredge_simulator.variety import variety

if TYPE_CHECKING:
    from datetime import date
    from typing import Literal

    from solaredge_simulator.plants import Plant

__all__ = ["FIRST_EXTRA", "HOME", "ISLAND", "OFFICE", "PENDING", "REPLACED_AT", "ROOF", "fleet"]

HOME, ROOF, OFFICE, ISLAND, PENDING = 4100001, 4100002, 4100003, 4100004, 4100005
"""Site ids of the fleet."""

FIRST_EXTRA = 4200001


def fleet(
    seed: int = 1,
    *,
    extra: int = 0,
    first_day: date | None = None,
    trouble: bool = True,
    sites: Literal["five", "variety"] = "five",
) -> dict[int, Plant]:
    """Return the plants by site id; the same arguments give the very same plants.

    Args:
        seed: another seed is other weather and other people.
        extra: so many more sites, homes, roofs, offices and islands in turn, ids from `FIRST_EXTRA` on.
        first_day: no plant has data before this local day.
        trouble: whether there are hours offline and late uploads.
        sites: the five alone, or with those of `variety`.
    """
    return {plant.site_id: plant for plant in _fleet(seed, extra, first_day, trouble, sites)}


@lru_cache(maxsize=16)
def _fleet(seed: int, extra: int, first_day: date | None, trouble: bool, chosen: str) -> tuple[Plant, ...]:
    sites = [home(HOME), roof(ROOF), office(OFFICE), island(ISLAND), pending(PENDING)]
    kinds = (home, roof, office, island)
    for number in range(extra):
        plant = kinds[number % len(kinds)](FIRST_EXTRA + number)
        sites.append(replace(plant, name=f"{plant.name.strip()} {number + 1}"))
    sites += variety() if chosen == "variety" else ()
    return tuple(
        replace(plant, seed=seed, trouble=trouble, first_day=_later(plant.first_day, first_day))
        for plant in sites
    )


def _later(own: date | None, limit: date | None) -> date | None:
    return max(own, limit) if own and limit else own
