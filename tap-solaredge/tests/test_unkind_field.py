"""Lists that shrink, refusals of everything, faults of our own, wrong zones: each shows, and costs itself."""

import io
import json
import logging
from datetime import UTC, datetime

import pytest

from solaredge_simulator.fleet import HOME, OFFICE, ROOF
from solaredge_simulator.sites import Listed
from solaredge_simulator.v2.asks import Ask
from tap_solaredge.errors import ConfigError, HarvestIncomplete
from tap_solaredge.harvest.engine import Harvest
from tap_solaredge.harvest.site import SiteHarvest
from tap_solaredge.inputs import state_in
from tap_solaredge.streams.power_readings import PowerReadings
from tap_solaredge.tap import TapSolarEdge
from tools import truth

FEW = {"energy_lookback_days": 3, "power_lookback_days": 2}


def lines(caplog, level=logging.WARNING):
    return [record.getMessage() for record in caplog.records if record.levelno >= level]


# Faults of our own


def test_a_fault_of_ours_in_one_stream_costs_that_stream(simulator, run_tap, monkeypatch, caplog):
    def broken(self, site, answers):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(PowerReadings, "records", broken)
    said = run_tap(simulator, site_ids=[HOME, ROOF], **FEW)
    assert isinstance(said.error, HarvestIncomplete)
    (first, *_) = lines(caplog, logging.ERROR)
    assert first.startswith((f"site {ROOF}: ", f"site {HOME}: "))
    assert "unforeseen ZeroDivisionError: division by zero; the others go on" in first
    assert "Traceback" not in "".join(lines(caplog, logging.INFO))
    kept = {message["stream"] for message in said.messages if message["type"] == "RECORD"}
    assert {"sites", "equipment", "energy_readings", "meter_readings"} <= kept


def test_a_fault_of_ours_in_one_site_costs_that_site(simulator, run_tap, monkeypatch):
    healthy = SiteHarvest.today

    def broken(self, patience):
        if self.site_id == HOME:
            raise KeyError("serial")
        return healthy(self, patience)

    monkeypatch.setattr(SiteHarvest, "today", broken)
    said = run_tap(simulator, site_ids=[HOME, ROOF], **FEW)
    assert f"site {HOME}" in str(said.error)
    assert f"site {ROOF}" not in str(said.error)
    assert said.partition("power_readings", HOME)["status"] == "error"
    assert "KeyError" in said.partition("power_readings", HOME)["error_message"]
    assert said.partition("power_readings", ROOF)["status"] == "success"


# Refusals of everything


def test_a_run_in_which_every_site_is_refused_is_a_failure(simulator, run_tap):
    simulator.fault("forbidden", path="/v2/sites/*")
    said = run_tap(simulator, **FEW)
    assert "Every site was refused (5), the first one: /v2/sites/" in str(said.error)


def test_a_run_in_which_one_site_is_refused_is_none(simulator, run_tap):
    simulator.fault("forbidden", path=f"/v2/sites/{HOME}*")
    assert run_tap(simulator, **FEW).error is None


@pytest.mark.parametrize("dialect", ["v2", "v1"])
def test_a_run_that_finds_none_of_its_sites_is_a_failure(start_simulator, run_tap, dialect):
    simulator = start_simulator(v1="active")
    key = simulator.v1_key if dialect == "v1" else simulator.key
    said = run_tap(simulator, site_ids=[999, 1000], api_version=dialect, api_key=key)
    assert str(said.error) == "None of `site_ids` (999, 1000) is among the 5 sites of this credential"


def test_a_run_that_finds_one_of_its_sites_goes_on(simulator, run_tap, caplog):
    assert run_tap(simulator, site_ids=[999, ROOF], **FEW).error is None
    assert "site 999 is not among the 5 sites of this credential; check `site_ids`" in lines(caplog)


# Lists


