"""Reads what a kilowatt-hour costs and earns, for the money on the page."""

from __future__ import annotations

import tomllib
from datetime import date, time
from typing import TYPE_CHECKING, Any, Final

from target_seh_sql.report.reader import day_number

if TYPE_CHECKING:
    from pathlib import Path

MIDNIGHT: Final = time(0)
WHAT: Final = "each [[import]] and [[export]] needs a price, and may have since (a date), from and to (times)"


def read_tariff(path: Path) -> dict[str, Any]:
    """Return a tariff as the page needs it: prices per kWh, from which day and in which minutes they hold.

    Raises:
        ValueError: the file is no tariff.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        return {
            "currency": str(content.get("currency", "")),
            **{name: [_price(entry) for entry in content.get(name, ())] for name in ("import", "export")},
        }
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is no TOML file: {error}") from None
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ValueError(f"{path} is no tariff: {WHAT}") from None


def _price(entry: dict[str, Any]) -> dict[str, Any]:
    since = entry.get("since", date(1970, 1, 1))
    return {
        "price": float(entry["price"]),
        "since": day_number(since),
        "from": _minutes(entry.get("from", MIDNIGHT)),
        "to": _minutes(entry.get("to", MIDNIGHT)) or 1440,
    }


def _minutes(moment: time | str) -> int:
    found = time.fromisoformat(moment) if isinstance(moment, str) else moment
    return found.hour * 60 + found.minute
