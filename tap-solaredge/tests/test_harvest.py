"""What a run asks, sends and remembers."""

import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from solaredge_simulator.fleet import HOME, ISLAND, OFFICE, PENDING, ROOF
from tap_solaredge.errors import Busy, HarvestIncomplete, NotAuthorized
from tap_solaredge.harvest.lists import NotAskedYet
from tap_solaredge.tap import TapSolarEdge

from .conftest import SimulatorClock

SLOW_LISTS = {"/v2/sites", "/v2/sites/{site}", "/v2/sites/{site}/devices"}


def asked(simulator, since=0):
    """Return how many calls each site cost, besides the slow lists."""
    return Counter(call.site for call in simulator.calls[since:] if call.endpoint not in SLOW_LISTS)


def test_parents_are_announced_and_sent_before_their_children(simulator, run_tap):
    said = run_tap(simulator, site_ids=[HOME])
    assert said.schemas == [
        "sites", "equipment", "batteries", "meters",
        "energy_readings", "power_readings", "power_flows", "meter_readings", "battery_readings",
        "energy_totals",
    ]  # fmt: skip
    order = list(said.records)
    assert order.index("sites") == 0
    assert order.index("meters") < order.index("meter_readings")


def test_no_key_is_sent_twice_in_a_run(simulator, run_tap):
    said = run_tap(simulator)
    keys = {
        "sites": ("id",),
        "equipment": ("serial_number",),
        "batteries": ("serial_number",),
        "meters": ("site_id", "name"),
        "energy_readings": ("site_id", "reading_date", "time_unit"),
        "power_readings": ("site_id", "timestamp"),
        "power_flows": ("site_id", "timestamp"),
        "meter_readings": ("site_id", "meter_name", "timestamp"),
        "battery_readings": ("site_id", "serial_number", "timestamp"),
    }
    for stream, names in keys.items():
        sent = [tuple(record[name] for name in names) for record in said.records[stream]]
        assert len(sent) == len(set(sent)) > 0, stream


def test_a_second_run_at_the_same_instant_asks_nothing(simulator, run_tap):
    state = run_tap(simulator).state
    before = len(simulator.calls)
    again = run_tap(simulator, state=state)
    assert len(simulator.calls) == before
    assert set(again.records) == {"sites", "equipment", "batteries", "meters"}


@pytest.mark.parametrize("hours", [1, 9, 14])
def test_an_hour_later_a_site_costs_at_most_four_calls(simulator, run_tap, hours):
    state = run_tap(simulator).state
    simulator.clock.advance(hours=hours - 1)
    state = run_tap(simulator, state=state).state
    before = len(simulator.calls)
    simulator.clock.advance(hours=1)
    said = run_tap(simulator, state=state)
    calls = asked(simulator, before)
    assert set(calls) == {HOME, ROOF, OFFICE, ISLAND} - (set() if calls[ROOF] else {ROOF})
    assert max(calls.values()) <= 4
    assert said.error is None


def test_the_running_interval_is_sent_but_does_not_move_the_bookmark(simulator, run_tap):
    said = run_tap(simulator, site_ids=[HOME])
    newest = max(record["timestamp"] for record in said.records["power_readings"])
    assert newest == "2026-11-20T12:00:00Z"
    bookmark = said.partition("power_readings", HOME)["replication_key_value"]
    assert bookmark < newest
    values = {record["timestamp"]: record["power_watts"] for record in said.records["power_readings"]}
    assert values[bookmark] is not None
    assert said.partition("energy_readings", HOME)["replication_key_value"] == "2026-11-19"
    assert said.records["energy_readings"][0]["reading_date"] <= "2026-11-20"


def test_bookmarks_never_move_back(simulator, run_tap):
    state = run_tap(simulator, site_ids=[HOME]).state
    simulator.clock.advance(hours=1)
    values = [
        partition["replication_key_value"]
        for message in run_tap(simulator, state=state, site_ids=[HOME]).states
        for partition in message["bookmarks"]["power_flows"]["partitions"]
    ]
    assert all(earlier <= later for earlier, later in pairwise(values))


