"""No fault of the service makes each run spend many calls, for as long as it lasts or for ever after."""

from datetime import UTC, datetime, timedelta

import pytest

from solaredge_simulator.fault_kinds import KINDS
from solaredge_simulator.fleet import FIRST_EXTRA, HOME, ISLAND, OFFICE, ROOF

from .schedule import Schedule

RUN = {"site_ids": [HOME], "start_date": "2026-11-14T00:00:00Z"}
HOUR = 3600


def later_run(run_tap, simulator, before, seconds=HOUR, **settings):
    """Run again later and return what was said and the calls."""
    simulator.clock.advance(seconds=seconds)
    calls = len(simulator.calls)
    said = run_tap(simulator, state=before.state, **settings)
    return said, simulator.calls[calls:]


def counted(calls, end):
    """Return how many calls asked for quarter hours of something."""
    quarters = [call for call in calls if call.query.get("resolution") == ["QUARTER_HOUR"]]
    return sum(call.path.endswith(end) for call in quarters)


def test_what_got_no_answer_with_all_tries_gets_one_in_the_next_runs(simulator, run_tap):
    said = run_tap(simulator, **RUN)
    simulator.fault("500", path="*/storage/telemetry")
    spent = []
    for _ in range(3):
        said, calls = later_run(run_tap, simulator, said, **RUN, request_retries=6)
        assert said.code == 1
        spent.append(counted(calls, "/storage/telemetry"))
    simulator.lift_faults()
    said, _ = later_run(run_tap, simulator, said, **RUN, request_retries=6)
    simulator.fault("500", path="*/storage/telemetry", times=2)
    again, _ = later_run(run_tap, simulator, said, **RUN, request_retries=6)
    assert spent == [7, 1, 1]
    assert (said.error, again.error) == (None, None)


def test_a_wait_that_the_service_names_is_kept_to_after_a_failure_too(simulator, run_tap):
    said = run_tap(simulator, **RUN)
    simulator.fault("429_seconds", path="*/storage/telemetry", seconds=30)
    said, _ = later_run(run_tap, simulator, said, **RUN, request_retries=2)
    simulator.lift_faults()
    simulator.fault("429_seconds", path="*/storage/telemetry", seconds=30, times=1)
    said, _ = later_run(run_tap, simulator, said, **RUN, request_retries=2)
    assert said.error is None
    assert said.waits == [30]


def test_a_refusal_of_every_window_is_tried_with_shorter_ones_once_a_day(simulator, run_tap):
    said = run_tap(simulator, **RUN)
    simulator.fault("range_too_long", path="*/storage/telemetry")
    spent = []
    for hours in (1, 1, 1, 24):
        said, calls = later_run(run_tap, simulator, said, hours * HOUR, **RUN)
        assert said.code == 1
        spent.append(counted(calls, "/storage/telemetry"))
    assert spent == [6, 1, 1, 6]


def test_one_refused_window_makes_windows_short_for_a_week_and_not_for_ever(simulator, run_tap):
    said = run_tap(simulator, **RUN)
    simulator.fault("range_too_long", path="*/meters/telemetry", times=1)
    said, _ = later_run(run_tap, simulator, said, **RUN)
    spent = []
    for days in (2, 6):
        said, calls = later_run(run_tap, simulator, said, days * 24 * HOUR, **RUN)
        spent.append(counted(calls, "/meters/telemetry"))
    assert said.error is None
    assert spent[0] > spent[1]


@pytest.mark.parametrize("path", ["*/power", "*/meters/telemetry", "*/storage/telemetry"])
def test_an_answer_by_the_hour_is_not_stored_as_quarter_hours(simulator, run_tap, path):
    said = run_tap(simulator, **RUN)
    simulator.fault("node", path=path, name="/resolution", value="HOUR")
    failed, calls = later_run(run_tap, simulator, said, **RUN)
    assert failed.code == 1
    assert not failed.records["power_flows"]
    assert "the answer is by HOUR" in failed.partition("power_flows", HOME)["error_message"]
    assert len(calls) < 12
    simulator.lift_faults()
    simulator.fault("node", path=path, name="/resolution", value="HOUR", times=1)
    said, _ = later_run(run_tap, simulator, failed, 24 * HOUR, **RUN)
    assert said.error is None


@pytest.mark.parametrize("dead", [4, 8])
def test_sites_that_give_no_answer_do_not_keep_the_others_from_their_history(start_simulator, run_tap, dead):
    simulator = start_simulator(extra=dead)
    alive = {HOME, ROOF, OFFICE, ISLAND}
    for site in range(FIRST_EXTRA, FIRST_EXTRA + dead):
        simulator.fault("500", site=site)
    settings = {"start_date": "2026-11-01T00:00:00Z", "request_retries": 1}
    said = run_tap(simulator, **settings)
    while said.code == 1 and "in a row" in str(said.error):
        assert simulator.clock.now() - simulator.calls[0].time < timedelta(hours=dead)
        said, _ = later_run(run_tap, simulator, said, **settings)
    for _ in range(2):
        said, calls = later_run(run_tap, simulator, said, **settings)
        assert "in a row" not in str(said.error)
        assert {call.site for call in calls if call.status == 200} >= alive
    starts = {
        partition["context"]["site_id"]: partition["covered"][0][0]
        for partition in said.state["bookmarks"]["power_readings"]["partitions"]
        if partition.get("covered")
    }
    assert starts == dict.fromkeys(alive, "2026-11-01T00:00:00Z")


def test_a_list_of_sites_without_end_does_not_use_up_the_credits(simulator, run_tap, monkeypatch, caplog):
    def next_page(answer, _, request):
        first = int(request.first("page")) * 50
        listed = [{"siteId": first + number, "activationStatus": "PENDING"} for number in range(50)]
        answer.body = {"sites": {"count": 10**9, "site": listed}}

    monkeypatch.setitem(KINDS, "without_end", next_page)
    simulator.fault("without_end", path="/v2/sites")
    run_tap(simulator, site_ids=[HOME])
    assert len(simulator.calls) == 100
    assert "The list of sites has no end: 100 pages of it are read" in caplog.text


def test_what_a_device_never_told_is_not_read_again_after_each_night(start_simulator, tmp_path):
    began = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)  # the nights are long
    simulator = start_simulator(now=began, trouble=False)
    lost = began - timedelta(days=9)
    battery = simulator.plants[HOME].batteries[0].serial
    simulator.outage(HOME, lost, lost + timedelta(hours=3), order="newest first", hours=1e6, device=battery)
    hourly = Schedule(simulator, tmp_path, HOME, power_lookback_days=10).run(2)
    before = len(simulator.calls)
    hourly.run(18)
    since = lost.isoformat()
    again = [call for call in simulator.calls[before:] if call.query.get("from", ["now"])[0] <= since]
    assert counted(again, "/storage/telemetry") == 0
