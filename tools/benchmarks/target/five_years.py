"""Prints years of sites as Singer messages: `five_years 3 --days 40` is 40 days of three sites."""

from __future__ import annotations

import argparse
import math
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from target_seh_sql.load.records import RECORD_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW: Final = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAYS: Final = 1826
SUMMER: Final = 172
"""The longest day of the year."""
YEAR: Final = 365.25 / (2 * math.pi)
"""Days in which the season advances by one radian."""


def messages(sites: int, days: int = DAYS, end: datetime = NOW) -> Iterator[dict[str, Any]]:
    """Yield quarter hours of flows and of a battery, and days of energy, of some sites; oldest last."""
    for stream in ("sites", "batteries", "energy_readings", "power_flows", "battery_readings"):
        kind = RECORD_TYPES[stream]
        schema = {"properties": {name: {} for name in kind.fields}}
        yield {"type": "SCHEMA", "stream": stream, "schema": schema, "key_properties": kind.stream.key}
    for site_id in range(1, sites + 1):
        name = "Maple House <Utrecht> & Barn" + (f" {site_id}" if sites > 1 else "")
        yield _record("sites", id=site_id, name=name, peak_power=9.7 + site_id % 7)
        yield _record("batteries", site_id=site_id, serial_number=f"B{site_id}", capacity=9_700.0)
        for day in range(days):
            yield _record("energy_readings", site_id=site_id, **_energy(end - timedelta(days=day), day))
        for quarter in range(days * 96):
            yield from _quarter(site_id, end, quarter)


def _record(stream: str, **values: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"type": "RECORD", "stream": stream, "record": values}


def _season(moment: datetime) -> float:
    """Return how high the year's sun stands, -1 to 1."""
    return math.cos((moment.timetuple().tm_yday - SUMMER) / YEAR)


def _energy(date: datetime, day: int) -> dict[str, Any]:
    made = 17_000 + 12_000 * _season(date) + 4_000 * math.sin(day * 2.3)
    used = 13_000 - 2_000 * _season(date)
    own = min(0.6 * used, 0.55 * made)
    return {
        "reading_date": f"{date:%Y-%m-%d}", "time_unit": "DAY", "utc_offset_minutes": 60, "energy_wh": made,
        "consumption_wh": used, "self_consumption_wh": own, "feed_in_wh": made - own,
        "purchased_wh": used - own,
    }  # fmt: skip


def _quarter(site_id: int, end: datetime, number: int) -> Iterator[dict[str, Any]]:
    at = end - timedelta(minutes=15 * number)
    time = {"site_id": site_id, "timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}", "utc_offset_minutes": 60}
    hour = at.hour + at.minute / 60
    clouds = 0.75 + 0.25 * math.sin(number // 96 * 2.3) * math.cos(number / 7)
    made = 7_000 * max(0.0, math.sin((hour - 6) / 12 * math.pi)) * (0.55 + 0.45 * _season(at)) * clouds
    used = 400 + 900 * math.exp(-((hour - 18) ** 2) / 4) + 150 * math.sin(number / 3) ** 2
    stored = max(-1_500.0, min(2_000.0, (made - used) / 2))
    yield _record(
        "power_flows", **time, resolution="QUARTER_HOUR", unit="W", pv_power=made, load_power=used,
        storage_power=stored, grid_power=made - used - stored,
        storage_charge_level=55 + 40 * math.sin((hour - 9) / 12 * math.pi),
    )  # fmt: skip
    yield _record(
        "battery_readings", **time, serial_number=f"B{site_id}", charge_energy_wh=max(stored, 0.0) / 4,
        discharge_energy_wh=max(-stored, 0.0) / 4,
    )  # fmt: skip


if __name__ == "__main__":
    encode = msgspec.json.Encoder().encode
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sites", type=int, nargs="?", default=1)
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument(
        "--end", type=datetime.fromisoformat, default=NOW, help="the newest quarter hour, UTC"
    )
    wanted = parser.parse_args()
    for message in messages(wanted.sites, wanted.days, wanted.end):
        sys.stdout.buffer.write(encode(message) + b"\n")