@pytest.mark.parametrize("dialect", ["v2", "v1"])
def test_an_empty_list_of_sites_is_not_believed_where_some_were_known(
    start_simulator, run_tap, dialect, caplog
):
    simulator = start_simulator(v1="active")
    key = simulator.v1_key if dialect == "v1" else simulator.key
    settings = {"api_version": dialect, "api_key": key, "site_ids": [ROOF], **FEW}
    state = run_tap(simulator, **settings).state
    simulator.clock.advance(hours=25)
    simulator.fault("empty_list", path="/v2/sites" if dialect == "v2" else "/sites/list", times=1)
    said = run_tap(simulator, state=state, **settings)
    assert "site list: nothing is listed any more; what was known is used instead" in lines(caplog)
    assert "site list" in str(said.error)
    assert said.partition("power_readings", ROOF)["status"] == "success"
    assert run_tap(simulator, state=said.state, **settings).error is None


def test_the_first_site_of_an_account_is_found_by_the_next_run(simulator, run_tap, caplog):
    simulator.fault("empty_list", path="/v2/sites", times=1)
    run_tap(simulator)
    assert "This credential sees no site" in lines(caplog)
    assert run_tap(simulator, site_ids=[ROOF], **FEW).records["sites"]


def test_an_account_whose_last_site_is_gone_is_no_success(simulator, run_tap, tmp_path):
    state = run_tap(simulator, site_ids=[ROOF], **FEW).state
    simulator.fault("empty_list", path="/v2/sites")
    said = run_tap(simulator, state=state, ledger_path=str(tmp_path / "of_another_machine.db"))
    assert str(said.error) == "This credential sees no site any more"
    assert said.partition("power_readings", ROOF)["status"] == "success"


def test_an_empty_list_of_devices_is_not_believed_where_some_were_known(simulator, run_tap):
    state = run_tap(simulator, site_ids=[HOME], **FEW).state
    simulator.clock.advance(hours=25)
    simulator.fault("empty_list", path="*/devices", times=2)  # the second one asks for fewer types
    said = run_tap(simulator, state=state, site_ids=[HOME], **FEW)
    assert said.partition("equipment", HOME)["status"] == "error"
    assert said.partition("meter_readings", HOME)["status"] == "success"
    assert run_tap(simulator, state=said.state, site_ids=[HOME], **FEW).error is None


def test_a_page_of_sites_that_is_shorter_than_asked_is_not_the_last(start_simulator, run_tap, monkeypatch):
    monkeypatch.setattr(Ask, "count", at_most_fifty(Ask.count))
    simulator = start_simulator(extra=115)
    last = max(simulator.plants)
    said = run_tap(simulator, site_ids=[last], **FEW)
    assert said.error is None
    pages = [call.query["page"] for call in simulator.calls if call.path == "/v2/sites"]
    assert pages == [["1"], ["2"], ["3"]]


def at_most_fifty(count):
    """Return a service that sends no more than fifty sites in a page, whatever is asked for."""
    return lambda ask, name, *limits: min(count(ask, name, *limits), 50)


def test_devices_are_asked_for_with_three_types_where_eight_are_refused(simulator, run_tap):
    simulator.fault("range_too_long", path="*/devices", times=1)
    said = run_tap(simulator, site_ids=[HOME], **FEW)
    assert said.error is None
    asked = [call.query["types"] for call in simulator.calls if call.path.endswith("/devices")]
    assert [len(types) for types in asked] == [8, 3]
    assert said.partition("meter_readings", HOME)["status"] == "success"
    run_tap(simulator, state=said.state, site_ids=[HOME], **FEW)
    assert len([call for call in simulator.calls if call.path.endswith("/devices")]) == 2


def test_what_a_site_has_is_said_once_a_day(simulator, run_tap, caplog):
    caplog.set_level(logging.INFO)
    state = run_tap(simulator, site_ids=[HOME, OFFICE], **FEW).state
    said = lines(caplog, logging.INFO)
    assert f"site {HOME}: 1 inverter, 2 meters, 1 battery" in said
    caplog.clear()
    simulator.clock.advance(hours=1)
    run_tap(simulator, state=state, site_ids=[HOME, OFFICE], **FEW)
    assert not [line for line in lines(caplog, logging.INFO) if "1 inverter" in line]


# The zone


