"""Bookmark, overlap and limits become windows."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tap_solaredge.local_time import midnight
from tap_solaredge.plan.windows import fill_back, first_period, reach, shorter, split, split_periods
from tap_solaredge.spans import Window

DAY = timedelta(days=1)


def at(day, hour=0, minute=0):
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def test_a_span_within_the_limit_is_one_window():
    assert split(at(19, 11, 45), at(20, 12, 5), 7 * DAY) == [Window(at(19, 11, 45), at(20, 12, 5))]


def test_windows_meet_on_quarter_hours_and_the_newest_ones_are_full():
    assert split(at(1), at(20, 12, 5), 7 * DAY) == [
        Window(at(1), at(6, 12, 15)),
        Window(at(6, 12, 15), at(13, 12, 15)),
        Window(at(13, 12, 15), at(20, 12, 5)),
    ]


def test_no_window_is_longer_than_the_limit():
    for window in split(at(1), at(20, 12, 5), timedelta(hours=12)):
        assert window.end - window.start <= timedelta(hours=12)


def test_nothing_to_read_is_no_window():
    assert split(at(20), at(20), DAY) == []


def test_a_window_is_filled_backwards_because_it_is_paid_for_whole():
    assert fill_back(at(20, 11), at(20, 12), 7 * DAY, floor=at(1)) == at(13, 12)


def test_filling_back_costs_no_further_call():
    start = fill_back(at(5), at(20, 12), 7 * DAY, floor=at(1))
    assert start == at(1)
    assert len(split(start, at(20, 12), 7 * DAY)) == len(split(at(5), at(20, 12), 7 * DAY))


def test_filling_back_never_passes_what_is_wanted():
    assert fill_back(at(20, 11), at(20, 12), 7 * DAY, floor=at(19)) == at(19)


def test_a_bookmark_older_than_the_wanted_start_is_still_the_start():
    assert fill_back(at(10), at(20, 12), 7 * DAY, floor=at(19)) == at(10)


def test_refused_windows_shrink_along_the_known_limits_then_by_half():
    ladder = (7 * DAY, DAY, DAY / 2)
    assert shorter(7 * DAY, ladder) == DAY
    assert shorter(DAY, ladder) == DAY / 2
    assert shorter(DAY / 2, ladder) == DAY / 4
    assert shorter(timedelta(hours=1), ladder) is None


def test_a_window_of_days_across_a_clock_change_is_no_longer_than_allowed():
    amsterdam = ZoneInfo("Europe/Amsterdam")
    first = first_period(28 * DAY, date(2026, 11, 2), "DAY", amsterdam)
    assert first == date(2026, 10, 7)  # from the 6th on it would be 28 days and an hour
    span = Window(midnight(first, amsterdam), midnight(date(2026, 11, 3), amsterdam))
    assert split_periods(span, 28 * DAY, "DAY", amsterdam) == [span]


def test_the_running_period_is_asked_for_even_if_it_is_longer_than_a_window():
    assert first_period(28 * DAY, date(2026, 11, 1), "MONTH", ZoneInfo("UTC")) == date(2026, 11, 1)


def test_a_call_asks_beyond_its_window_down_to_the_floor():
    assert reach(at(1), at(10), at(12), 7 * DAY) == Window(at(3), at(12))
    assert reach(at(8), at(10), at(12), 7 * DAY) == Window(at(8), at(12))
    assert reach(at(11), at(10), at(12), 7 * DAY) == Window(at(10), at(12))
