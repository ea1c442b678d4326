"""Spans of time: what was read, and what is missing."""

from datetime import UTC, datetime

from tap_solaredge.spans import Window, common, missing, touch, union, without


def span(start, end):
    return Window(datetime(2026, 11, start, tzinfo=UTC), datetime(2026, 11, end, tzinfo=UTC))


def test_spans_that_touch_become_one():
    assert union([span(1, 3), span(5, 7)], [span(3, 5)]) == [span(1, 7)]


def test_spans_apart_stay_apart():
    assert union([span(5, 7)], [span(1, 3)]) == [span(1, 3), span(5, 7)]


def test_an_empty_span_adds_nothing():
    assert union([span(1, 3)], [span(5, 5)]) == [span(1, 3)]


def test_what_is_missing_lies_before_between_and_after():
    assert missing(span(1, 10), [span(2, 4), span(6, 8)]) == [span(1, 2), span(4, 6), span(8, 10)]


def test_nothing_is_missing_from_what_was_read():
    assert missing(span(2, 4), [span(1, 10)]) == []


def test_a_union_covers_what_any_of_its_parts_covers():
    assert union([span(1, 3)], [span(2, 5), span(8, 9)]) == [span(1, 5), span(8, 9)]


def test_what_is_taken_out_leaves_the_rest():
    assert without([span(1, 5), span(7, 9)], [span(3, 8)]) == [span(1, 3), span(8, 9)]


def test_what_two_have_in_common():
    assert common([span(1, 5), span(7, 9)], [span(3, 8)]) == [span(3, 5), span(7, 8)]


def test_spans_that_only_meet_have_no_moment_in_common():
    assert not touch(span(3, 5), [span(1, 3), span(5, 7)])
    assert touch(span(3, 5), [span(1, 4)])
