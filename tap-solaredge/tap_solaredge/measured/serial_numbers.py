"""One writing for each serial number: services change case and leave out check digits (gotcha 42). Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_CHECK_DIGITS = re.compile("-[0-9a-f]{2}$")


class Writings:
    """How each device is written; of two that differ in case or check digits only, neither is known."""

    def __init__(self, serials: Iterable[str]) -> None:
        self._known = set(serials)
        self._alike: dict[str, list[str]] = {}
        for serial in self._known:
            self._alike.setdefault(_bare(serial), []).append(serial)

    def of(self, serial: str) -> str:
        """Return the known writing of a serial number, else the number as it is."""
        alike = self._alike.get(_bare(serial), [])
        return alike[0] if len(alike) == 1 and serial not in self._known else serial


def _bare(serial: str) -> str:
    return _CHECK_DIGITS.sub("", serial.strip().casefold())
