"""Rows of the tables that newer versions of SolarEdge Harvest added, as rows of ours. Pure."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from target_seh_sql.adoption.spans import QUARTER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

Row = dict[str, Any]
KILOGRAMS: Final = {"kg": 1.0, "lb": 0.45359237}
WHOLE: Final = 3
"""Samples of a whole quarter hour: an inverter is asked about every five minutes."""


def alert(old: Mapping[str, Any]) -> Row:
    """Return an alert by the names of ours; its one time is the first trigger and the newest known."""
    code = old["alert_code"]
    return {
        **{name: old[name] for name in ("id", "site_id", "alert_id", "created_at", "updated_at")},
        "type": old["alert_type"],
        "first_trigger": old["alert_timestamp"],
        "last_trigger": old["alert_timestamp"],
        "component_name": old["name"],
        "component_serial_number": old["serial_number"],
        "error_codes": None if code is None else json.dumps([code]),
    }


def benefits(old: Mapping[str, Any]) -> Row:
    """Return what a site spared, gases in kg; NULL where their unit is unknown."""
    factor = KILOGRAMS.get(str(old["co2_units"] or "kg").strip().lower())
    gases = ("co2_saved", "so2_saved", "nox_saved")
    kept = {name: old[name] for name in old if name not in {*gases, "co2_units", "benefits_timestamp"}}
    return kept | {g: None if factor is None or old[g] is None else old[g] * factor for g in gases}


def flow(old: Mapping[str, Any]) -> Row:
    """Return the power details of a quarter hour (W) as a flow; the grid is + export, - import."""
    fed_in, purchased = old["feed_in_w"], old["purchased_w"]
    grid = None if fed_in is None or purchased is None else fed_in - purchased
    made, used = old["production_w"], old["consumption_w"]
    return {
        **{name: old[name] for name in ("id", "site_id", "timestamp", "created_at", "updated_at")},
        "resolution": "QUARTER_HOUR",
        "unit": "W",
        "grid_status": _direction(grid, "Exporting", "Importing"),
        "grid_power": grid,
        "pv_status": _direction(made, "Active", "Idle"),
        "pv_power": made,
        "load_status": _direction(used, "Active", "Idle"),
        "load_power": used,
        "feed_in_power": fed_in,
        "purchased_power": purchased,
        "self_consumption_power": old["self_consumption_w"],
    }


NAMED_ANEW: Final[Mapping[str, Callable[[Row], Row]]] = {"alerts": alert, "environmental_benefits": benefits}
"""What gives rows of a table of ours the names of ours, where they differ."""


def quarters(samples: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
    """Yield the whole quarter hours of one inverter, times by the wall clock.

    Args:
        samples: in order of time.
    """
    before: list[Mapping[str, Any]] = []
    for start, found in groupby(samples, lambda sample: quarter_of(sample["timestamp"])):
        rows = list(found)
        if len(rows) >= WHOLE:
            follows = before and quarter_of(before[-1]["timestamp"]) == start - QUARTER
            yield _quarter(start, rows, before if follows else [])
        before = rows


def quarter_of(moment: datetime) -> datetime:
    """Return the start of the quarter hour in which a moment lies."""
    return moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)


def _quarter(start: datetime, rows: list[Mapping[str, Any]], before: list[Mapping[str, Any]]) -> Row:
    awake = [row for row in rows if row["inverter_mode"] != "SLEEPING"]  # gotcha 12
    power, volts = _mean(rows, "total_active_power"), _mean(rows, "ac_voltage")
    counted, counted_before = _last(rows, "total_energy"), _last(before, "total_energy")
    rose = counted - counted_before if counted and counted_before else None
    return {
        **{name: rows[0][name] for name in ("site_id", "serial_number", "created_at")},
        "updated_at": rows[-1]["updated_at"],
        "timestamp": start,
        "power": power,
        "energy_wh": rose if rose is not None and rose >= 0 else None if power is None else power / 4,
        "voltage": volts,
        "current": power / volts if power is not None and volts else None,
        "frequency": _mean(rows, "ac_frequency"),
        "dc_voltage": _mean(awake, "dc_voltage"),
        "temperature": _mean(awake, "temperature"),
        "power_limit": _last(awake, "power_limit"),
        "inverter_mode": rows[-1]["inverter_mode"],
        "energy_lifetime": counted,
        "apparent_power": _mean(rows, "apparent_power"),
        "reactive_power": _mean(rows, "reactive_power"),
    }


def _values(rows: Iterable[Mapping[str, Any]], name: str) -> list[float]:
    return [row[name] for row in rows if row[name] is not None]


def _mean(rows: Iterable[Mapping[str, Any]], name: str) -> float | None:
    found = _values(rows, name)
    return sum(found) / len(found) if found else None


def _last(rows: Iterable[Mapping[str, Any]], name: str) -> float | None:
    found = _values(rows, name)
    return found[-1] if found else None


def _direction(power: float | None, positive: str, negative: str) -> str | None:
    if power is None:
        return None
    if power == 0:
        return "Idle"
    return positive if power > 0 else negative
