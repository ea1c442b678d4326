"""What an operation gets to know about its call, and the units that a caller can ask for."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from solaredge_simulator.messages import problem
from solaredge_simulator.visible import View

if TYPE_CHECKING:
    from collections.abc import Mapping

    from solaredge_simulator.messages import Request
    from solaredge_simulator.options import Options
    from solaredge_simulator.plants import Plant

ENERGY_UNITS = {"WH": 1.0, "KWH": 1e3, "MWH": 1e6, "GWH": 1e9}
POWER_UNITS = {"W": 1.0, "KW": 1e3, "MW": 1e6}


@dataclass(frozen=True)
class Ask:
    """A call about the fleet of the credential (`plants`, in order of id)."""

    request: Request
    options: Options
    plants: Mapping[int, Plant]

    def count(self, name: str, default: int, most: int | None = None) -> int:
        """Return a whole number from 1 on of the query.

        Raises:
            RefusalError: 400 where it is none or above `most`.
        """
        text = self.request.first(name)
        if text is None:
            return default
        if not text.isdecimal() or int(text) < 1 or (most and int(text) > most):
            raise problem(HTTPStatus.BAD_REQUEST, f"Invalid value '{text}' for parameter '{name}'")
        return int(text)


@dataclass(frozen=True)
class SiteAsk(Ask):
    """A call about one site; `rest` holds the further parts of the path, such as a serial."""

    plant: Plant
    rest: Mapping[str, str]

    @property
    def view(self) -> View:
        """The site as it can be seen now."""
        return View(self.plant, self.request.now.timestamp())

    @property
    def production(self) -> str:
        """The series that stands for production."""
        return "output" if self.options.production == "ac" and self.plant.batteries else "production"

    def unit(self, units: Mapping[str, float]) -> tuple[str, float]:
        """Return the unit asked for, by default the first one, and its size.

        Raises:
            RefusalError: 400 for another unit.
        """
        name = self.request.first("unit") or next(iter(units))
        if name not in units:
            raise problem(HTTPStatus.BAD_REQUEST, f"Invalid value '{name}' for parameter 'unit'")
        return name, units[name]
