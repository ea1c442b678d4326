"""Read fields of an answer one by one: what cannot be read is None, and noted where it stands. Pure."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any
from unicodedata import category

from tap_solaredge.local_time import FIRST_YEAR, LAST_YEAR, instant
from tap_solaredge.service.place import shown
from tap_solaredge.service.units import PURE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from tap_solaredge.service.place import Place
    from tap_solaredge.service.units import Units

MOST = 1e15
"""Nothing that a site measures is as large: 1 PWh in Wh."""
LEAST_CHARGE, MOST_CHARGE = -1.0, 110.0
"""Percent; batteries read up to 5 % above their rating, and usable capacity is the divisor (gotcha 76)."""
MOST_WHOLE = 2**31 - 1
MOST_ID = 2**63 - 1
_NUMBER = re.compile(
    r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*([^\d\s.,][^\d\s.,]*)?", re.ASCII | re.IGNORECASE
)
_REASONS = ("error", "errors", "message", "detail")
"""Where an error that comes with status 200 says what it is."""
_UNREADABLE = frozenset({"Cc", "Cs"})
"""Control characters and halves of characters: no database and no terminal wants them."""


# Containers


def is_empty(value: Any) -> bool:  # noqa: ANN401
    """Whether a container is empty, in whatever form: null, [], {} or nothing."""
    return value is None or (isinstance(value, list | dict | str) and not value)


def essential(container: Any, name: str, place: Place) -> Any:  # noqa: ANN401
    """Return the field that an answer is about; it may be null.

    Raises:
        UnexpectedPayload: If it is not there; the message names site, resource and field.
    """
    if not isinstance(container, dict):
        raise place.error(f"field `{name}` is missing: the answer is {kind_of(container)}")
    if name not in container:
        reason = next((container[told] for told in _REASONS if container.get(told)), None)
        says = "" if reason is None else f": the answer says {shown(reason, 120)}"
        raise place.error(f"field `{name}` is missing{says}")
    return container[name]


def essential_object(container: Any, name: str, place: Place) -> dict[str, Any]:  # noqa: ANN401
    """Return the object that an answer is about; an empty one for an empty form.

    Raises:
        UnexpectedPayload: If it is not there, or something else.
    """
    value = essential(container, name, place)
    if not isinstance(value, dict) and not is_empty(value):
        raise place.error(f"field `{name}` is no object")
    return value or {}


def essential_list(container: Any, name: str, place: Place) -> list[Any]:  # noqa: ANN401
    """Return the list that an answer is about; see `entries`.

    Raises:
        UnexpectedPayload: If it is not there, or neither list nor object, nor empty.
    """
    return entries(essential(container, name, place), place, name)


def mapping(value: Any, place: Place) -> dict[str, Any]:  # noqa: ANN401
    """Return an object; an empty one for an empty form, and, with a note, for what is none."""
    if isinstance(value, dict):
        return value
    if not is_empty(value):
        place.lose(f"expected an object, got {kind_of(value)}")
    return {}


def entries(value: Any, place: Place, name: str) -> list[Any]:  # noqa: ANN401
    """Return the entries of a list that an answer is about; a single one may be no list (gotcha 49).

    Raises:
        UnexpectedPayload: If it is neither list nor object, nor empty.
    """
    if isinstance(value, list):
        return value
    if is_empty(value):
        return []
    if isinstance(value, dict):
        return [value]
    raise place.error(f"field `{name}` is {kind_of(value)}")


def keyed(
    payload: Any,  # noqa: ANN401
    name: str,
    place: Place,
    metrics: Collection[str],
) -> Iterator[tuple[str, dict[str, Any], Place]]:
    """Yield serial number, block and place of each device of an answer that is keyed by serial number.

    Args:
        payload: The answer.
        name: The field that it is about.
        place: Where the answer stands.
        metrics: What blocks hold; one that holds other things only is lost.

    Raises:
        UnexpectedPayload: If the field is not there, or no object, nor empty.
    """
    value = essential(payload, name, place)
    if is_empty(value):
        return
    if not isinstance(value, dict):
        raise place.error(f"field `{name}` is {kind_of(value)}")
    known = set()
    for key, block in value.items():
        serial = cleaned(key)
        where = place / serial
        if not serial or serial in known:
            where.lose("a device without a serial number of its own is left out")
        elif not isinstance(block, dict):
            where.lose(f"expected an object, got {kind_of(block)}; the device is left out")
        else:
            known.add(serial)
            if block and not any(metric in block for metric in metrics):
                where.lose(f"none of its measurements is known: {shown(list(block))}")
            yield serial, block, where


# Values


def number(value: Any, place: Place, units: Units = PURE, scale: float | None = 1.0) -> float | None:  # noqa: ANN401
    """Return a number in the base unit, also one written as text, with its unit or without (gotcha 90).

    Args:
        value: What was sent; null and empty text are None without a note.
        place: Where it stands.
        units: The units of this quantity.
        scale: What its unit is in the base unit, where it has none of its own; None is unknown.
    """
    if value is None or value == "":
        return None
    read, own = (value, None) if type(value) is float else _read_number(value)
    scale = scale if own is None else units.get(own.upper())
    if read is None or scale is None or not -MOST < read * scale < MOST:
        place.lose(f"expected a number, got {shown(value)}")
        return None
    place.notes.read += 1
    return read * scale


def charge(level: float | None, place: Place) -> float | None:
    """Return a state of charge in percent; None, with a note, for what can be none. Nothing is clamped."""
    if level is not None and not LEAST_CHARGE <= level <= MOST_CHARGE:
        place.lose(f"a state of charge of {level:.5g} % cannot be")
        return None
    return level


def _read_number(value: object) -> tuple[float | None, str | None]:
    """Return a number and the unit that is written behind it."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None, None
    unit = None
    if isinstance(value, str):
        written = _NUMBER.fullmatch(value.strip())
        if written is None:
            return None, None
        value, unit = written.groups()
    try:
        return float(value), unit
    except OverflowError:
        return None, None


