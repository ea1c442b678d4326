"""Samples of about five minutes, by the quarter hour in which they were taken. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_solaredge.local_time import quarter_of, wall_instants
from tap_solaredge.service.payload import member, number

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from tap_solaredge.local_time import Instant
    from tap_solaredge.measured.readings import Record, Series

QUARTER_IN_HOURS = 0.25


def by_quarter(rows: list[Record], stamp: str, where: str, zone: ZoneInfo) -> dict[Instant, list[Record]]:
    """Return the samples of each quarter hour in order; `stamp` is the field with the wall time."""
    instants = wall_instants([member(row, stamp, str, where) for row in rows], zone, where)
    found: dict[Instant, list[Record]] = {}
    for at, row in sorted(zip(instants, rows, strict=True), key=lambda pair: pair[0]):
        found.setdefault(quarter_of(at), []).append(row)
    return found


def values(rows: list[Record], name: str, where: str) -> list[float]:
    """Return the values that a field has in the samples."""
    read = [number(row.get(name), f"{where}: {name}") for row in rows]
    return [value for value in read if value is not None]


def mean(read: list[float]) -> float | None:
    """Return the mean, None of nothing."""
    return sum(read) / len(read) if read else None


def last(read: list[float]) -> float | None:
    """Return the last value, None of nothing."""
    return read[-1] if read else None


def energies(powers: Series, lifetime: Series) -> Series:
    """Return Wh of each quarter hour: what the counter rose, else mean power by time.

    Some devices count nothing, others lose counts (gotchas 51 and 52).
    """
    found: Series = {}
    before: float | None = None
    for at, power in powers.items():
        after = lifetime[at] or None
        rose = None if after is None or before is None else after - before
        if rose is not None and rose >= 0:
            found[at] = rose
        else:
            found[at] = None if power is None else power * QUARTER_IN_HOURS
        before = after or before
    return found
