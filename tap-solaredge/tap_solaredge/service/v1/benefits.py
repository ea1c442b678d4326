"""`envBenefits` of V1 as columns of `environmental_benefits` (6.21). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_solaredge.errors import UnexpectedPayload
from tap_solaredge.service.payload import CHANGED, member, number, text

if TYPE_CHECKING:
    from tap_solaredge.measured.readings import Record

_KILOGRAMS = {"kg": 1.0, "lb": 0.45359237}


def benefits(payload: Any, where: str) -> Record:  # noqa: ANN401
    """Return what a site spared so far; the answer may be empty (6.21)."""
    told = member(payload, "envBenefits", dict, where)
    gases = told.get("gasEmissionSaved") or {}
    unit = (text(gases.get("units")) or "kg").casefold()
    if unit not in _KILOGRAMS:
        raise UnexpectedPayload(f"{where}: unknown unit {unit!r:.40}; {CHANGED}")

    def saved(gas: str) -> float | None:
        mass = number(gases.get(gas), f"{where}: {gas}")
        return None if mass is None else mass * _KILOGRAMS[unit]

    return {
        "co2_saved": saved("co2"),
        "so2_saved": saved("so2"),
        "nox_saved": saved("nox"),
        "trees_planted": number(told.get("treesPlanted"), f"{where}: treesPlanted"),
        "light_bulbs": number(told.get("lightBulbs"), f"{where}: lightBulbs"),
    }
