"""Reads what a kilowatt-hour costs and earns, for the money on the page."""

from __future__ import annotations

import tomllib
from datetime import date, time, timedelta
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from target_seh_sql.report.reader import day_number

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

MIDNIGHT: Final = time(0)
EVER: Final = date(1970, 1, 1)
DAY: Final = 1440
"""Minutes."""
QUARTER: Final = 15
DIRECTIONS: Final = ("import", "export")
KEYS: Final = frozenset({"price", "since", "from", "to"})
WHAT: Final = (
    "it may have currency, [[import]] and [[export]]; "
    "each of the two needs a price, and may have since (a date), from and to (times)"
)


def read_tariff(path: Path) -> dict[str, Any]:
    """Return a tariff as the page needs it: prices per kWh, from which day and in which minutes they hold.

    Raises:
        ValueError: the file is no tariff.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        _check_names(content, {"currency", *DIRECTIONS})
        return {
            "currency": str(content.get("currency", "")),
            **{name: [_price(entry) for entry in content.get(name, ())] for name in DIRECTIONS},
        }
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is no TOML file: {error}") from None
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ValueError(f"{path} is no tariff: {WHAT}") from None


def _price(entry: dict[str, Any]) -> dict[str, Any]:
    since = entry.get("since", EVER)
    _check_names(entry, KEYS)
    if isinstance(entry["price"], bool) or not isfinite(float(entry["price"])):
        raise ValueError(entry["price"])
    return {
        "price": float(entry["price"]),
        "since": day_number(since),
        "from": _minutes(entry.get("from", MIDNIGHT)),
        "to": _minutes(entry.get("to", MIDNIGHT)) or DAY,
    }


def unpriced(tariff: Mapping[str, Any]) -> Iterator[str]:
    """Yield when energy has no price though the tariff has some for its direction."""
    for name in DIRECTIONS:
        if entries := tariff[name]:
            firsts = {minute: _first_day(entries, minute) for minute in range(0, DAY, QUARTER)}
            never = next((minute for minute, first in firsts.items() if first is None), None)
            since = max(first or 0 for first in firsts.values())
            if never is not None:
                yield f"{name}: no price holds at {never // 60:02}:{never % 60:02}"
            elif since:
                yield f"{name}: not all hours have a price before {EVER + timedelta(days=since)}"


def _first_day(entries: Sequence[Mapping[str, Any]], minute: int) -> int | None:
    """Return the first day on which an entry holds at a minute of the day."""
    return min((entry["since"] for entry in entries if _holds(entry, minute)), default=None)


def _holds(entry: Mapping[str, Any], minute: int) -> bool:
    """Return whether an entry holds at a minute of the day; 23:00 to 07:00 goes over midnight."""
    begin, end = int(entry["from"]), int(entry["to"])
    return begin <= minute < end if begin < end else minute >= begin or minute < end


def _minutes(moment: time | str) -> int:
    found = time.fromisoformat(moment) if isinstance(moment, str) else moment
    return found.hour * 60 + found.minute


def _check_names(table: Mapping[str, Any], known: Collection[str]) -> None:
    """Refuse names that nobody knows: one that is misspelt would be no price, or one at all times."""
    if unknown := table.keys() - known:
        raise ValueError(unknown)