def whole(value: Any, place: Place, most: int = MOST_WHOLE) -> int | None:  # noqa: ANN401
    """Return a whole number from 0 on, None for null and, with a note, for anything else."""
    if value is None or value == "":
        return None
    if isinstance(value, str) and re.fullmatch(r"\s*\d{1,19}\s*", value, re.ASCII):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        place.lose(f"expected a whole number, got {shown(value)}")
        return None
    return value


def text(value: Any, place: Place) -> str | None:  # noqa: ANN401
    """Return a text without surrounding blanks and control characters (gotchas 38, 89), None for nothing."""
    if isinstance(value, str):
        return cleaned(value) or None
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > MOST_ID:
        place.lose(f"expected a text, got {kind_of(value)}")
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def cleaned(value: str) -> str:
    """Return a text without surrounding blanks; control characters become blanks, U+0000 nothing."""
    if value.isprintable():
        return value.strip()
    value = value.replace("\0", "")
    return "".join(" " if category(letter) in _UNREADABLE else letter for letter in value).strip()


def flag(value: Any, place: Place) -> bool | None:  # noqa: ANN401
    """Return a truth value, also one that is written as text."""
    if value is None or isinstance(value, bool):
        return value
    told = {"true": True, "false": False}.get(value.strip().casefold()) if isinstance(value, str) else None
    if told is None:
        place.lose(f"expected true or false, got {shown(value)}")
    return told


def utc_time(value: Any, place: Place) -> str | None:  # noqa: ANN401
    """Return a time with offset in UTC, None for null and for a bare date (gotcha 39)."""
    if value is None or (isinstance(value, str) and len(value) <= len("2026-11-20") and day(value, place)):
        return None
    try:
        return str(instant(value))
    except (ValueError, TypeError):
        place.lose(f"{shown(value)} is not a time")
        return None


def day(value: Any, place: Place) -> str | None:  # noqa: ANN401
    """Return the date of a date or a date and time, None for null (gotcha 39)."""
    if value is None or value == "":
        return None
    try:
        found = datetime.fromisoformat(value).date()
    except (ValueError, TypeError):
        place.lose(f"{shown(value)} is not a date")
        return None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        place.lose(f"{shown(value)} is no date of this time")
        return None
    return found.isoformat()


def kind_of(value: Any) -> str:  # noqa: ANN401
    """Name what was found, in JSON's words."""
    if value is None:
        return "null"
    names = {bool: "true or false", str: "a text", list: "a list", dict: "an object"}
    empty = "an empty " if isinstance(value, list | dict | str) and not value else ""
    name = names.get(type(value), "a number")
    return empty + name.split(" ", 1)[1] if empty else name