@pytest.mark.parametrize("zone", [None, "UTC", "GMT-05:00", "America/Los_Angeles", "Nowhere/Land"])
def test_days_are_those_of_the_answers_whatever_the_master_data_say(start_simulator, tmp_path, zone, caplog):
    from .collected import Collected  # noqa: PLC0415

    simulator = start_simulator(trouble=False)
    plant = simulator.change(HOME, listed=Listed(zone=zone))
    harvest = Collected(
        simulator, tmp_path, site_ids=[HOME], start_date="2026-11-10T00:00:00Z", calls_per_minute=0
    )
    for _ in range(3):
        harvest.run()
        simulator.clock.advance(hours=9)
    expected = dict(
        truth.energy_readings(plant, simulator.clock.now().replace(day=11, hour=0), simulator.clock.now())
    )
    found = harvest.table("energy_readings", truth.COLUMNS["energy_readings"], 3)
    over = {key for key in expected if key[1] < f"{simulator.clock.now():%Y-%m-%d}"}
    assert {key: found.get(key) for key in over} == {key: expected[key] for key in over}
    said = [line for line in lines(caplog) if "the answers show the time zone" in line]
    assert len(said) == 1


@pytest.mark.parametrize("site", [HOME, OFFICE], ids=["ahead of UTC", "behind UTC"])
def test_times_in_utc_are_those_of_the_sites_zone(start_simulator, tmp_path, site, caplog):
    from .collected import Collected  # noqa: PLC0415

    simulator = start_simulator(trouble=False, now=datetime(2026, 11, 3, 12, 5, tzinfo=UTC))
    settings = {"site_ids": [site], "start_date": "2026-10-22", "calls_per_minute": 0}
    (tmp_path / "told").mkdir()
    told = Collected(simulator, tmp_path / "told", **settings)
    told.run()
    simulator.fault("in_utc")
    in_utc = Collected(simulator, tmp_path, **settings)
    in_utc.run()
    assert len(in_utc.rows["energy_readings"]) > 10
    assert in_utc.rows == told.rows
    assert not [line for line in lines(caplog) if "time zone" in line]


@pytest.mark.parametrize(
    ("path", "size"), [("*/power", 200), ("*/telemetry", 200), ("*/energy", 10)], ids=str
)
def test_an_answer_that_is_cut_loses_nothing(start_simulator, tmp_path, path, size):
    from .collected import Collected  # noqa: PLC0415

    simulator = start_simulator(trouble=False)
    settings = {"site_ids": [HOME], "start_date": "2026-10-22", "calls_per_minute": 0}
    (tmp_path / "whole").mkdir()
    whole = Collected(simulator, tmp_path / "whole", **settings)
    whole.run()
    simulator.fault("cut", path=path, size=size)
    cut = Collected(simulator, tmp_path, **settings)
    cut.run()
    assert cut.error is None
    for table in ("power_readings", "power_flows", "meter_readings", "battery_readings"):
        assert cut.rows[table] == whole.rows[table]
    days = [{key: row["energy_wh"] for key, row in h.rows["energy_readings"].items()} for h in (cut, whole)]
    assert days[0] == days[1]


def test_an_answer_about_another_time_is_not_taken_for_this_one(simulator, run_tap):
    for path in ("*/power", "*/energy"):
        simulator.fault("node", path=path, name="/values/*/timestamp", value="2026-01-01T00:00:00+01:00")
    said = run_tap(simulator, site_ids=[ROOF], **FEW)
    for stream in ("power_readings", "energy_readings"):
        partition = said.partition(stream, ROOF)
        assert "the answer is about 2025-12-31 to 2025-12-31, another time" in partition["error_message"]
        assert not partition.get("covered")
    simulator.lift_faults()
    assert run_tap(simulator, state=said.state, site_ids=[ROOF], **FEW).records["energy_readings"]


@pytest.mark.parametrize("zone", [None, "America/Los_Angeles"])
def test_days_in_utc_of_a_site_whose_zone_is_not_known_are_not_stored(start_simulator, run_tap, zone):
    simulator = start_simulator(trouble=False)
    simulator.change(HOME, listed=Listed(zone=zone))
    simulator.fault("in_utc")
    said = run_tap(simulator, site_ids=[HOME], **FEW)
    told = said.partition("energy_readings", HOME)["error_message"]
    assert "in the time zone that is known: name the right one in the portal" in told
    assert not said.records["energy_readings"]
    assert said.records["power_readings"]


# States


def read(text):
    file = io.StringIO(text)
    file.name = "state.json"
    return state_in(file, {"sites", "power_readings"})


MINE = {"bookmarks": {"sites": {"partitions": []}}}


