"""The series of V2: times and values of a measurement. The tap's hottest loop. Pure."""

from __future__ import annotations

from math import hypot
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from tap_solaredge.local_time import Instant, instant
from tap_solaredge.service.payload import MOST, essential, is_empty, number
from tap_solaredge.service.place import shown
from tap_solaredge.service.units import factor

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

    from tap_solaredge.measured.readings import Series
    from tap_solaredge.service.place import Place
    from tap_solaredge.service.units import Units

_TIME, _VALUE = itemgetter("timestamp"), itemgetter("value")
_PLAIN = frozenset({float, type(None)})


class _Times:
    """The times of the series read last: most series of a window, and their instants, are the same."""

    def __init__(self) -> None:
        self._last: tuple[list[str], ZoneInfo | None, list[Instant] | None] = [], None, []

    def of(self, texts: list[str], zone: ZoneInfo | None) -> list[Instant] | None:
        """Return the instants that the texts say, None where two are the same.

        Raises:
            ValueError, TypeError: If one is no time.
        """
        known, known_zone, instants = self._last
        if zone is not known_zone or texts != known:
            instants = [instant(text, zone) for text in texts]
            if len(set(instants)) < len(instants):
                instants = None
            self._last = texts, zone, instants
        return instants


_times = _Times()


def site_series(payload: Any, place: Place, units: Units, zone: ZoneInfo | None) -> Series:  # noqa: ANN401
    """Read a series of the whole site: see `series`, but without its list of values it says nothing.

    Raises:
        UnexpectedPayload: If there is no list of values.
    """
    if not isinstance(values := essential(payload, "values", place), list) and not is_empty(values):
        raise place.error("field `values` is no list")
    return series(payload, place, units, zone)


def series(block: Any, place: Place, units: Units, zone: ZoneInfo | None) -> Series:  # noqa: ANN401
    """Read `unit` and `values[]` of a measurement in base units (API V2 reference, section 4.9).

    Args:
        block: The measurement.
        place: Where it stands.
        units: The units of this quantity.
        zone: The site's; for times that do not show it.
    """
    if not isinstance(block, dict) or (block and not block.keys() & {"values", "unit"}):
        place.lose(f"expected an object with `values`, got {shown(block)}")
        return {}
    points = block.get("values")
    if is_empty(points):
        return {}
    if not isinstance(points, list):
        place.lose(f"field `values` is no list but {shown(points)}")
        return {}
    scale = factor(block.get("unit"), units, place)
    plain = _plain(points, scale, place, zone)
    return plain or gathered(((_moment(point, place, zone), point) for point in points), place, units, scale)


def _plain(points: list[Any], scale: float | None, place: Place, zone: ZoneInfo | None) -> Series | None:
    """Read points that are all as promised, None where one is not."""
    if scale is None:
        return None
    try:
        instants = _times.of(list(map(_TIME, points)), zone)
        values = list(map(_VALUE, points))
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    kinds = set(map(type, values))
    if instants is None or not kinds <= _PLAIN:
        return None
    if hypot(*filter(None, values)) * scale >= MOST:  # none is larger than this length
        return None
    place.notes.read += float in kinds
    if scale != 1.0:
        values = [value if value is None else value * scale for value in values]
    return dict(zip(instants, values, strict=True))


def gathered(
    points: Iterable[tuple[Instant | None, Any]],
    place: Place,
    units: Units,
    scale: float | None,
) -> Series:
    """Return instant to `value`; of one that comes twice a value beats null, the later value another."""
    found: dict[str, tuple[Instant, float | None]] = {}
    for at, point in points:
        if at is None:
            continue
        value = number(point.get("value"), place / f"at {at}", units, scale)
        before = found.get(at)
        if before is not None and before[1] is not None:
            if value is None:
                continue
            if value != before[1]:
                place.note(f"at {at} are two values, {before[1]} and {value}; the later one is taken")
        found[at] = at, value
    return dict(found.values())


def _moment(point: Any, place: Place, zone: ZoneInfo | None) -> Instant | None:  # noqa: ANN401
    try:
        return instant(point["timestamp"], zone)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        place.lose(f"an entry of `values` has no readable `timestamp`: {shown(point, 60)}; it is left out")
        return None
