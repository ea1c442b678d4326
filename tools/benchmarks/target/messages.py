"""Message files as tap-solaredge writes them, seeded, with the row counts and sums that they must lead to."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from random import Random
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from tap_solaredge.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SITES: Final = range(4_100_001, 4_100_006)
METERS: Final = ("Export Meter", "Import Meter")
START: Final = datetime(2016, 1, 4, tzinfo=UTC)
QUARTERS: Final = 672
"""In a window of a week, the longest that the service gives."""
WINDOWS_PER_REVISION: Final = 4
"""After so many windows an earlier one comes again with other values: a fifth of the records are updates."""
SENT: Final = frozenset({"sites", "meters", "power_readings", "power_flows", "meter_readings"})
SUMS: Final = {
    "power_readings": ("power_watts",),
    "power_flows": ("grid_power", "storage_power"),
    "meter_readings": ("power", "energy_wh"),
}
"""Columns that are added up when a load is verified."""
EXTRACTED: Final = "2026-11-20T12:05:00.000000Z"


class Window(NamedTuple):
    """A week of one site; `revision` 1 is its second coming."""

    site: int
    week: int
    revision: int


class Reading(NamedTuple):
    """One record of a time series."""

    stream: str
    window: Window
    quarter: int
    meter: str | None
    values: dict[str, Any]


class Expected(NamedTuple):
    """What a table holds after the file was loaded."""

    rows: int
    sums: dict[str, float]


def write(path: Path, records: int, seed: int, *, revised: bool = True) -> dict[str, Expected]:
    """Write a file of so many records of time series; return what the tables must hold then.

    Without `revised` each record comes once, so that a second load of the file changes nothing.
    """
    encode = msgspec.json.encode
    rows: Counter[str] = Counter()
    sums: dict[str, Any] = {stream: Counter() for stream in SUMS}
    with path.open("wb") as file:
        file.writelines(encode(message) + b"\n" for message in chain(_schemas(), _parents()))
        readings = islice(_readings(seed, revised=revised), records)
        last: Window | None = None
        for reading in readings:
            if last and last != reading.window:
                file.write(encode(_state(last)) + b"\n")
            last = reading.window
            file.write(encode(_message(reading)) + b"\n")
            rows[reading.stream] += not reading.window.revision
            sums[reading.stream].update(_gain(seed, reading))
        file.write(encode(_state(last)) + b"\n" if last else b"")
    return {stream: Expected(rows[stream], dict(sums[stream])) for stream in SUMS}


def _schemas() -> Iterator[dict[str, object]]:
    for stream in STREAMS:
        if stream.name in SENT:
            yield {
                "type": "SCHEMA",
                "stream": stream.name,
                "schema": stream.schema,
                "key_properties": stream.primary_keys,
            }


def _parents() -> Iterator[dict[str, object]]:
    for site in SITES:
        record: dict[str, object] = {"id": site, "name": f"Site {site}", "timezone": "UTC"}
        yield {"type": "RECORD", "stream": "sites", "record": record}
        for meter in METERS:
            record = {"site_id": site, "name": meter, "meter_type": meter.split()[0]}
            yield {"type": "RECORD", "stream": "meters", "record": record}


def _windows(seed: int, *, revised: bool) -> Iterator[Window]:
    random = Random(seed)
    week = 0
    earlier: list[Window] = []
    while True:
        for site in SITES:
            window = Window(site, week, 0)
            yield window
            earlier.append(window)
            if len(earlier) == WINDOWS_PER_REVISION:
                if revised:
                    yield random.choice(earlier)._replace(revision=1)
                earlier.clear()
        week += 1


def _readings(seed: int, *, revised: bool) -> Iterator[Reading]:
    for window in _windows(seed, revised=revised):
        first = window.week * QUARTERS
        for quarter in range(first, first + QUARTERS):
            yield _power(seed, window, quarter)
        for quarter in range(first, first + QUARTERS):
            yield _flow(seed, window, quarter)
        for meter in METERS:
            for quarter in range(first, first + QUARTERS):
                yield _reading(seed, window, quarter, meter)


def _value(seed: int, window: Window, quarter: int, of: int) -> float:
    """Return a multiple of 1/8 below 4096: sums of millions of them are exact in any order."""
    mixed = seed + quarter * 7_919 + window.site * 104_729 + window.revision * 15_485_863 + of * 1_299_709
    return mixed % 32_768 / 8


def _power(seed: int, window: Window, quarter: int) -> Reading:
    return Reading("power_readings", window, quarter, None, {"power_watts": _value(seed, window, quarter, 0)})


def _flow(seed: int, window: Window, quarter: int) -> Reading:
    grid, pv, load, storage = (_value(seed, window, quarter, of) for of in range(1, 5))
    battery = window.site % 2 == 0
    return Reading(
        "power_flows",
        window,
        quarter,
        None,
        {
            "resolution": "QUARTER_HOUR",
            "unit": "W",
            "grid_status": "Exporting",
            "grid_power": grid,
            "pv_status": "Active",
            "pv_power": pv,
            "load_status": "Active",
            "load_power": load,
            "storage_status": "Charging" if battery else None,
            "storage_power": storage if battery else None,
            "storage_charge_level": storage / 64 if battery else None,
            "storage_critical": None,
        },
    )


def _reading(seed: int, window: Window, quarter: int, meter: str) -> Reading:
    power = _value(seed, window, quarter, 5 + METERS.index(meter))
    phases = {f"{of}_l{phase}": None for of in ("voltage", "current", "power_factor") for phase in (1, 2, 3)}
    values = {"power": power, "energy_wh": power / 4, "energy_lifetime": None, "power_factor": None}
    return Reading("meter_readings", window, quarter, meter, values | phases)


def _message(reading: Reading) -> dict[str, object]:
    key: dict[str, object] = {"site_id": reading.window.site}
    if reading.meter:
        key["meter_name"] = reading.meter
    start = START + timedelta(minutes=15 * reading.quarter)
    key |= {"timestamp": f"{start:%Y-%m-%dT%H:%M:%SZ}", "utc_offset_minutes": 0}
    return {
        "type": "RECORD",
        "stream": reading.stream,
        "record": key | reading.values,
        "time_extracted": EXTRACTED,
    }


def _state(window: Window) -> dict[str, object]:
    end = START + timedelta(minutes=15 * (window.week + 1) * QUARTERS)
    partition = {"context": {"site_id": window.site}, "replication_key_value": f"{end:%Y-%m-%dT%H:%M:%SZ}"}
    return {
        "type": "STATE",
        "value": {"bookmarks": {stream: {"partitions": [partition]} for stream in SUMS}},
    }


def _gain(seed: int, reading: Reading) -> dict[str, float]:
    """Return by how much a record raises the sums of its table; a revision replaces the first values."""
    gain = {column: reading.values[column] or 0.0 for column in SUMS[reading.stream]}
    if reading.window.revision:
        window = reading.window._replace(revision=0)
        first = (
            _power(seed, window, reading.quarter)
            if reading.stream == "power_readings"
            else _flow(seed, window, reading.quarter)
            if reading.stream == "power_flows"
            else _reading(seed, window, reading.quarter, reading.meter or "")
        )
        gain = {column: value - (first.values[column] or 0.0) for column, value in gain.items()}
    return gain
