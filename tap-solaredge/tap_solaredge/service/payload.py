"""Read fields of an answer tolerantly, and name the field when it is not what the API promises. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from tap_solaredge.errors import UnexpectedPayload
from tap_solaredge.local_time import Instant, instant

if TYPE_CHECKING:
    from tap_solaredge.measured.readings import Record, Series

FACTORS = {
    "WH": 1.0, "KWH": 1e3, "MWH": 1e6, "GWH": 1e9, "W": 1.0, "KW": 1e3, "MW": 1e6,
    "PERCENTAGE": 1.0, "PERCENTAGE_100": 1.0, "VOLT": 1.0, "AMPERE": 1.0, "HERTZ": 1.0,
}  # fmt: skip
"""Unit as the API writes it to Wh, W, percent, V, A or Hz."""


_PLAIN = frozenset({float, type(None)})
CHANGED = "SolarEdge's answer changed its form: see whether a newer tap-solaredge knows it"


def member(container: Any, name: str, kind: type | tuple[type, ...], where: str) -> Any:  # noqa: ANN401
    """Return a field that must be there and of a kind.

    Raises:
        UnexpectedPayload: If it is not; the message names the field.
    """
    value = container.get(name) if isinstance(container, dict) else None
    if not isinstance(value, kind):
        found = "missing" if value is None else f"a {type(value).__name__}"
        raise UnexpectedPayload(f"{where}: field `{name}` is {found}; {CHANGED}")
    return value


def number(value: Any, where: str) -> float | None:  # noqa: ANN401
    """Return a number, also one that is written as text; None for null.

    Raises:
        UnexpectedPayload: If it is something else.
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise UnexpectedPayload(f"{where}: expected a number, got a {type(value).__name__}; {CHANGED}")
    try:
        read = float(value)
    except ValueError:
        raise UnexpectedPayload(f"{where}: expected a number, got {value!r:.40}; {CHANGED}") from None
    if read - read != 0:
        raise UnexpectedPayload(f"{where}: expected a number, got {value!r:.40}; {CHANGED}")
    return read


def whole(value: Any, where: str) -> int | None:  # noqa: ANN401
    """Return a whole number, None for null."""
    read = number(value, where)
    return None if read is None else int(read)


def text(value: Any) -> str | None:  # noqa: ANN401
    """Return a text without surrounding blanks (gotcha 38); None for null and for nothing."""
    return (str(value).strip() or None) if value is not None else None


def factor(unit: Any, where: str) -> float:  # noqa: ANN401
    """Return what to multiply by for Wh, W, percent, V, A or Hz; no unit means the base unit."""
    if unit is None:
        return 1.0
    try:
        return FACTORS[str(unit).upper()]
    except KeyError:
        raise UnexpectedPayload(f"{where}: unknown unit {unit!r:.40}; {CHANGED}") from None


class _Times:
    """The times of the series read last: most series of a window, and their instants, are the same."""

    def __init__(self) -> None:
        self._last: tuple[list[str], list[Instant]] = [], []

    def of(self, texts: list[str]) -> list[Instant]:
        """Return the instants that the texts say."""
        known, instants = self._last
        if texts != known:
            instants = [instant(text) for text in texts]
            self._last = texts, instants
        return instants


_times = _Times()


def series(block: Any, where: str) -> Series:  # noqa: ANN401
    """Read `unit` and `values[]` of a measurement (reference: API V2, section 4.9)."""
    scale = factor(block.get("unit") if isinstance(block, dict) else None, where)
    points = member(block, "values", list, where)
    try:
        instants = _times.of([point["timestamp"] for point in points])
        found = dict(zip(instants, [point["value"] for point in points], strict=True))
    except (KeyError, TypeError, ValueError, AttributeError):
        found = {}
    if len(found) < len(points) or not _PLAIN.issuperset(map(type, found.values())):
        found = _checked(points, where)
    return found if scale == 1.0 else {at: v if v is None else v * scale for at, v in found.items()}


def _checked(points: list[Any], where: str) -> Series:
    """Read points that are not all plain, one by one."""
    found: Series = {}
    for point in points:
        try:
            at = instant(point["timestamp"])
            value = point.get("value")
        except (KeyError, TypeError, ValueError, AttributeError):
            raise UnexpectedPayload(
                f"{where}: an entry of `values` has no readable `timestamp`: {point!r:.80}; {CHANGED}"
            ) from None
        found[at] = number(value, f"{where} at {at.utc}")
    return found


def utc_time(value: Any, where: str) -> str | None:  # noqa: ANN401
    """Return a time with offset in UTC, None for null and for a bare date."""
    if value is None or len(str(value)) <= len("2026-11-20"):
        return None
    try:
        return instant(str(value)).utc
    except ValueError:
        raise UnexpectedPayload(f"{where}: {value!r:.40} is not a time; {CHANGED}") from None


def day(value: Any, where: str) -> str | None:  # noqa: ANN401
    """Return the date of a date or a date and time, None for null (gotcha 39)."""
    if not value:
        return None
    try:
        return datetime.fromisoformat(str(value)).date().isoformat()
    except ValueError:
        raise UnexpectedPayload(f"{where}: {value!r:.40} is not a date; {CHANGED}") from None


def check_serials(devices: list[Any], names: tuple[str, ...], where: str) -> None:
    """Make sure that devices still tell their serial numbers: without them nothing could be told apart.

    Raises:
        UnexpectedPayload: If not one of them has the field.
    """
    if devices and not any(name in device for device in devices for name in names):
        raise UnexpectedPayload(f"{where}: no device has the field `{names[0]}`; {CHANGED}")


def make_names_unique(rows: list[Record]) -> None:
    """Add the serial number to names that several meters of a site share: the name is their key.

    One that was replaced keeps its name, under which its readings are stored.
    """
    names = [row["name"] for row in rows]
    gone = [row["name"] for row in rows if row["active"] is False]
    for row in rows:
        keeps_its_name = row["active"] is False and gone.count(row["name"]) == 1
        if names.count(row["name"]) > 1 and not keeps_its_name:
            row["name"] = f"{row['name']} {row['serial_number'] or row['meter_type']}"
