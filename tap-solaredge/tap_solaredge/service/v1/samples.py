"""Samples of about five minutes, by the quarter hour in which they were taken. Pure."""

from __future__ import annotations

from math import floor, log10
from typing import TYPE_CHECKING, Any, NamedTuple

from tap_solaredge.local_time import QUARTER, from_utc_text, quarter_of, wall_instants
from tap_solaredge.service.fields import objects
from tap_solaredge.service.payload import number
from tap_solaredge.service.place import shown
from tap_solaredge.service.units import ENERGY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from zoneinfo import ZoneInfo

    from tap_solaredge.local_time import Instant
    from tap_solaredge.measured.readings import Record, Series
    from tap_solaredge.service.place import Place
    from tap_solaredge.service.units import Units

QUARTER_IN_HOURS = 0.25
_QUARTER_IN_SECONDS = QUARTER.total_seconds()
_DRIFT = 180.0
"""Seconds by which the last samples of two quarter hours may be more or less than a quarter hour apart."""
_SMALL = 0.02
"""A counter tells the energy of an interval where its step is no larger part of it, or than 1 Wh."""
_NEAR, _SAME = 0.5, 0.05
"""Part of mean power by time by which a counter's rise may differ, within a quarter hour and over a gap."""


class Sample(NamedTuple):
    """One row of telemetry."""

    at: Instant
    row: Record


class Count(NamedTuple):
    """What a counter showed last in a quarter hour, Wh."""

    at: Instant
    value: float


def by_quarter(rows: list[Any], stamp: str, place: Place, zone: ZoneInfo) -> dict[Instant, list[Sample]]:
    """Return the samples of each quarter hour in order; `stamp` is the field with the wall time.

    Of a time that comes twice the later row counts, with what only the earlier one has.
    """
    found: dict[str, Sample] = {}
    for at, row in timed(rows, stamp, place, zone):
        if at in found:
            told = {name: value for name, value in row.items() if value is not None}
            row = found[at].row | told  # noqa: PLW2901
        found[at] = Sample(at, row)
    quarters: dict[Instant, list[Sample]] = {}
    for sample in sorted(found.values(), key=lambda sample: sample.at):
        quarters.setdefault(quarter_of(sample.at), []).append(sample)
    return quarters


def timed(rows: list[Any], stamp: str, place: Place, zone: ZoneInfo) -> Iterator[tuple[Instant, Record]]:
    """Yield the rows with their instants; a row without a readable time is left out with a note."""
    found = list(objects(rows, place))
    instants = wall_instants([row.get(stamp) for row, _ in found], zone, str(place))
    for at, (row, where) in zip(instants, found, strict=True):
        if at is None:
            where.lose(f"{shown(row.get(stamp))} in `{stamp}` is not a time; the entry is left out")
        else:
            yield at, row


def values(samples: list[Sample], name: str, place: Place, units: Units) -> list[float]:
    """Return the values that a field has in the samples."""
    where = place / name
    read = [number(sample.row.get(name), where, units) for sample in samples]
    return [value for value in read if value is not None]


def count(samples: list[Sample], name: str, place: Place) -> Count | None:
    """Return what a counter showed last."""
    where = place / name
    read = [(sample.at, number(sample.row.get(name), where, ENERGY)) for sample in samples]
    counted = [Count(at, value) for at, value in read if value is not None]
    return counted[-1] if counted else None


def mean(read: list[float]) -> float | None:
    """Return the mean, None of nothing."""
    return sum(read) / len(read) if read else None


def last(read: list[float]) -> float | None:
    """Return the last value, None of nothing."""
    return read[-1] if read else None


def six_digits(value: float) -> float:
    """Return the step of an inverter's counter in Wh: it tells six digits (6.17, gotcha 92)."""
    return 10.0 ** max(floor(log10(value)) - 5, 0)


def whole_watt_hours(_: float) -> float:
    """Return the step of a battery's counter in Wh (6.13)."""
    return 1.0


def energies(powers: Series, counts: dict[Instant, Count | None], step: Callable[[float], float]) -> Series:
    """Return Wh of each quarter hour: what the counter rose where it can tell that, else mean power by time.

    Some devices count nothing, others lose counts (gotchas 51 and 52), some tell too few digits (92), and all
    go on counting while their logger is offline: that rise belongs to the whole gap, not to its last part.
    """
    found: Series = {}
    before: Count | None = None
    for at, power in powers.items():
        after = counts.get(at)
        after = after if after is not None and after.value else None  # 0 is no count (gotcha 51)
        by_power = None if power is None else power * QUARTER_IN_HOURS
        found[at] = by_power
        if before is not None and after is not None:
            rise = after.value - before.value
            if _tells(rise, by_power, step(after.value), within_a_quarter=_is_quarter_later(before, after)):
                found[at] = rise
        before = after or before
    return found


def _is_quarter_later(before: Count, after: Count) -> bool:
    """Whether a counter was read a quarter of an hour after the last time: no gap lies between."""
    apart = (from_utc_text(after.at) - from_utc_text(before.at)).total_seconds()
    return abs(apart - _QUARTER_IN_SECONDS) <= _DRIFT


def _tells(rise: float, by_power: float | None, step: float, *, within_a_quarter: bool) -> bool:
    """Whether a counter's rise is the energy of a quarter hour: fine enough, and near what the power says."""
    if rise < 0 or step > max(_SMALL * max(rise, by_power or 0.0), 1.0):
        return False
    if by_power is None:
        return within_a_quarter
    return abs(rise - by_power) <= max(2 * step, (_NEAR if within_a_quarter else _SAME) * by_power)
