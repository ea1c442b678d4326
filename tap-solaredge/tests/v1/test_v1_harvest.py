"""What a run under V1 asks, how many calls at once, and what stops it."""

import os
from collections import Counter, defaultdict
from datetime import date, timedelta
from itertools import pairwise
from math import ceil
from operator import itemgetter

import pytest

from solaredge_simulator.fleet import HOME, ISLAND, OFFICE, ROOF
from solaredge_simulator.sites import Listed
from tap_solaredge.errors import Busy, EndpointRetired, HarvestIncomplete, NotAuthorized
from tap_solaredge.service.dialects import DIALECTS
from tap_solaredge.streams import STREAMS

from .conftest import batches, harvest

WHOLE = os.environ.get("PROOF") == "whole"
TODAY = "2026-11-20"
YEAR = timedelta(days=365)
MONTH, WEEK = timedelta(days=25), timedelta(days=7)


def lower_bound(*, meters, battery):
    """Return the calls for a year of one site, were every window as long as it may be."""
    months = ceil(YEAR / MONTH) * (3 if meters else 1)  # powerDetails, energyDetails, meters; else power
    weeks = ceil(YEAR / WEEK) if battery else 0
    totals = 11 + 1  # closed months, and the whole life
    return 2 + months + weeks + 1 + meters + totals  # site list, inventory, energy, the flows of the moment


def asked(simulator):
    return Counter(call.endpoint.rsplit("/", 1)[-1] for call in simulator.calls)


@pytest.mark.parametrize(
    ("site", "bound"),
    [
        (HOME, lower_bound(meters=True, battery=True)),
        (ISLAND, lower_bound(meters=True, battery=False)),
        (OFFICE, lower_bound(meters=True, battery=False)),
    ][: 3 if WHOLE else 1],
)
def test_a_year_of_a_site_costs_the_least_calls_there_can_be_and_runs_three_at_once(
    unlimited, tmp_path, site, bound
):
    unlimited.calls.clear()
    start = unlimited.plants[site].local_midnight(date(2025, 11, 21)).isoformat()
    found = harvest(
        unlimited, tmp_path, api_version="v1", api_key=unlimited.v1_key, site_ids=[site], start_date=start
    )
    assert bound <= len(unlimited.calls) <= bound * 1.02
    assert unlimited.calls.max_concurrency == 3
    assert {call.status for call in unlimited.calls} == {200}
    assert len(found["energy_readings"]) == 365
    assert len({record["timestamp"] for record in found["power_readings"]}) == len(found["power_readings"])


def test_records_are_the_same_and_in_the_same_order_however_many_calls_run_at_once(v1, run_v1, tmp_path):
    simulator = v1(latency=0.2)
    one = run_v1(simulator, site_ids=[HOME], power_lookback_days=30, max_concurrent=1)
    assert simulator.calls.max_concurrency == 1
    simulator.calls.clear()
    three = run_v1(
        simulator, site_ids=[HOME], power_lookback_days=30, ledger_path=str(tmp_path / "another.db")
    )
    assert simulator.calls.max_concurrency == 3
    assert three.records == one.records
    assert three.state == one.state


def test_v2_asks_one_call_at_a_time_unless_told_otherwise(simulator, run_tap):
    run_tap(simulator, site_ids=[HOME], power_lookback_days=30)
    assert simulator.calls.max_concurrency == 1


def test_after_a_refusal_without_a_reason_calls_go_one_at_a_time(v1, run_v1, caplog):
    simulator = v1(latency=0.05)
    simulator.fault("429_silent", "*/powerDetails", calls=[2])
    lookbacks = {"power_lookback_days": 200, "energy_lookback_days": 200}
    said = run_v1(simulator, site_ids=[ISLAND], request_retries=3, **lookbacks)
    assert said.error is None
    assert "calls go one at a time from here on" in caplog.text
    refused = next(number for number, call in enumerate(simulator.calls) if call.status == 429)
    running = [call.at_once for call in simulator.calls]
    assert max(running[: refused + 3]) == 3
    assert len(running) - refused > 15
    assert set(running[-10:]) == {1}  # two others were on their way when the refusal came


def test_the_service_never_sees_a_fourth_call_at_once(v1, run_v1):
    simulator = v1(latency=0.2)
    run_v1(simulator, site_ids=[ROOF, ISLAND], power_lookback_days=30, energy_lookback_days=30)
    assert simulator.calls.max_concurrency == 3
    assert {call.status for call in simulator.calls} == {200}


