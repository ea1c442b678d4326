"""Spans become windows: as few calls as possible, none longer than allowed, on seams that suit days."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tap_solaredge.local_time import midnight
from tap_solaredge.plan.windows import cut, cut_periods, periods_in, shorter, start_of_longest, whole_periods
from tap_solaredge.spans import Window

DAY = timedelta(days=1)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def at(day, hour=0, minute=0):
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def local(month, day):
    return midnight(date(2026, month, day), AMSTERDAM)


def test_a_span_within_the_limit_is_one_window():
    assert cut([Window(at(19, 11, 45), at(20, 12, 5))], 7 * DAY) == [Window(at(19, 11, 45), at(20, 12, 5))]


def test_windows_meet_on_quarter_hours_and_the_newest_ones_are_full():
    assert cut([Window(at(1), at(20, 12, 5))], 7 * DAY) == [
        Window(at(13, 12, 15), at(20, 12, 5)),
        Window(at(6, 12, 15), at(13, 12, 15)),
        Window(at(1), at(6, 12, 15)),
    ]


def test_no_window_is_longer_than_the_limit():
    windows = cut([Window(at(1), at(20, 12, 5))], timedelta(hours=12))
    assert max(window.end - window.start for window in windows) <= timedelta(hours=12)


def test_nothing_to_read_is_no_window():
    assert cut([], DAY) == []


def test_a_window_bridges_what_was_read_where_that_saves_a_call():
    assert cut([Window(at(1), at(2)), Window(at(4), at(5))], 7 * DAY) == [Window(at(1), at(5))]


def test_a_window_begins_where_something_is_missing():
    assert cut([Window(at(1), at(2)), Window(at(18), at(20))], 7 * DAY) == [
        Window(at(18), at(20)),
        Window(at(1), at(2)),
    ]


def test_windows_begin_with_a_local_day_where_sums_of_days_are_wanted():
    assert cut([Window(at(1), at(20, 12, 5))], 7 * DAY, AMSTERDAM)[:2] == [
        Window(at(13, 23), at(20, 12, 5)),
        Window(at(6, 23), at(13, 23)),
    ]


def test_short_windows_stay_as_long_as_they_may_be():
    newest, following = cut([Window(at(1), at(20, 12, 5))], timedelta(hours=12), AMSTERDAM)[:2]
    assert newest == Window(at(20, 0, 15), at(20, 12, 5))
    assert following == Window(at(19, 12, 15), at(20, 0, 15))


def test_refused_windows_shrink_along_the_known_limits_then_by_half():
    ladder = (7 * DAY, DAY, DAY / 2)
    assert shorter(7 * DAY, ladder) == DAY
    assert shorter(DAY, ladder) == DAY / 2
    assert shorter(DAY / 2, ladder) == DAY / 4
    assert shorter(timedelta(hours=1), ladder) is None


def test_a_window_of_days_across_a_clock_change_is_no_longer_than_allowed():
    start = start_of_longest(local(11, 3), 28 * DAY, "DAY", AMSTERDAM)
    assert start == local(10, 7)  # from the 6th on it would be 28 days and an hour
    span = Window(local(10, 7), local(11, 3))
    assert cut_periods([span], 28 * DAY, "DAY", AMSTERDAM) == [span]


def test_a_single_period_is_asked_for_even_if_it_is_longer_than_a_window():
    december = datetime(2026, 12, 1, tzinfo=UTC)
    assert start_of_longest(december, 28 * DAY, "MONTH", ZoneInfo("UTC")) == at(1)


def test_a_part_of_a_day_is_read_as_a_whole_day():
    noon = Window(at(19, 12), at(19, 13))
    assert whole_periods([noon], "DAY", AMSTERDAM) == [Window(local(11, 19), local(11, 20))]


def test_the_night_of_a_clock_change_belongs_to_a_day_of_25_hours():
    (day,) = periods_in(Window(local(10, 25), local(10, 26)), "DAY", AMSTERDAM)
    assert day.end - day.start == timedelta(hours=25)