def test_state_is_sent_after_every_window(simulator, run_tap):
    said = run_tap(simulator, site_ids=[HOME], power_lookback_days=30)
    covered = [
        message["bookmarks"]["power_readings"]["partitions"][0]["covered"]
        for message in said.states
        if "power_readings" in message["bookmarks"]
    ]
    starts = sorted({spans[0][0] for spans in covered if spans}, reverse=True)
    assert len(starts) == 5  # 30 days in windows of 7, today first


def test_a_pending_site_is_listed_and_costs_no_reading(simulator, run_tap):
    said = run_tap(simulator, site_ids=[PENDING])
    assert [record["status"] for record in said.records["sites"]] == ["Pending"]
    assert asked(simulator) == {}
    assert said.error is None


def test_only_the_named_sites_are_read(simulator, run_tap, caplog):
    said = run_tap(simulator, site_ids=[ROOF, 1])
    assert [record["id"] for record in said.records["sites"]] == [ROOF]
    assert "site 1 is not among the 5 sites of this credential" in caplog.text


def test_only_what_selected_streams_need_is_asked(simulator, run_tap):
    catalog = {"streams": []}
    for entry in TapSolarEdge(config={}).catalog_dict["streams"]:
        selected = entry["tap_stream_id"] == "power_readings"
        entry["metadata"] = [{"breadcrumb": [], "metadata": {"selected": selected}}]
        catalog["streams"].append(entry)
    said = run_tap(simulator, catalog=catalog, site_ids=[HOME])
    assert set(said.records) == {"power_readings"}
    assert {call.endpoint for call in simulator.calls} == {
        "/v2/sites",
        "/v2/sites/{site}",
        "/v2/sites/{site}/power",
    }


def test_shorter_windows_are_learned_once_and_remembered(start_simulator, run_tap):
    simulator = start_simulator(quarter_hour_limit="documented")
    said = run_tap(simulator, site_ids=[HOME], power_lookback_days=2)
    refused = [call for call in simulator.calls if call.status == 400]
    assert len(refused) <= 6  # 7 days and 1 day, at each of three endpoints
    assert len(said.records["power_readings"]) == 192
    before = len(simulator.calls)
    simulator.clock.advance(hours=1)
    run_tap(simulator, state=said.state, site_ids=[HOME], power_lookback_days=2)
    assert all(call.status == 200 for call in simulator.calls[before:])


def test_an_earlier_start_fills_history_without_touching_the_bookmark(simulator, run_tap):
    first = run_tap(simulator, site_ids=[HOME], start_date="2026-11-15T00:00:00Z")
    bookmark = first.partition("power_flows", HOME)["replication_key_value"]
    earlier = run_tap(simulator, state=first.state, site_ids=[HOME], start_date="2026-11-01T00:00:00Z")
    stamps = [record["timestamp"] for record in earlier.records["power_flows"]]
    assert (min(stamps), max(stamps)) == ("2026-11-01T00:00:00Z", "2026-11-14T23:45:00Z")
    assert earlier.partition("power_flows", HOME)["replication_key_value"] == bookmark


def test_nothing_is_read_from_the_end_date_on(simulator, run_tap):
    said = run_tap(
        simulator, site_ids=[ROOF], start_date="2026-11-01T00:00:00Z", end_date="2026-11-03T00:00:00Z"
    )
    stamps = [record["timestamp"] for record in said.records["power_readings"]]
    assert (min(stamps), max(stamps), len(stamps)) == ("2026-11-01T00:00:00Z", "2026-11-02T23:45:00Z", 192)


@pytest.mark.parametrize(
    ("unit", "first"), [("WEEK", "2026-09-28"), ("MONTH", "2026-10-01"), ("YEAR", "2026-01-01")]
)
def test_energy_comes_in_the_wanted_period(simulator, run_tap, unit, first):
    said = run_tap(simulator, site_ids=[HOME], energy_time_unit=unit, start_date="2026-10-01T00:00:00Z")
    records = said.records["energy_readings"]
    assert {record["time_unit"] for record in records} == {unit}
    assert min(record["reading_date"] for record in records) == first


def test_a_wrong_key_stops_the_run_and_says_what_to_check(simulator, run_tap):
    said = run_tap(simulator, api_key="wrong-key-123")
    assert isinstance(said.error, NotAuthorized)
    assert "check `api_key`" in str(said.error)
    assert len(simulator.calls) == 1