def test_a_backfill_of_more_than_two_days_calls_finishes_over_three_days_by_itself(v1, tmp_path):
    """The plants have data of this month only, so that the years before it are asked but quickly answered.

    `make proofs` needs 700 calls at 300 a day, the service's own limit; the short form a third of both.
    """
    a_day, start = (300, "2022-02-20T00:00:00Z") if WHOLE else (100, "2025-08-20T00:00:00Z")
    simulator = v1({"daily_calls": a_day}, first_day=date(2026, 11, 1))
    key = {"api_version": "v1", "api_key": simulator.v1_key, "site_ids": [HOME, OFFICE], "start_date": start}
    key["daily_calls_per_site"] = a_day
    state, days = None, []
    for _ in range(3):
        before = len(simulator.calls)
        *_, (_, state) = batches(simulator, tmp_path, state, {"power_flows", "energy_readings"}, **key)
        days.append(len(simulator.calls) - before)
        simulator.clock.advance(days=1)
    assert sum(days) >= (700 if WHOLE else 201)
    assert max(days) <= a_day
    assert {call.status for call in simulator.calls} == {200}
    for stream in ("power_flows", "energy_readings"):
        covered = [partition["covered"] for partition in state["bookmarks"][stream]["partitions"]]
        assert [len(spans) for spans in covered] == [1, 1]
        assert max(spans[0][0] for spans in covered) <= start


def test_only_the_site_whose_day_is_spent_waits(simulator, run_tap, caplog):
    said = run_tap(simulator, site_ids=[HOME, ROOF], daily_calls_per_site=6)
    assert said.error is None
    assert f"site {HOME}: the day's 6 calls are spent (`daily_calls_per_site`); come back at 2026-11-21" in (
        caplog.text
    )
    cost = Counter(call.site for call in simulator.calls)
    assert (cost[HOME], cost[ROOF]) == (6, 4)
    assert {record["site_id"] for record in said.records["power_readings"]} == {HOME, ROOF}
    assert {record["site_id"] for record in said.records["energy_readings"]} == {ROOF}


def test_a_key_has_a_day_too(v1, run_v1, caplog):
    simulator = v1()
    said = run_v1(simulator, daily_calls_per_site=9)
    assert said.error is None
    assert len(simulator.calls) == 9
    assert "The day's 9 calls of this credential are spent; come back at 2026-11-21 12:05 UTC" in caplog.text


def test_windows_of_25_days_pass_where_28_are_refused(v1, run_v1):
    simulator = v1({"short_month": [ROOF]})
    said = run_v1(simulator, site_ids=[ROOF], power_lookback_days=100)
    assert said.error is None
    assert {call.status for call in simulator.calls} == {200}


def test_a_refused_window_is_halved_and_the_length_remembered(v1, run_v1):
    simulator = v1()
    simulator.fault("range_too_long", "*/power", calls=[1])
    said = run_v1(simulator, site_ids=[ROOF], power_lookback_days=24)
    assert said.error is None
    assert len(said.records["power_readings"]) == 24 * 96
    spans = [call.query["startTime"][0][:10] for call in simulator.calls.to("/power")]
    assert spans[:2] == ["2026-10-27", "2026-11-08"]
    assert {call.status for call in simulator.calls.to("/power")[1:]} == {200}
    before = len(simulator.calls)
    simulator.clock.advance(days=20)
    run_v1(simulator, said.state, site_ids=[ROOF], power_lookback_days=24)
    assert {call.status for call in simulator.calls[before:]} == {200}


def test_a_switched_off_v1_names_the_way_out(start_simulator, run_v1):
    said = run_v1(start_simulator(v1="retired"), api_key="ANYKEY00000000000000000000000000")
    assert isinstance(said.error, EndpointRetired)
    text = str(said.error)
    for words in ("switched off on 2026-11-03", "`api_version: v2`", "fleet", "`tap-solaredge login`"):
        assert words in text


def test_a_key_that_is_not_valid_stops_the_run(v1, run_v1):
    simulator = v1()
    said = run_v1(simulator, api_key="WRONG000000000000000000000000000")
    assert isinstance(said.error, NotAuthorized)
    assert "check `api_key`" in str(said.error)
    assert len(simulator.calls) == 1


def test_a_site_key_reads_its_site(v1, run_v1):
    key = "ASITEKEY000000000000000000000000"
    simulator = v1({"site_keys": {key: ISLAND}})
    said = run_v1(simulator, api_key=key)
    assert said.error is None
    assert [record["id"] for record in said.records["sites"]] == [ISLAND]
    assert {call.credential for call in simulator.calls} == {f"v1-site-{ISLAND}"}


