"""Ours beside SolarEdge's own figures, and days beside their quarter hours, row by row, on every database."""

from datetime import UTC, datetime, timedelta

import pytest

from .conftest import record, schema
from .test_views import SITE, day, rows

QUARTER = timedelta(minutes=15)


def total(period, first_day, last_day, begins=None, ends=None, *, site_id=1, meaning="PV", **figures):
    """Return a record of SolarEdge's own figures, by the names of the view's quantities."""
    told = {"first_day": first_day, "last_day": last_day, "begins": begins, "ends": ends}
    told |= {f"{name}_wh": energy for name, energy in figures.items()}
    return record("energy_totals", site_id=site_id, period=period, production_meaning=meaning, **told)


def days(first, count, *values, site_id=1, offset=None, leave_out=()):
    """Return days that are all alike, from a first one on."""
    begin = datetime.fromisoformat(first)
    dates = [f"{begin + timedelta(days=number):%Y-%m-%d}" for number in range(count)]
    found = [day(date, *values, site_id=site_id) for date in dates if date not in leave_out]
    for each in found:
        each["record"]["utc_offset_minutes"] = offset
    return found


def quarters(begins, ends, offset=60, leave_out=(), **values):
    """Return quarter hours from one instant to another, UTC."""
    at, end = datetime.fromisoformat(begins), datetime.fromisoformat(ends)
    while at < end:
        stamp = f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        if stamp not in leave_out:
            yield record("power_readings", site_id=1, timestamp=stamp, utc_offset_minutes=offset, **values)
        at += QUARTER


TOTALS = *SITE, schema("energy_totals")
ENERGY = (schema("energy_readings"),)
COLUMNS = "period, month, quantity, ours_wh, theirs_wh, difference_wh, difference_percent, days_missing"
OCTOBER = "2026-10", "2026-10-01", "2026-10-31", "2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z"


def test_every_quantity_that_the_service_gives_has_its_row(database):
    database.load(
        *TOTALS,
        total(*OCTOBER, production=31000.0, consumption=62000.0, self_consumption=15500.0, feed_in=15469.0,
              purchased=46593.0),
        *ENERGY,
        *days("2026-10-01", 31, 1000.0, 2000.0, 500.0, 500.0, 1500.0),
        day("2026-09-30", 7.0), day("2026-11-01", 7.0), day("2026-10-01", 9999.0, unit="MONTH"),
    )  # fmt: skip
    assert rows(database, "reconciliation", order="quantity") == [
        (1, "Dak", "2026-10", "2026-10-01", "consumption", 62000, 62000, 0, 0, 0, None),
        (1, "Dak", "2026-10", "2026-10-01", "feed_in", 15500, 15469, 31, 0.2, 0, None),
        (1, "Dak", "2026-10", "2026-10-01", "production", 31000, 31000, 0, 0, 0, None),
        (1, "Dak", "2026-10", "2026-10-01", "purchased", 46500, 46593, -93, -0.2, 0, None),
        (1, "Dak", "2026-10", "2026-10-01", "self_consumption", 15500, 15500, 0, 0, 0, None),
    ]


def test_what_is_null_on_either_side_and_what_is_0(database):
    database.load(
        *TOTALS,
        record("sites", id=2, name="Schuur"),
        total(*OCTOBER, production=31000.0, feed_in=0.0, purchased=5.0),
        total(*OCTOBER, production=31000.0, site_id=2),
        *ENERGY,
        *days("2026-10-01", 31, 1000.0, None, None, 0.0),
    )
    assert rows(database, "reconciliation", f"site_id, {COLUMNS}", "quantity") == [
        (1, "2026-10", "2026-10-01", "feed_in", 0, 0, 0, None, 0),
        (1, "2026-10", "2026-10-01", "production", 31000, 31000, 0, 0, 0),
        (1, "2026-10", "2026-10-01", "purchased", None, 5, None, None, 31),
    ]


def test_days_that_are_missing_or_without_a_value_are_counted(database):
    left_out = {"2026-10-25", "2026-10-26"}
    database.load(
        *TOTALS,
        total(*OCTOBER, production=31000.0, consumption=62000.0),
        *ENERGY,
        *days("2026-10-01", 30, 1000.0, 2000.0, leave_out=left_out),
        day("2026-10-31", None, 2000.0),
    )
    assert rows(database, "reconciliation", COLUMNS, "quantity") == [
        ("2026-10", "2026-10-01", "consumption", 58000, 62000, -4000, -6.452, 2),
        ("2026-10", "2026-10-01", "production", 28000, 31000, -3000, -9.677, 3),
    ]