@pytest.mark.parametrize(
    "given",
    [
        MINE,
        {"singer_state": MINE},
        {"completed": {"singer_state": MINE}, "partial": {}},
        {"completed": {"singer_state": MINE}},
        {"type": "STATE", "value": MINE},
    ],
)
def test_a_state_is_unwrapped(given):
    assert read(json.dumps(given)) == MINE
    assert read("\ufeff" + json.dumps(given, indent=2)) == MINE


def test_of_many_lines_the_last_state_is_taken():
    assert read('{"bookmarks": {}}\n' + json.dumps(MINE) + "\n") == MINE


@pytest.mark.parametrize(
    "given", ["", " \n", '{"bookmarks": {"sites": ', "[1, 2]", '"x"', "{'a': 1}", '{"a": 1}']
)
def test_what_is_no_state_is_one_line(given):
    with pytest.raises(ConfigError, match=r"--state state\.json is .*: pass the last STATE line of a run"):
        read(given)


@pytest.mark.parametrize("bookmarks", [[], "x", {"sites": [{}]}, {"sites": 1}])
def test_odd_bookmarks_are_one_line(bookmarks):
    with pytest.raises(ConfigError, match="pass the last STATE line of a run"):
        read(json.dumps({"bookmarks": bookmarks or [1]}))


def test_a_state_of_another_tap_is_one_line():
    with pytest.raises(
        ConfigError, match=r"--state state\.json is of another tap; it knows the streams commits, issues"
    ):
        read('{"bookmarks": {"issues": {}, "commits": {}}}')


def test_an_empty_object_and_null_are_a_first_run():
    assert read("{}") == {"bookmarks": {}}
    assert read("null") == {"bookmarks": {}}


@pytest.mark.parametrize(
    "partitions",
    [
        {"power_readings": {"partitions": "x"}},
        {"power_readings": {"partitions": [1]}},
        {"power_readings": {"partitions": [{"context": {"site_id": ROOF}, "covered": [[1, 2]]}]}},
        {"power_readings": {"partitions": [{"context": {"site_id": ROOF}, "covered": "x"}]}},
        {
            "power_readings": {
                "partitions": [{"context": {"site_id": ROOF}, "replication_key_value": "Tuesday"}]
            }
        },
    ],
)
def test_odd_partitions_are_one_line_before_the_first_call(simulator, run_tap, partitions):
    said = run_tap(simulator, state={"bookmarks": partitions}, site_ids=[ROOF])
    assert isinstance(said.error, ConfigError)
    assert "power_readings" in str(said.error)
    assert len(simulator.calls) == 0


def test_a_site_whose_number_is_a_text_in_the_state_goes_on(simulator, run_tap):
    state = run_tap(simulator, site_ids=[ROOF], **FEW).state
    written = json.loads(json.dumps(state).replace(f'"site_id": {ROOF}', f'"site_id": "{ROOF}"'))
    simulator.clock.advance(hours=1)
    before = len(simulator.calls)
    said = run_tap(simulator, state=written, site_ids=[ROOF], **FEW)
    assert said.error is None
    assert len(simulator.calls) - before <= 3


def test_the_old_overlap_is_named_as_no_longer_needed(simulator, run_tap, caplog):
    run_tap(simulator, site_ids=[ROOF], sync_overlap_minutes=30, **FEW)
    assert "`sync_overlap_minutes` is no longer needed: leave it out" in lines(caplog)


def test_a_fault_of_ours_outside_of_any_site_is_one_line(simulator, tmp_path, monkeypatch, caplog):
    def broken(*_args, **_options):
        raise IndexError("list index out of range")

    monkeypatch.setattr(Harvest, "forecast", broken)
    config = tmp_path / "config.json"
    config.write_text(
        json.dumps({"api_url": simulator.url, "api_key": simulator.key, "ledger_path": "ledger.db"})
    )
    with pytest.raises(SystemExit) as ended:
        TapSolarEdge.cli.main(["--config", str(config)])
    assert ended.value.code == 1
    (line,) = lines(caplog, logging.CRITICAL)
    assert line.startswith("a fault of the tap: IndexError in test_unkind_field.py, line ")
    assert "Traceback" not in "".join(lines(caplog, logging.INFO))
