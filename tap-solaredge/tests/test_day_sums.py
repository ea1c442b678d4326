"""Days that are summed from quarter hours: which are whole, where they begin, what a battery sold."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tap_solaredge.local_time import fixed_zone, instant
from tap_solaredge.measured.day_sums import DaySums
from tap_solaredge.measured.readings import BatterySeries, MeterSeries, MeterType
from tap_solaredge.measured.site import Site
from tap_solaredge.measured.split import Storage, storage_energies
from tap_solaredge.measured.zones import shown_zone
from tap_solaredge.resources import METERS, POWER, STORAGE, Answers
from tap_solaredge.spans import Window

QUARTER = timedelta(minutes=15)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def site(zone):
    return Site(site_id=7, name="Maple", zone=zone, installed=None, pending=False)


def quarters(start, end, zone):
    """Return the instants of a span as the service writes them."""
    found, at = [], start
    while at < end:
        found.append(instant(at.astimezone(zone).isoformat()))
        at += QUARTER
    return found


def window(start, end):
    return Window(datetime.fromisoformat(f"{start}Z"), datetime.fromisoformat(f"{end}Z"))


def read(sums, span, zone, wh=1.0, **answers):
    meter = MeterSeries("6", MeterType.PURCHASED, energy=dict.fromkeys(quarters(*span, zone), wh))
    sums.add(
        Answers(span, {METERS: [meter], STORAGE: answers.get("storage", []), POWER: answers.get("power")})
    )


def days(sums, span):
    (meter,) = sums.meters(span)
    return {at.local_date: value for at, value in meter.energy.items()}


def test_the_nights_of_both_clock_changes_make_days_of_92_and_100_quarter_hours():
    for span, day, count in (
        (window("2026-03-28T23:00", "2026-03-29T22:00"), "2026-03-29", 92.0),
        (window("2026-10-24T22:00", "2026-10-25T23:00"), "2026-10-25", 100.0),
    ):
        sums = DaySums(site(AMSTERDAM))
        read(sums, span, AMSTERDAM)
        assert days(sums, span) == {day: count}


def test_days_begin_where_the_offsets_of_the_answers_say_whatever_the_master_data():
    """The zone is taken for UTC, and windows are cut at midnight of UTC: the days are those of Amsterdam."""
    sums = DaySums(site(ZoneInfo("UTC")))
    spans = [window(f"2026-11-{day}T00:00", f"2026-11-{day + 2}T00:00") for day in (14, 16, 18)]
    for span in reversed(spans):
        read(sums, span, AMSTERDAM)
    whole = {f"2026-11-{day}": 96.0 for day in (15, 16, 17, 18, 19)}
    assert days(sums, Window(spans[0].start, spans[-1].end)) == whole
    (meter,) = sums.meters(spans[1])
    first = min(meter.energy)
    assert (first, first.offset_minutes) == ("2026-11-15T23:00:00Z", 60)


def test_a_day_that_was_read_in_part_is_no_day():
    sums = DaySums(site(AMSTERDAM))
    read(sums, window("2026-11-14T12:00", "2026-11-16T23:00"), AMSTERDAM)
    assert days(sums, window("2026-11-13T23:00", "2026-11-16T23:00")) == {
        "2026-11-15": 96.0,
        "2026-11-16": 96.0,
    }


def test_the_day_that_runs_is_summed_as_far_as_it_is_read():
    sums = DaySums(site(AMSTERDAM))
    span = window("2026-11-15T23:00", "2026-11-17T12:00")
    read(sums, span, AMSTERDAM)
    assert days(sums, span) == {"2026-11-16": 96.0, "2026-11-17": 52.0}


def test_a_seam_between_windows_that_is_missing_costs_its_days_only():
    sums = DaySums(site(AMSTERDAM))
    read(sums, window("2026-11-13T23:00", "2026-11-15T12:00"), AMSTERDAM)
    read(sums, window("2026-11-15T13:00", "2026-11-17T23:00"), AMSTERDAM)
    found = days(sums, window("2026-11-13T23:00", "2026-11-17T23:00"))
    assert found == {"2026-11-14": 96.0, "2026-11-16": 96.0, "2026-11-17": 96.0}


@pytest.mark.parametrize("power", [None, {}])
def test_what_a_battery_sells_is_told_by_quarter_hours(power):
    """At night it sells 300 of 400 Wh in each of two quarter hours; at noon the roof feeds in by itself."""
    span = window("2026-11-15T23:00", "2026-11-16T23:00")
    night, noon = quarters(*span, AMSTERDAM)[:2], quarters(*span, AMSTERDAM)[48]
    feed_in = MeterSeries("6", MeterType.FEED_IN, energy={**dict.fromkeys(night, 300.0), noon: 200.0})
    battery = BatterySeries("B", discharge_energy=dict.fromkeys(night, 400.0), charge_energy={noon: 10.0})
    known = None if power is None else {noon: 1000.0}
    sums = DaySums(site(AMSTERDAM))
    sums.add(Answers(span, {METERS: [feed_in], STORAGE: [battery], POWER: known}))
    (day,) = {at for series in sums.storage(span) for at in series.discharge_energy}
    assert storage_energies(sums.storage(span), day) == Storage(10.0, 800.0, None if power is None else 600.0)


def test_the_zone_is_shown_by_the_offsets_of_the_answers():
    january = datetime(2026, 1, 10, tzinfo=UTC)
    instants = quarters(january, january + timedelta(hours=2), AMSTERDAM)
    instants += quarters(january + timedelta(days=180), january + timedelta(days=180, hours=2), AMSTERDAM)
    assert shown_zone(instants, AMSTERDAM) is AMSTERDAM
    assert shown_zone(instants, ZoneInfo("UTC")) is fixed_zone(120)
    assert shown_zone(instants[:8], fixed_zone(60)) is fixed_zone(60)
    assert shown_zone([], AMSTERDAM) is AMSTERDAM