def test_output_of_the_inverter_is_compared_with_what_batteries_gave_and_took(database):
    """SolarEdge's self-consumption is its production without feed-in, so it counts the same."""
    figures = {"production": 29500.0, "self_consumption": 9500.0, "feed_in": 20000.0, "consumption": 1.0}
    both = (
        day("2026-10-01", 10000.0, 1.0, 5000.0, 5000.0, None, 3000.0, 2500.0),
        day("2026-10-02", 10000.0, None, 5000.0, 5000.0),  # the battery was not read: counts as 0
        day("2026-10-03", 10000.0, None, None, 10000.0, None, 0.0, None),
    )
    database.load(*TOTALS, total(*OCTOBER, meaning="AC", **figures), *ENERGY, *both)
    ac = rows(database, "reconciliation", "quantity, ours_wh, theirs_wh, difference_wh", "quantity")
    assert ac == [
        ("consumption", 1, 1, 0),
        ("feed_in", 20000, 20000, 0),
        ("production", 29500, 29500, 0),
        ("self_consumption", 9500, 9500, 0),
    ]
    database.load(schema("energy_totals"), total(*OCTOBER, meaning="PV", **figures))
    pv = rows(database, "reconciliation", "quantity, ours_wh", "quantity")
    assert pv[2:] == [("production", 30000), ("self_consumption", 10000)]


def test_since_installation_our_days_are_summed_from_the_first(database):
    """Where nothing tells the first day, nobody knows how many are missing."""
    kas = record("sites", id=3, name="Kas", installation_date="2024-12-30")
    sites = [record("sites", id=2, name="Schuur"), kas]
    database.load(
        *SITE, *sites, record("sites", id=4, name="Leeg"), schema("energy_totals"),
        total("TOTAL", "2024-12-30", "2025-01-02", production=2000.0),
        *(total("TOTAL", None, "2025-01-02", production=2000.0, site_id=number) for number in (2, 3, 4)),
        *ENERGY,
        *(each for number in (1, 2, 3) for each in days("2025-01-01", 3, 1000.0, site_id=number)),
    )  # fmt: skip
    assert rows(database, "reconciliation", f"site_id, {COLUMNS}", "site_id") == [
        (1, "TOTAL", None, "production", 2000, 2000, 0, 0, 2),
        (2, "TOTAL", None, "production", 2000, 2000, 0, 0, None),
        (3, "TOTAL", None, "production", 2000, 2000, 0, 0, 2),
    ]


@pytest.mark.parametrize(
    ("period", "count"),
    [
        (("2026-10", "2026-10-01", "2026-10-31", "2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z"), 2980),
        (("2026-03", "2026-03-01", "2026-03-31", "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z"), 2972),
    ],
)
def test_missing_quarter_hours_of_a_month_with_a_clock_change(database, period, count):
    _, first, last, begins, ends = period
    database.load(*TOTALS, total(*period, production=1.0), *ENERGY, day(first, 1.0), day(last, 1.0))
    asked = "quantity, quarters_missing"
    assert rows(database, "reconciliation", asked, "1") == [("production", None)]
    database.load(schema("power_readings"), *quarters("2026-01-01T00:00:00Z", "2026-01-01T00:30:00Z"))
    assert rows(database, "reconciliation", asked, "1") == [("production", count)]
    left_out = {ends.replace("3T2", "3T0"), begins}
    begin, end = (datetime.fromisoformat(each) for each in (begins, ends))
    around = (begin - QUARTER).isoformat(), (end + QUARTER).isoformat()
    database.load(schema("power_readings"), *quarters(*around, leave_out=left_out))
    assert rows(database, "reconciliation", asked, "1") == [("production", 1)]


DAY_COLUMNS = "day, official_wh, quarters_wh, difference_wh, difference_percent, quarters_missing"


