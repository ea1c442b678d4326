"""V2: windows, resolutions, stamps and values of energy and power (reference, 4 and 5)."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from solaredge_simulator.fleet import HOME, ISLAND, OFFICE, ROOF

DAY = {"from_": "2026-06-03T00:00:00+02:00", "to": "2026-06-04T00:00:00+02:00"}
START = datetime(2026, 6, 2, 22, 0, tzinfo=UTC)
QUARTERS = [START + timedelta(minutes=15) * number for number in range(96)]


def column(series):
    return [point["value"] for point in series["values"]]


def stamps(series):
    return [point["timestamp"] for point in series["values"]]


def test_the_default_window_is_today_in_quarter_hours(client):
    energy = client.json(f"/v2/sites/{HOME}/energy")
    assert (energy["unit"], energy["resolution"]) == ("WH", "QUARTER_HOUR")
    assert energy["period"] == {
        "from": "2026-11-20T00:00:00+01:00",
        "to": "2026-11-20T13:05:00.000000302+01:00",
    }
    assert stamps(energy)[0] == "2026-11-20T00:00:00+01:00"
    assert stamps(energy)[-1] == "2026-11-20T13:00:00+01:00"
    assert client.json(f"/v2/sites/{HOME}/power")["unit"] == "W"


def test_now_has_nanoseconds_and_a_given_end_has_none(client):
    assert client.json(f"/v2/sites/{HOME}/power")["period"]["to"].count(".") == 1
    assert client.json(f"/v2/sites/{HOME}/power", **DAY)["period"] == {
        "from": "2026-06-03T00:00:00+02:00",
        "to": "2026-06-04T00:00:00+02:00",
    }


@pytest.mark.parametrize(
    "window",
    [
        {"from_": "2026-06-02T22:00:00Z", "to": "2026-06-03T22:00:00.000Z"},
        {"from_": "2026-06-03T00:00:00", "to": "2026-06-04T00:00:00"},
        {"from_": "2026-06-02T18:00:00-04:00", "to": "2026-06-03T22:00:00+00:00"},
    ],
    ids=["Z", "bare", "offset"],
)
def test_all_three_forms_of_request_times_mean_the_same(client, window):
    assert client.json(f"/v2/sites/{HOME}/energy", **window) == client.json(f"/v2/sites/{HOME}/energy", **DAY)


@pytest.mark.parametrize(
    "query",
    [
        {"from_": "2026-06-03", "to": "2026-06-04"},
        {"from_": "yesterday"},
        {"from_": "2026-06-04T00:00:00Z", "to": "2026-06-03T00:00:00Z"},
        {"resolution": "MINUTE"},
        {"resolution": "day"},
        {"unit": "W"},
    ],
)
def test_what_the_service_does_not_understand_is_400(client, query):
    answer = client.get(f"/v2/sites/{HOME}/energy", **query)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_energy_and_power_are_the_truth_and_null_at_night(client, simulator):
    truth = [simulator.plants[HOME].quarter(start) for start in QUARTERS]
    energy, power = (client.json(f"/v2/sites/{HOME}/{name}", **DAY) for name in ("energy", "power"))
    assert column(energy) == [quarter.production_wh for quarter in truth]
    assert column(power) == [quarter.production_w for quarter in truth]
    assert column(energy)[0] is None
    assert column(energy)[48] > 0


def test_stamps_are_starts_in_local_time_with_the_offset_in_force(client):
    energy = client.json(f"/v2/sites/{HOME}/energy", from_="2026-10-24T22:00:00Z", to="2026-10-25T23:00:00Z")
    at = stamps(energy)
    assert len(at) == len(set(at)) == 100
    assert at[8:17:4] == [
        "2026-10-25T02:00:00+02:00",
        "2026-10-25T02:00:00+01:00",
        "2026-10-25T03:00:00+01:00",
    ]


@pytest.mark.parametrize(
    ("site", "day", "after", "quarters"),
    [
        (HOME, "2026-03-29", "2026-03-30", 92),
        (HOME, "2026-10-25", "2026-10-26", 100),
        (OFFICE, "2026-03-08", "2026-03-09", 92),
        (OFFICE, "2026-11-01", "2026-11-02", 100),
        (ISLAND, "2026-04-05", "2026-04-06", 98),
        (ISLAND, "2026-10-04", "2026-10-05", 94),
    ],
)
def test_days_of_a_clock_change_have_all_their_quarters(client, site, day, after, quarters):
    window = {"from_": f"{day}T00:00:00", "to": f"{after}T00:00:00"}
    energy = client.json(f"/v2/sites/{site}/energy", **window)
    instants = [datetime.fromisoformat(at) for at in stamps(energy)]
    assert len(instants) == quarters
    assert {b - a for a, b in pairwise(at.astimezone(UTC) for at in instants)} == {timedelta(minutes=15)}
    (total,) = column(client.json(f"/v2/sites/{site}/energy", resolution="DAY", **window))
    assert total == sum(value for value in column(energy) if value is not None)


def test_the_repeated_half_hour_of_lord_howe_is_an_hour_bucket_of_its_own(client):
    window = {"from_": "2026-04-05T00:00:00", "to": "2026-04-05T03:00:00", "resolution": "HOUR"}
    assert stamps(client.json(f"/v2/sites/{ISLAND}/energy", **window)) == [
        "2026-04-05T00:00:00+11:00",
        "2026-04-05T01:00:00+11:00",
        "2026-04-05T01:30:00+10:30",
        "2026-04-05T02:00:00+10:30",
    ]


def test_the_newest_buckets_and_the_future_are_null(client, simulator):
    window = {"from_": "2026-11-20T11:00:00Z", "to": "2026-11-20T13:00:00Z"}
    values = column(client.json(f"/v2/sites/{HOME}/energy", **window))
    assert len(values) == 8
    assert values[0] is not None
    assert values[4:] == [None] * 4
    simulator.clock.advance(hours=1)
    assert column(client.json(f"/v2/sites/{HOME}/energy", **window))[3] is not None


def test_late_data_are_null_first_and_real_later(client, simulator):
    home = simulator.plants[HOME]
    starts = (
        q.start for q in home.quarters(datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 9, 9, tzinfo=UTC))
    )
    late = next(start for start in starts if home.visible_at(start) - start > timedelta(hours=5))
    window = {"from_": late.isoformat(), "to": (late + timedelta(minutes=15)).isoformat()}
    simulator.clock.set(home.visible_at(late) - timedelta(minutes=1))
    assert client.json(f"/v2/sites/{HOME}/meters/telemetry", **window)["meters"] == {}
    simulator.clock.advance(minutes=1)
    (meter,) = client.json(f"/v2/sites/{HOME}/meters/telemetry", **window)["meters"].values()
    assert column(meter["importEnergy"]) == [home.quarter(late).purchased_wh]


@pytest.mark.parametrize(
    ("resolution", "start", "longest", "too_long"),
    [
        ("QUARTER_HOUR", "2026-06-01T00:00:00Z", "2026-06-08T00:00:00Z", "2026-06-08T00:00:01Z"),
        ("HOUR", "2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z", "2026-06-02T00:00:01Z"),
        ("DAY", "2026-06-01T00:00:00", "2026-07-01T00:00:00", "2026-07-01T00:00:01"),
        ("WEEK", "2025-06-01T00:00:00", "2026-06-01T00:00:00", "2026-06-01T00:00:01"),
        ("MONTH", "2023-06-01T00:00:00", "2026-06-01T00:00:00", "2026-06-01T00:00:01"),
    ],
)
def test_every_resolution_has_its_longest_window(client, resolution, start, longest, too_long):
    path = f"/v2/sites/{ROOF}/energy"
    assert client.get(path, resolution=resolution, from_=start, to=longest).status_code == 200
    refused = client.get(path, resolution=resolution, from_=start, to=too_long)
    assert refused.status_code == 400
    assert resolution in refused.json()["detail"]


def test_the_documented_limit_of_quarter_hours_is_twelve_hours(start_simulator, make_client):
    client = make_client(start_simulator(quarter_hour_limit="documented"))
    path, start = f"/v2/sites/{ROOF}/power", "2026-06-01T00:00:00Z"
    assert client.get(path, from_=start, to="2026-06-01T12:00:00Z").status_code == 200
    assert client.get(path, from_=start, to="2026-06-01T12:00:01Z").status_code == 400


@pytest.mark.parametrize("resolution", ["YEAR", "TOTAL"])
def test_years_and_totals_may_be_as_long_as_wanted(client, resolution):
    path = f"/v2/sites/{ROOF}/energy"
    assert client.get(path, resolution=resolution, from_="2000-01-01T00:00:00Z").status_code == 200


def test_an_end_on_a_boundary_is_exclusive_unless_the_switch_adds_a_day(client, start_simulator, make_client):
    window = {"from_": "2026-06-01T00:00:00", "to": "2026-06-03T00:00:00", "resolution": "DAY"}
    assert stamps(client.json(f"/v2/sites/{HOME}/energy", **window)) == [
        "2026-06-01T00:00:00+02:00",
        "2026-06-02T00:00:00+02:00",
    ]
    other = make_client(start_simulator(extra_day_bucket=True))
    assert stamps(other.json(f"/v2/sites/{HOME}/energy", **window))[2:] == ["2026-06-03T00:00:00+02:00"]


def test_buckets_run_from_the_one_that_holds_from_to_the_one_that_holds_to(client):
    window = {"from_": "2026-06-03T10:20:00+02:00", "to": "2026-06-03T10:50:00+02:00"}
    assert [at[11:16] for at in stamps(client.json(f"/v2/sites/{HOME}/power", **window))] == [
        "10:15",
        "10:30",
        "10:45",
    ]


def test_longer_buckets_are_aligned_and_sum_what_there_is(client, simulator):
    path = f"/v2/sites/{ROOF}/energy"
    window = {"from_": "2026-05-05T00:00:00", "to": "2026-08-01T00:00:00"}
    weeks = client.json(path, resolution="WEEK", **window)
    months = client.json(path, resolution="MONTH", **window)
    (year,) = client.json(path, resolution="YEAR", **window)["values"]
    assert stamps(weeks)[:2] == ["2026-05-04T00:00:00+02:00", "2026-05-11T00:00:00+02:00"]
    assert stamps(months)[1:] == ["2026-06-01T00:00:00+02:00", "2026-07-01T00:00:00+02:00"]
    assert year["timestamp"] == "2026-01-01T00:00:00+01:00"
    assert sum(column(weeks)) == pytest.approx(year["value"], rel=1e-6)
    assert sum(column(months)) == pytest.approx(year["value"], rel=1e-6)
    roof = simulator.plants[ROOF]
    june = roof.total(
        "production_wh", datetime(2026, 5, 31, 22, tzinfo=UTC), datetime(2026, 6, 30, 22, tzinfo=UTC)
    )
    assert column(months)[1] == pytest.approx(june, rel=1e-7)


def test_coarse_power_is_the_mean_of_the_quarters_there_are(client):
    quarters = [value for value in column(client.json(f"/v2/sites/{HOME}/power", **DAY)) if value is not None]
    (mean,) = column(client.json(f"/v2/sites/{HOME}/power", resolution="DAY", **DAY))
    assert mean == pytest.approx(sum(quarters) / len(quarters), rel=1e-7)
    assert client.get(f"/v2/sites/{HOME}/power", resolution="TOTAL").status_code == 400


def test_days_before_the_first_are_null(client):
    window = {"from_": "2026-05-03T00:00:00", "to": "2026-05-06T00:00:00", "resolution": "DAY"}
    values = column(client.json(f"/v2/sites/{ROOF}/energy", **window))
    assert values[:2] == [None, None]
    assert values[2] > 0


def test_a_total_from_long_ago_tells_the_range_of_the_data(client, simulator):
    total = client.json(f"/v2/sites/{ROOF}/energy", from_="2000-01-01T00:00:00Z", resolution="TOTAL")
    assert total["period"]["from"] == "2026-05-05T00:00:00+02:00"
    end = simulator.plants[ROOF].newest_quarter_end(simulator.clock.now())
    assert datetime.fromisoformat(total["period"]["to"]) == end
    (point,) = total["values"]
    assert point["timestamp"] == "2026-05-05T00:00:00+02:00"
    assert point["value"] == client.json(f"/v2/sites/{ROOF}/lifetime-energy")["energy"]


@pytest.mark.parametrize(("unit", "size"), [("KWH", 1e3), ("MWH", 1e6), ("GWH", 1e9)])
def test_energy_comes_in_other_units(client, unit, size):
    (there,) = column(client.json(f"/v2/sites/{HOME}/energy", resolution="DAY", **DAY))
    other = client.json(f"/v2/sites/{HOME}/energy", resolution="DAY", unit=unit, **DAY)
    assert other["unit"] == unit
    assert column(other)[0] == pytest.approx(there / size, rel=1e-6)