def test_details_are_not_asked_because_the_list_holds_them(v1, run_v1):
    simulator = v1()
    said = run_v1(simulator)
    assert asked(simulator)["details"] == 0
    assert len(said.records["sites"]) == 5


def test_an_hour_later_a_site_costs_at_most_six_calls(v1, run_v1):
    simulator = v1()
    state = run_v1(simulator).state
    simulator.clock.advance(hours=1)
    simulator.calls.clear()
    said = run_v1(simulator, state)
    assert said.error is None
    cost = Counter(call.site for call in simulator.calls)
    assert set(cost) == {HOME, ROOF, OFFICE, ISLAND}
    assert max(cost.values()) <= 6


def test_live_flows_are_a_row_beside_the_quarter_hours(v1, run_v1):
    simulator = v1()
    simulator.clock.advance(minutes=-1, seconds=13)
    with_live = run_v1(simulator, site_ids=[HOME])
    live = [r for r in with_live.records["power_flows"] if r["resolution"] == "SNAPSHOT"]
    truth = simulator.plants[HOME].quarter(simulator.clock.now().replace(minute=0, second=0))
    assert live == [
        {
            "site_id": HOME,
            "timestamp": "2026-11-20T12:04:13Z",
            "utc_offset_minutes": 60,
            "resolution": "SNAPSHOT",
            "unit": "W",
            "grid_status": "Idle",
            "grid_power": pytest.approx(truth.feed_in_w - truth.purchased_w, abs=0.01),
            "pv_status": "Active",
            "pv_power": pytest.approx(truth.production_w, abs=0.01),
            "load_status": "Active",
            "load_power": pytest.approx(truth.consumption_w, abs=0.01),
            "storage_status": "Charging",
            "storage_power": pytest.approx(truth.charge_w - truth.discharge_w, abs=0.01),
            "storage_charge_level": live[0]["storage_charge_level"],
            "storage_critical": False,
            "feed_in_power": None,
            "purchased_power": None,
            "self_consumption_power": None,
        }
    ]
    assert with_live.partition("power_flows", HOME)["replication_key_value"] < live[0]["timestamp"]
    simulator.calls.clear()
    again = run_v1(simulator, with_live.state, site_ids=[HOME])
    assert asked(simulator)["currentPowerFlow"] == 0
    assert again.records["power_flows"] == []


def test_live_flows_can_be_left_out_and_are_not_asked_without_a_meter(v1, run_v1, tmp_path):
    simulator = v1()
    run_v1(simulator, site_ids=[HOME], live_power_flow=False)
    run_v1(simulator, site_ids=[ROOF], ledger_path=str(tmp_path / "another.db"))
    assert asked(simulator)["currentPowerFlow"] == 0


TRANSIENT = [
    "429_seconds", "429_date", "429_silent", "500", "502", "503", "504",
    "reset_before", "reset_inside", "truncated", "html_200", "empty",
]  # fmt: skip
PERMANENT = ["forbidden", "not_found", "json_string", "wrong_types"]


@pytest.fixture(scope="module")
def undisturbed(unlimited, tmp_path_factory):
    """Return the records of two days without any fault."""
    start = (unlimited.clock.now() - timedelta(days=2)).isoformat()
    settings = {"api_version": "v1", "api_key": unlimited.v1_key, "start_date": start, "site_ids": [HOME]}
    return harvest(unlimited, tmp_path_factory.mktemp("undisturbed"), live_power_flow=False, **settings)


def stored(*runs):
    """Return what a database holds after some runs: a value replaces an older one, nothing does not."""
    rows = defaultdict(dict)
    for run in runs:
        for stream, records in run.items():
            keys = next(s.primary_keys for s in STREAMS if s.name == stream)
            for record in records:
                row = rows[stream].setdefault(tuple(record[k] for k in keys), {})
                row |= {name: value for name, value in record.items() if value is not None}
    for day in [key for key in rows["energy_readings"] if key[1] == TODAY]:
        del rows["energy_readings"][day]  # the running day: made of quarter hours that are not final
    for total in [key for key in rows["energy_totals"] if key[1] == "TOTAL"]:
        del rows["energy_totals"][total]  # of that moment
    return rows


