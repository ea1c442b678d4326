"""The fields of one object of an answer, read by name: see `payload` for what each form gives. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tap_solaredge.service import payload
from tap_solaredge.service.payload import MOST_WHOLE
from tap_solaredge.service.units import PURE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_solaredge.service.place import Place
    from tap_solaredge.service.units import Units


class Fields(NamedTuple):
    """An object and its place, in which what cannot be read is noted by the name of its field."""

    told: dict[str, Any]
    place: Place

    def inside(self, name: str) -> Fields:
        """Return the fields of an object in this one; none where there is no object."""
        where = self.place / name
        return Fields(payload.mapping(self.told.get(name), where), where)

    def text(self, name: str) -> str | None:
        """Return a text."""
        return payload.text(self.told.get(name), self.place / name)

    def number(self, name: str, units: Units = PURE, scale: float | None = 1.0) -> float | None:
        """Return a number in the base unit."""
        return payload.number(self.told.get(name), self.place / name, units, scale)

    def whole(self, name: str, most: int = MOST_WHOLE) -> int | None:
        """Return a whole number from 0 on."""
        return payload.whole(self.told.get(name), self.place / name, most)

    def flag(self, name: str) -> bool | None:
        """Return a truth value."""
        return payload.flag(self.told.get(name), self.place / name)

    def utc_time(self, name: str) -> str | None:
        """Return a time in UTC."""
        return payload.utc_time(self.told.get(name), self.place / name)

    def day(self, name: str) -> str | None:
        """Return a date."""
        return payload.day(self.told.get(name), self.place / name)


def objects(listed: list[Any], place: Place) -> Iterator[Fields]:
    """Yield the objects of a list, each with its place; other entries are left out with a note."""
    for number_of, entry in enumerate(listed, start=1):
        where = place / f"entry {number_of}"
        if isinstance(entry, dict) and entry:
            yield Fields(entry, where)
        else:
            where.lose(f"expected an object, got {payload.kind_of(entry)}; it is left out")
