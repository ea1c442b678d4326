"""Whole periods are those that are found one by one, at a cost that does not grow with the years."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from tap_solaredge.harvest.periods import _whole
from tap_solaredge.plan.windows import periods_in, whole_periods
from tap_solaredge.spans import Window, missing, union

LENGTHS = {"DAY": 12, "WEEK": 60, "MONTH": 150, "YEAR": 1500}
"""Days over which the spans of a case are strewn."""
ZONES = ("Europe/Amsterdam", "America/Sao_Paulo", "Asia/Kolkata", "America/Havana")


def one_by_one(spans, known, end, unit, zone):
    """Return the same by looking at each period."""
    periods = (period for span in spans for period in periods_in(span, unit, zone))
    cut = (Window(period.start, min(period.end, end or period.end)) for period in periods)
    return union(period for period in cut if not missing(period, known))


@pytest.mark.parametrize("unit", LENGTHS)
def test_the_whole_periods_are_those_that_are_found_one_by_one(unit):
    rng = random.Random(unit)
    found = 0
    for case in range(300):
        zone = ZoneInfo(rng.choice(ZONES))
        base = datetime(2018, rng.choice([2, 3, 9, 10, 11]), rng.randint(1, 28), tzinfo=UTC)

        def moment(base=base, zone=zone):
            at = base + timedelta(minutes=15 * rng.randrange(96 * LENGTHS[unit]))
            (around,) = whole_periods([Window(at, at + timedelta(minutes=1))], unit, zone)
            return rng.choice([at, around.start])

        known = union(Window(*sorted((moment(), moment()))) for _ in range(rng.randint(0, 5)))
        spans = whole_periods([Window(base, base + timedelta(days=LENGTHS[unit]))], unit, zone)
        end = rng.choice([None, moment(), known[-1].end if known else None])
        progress = SimpleNamespace(scope=SimpleNamespace(time_unit=unit), site=SimpleNamespace(zone=zone))
        expected = one_by_one(spans, known, end, unit, zone)
        assert _whole(spans, known, end, progress) == expected, (unit, case, zone, known, end)
        found += bool(expected)
    assert found > 30