@pytest.mark.parametrize(
    ("path", "kind"),
    [("*/storageData", kind) for kind in TRANSIENT]
    + [(path, "503") for path in ("*/sites/list", "*/inventory", "*/powerDetails", "*/energy")],
)
def test_what_passes_is_tried_again_and_nothing_is_lost(v1, run_v1, undisturbed, kind, path):
    simulator = v1()
    simulator.fault(kind, path, calls=[1])
    start = (simulator.clock.now() - timedelta(days=2)).isoformat()
    said = run_v1(simulator, start_date=start, site_ids=[HOME], request_retries=2, live_power_flow=False)
    assert said.error is None
    assert len(said.records["power_readings"]) == len(undisturbed["power_readings"])
    assert sum(call.fault == kind for call in simulator.calls) == 1
    assert stored(said.records) == stored(undisturbed)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (path, kind)
        for path in ("*/powerDetails", "*/storageData")
        for kind in (*PERMANENT, "500", "truncated")
    ]
    + [(path, "500") for path in ("*/energyDetails", "*/energy", "*/meters")],
)
def test_what_lasts_stops_its_streams_only_and_the_next_run_makes_good(v1, run_v1, undisturbed, kind, path):
    simulator = v1()
    simulator.fault(kind, path)
    start = (simulator.clock.now() - timedelta(days=2)).isoformat()
    settings = {"start_date": start, "site_ids": [HOME], "live_power_flow": False}
    first = run_v1(simulator, request_retries=0, **settings)
    assert first.error is None or isinstance(first.error, HarvestIncomplete)
    assert len(first.records["meters"]) == 3
    simulator.lift_faults()
    second = run_v1(simulator, first.state, **settings)
    assert second.error is None
    assert stored(first.records, second.records) == stored(undisturbed)


def test_no_answer_at_all_says_what_to_check(v1, run_v1):
    said = run_v1(v1(), api_url="http://127.0.0.1:9")
    assert isinstance(said.error, Busy)
    assert "check the network and `api_url`" in str(said.error)


def test_the_registry_names_each_dialect():
    assert {name: dialect.name for name, dialect in DIALECTS.items()} == {"v2": "v2", "v1": "v1"}


def test_a_site_without_a_time_zone_is_not_stored_at_wrong_times(v1, run_v1, tmp_path, caplog):
    """V1's times have no offset: the zone that was told last serves, without one the site fails."""
    simulator = v1()
    simulator.change(HOME, listed=Listed(zone=None))
    said = run_v1(simulator, site_ids=[HOME], start_date="2026-11-18T00:00:00Z", live_power_flow=False)
    assert said.code == 1
    assert said.records["power_readings"] == said.records["energy_readings"] == []
    assert len(said.records["equipment"]) > 0
    assert "no time zone is told, and times have no offset" in caplog.text
    simulator.change(HOME, listed=Listed())
    simulator.clock.advance(hours=25)
    said = run_v1(simulator, said.state, site_ids=[HOME], start_date="2026-11-18T00:00:00Z")
    assert said.error is None
    assert said.records["power_readings"][0]["timestamp"] == "2026-11-18T00:00:00Z"
    simulator.change(HOME, listed=Listed(zone="Mars/Base"))
    simulator.clock.advance(hours=25)
    said = run_v1(simulator, said.state, site_ids=[HOME], start_date="2026-11-18T00:00:00Z")
    assert said.error is None
    assert f"site {HOME}: no time zone is told; Europe/Amsterdam is used, as before" in caplog.text
    assert {row["utc_offset_minutes"] for row in said.records["power_readings"]} == {60}


@pytest.mark.parametrize("unit", ["WEEK", "MONTH"])
def test_what_batteries_did_in_weeks_and_months_is_read_a_week_at_a_time(unlimited, tmp_path, unit):
    plant = unlimited.plants[HOME]
    wanted = {"site_ids": [HOME], "start_date": "2026-09-01T00:00:00Z", "energy_time_unit": unit}
    key = {"api_version": "v1", "api_key": unlimited.v1_key}
    records = harvest(unlimited, tmp_path, **key, **wanted)["energy_readings"]
    found = sorted(records, key=itemgetter("reading_date"))
    for record, following in pairwise(found):
        begin, end = (
            plant.local_midnight(date.fromisoformat(each["reading_date"])) for each in (record, following)
        )
        known = plant.total("charge_wh", begin, end), plant.total("discharge_wh", begin, end)
        assert (record["charged_wh"], record["discharged_wh"]) == pytest.approx(known, abs=3.0), record
    assert len(found) >= 3
