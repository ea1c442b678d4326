"""What a run waits for, what ends it at once, what it says once, and what it never forgets."""

import logging

import pytest

from solaredge_simulator.fleet import HOME, ROOF
from tap_solaredge.errors import HarvestIncomplete, Unreachable

NOWHERE = "http://127.0.0.1:9"


@pytest.mark.parametrize("kind", ["429_seconds", "429_date"])
def test_a_call_waits_as_long_as_the_service_asks(simulator, run_tap, kind):
    simulator.fault(kind, path="*/energy", times=1, seconds=37)
    said = run_tap(simulator, site_ids=[ROOF], request_retries=1)
    assert said.error is None
    assert said.waits[0] == 37.0


def test_without_a_word_from_the_service_waits_double_with_jitter(simulator, run_tap):
    simulator.fault("503", path="*/energy", times=8)
    said = run_tap(simulator, site_ids=[ROOF], request_retries=8)
    assert said.error is None
    longest = [1, 2, 4, 8, 16, 32, 60, 60]
    assert len(said.waits) == len(longest)
    assert all(most / 2 <= wait <= most for wait, most in zip(said.waits, longest, strict=True))
    assert len({wait / most for wait, most in zip(said.waits, longest, strict=True)}) > 4


def test_the_month_of_the_service_being_over_is_one_line_that_says_when_to_come_back(
    simulator, run_tap, caplog
):
    state = run_tap(simulator, site_ids=[HOME]).state
    simulator.clock.advance(hours=1)
    simulator.fault("429_credits")
    caplog.clear()
    said = run_tap(simulator, state=state, site_ids=[HOME], request_retries=6)
    assert (said.error, said.waits) == (None, [])
    (line,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert "The month's credits are used up; come back on 2026-12-01" in line
    assert said.partition("power_flows", HOME) == partition(state, "power_flows", HOME) | {
        "synced_at": "2026-11-20T13:05:00Z"
    }


def partition(state, stream, site_id):
    return next(p for p in state["bookmarks"][stream]["partitions"] if p["context"]["site_id"] == site_id)


def test_without_a_network_a_run_ends_at_once_and_leaves_all_bookmarks(simulator, run_tap, caplog):
    state = run_tap(simulator).state
    simulator.clock.advance(hours=1)
    said = run_tap(simulator, state=state, api_url=NOWHERE, request_retries=3)
    assert isinstance(said.error, Unreachable)
    assert "no connection; check the network and `api_url`" in str(said.error)
    assert len(said.waits) == 3
    assert "ERROR" not in {record.levelname for record in caplog.records}
    for stream, entry in said.state["bookmarks"].items():
        for found in entry["partitions"]:
            before = partition(state, stream, found["context"]["site_id"])
            assert found.get("replication_key_value") == before.get("replication_key_value")
            assert found.get("covered") == before.get("covered")


def test_when_no_site_gets_an_answer_a_run_does_not_wait_for_each_of_them(simulator, run_tap):
    state = run_tap(simulator).state
    simulator.clock.advance(hours=1)
    simulator.fault("503")
    before = len(simulator.calls)
    said = run_tap(simulator, state=state, request_retries=1)
    assert isinstance(said.error, Unreachable)
    assert "3 sites in a row got no answer" in str(said.error)
    assert len(simulator.calls) - before < 40


def test_what_may_not_be_read_is_said_once_and_goes_on_when_it_may(simulator, run_tap, caplog):
    state = run_tap(simulator, site_ids=[HOME]).state
    bookmark = partition(state, "power_readings", HOME)["replication_key_value"]
    simulator.fault("forbidden", path="*/power")
    said_each_time = []
    for _ in range(3):
        simulator.clock.advance(hours=1)
        caplog.clear()
        said = run_tap(simulator, state=state, site_ids=[HOME])
        state = said.state
        said_each_time.append(sum("answered 403" in r.getMessage() for r in at_least_warnings(caplog)))
        assert said.code == 0
        assert said.partition("power_readings", HOME)["status"] == "skipped"
        assert said.partition("power_readings", HOME)["replication_key_value"] == bookmark
    assert said_each_time == [1, 0, 0]
    simulator.lift_faults()
    simulator.clock.advance(hours=1)
    said = run_tap(simulator, state=state, site_ids=[HOME])
    assert said.partition("power_readings", HOME)["status"] == "success"
    assert said.partition("power_readings", HOME)["replication_key_value"] > bookmark


def at_least_warnings(caplog):
    return [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_list_that_makes_no_sense_is_asked_again_by_the_next_run(simulator, run_tap):
    simulator.fault("json_string", path="*/devices")
    first = run_tap(simulator, site_ids=[HOME])
    assert isinstance(first.error, HarvestIncomplete)
    simulator.lift_faults()
    second = run_tap(simulator, state=first.state, site_ids=[HOME])
    assert second.error is None
    assert len(second.records["equipment"]) > 0


def test_a_refused_window_of_any_length_is_forgotten_when_it_was_not_the_length(simulator, run_tap):
    simulator.fault("range_too_long", path="*/power")
    said = run_tap(simulator, site_ids=[ROOF])
    assert said.code == 1
    simulator.lift_faults()
    before = len(simulator.calls)
    assert run_tap(simulator, state=said.state, site_ids=[ROOF]).error is None
    assert len(simulator.calls[before:]) == 1
