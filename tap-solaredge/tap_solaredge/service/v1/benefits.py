"""`envBenefits` of V1 as columns of `environmental_benefits` (6.21). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_solaredge.service.fields import Fields
from tap_solaredge.service.payload import essential_object
from tap_solaredge.service.units import MASS, factor

if TYPE_CHECKING:
    from tap_solaredge.measured.readings import Record
    from tap_solaredge.service.place import Place


def benefits(payload: Any, place: Place) -> Record:  # noqa: ANN401
    """Return what a site spared so far; the answer may be empty (6.21).

    Raises:
        UnexpectedPayload: If there is no `envBenefits`.
    """
    told = Fields(essential_object(payload, "envBenefits", place), place)
    gases = told.inside("gasEmissionSaved")
    unit = factor(gases.told.get("units"), MASS, gases.place) if gases.told else None
    return {
        **{f"{gas}_saved": gases.number(gas, MASS, unit) for gas in ("co2", "so2", "nox")},
        "trees_planted": told.number("treesPlanted"),
        "light_bulbs": told.number("lightBulbs"),
    }
