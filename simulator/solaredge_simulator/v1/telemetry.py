"""The moments of V1's telemetry: rows of about five minutes that drift.

A quarter hour that is visible has three rows, 155, 454 and 753 seconds after its start plus up to 20 seconds
of drift, so a row's own time tells its quarter. They agree with the quarter hours of everything else:

- the mean of the three `power` of a battery is exactly charge minus discharge power of the quarter; the
  positive and the negative parts, each summed and divided by three, are these two powers;
- the mean of the three `batteryPercentageState` is the state of charge (V2 `stateOfEnergy` x 100);
- the lifetime counters of the third row hold everything up to the end of the quarter, to eight digits;
- the mean of the three `totalActivePower` is the power of the inverter.

Quarters that were lost have no rows.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from solaredge_simulator.local_days import QUARTER, midnight, slices, stamp
from solaredge_simulator.v1.series import wall

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from solaredge_simulator.v1.asks import SiteAsk

Row = dict[str, object]

_OFFSETS = (155, 454, 753)
_DRIFT = 20


def local_days(ask: SiteAsk, start: str, end: str) -> Iterator[tuple[date, int]]:
    """Yield the local days of a window and the instants (epoch seconds) at which they begin."""
    first, last = ask.day_span(date.fromisoformat(start[:10]), date.fromisoformat(end[:10]))
    for piece in slices(ask.plant.zone, first, last):
        yield piece.day, midnight(ask.plant.zone, piece.day)


def moments(ask: SiteAsk, begin: int, place: int) -> list[str]:
    """Return the wall-clock times of the three rows of a quarter of the day that begins at `begin`."""
    drift = (place * 8 + begin // 86_400) % (_DRIFT + 1)
    start = begin + place * QUARTER + drift
    return [wall(stamp(ask.plant.zone, start + offset)) for offset in _OFFSETS]


def between(rows: Iterable[Row], start: str, end: str, name: str) -> list[Row]:
    """Return the rows from start to end, both included, by the wall clock in their field `name`."""
    return [row for row in rows if start <= str(row[name]) <= end]