def test_a_day_is_compared_with_its_quarter_hours_by_the_sites_clock(database):
    """The day that goes on is left out; a day has 92, 96 or 100 quarter hours."""
    autumn = [
        *days("2026-10-24", 2, 9600.0, offset=120),
        *days("2026-10-26", 2, 9600.0, offset=60),
        *days("2026-10-30", 1, None, offset=60),
        *days("2026-10-31", 1, 1.0, offset=60),
    ]
    database.load(
        *SITE, *ENERGY, *autumn, schema("power_readings"),
        *quarters("2026-10-23T22:00:00Z", "2026-10-24T22:00:00Z", 120, power_watts=400.0),
        *quarters("2026-10-24T22:00:00Z", "2026-10-25T01:00:00Z", 120, power_watts=400.0),
        *quarters("2026-10-25T01:00:00Z", "2026-10-25T23:00:00Z", 60, power_watts=400.0),
        *quarters("2026-10-25T23:00:00Z", "2026-10-26T22:00:00Z", 60, power_watts=400.0, energy_wh=95.0),
        *quarters("2026-10-30T23:00:00Z", "2026-10-31T23:00:00Z", 60, power_watts=400.0),
    )  # fmt: skip
    assert rows(database, "reconciliation_by_day", f"site_id, site_name, {DAY_COLUMNS}", "day") == [
        (1, "Dak", "2026-10-24", 9600, 9600, 0, 0, 0),
        (1, "Dak", "2026-10-25", 9600, 10000, 400, 4.167, 0),
        (1, "Dak", "2026-10-26", 9600, 8740, -860, -8.958, 4),
        (1, "Dak", "2026-10-27", 9600, None, None, None, 96),
        (1, "Dak", "2026-10-30", None, None, None, None, 96),
    ]
    assert rows(database, "reconciliation_by_day", "quarters_missing", "1") == [
        (0,),
        (0,),
        (4,),
        (96,),
        (96,),
    ]


def test_the_spring_night_has_92_quarter_hours_and_unknown_offsets_are_those_of_utc(database):
    database.load(
        *SITE, *ENERGY, *days("2026-03-29", 1, 100.0, offset=60), *days("2026-03-30", 1, 0.0, offset=120),
        *days("2026-04-01", 1, 100.0), *days("2026-04-02", 1, 1.0), schema("power_readings"),
        *quarters("2026-03-29T00:45:00Z", "2026-03-29T01:00:00Z", 60, power_watts=200.0),
        *quarters("2026-03-29T01:00:00Z", "2026-03-29T01:15:00Z", 120, power_watts=200.0),
        *quarters("2026-04-01T00:00:00Z", "2026-04-02T00:00:00Z", None, power_watts=None),
    )  # fmt: skip
    assert rows(database, "reconciliation_by_day", DAY_COLUMNS, "day") == [
        ("2026-03-29", 100, 100, 0, 0, 90),
        ("2026-03-30", 0, None, None, None, 96),
        ("2026-04-01", 100, None, None, None, 0),
    ]


def test_the_night_in_which_clocks_go_forward_at_midnight_has_its_quarter_hours_missing_nowhere(database):
    database.load(
        *SITE, *ENERGY, *days("2026-09-04", 2, 2400.0, offset=-240),
        *days("2026-09-06", 3, 2300.0, offset=-180), schema("power_readings"),
        *quarters("2026-09-04T04:00Z", "2026-09-06T04:00Z", -240, energy_wh=25.0),
        *quarters("2026-09-06T04:00Z", "2026-09-08T03:00Z", -180, energy_wh=25.0),
    )  # fmt: skip
    assert rows(database, "reconciliation_by_day", DAY_COLUMNS, "day") == [
        ("2026-09-04", 2400, 2400, 0, 0, 0),
        ("2026-09-05", 2400, 2400, 0, 0, 0),
        ("2026-09-06", 2300, 2300, 0, 0, 0),
        ("2026-09-07", 2300, 2400, 100, 4.348, 0),
    ]


def test_yield_is_energy_for_each_kilowatt_of_modules(database):
    database.load(
        schema("sites"), record("sites", id=1, name="Dak", peak_power=5.0),
        record("sites", id=2, name="Schuur"), record("sites", id=3, name="Kas", peak_power=0.0),
        *ENERGY, *days("2026-10-30", 3, 10000.0), day("2026-10-30", 1.0, site_id=2),
        day("2026-10-30", 1.0, site_id=3), day("2025-10-30", None),
    )  # fmt: skip
    assert rows(database, "specific_yield_by_day", order="site_id, day") == [
        (1, "Dak", "2025-10-30", None, 5, None),
        (1, "Dak", "2026-10-30", 10000, 5, 2),
        (1, "Dak", "2026-10-31", 10000, 5, 2),
        (1, "Dak", "2026-11-01", 10000, 5, 2),
        (2, "Schuur", "2026-10-30", 1, None, None),
        (3, "Kas", "2026-10-30", 1, 0, None),
    ]
    assert rows(database, "specific_yield_by_month", order="site_id, month")[1:3] == [
        (1, "Dak", "2026-10-01", 2, 20000, 5, 4),
        (1, "Dak", "2026-11-01", 1, 10000, 5, 2),
    ]
    assert rows(database, "specific_yield_by_year", order="site_id, year")[:2] == [
        (1, "Dak", 2025, 1, None, 5, None),
        (1, "Dak", 2026, 3, 30000, 5, 6),
    ]
