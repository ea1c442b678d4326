"""Where values are still to come: in an outage and up to its edges, not in a night."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tap_solaredge.harvest.silence import silences
from tap_solaredge.local_time import QUARTER, Instant, utc_text
from tap_solaredge.measured.readings import MeterSeries, MeterType
from tap_solaredge.measured.site import Site
from tap_solaredge.plan.sun import is_night
from tap_solaredge.resources import METERS, POWER
from tap_solaredge.spans import Window

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
SITE = Site(1, "Dak", AMSTERDAM, None, pending=False, latitude=52.4, longitude=4.9)
MIDNIGHT = datetime(2026, 9, 22, 22, tzinfo=UTC)
DAWN, DUSK = MIDNIGHT + timedelta(hours=7.5), MIDNIGHT + timedelta(hours=19)
DAY = Window(MIDNIGHT, MIDNIGHT + timedelta(days=1))
NOW = MIDNIGHT + timedelta(days=3)
MORNING, EVENING = Window(MIDNIGHT, DAWN), Window(DUSK, DAY.end)


def told(start, end):
    """Return a power for each quarter hour of a span."""
    return {Instant(utc_text(start + n * QUARTER), 120): 5.0 for n in range((end - start) // QUARTER)}


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ([], []),
        ([Window(MIDNIGHT - timedelta(days=2), MIDNIGHT)], [MORNING]),
        ([Window(MIDNIGHT - timedelta(hours=3), MIDNIGHT)], []),
        ([Window(DAY.end, NOW)], [EVENING]),
        ([DAY], []),
    ],
    ids=["a night", "an outage before", "a night before", "an outage after", "what was open and is filled"],
)
def test_the_dark_edge_of_a_window_is_open_only_beside_an_outage(known, expected):
    assert silences(POWER, told(DAWN, DUSK), DAY, SITE, known=known, now=NOW) == expected


def test_a_day_without_a_value_is_open_whole():
    assert silences(POWER, {}, DAY, SITE, known=[], now=NOW) == [DAY]


def test_what_is_open_of_a_meter_stays_so_in_a_window_too_short_to_show_that_it_speaks_at_night():
    silent = Window(MIDNIGHT + timedelta(hours=2), MIDNIGHT + timedelta(hours=4))
    power = told(DAY.start, silent.start) | told(silent.end, DAY.end)
    meter = MeterSeries("606", MeterType.FEED_IN, power=power)
    assert silences(METERS, [meter], DAY, SITE, known=[silent], now=NOW) == [silent]
    assert silences(METERS, [meter], DAY, SITE, known=[], now=NOW) == []


@pytest.mark.parametrize(
    ("latitude", "start", "hours", "night"),
    [
        (52.4, datetime(2026, 11, 20, 16, 30, tzinfo=UTC), 5, True),
        (52.4, datetime(2026, 11, 20, 16, 30, tzinfo=UTC), 24, False),
        (63.4, datetime(2026, 12, 20, 15, 30, tzinfo=UTC), 15, True),
        (63.4, datetime(2026, 12, 20, 11, tzinfo=UTC), 2, False),
        (78.2, datetime(2026, 12, 20, tzinfo=UTC), 72, False),
        (None, datetime(2026, 12, 20, 20, tzinfo=UTC), 4, False),
    ],
)
def test_a_night_is_dark_and_no_longer_than_most_nights_are(latitude, start, hours, night):
    site = Site(1, "Tak", AMSTERDAM, None, pending=False, latitude=latitude, longitude=10.4)
    assert is_night(site, Window(start, start + timedelta(hours=hours))) is night
