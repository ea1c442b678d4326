"""Whether an answer goes on to the end of its window."""

from contextlib import nullcontext
from datetime import date, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from tap_solaredge.errors import RangeTooLong
from tap_solaredge.harvest.lengths import Lengths
from tap_solaredge.local_time import Instant, midnight
from tap_solaredge.resources import ENERGY
from tap_solaredge.service.v2 import V2
from tap_solaredge.spans import Window

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
FIRST, LAST = date(2025, 9, 29), date(2025, 10, 26)
"""Four weeks; the last day has 25 hours."""


def instant(day):
    utc = midnight(day, AMSTERDAM)
    offset = utc.astimezone(AMSTERDAM).utcoffset() // timedelta(minutes=1)
    return Instant(f"{utc:%Y-%m-%dT%H:%M:%SZ}", offset)


@pytest.mark.parametrize(("days", "whole"), [(28, True), (27, True), (25, False), (10, False)])
def test_days_that_an_answer_lacks_are_told_from_one_of_25_hours(days, whole):
    window = Window(midnight(FIRST, AMSTERDAM), midnight(LAST + timedelta(days=1), AMSTERDAM))
    answer = {instant(FIRST + timedelta(days=number)): 1.0 for number in range(days)}
    lengths = Lengths(V2, ledger=None, clock=None, time_unit="DAY")
    with nullcontext() if whole else pytest.raises(RangeTooLong):
        lengths.check_span(SimpleNamespace(resource=ENERGY, window=window), answer, window.end)