def test_no_answer_is_said_with_the_way_out(simulator, run_tap):
    said = run_tap(simulator, api_url="http://127.0.0.1:9")
    assert isinstance(said.error, Busy)
    assert "check the network and `api_url`" in str(said.error)


def test_a_call_is_tried_again_after_as_long_as_the_service_says(start_simulator, run_tap):
    simulator = start_simulator(calls_per_minute=10)
    said = run_tap(simulator, site_ids=[ROOF], request_retries=6)
    assert said.error is None
    assert len(said.records["power_readings"]) == 672
    statuses = Counter(call.status for call in simulator.calls)
    assert statuses[200] > 10


def test_a_failing_stream_leaves_its_bookmark_and_the_others_go_on(simulator, run_tap):
    state = run_tap(simulator, site_ids=[HOME]).state
    before = state["bookmarks"]["power_flows"]["partitions"][0]["replication_key_value"]
    simulator.clock.advance(hours=1)
    simulator.fault(path="*/storage/telemetry", kind="500")
    said = run_tap(simulator, state=state, site_ids=[HOME])
    assert isinstance(said.error, HarvestIncomplete)
    flows = said.partition("power_flows", HOME)
    assert (flows["replication_key_value"], flows["status"]) == (before, "error")
    assert "500" in flows["error_message"]
    assert said.partition("power_readings", HOME)["replication_key_value"] > before


def test_the_newest_state_of_a_battery_is_that_of_the_plant(simulator, run_tap):
    battery = run_tap(simulator, site_ids=[HOME]).records["batteries"][0]
    newest = datetime.fromisoformat(battery["last_telemetry_time"]).astimezone(UTC)
    truth = simulator.plants[HOME].quarter(newest).batteries[battery["serial_number"]]
    assert battery["last_power"] == pytest.approx(truth.charge_w - truth.discharge_w)
    assert battery["last_state_of_charge"] == pytest.approx(truth.state_of_charge)
    assert battery["lifetime_energy_charged"] > 0
    assert simulator.clock.now() - newest < timedelta(hours=1)


def plan_of(simulator, tmp_path, state):
    tap = TapSolarEdge(
        config={
            "api_url": simulator.url,
            "api_key": simulator.key,
            "ledger_path": str(tmp_path / "ledger.db"),
            "calls_per_minute": 0,
            "monthly_credits": 0,
        },
        state=state,
        clock=SimulatorClock(simulator),
    )
    tap.print_plan()


@pytest.mark.parametrize("hours", [0, 1, 8, 40])
def test_a_plan_spends_nothing_and_forecasts_what_the_run_then_spends(
    simulator, run_tap, tmp_path, capsys, hours
):
    state = run_tap(simulator).state
    simulator.clock.advance(hours=hours)
    before = len(simulator.calls)
    plan_of(simulator, tmp_path, json.loads(json.dumps(state)))
    assert len(simulator.calls) == before
    planned = re.search(r"Plan: ([\d,]+) calls", capsys.readouterr().out)[1]
    run_tap(simulator, state=state)
    assert int(planned.replace(",", "")) == len(simulator.calls) - before


def test_a_plan_of_an_unknown_account_says_how_to_get_to_know_it(simulator, tmp_path):
    with pytest.raises(NotAskedYet, match="run the tap once"):
        plan_of(simulator, tmp_path, {})
    assert len(simulator.calls) == 0


def test_state_names_no_site_before_it_is_read(simulator, run_tap):
    first = run_tap(simulator).states[0]["bookmarks"]
    assert {p["context"]["site_id"] for entry in first.values() for p in entry["partitions"]} <= {HOME}


def test_a_day_on_which_nothing_was_owed_is_done_with(simulator, run_tap):
    """Where it was not, every later run would take it for a pause, and read the last days again."""
    said = run_tap(simulator, site_ids=[HOME], start_date="2026-11-18T00:00:00Z")
    for _ in range(3):
        simulator.clock.advance(hours=25)
        said = run_tap(simulator, said.state, site_ids=[HOME], start_date="2026-11-18T00:00:00Z")
        today = simulator.plants[HOME].local(simulator.clock.now()).date()
        assert said.partition("sites", HOME)["late_read_on"] == f"{today}"
