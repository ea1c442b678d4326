"""Instants as the API writes them; days of a zone."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from tap_solaredge.local_time import (
    instant,
    midnight,
    quarter_ceil,
    quarter_floor,
    unit_end,
    unit_start,
    wall_instants,
    zone,
)

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def shown(at):
    """Return the text and the offset of an instant: it is equal to any other of its text."""
    return at and (at, at.offset_minutes)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20T00:00:00+01:00", ("2026-11-19T23:00:00Z", 60)),
        ("2026-11-20T00:00:00Z", ("2026-11-20T00:00:00Z", 0)),
        ("2026-11-20T00:45:00Z", ("2026-11-20T00:45:00Z", 0)),
        ("2026-11-20T23:15:00-03:00", ("2026-11-21T02:15:00Z", -180)),
        ("2026-11-23T16:20:31.204417302+01:00", ("2026-11-23T15:20:31Z", 60)),
        ("2026-11-23T16:20:31.2+01:00", ("2026-11-23T15:20:31Z", 60)),
        ("2026-07-01T12:00:00+10:30", ("2026-07-01T01:30:00Z", 630)),
        ("2026-07-01T12:15:00+10:30", ("2026-07-01T01:45:00Z", 630)),
        ("2026-07-01T12:45:00+05:45", ("2026-07-01T07:00:00Z", 345)),
    ],
)
def test_times_with_any_offset_and_0_to_9_fractional_digits_are_read(text, expected):
    assert shown(instant(text)) == expected


def test_the_two_hours_of_the_autumn_night_keep_their_order():
    first, second = instant("2026-10-25T02:45:00+02:00"), instant("2026-10-25T02:00:00+01:00")
    assert first < second
    assert (first.local_date, second.local_date) == ("2026-10-25", "2026-10-25")


def test_a_time_without_offset_is_refused():
    with pytest.raises(ValueError, match="no offset"):
        instant("2026-11-20T00:00:00")


def test_local_days_on_dst_nights_have_23_and_25_hours():
    spring = midnight(date(2026, 3, 30), AMSTERDAM).astimezone(UTC) - midnight(
        date(2026, 3, 29), AMSTERDAM
    ).astimezone(UTC)
    autumn = midnight(date(2026, 10, 26), AMSTERDAM).astimezone(UTC) - midnight(
        date(2026, 10, 25), AMSTERDAM
    ).astimezone(UTC)
    assert (spring.total_seconds() / 3600, autumn.total_seconds() / 3600) == (23, 25)


def test_quarter_hours_are_found_around_an_instant():
    moment = datetime(2026, 11, 20, 12, 5, 59, 7, tzinfo=UTC)
    assert quarter_floor(moment) == datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    assert quarter_ceil(moment) == datetime(2026, 11, 20, 12, 15, tzinfo=UTC)
    assert quarter_ceil(quarter_floor(moment)) == quarter_floor(moment)


@pytest.mark.parametrize(
    ("unit", "start", "end"),
    [
        ("DAY", date(2026, 12, 31), date(2027, 1, 1)),
        ("WEEK", date(2026, 12, 28), date(2027, 1, 4)),
        ("MONTH", date(2026, 12, 1), date(2027, 1, 1)),
        ("YEAR", date(2026, 1, 1), date(2027, 1, 1)),
    ],
)
def test_periods_begin_and_end_on_the_sites_own_days(unit, start, end):
    assert unit_start(date(2026, 12, 31), unit) == start
    assert unit_end(start, unit) == end


def test_a_missing_zone_is_utc_with_a_warning(caplog):
    zone.cache_clear()
    assert zone(None) == ZoneInfo("UTC")
    assert "Time zone None is unknown" in caplog.text


@pytest.mark.parametrize(
    ("name", "offset"),
    [("GMT-05:00", -300), ("UTC+5:30", 330), ("+0545", 345), ("-03", -180), ("GMT", 0), ("gmt+13", 780)],
)
def test_a_zone_that_is_named_by_its_offset_is_that_offset(name, offset, caplog):
    noon = datetime(2026, 7, 1, 12, tzinfo=UTC).astimezone(zone(name))
    assert noon.utcoffset().total_seconds() == offset * 60
    assert midnight(date(2026, 7, 1), zone(name)) == datetime(2026, 7, 1, tzinfo=zone(name)).astimezone(UTC)
    assert caplog.records == []


@pytest.mark.parametrize("name", ["UTC+99:00", "Mars/Olympus", "America", "../etc/passwd", "a\0b"])
def test_a_zone_that_nobody_knows_is_utc_with_a_warning(name, caplog):
    zone.cache_clear()
    assert zone(name) == ZoneInfo("UTC")
    (record,) = caplog.records
    assert record.getMessage() == f"Time zone {name!r} is unknown; UTC is used for that site's days"


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:00:00-01:00", "1969-12-31T00:00:00Z"]
)
def test_a_time_of_another_age_is_refused(text):
    with pytest.raises(ValueError, match="no time of this age"):
        instant(text)


def test_wall_times_that_cannot_be_read_are_none_and_cost_no_other():
    odd = [None, 5, [], "noon", "0001-01-01 00:00:00"]
    texts = [
        "2026-10-25 02:45:00",
        *odd,
        "2026-10-25 02:00:00",
        "2026-05-14 11:00:00+02:00",
        "2026-05-14T09:15:00Z",
    ]
    assert list(map(shown, wall_instants(texts, AMSTERDAM, "x"))) == [
        ("2026-10-25T00:45:00Z", 120),
        *[None] * len(odd),
        ("2026-10-25T01:00:00Z", 60),
        ("2026-05-14T09:00:00Z", 120),
        ("2026-05-14T09:15:00Z", 120),
    ]
