"""Units as the API writes them, by the kind of quantity, in base units: Wh, W, percent, V, A, Hz. Pure."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tap_solaredge.service.place import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_solaredge.service.place import Place

    Units = Mapping[str, float]
    """Unit in capitals to what it is in the base unit."""

ENERGY: Units = MappingProxyType({"WH": 1.0, "KWH": 1e3, "MWH": 1e6, "GWH": 1e9})
POWER: Units = MappingProxyType({"W": 1.0, "KW": 1e3, "MW": 1e6, "GW": 1e9})
PEAK_POWER: Units = MappingProxyType({"KW": 1.0, "KWP": 1.0, "W": 1e-3, "WP": 1e-3, "MW": 1e3, "MWP": 1e3})
"""In kWp."""
CHARGE: Units = MappingProxyType({"PERCENTAGE": 1.0, "PERCENTAGE_100": 1.0, "%": 1.0})
VOLTAGE: Units = MappingProxyType({"VOLT": 1.0, "V": 1.0})
CURRENT: Units = MappingProxyType({"AMPERE": 1.0, "A": 1.0})
FREQUENCY: Units = MappingProxyType({"HERTZ": 1.0, "HZ": 1.0})
MASS: Units = MappingProxyType({"KG": 1.0, "LB": 0.45359237})
PERCENT: Units = MappingProxyType({"%": 1.0})
TEMPERATURE: Units = MappingProxyType({"C": 1.0, "°C": 1.0})
APPARENT_POWER: Units = MappingProxyType({"VA": 1.0, "KVA": 1e3})
REACTIVE_POWER: Units = MappingProxyType({"VAR": 1.0, "KVAR": 1e3})
PURE: Units = MappingProxyType({})
"""A number without a unit."""


def factor(unit: Any, units: Units, place: Place) -> float | None:  # noqa: ANN401
    """Return what to multiply by for the base unit; None, with a note, for a unit that is missing or unknown.

    A value in an unknown unit would be wrong, and wrong is worse than none.
    """
    found = units.get(unit.strip().upper()) if isinstance(unit, str) else None
    if found is None:
        place.note("no unit is told" if unit is None else f"unknown unit {shown(unit)}")
    return found
