"""An answer that stops before the end of its window is told from one that does not."""

from contextlib import nullcontext
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from tap_solaredge.errors import RangeTooLong, UnexpectedPayload
from tap_solaredge.harvest.answered_span import check_span
from tap_solaredge.local_time import Instant, midnight
from tap_solaredge.resources import ENERGY
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
    with nullcontext() if whole else pytest.raises(RangeTooLong):
        check_span(ENERGY, "DAY", window, answer, now=window.end)


def test_an_interval_that_begins_before_its_window_is_no_other_time():
    begin = midnight(LAST, AMSTERDAM)
    window = Window(begin + timedelta(hours=1), begin + timedelta(hours=25))
    check_span(ENERGY, "DAY", window, {instant(LAST): 1.0}, now=window.end)
    with pytest.raises(UnexpectedPayload, match="another time"):
        check_span(ENERGY, "DAY", window, {instant(LAST - timedelta(days=2)): 1.0}, now=window.end)
