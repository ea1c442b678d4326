"""Read fields of an answer tolerantly, and name the field when it is not what the API promises. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tap_solaredge.api.errors import UnexpectedPayload
from tap_solaredge.local_time import Instant, instant

FACTORS = {
    "WH": 1.0, "KWH": 1e3, "MWH": 1e6, "GWH": 1e9, "W": 1.0, "KW": 1e3, "MW": 1e6,
    "PERCENTAGE": 1.0, "PERCENTAGE_100": 1.0,
}  # fmt: skip
"""Unit as the API writes it to Wh, W or percent."""


def member(container: Any, name: str, kind: type | tuple[type, ...], where: str) -> Any:  # noqa: ANN401
    """Return a field that must be there and of a kind.

    Raises:
        UnexpectedPayload: If it is not; the message names the field.
    """
    value = container.get(name) if isinstance(container, dict) else None
    if not isinstance(value, kind):
        found = "missing" if value is None else f"a {type(value).__name__}"
        raise UnexpectedPayload(f"{where}: field `{name}` is {found}; SolarEdge's answer changed its form")
    return value


def number(value: Any, where: str) -> float | None:  # noqa: ANN401
    """Return a number, also one that is written as text; None for null.

    Raises:
        UnexpectedPayload: If it is something else.
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise UnexpectedPayload(f"{where}: expected a number, got a {type(value).__name__}")
    try:
        read = float(value)
    except ValueError:
        raise UnexpectedPayload(f"{where}: expected a number, got {value!r}") from None
    if read - read != 0:
        raise UnexpectedPayload(f"{where}: expected a number, got {value!r}")
    return read


def whole(value: Any, where: str) -> int | None:  # noqa: ANN401
    """Return a whole number, None for null."""
    read = number(value, where)
    return None if read is None else int(read)


def text(value: Any) -> str | None:  # noqa: ANN401
    """Return a text without surrounding blanks (gotcha 38); None for null and for nothing."""
    return (str(value).strip() or None) if value is not None else None


def factor(unit: Any, where: str) -> float:  # noqa: ANN401
    """Return what to multiply by for Wh, W or percent; no unit means the base unit."""
    if unit is None:
        return 1.0
    try:
        return FACTORS[str(unit).upper()]
    except KeyError:
        raise UnexpectedPayload(f"{where}: unknown unit {unit!r}") from None


def series(block: Any, where: str) -> dict[Instant, float | None]:  # noqa: ANN401
    """Read `unit` and `values[]` of a measurement (reference: API V2, section 4.9)."""
    scale = factor(block.get("unit") if isinstance(block, dict) else None, where)
    found: dict[Instant, float | None] = {}
    for item in member(block, "values", list, where):
        try:
            at = instant(item["timestamp"])
            value = item.get("value")
        except (KeyError, TypeError, ValueError, AttributeError):
            raise UnexpectedPayload(
                f"{where}: an entry of `values` has no readable `timestamp`: {item!r:.80}"
            ) from None
        if type(value) is not float:
            value = number(value, f"{where} at {at.utc}")
        found[at] = value if value is None or scale == 1.0 else value * scale
    return found


def utc_time(value: Any, where: str) -> str | None:  # noqa: ANN401
    """Return a time with offset in UTC, None for null and for a bare date."""
    if value is None or len(str(value)) <= len("2026-11-20"):
        return None
    try:
        return instant(str(value)).utc
    except ValueError:
        raise UnexpectedPayload(f"{where}: {value!r} is not a time") from None


def day(value: Any, where: str) -> str | None:  # noqa: ANN401
    """Return the date of a date or a date and time, None for null (gotcha 39)."""
    if not value:
        return None
    try:
        return datetime.fromisoformat(str(value)).date().isoformat()
    except ValueError:
        raise UnexpectedPayload(f"{where}: {value!r} is not a date") from None
