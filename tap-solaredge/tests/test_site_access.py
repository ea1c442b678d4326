"""Harvesting with the grants of site owners: which calls are made, and what happens when a grant ends."""

import logging
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from solaredge_simulator.fleet import HOME, ROOF
from tap_solaredge.errors import ConfigError, HarvestIncomplete, NotAuthorized
from tap_solaredge.login.grants import TokenFile
from tap_solaredge.tap import TapSolarEdge

from .conftest import SimulatorClock
from .owner import CLIENT, grant_access, grants, settings

TELEMETRY = {"/v2/sites/{site}/meters/telemetry", "/v2/sites/{site}/storage/telemetry"}
TOKEN = "/v2/oauth2/token"


@pytest.fixture
def owner(simulator, tmp_path, run_tap):
    """Return a function that runs the tap with the grants of a token file."""
    values = settings(simulator, tmp_path)
    file = Path(values["token_file"])

    def run(state=None, **more):
        return run_tap(simulator, state=state, **values | more)

    run.file, run.settings = file, values
    run.granted = lambda site, **details: grant_access(simulator, file, site, **details)
    return run


def endpoints(simulator, since=0):
    return Counter(call.endpoint for call in simulator.calls[since:])


def test_sites_that_a_fleet_key_opened_and_no_owner_does_are_named(owner, simulator, run_tap, caplog):
    few = {"energy_lookback_days": 1, "power_lookback_days": 1}
    state = run_tap(simulator, site_ids=[HOME, ROOF], **few).state
    owner.granted(HOME)
    owner(state, **few)
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert f"1 site no longer open to this credential and not read, the data stay: {ROOF}" in said


def test_an_owner_gets_the_records_of_the_site_without_the_list(owner, simulator, run_tap, tmp_path):
    owner.granted(HOME)
    said = owner()
    assert said.error is None
    assert not {"/v2/sites", "/v2/alerts"} & set(endpoints(simulator))
    fleet = run_tap(simulator, site_ids=[HOME], ledger_path=str(tmp_path / "fleet.db"))
    assert said.records == fleet.records
    assert len(said.records["power_flows"]) == 672


def test_each_home_is_read_by_its_own_token(owner, simulator):
    for site in (HOME, ROOF):
        owner.granted(site)
    said = owner()
    assert [site["id"] for site in said.records["sites"]] == [HOME, ROOF]
    assert {(call.credential, call.site) for call in simulator.calls} == {
        (f"{CLIENT}:{HOME}", HOME),
        (f"{CLIENT}:{ROOF}", ROOF),
    }


def test_a_logged_in_owner_hears_what_the_first_run_costs(owner, simulator, caplog):
    owner.granted(HOME)
    before = len(simulator.calls)
    owner(calls_per_minute=10, start_date="2026-08-01T00:00:00Z")
    plans = [re.match(r"Plan: (\d+) call", record.getMessage()) for record in caplog.records]
    told = [int(plan[1]) for plan in plans if plan]
    made = len([call for call in simulator.calls[before:] if call.endpoint != TOKEN])
    assert told[-1] + 3 == made  # the lists of the site were read before it was known
    assert "That takes about" in caplog.text


def test_the_named_sites_restrict_the_homes(owner, simulator):
    for site in (HOME, ROOF):
        owner.granted(site)
    assert [site["id"] for site in owner(site_ids=[ROOF]).records["sites"]] == [ROOF]


def test_nobody_has_logged_in(owner, simulator):
    said = owner()
    assert isinstance(said.error, NotAuthorized)
    assert "run `tap-solaredge login`" in str(said.error)
    assert len(simulator.calls) == 0


# Scopes


def test_without_device_data_no_call_is_wasted_and_the_rest_works(owner, simulator, caplog):
    owner.granted(HOME, scopes=["SITE_DATA"])
    said = owner()
    assert said.error is None
    assert set(endpoints(simulator)) == {
        "/v2/sites/{site}", "/v2/sites/{site}/devices", "/v2/sites/{site}/power", "/v2/sites/{site}/energy",
        "/v2/sites/{site}/overview",
    }  # fmt: skip
    counts = {stream: len(records) for stream, records in said.records.items()}
    assert set(counts) == {
        "sites", "equipment", "batteries", "meters", "energy_readings", "power_readings",
        "energy_totals",
    }  # fmt: skip
    assert (counts["power_readings"], counts["batteries"]) == (672, 1)
    day = said.records["energy_readings"][-2]
    assert day["energy_wh"] > 0
    assert (day["consumption_wh"], day["feed_in_wh"], day["purchased_wh"]) == (None, None, None)
    (told,) = [record.getMessage() for record in caplog.records if "DEVICE_DATA" in record.getMessage()]
    assert told == (
        f"site {HOME}: power_flows, meter_readings, battery_readings: the grant does not cover what meters "
        "and batteries measured: log in again with `tap-solaredge login` and allow the scope DEVICE_DATA"
    )
    assert said.partition("power_flows", HOME)["status"] == "skipped"


def test_a_site_without_devices_misses_nothing(owner, simulator):
    owner.granted(ROOF, scopes=["SITE_DATA"])
    said = owner()
    assert len(said.records["power_flows"]) == 672
    assert said.partition("power_flows", ROOF)["status"] == "success"


def test_where_scopes_are_unknown_one_refused_call_a_day_tells(owner, simulator):
    owner.granted(HOME, scopes=["SITE_DATA"], known=False)
    said = owner()
    assert said.error is None
    assert [call.status for call in simulator.calls if call.endpoint in TELEMETRY] == [403]
    assert len(said.records["power_readings"]) == 672
    assert said.records["energy_readings"][-2]["energy_wh"] > 0
    simulator.clock.advance(hours=1)
    before = len(simulator.calls)
    again = owner(state=said.state)
    assert not TELEMETRY & set(endpoints(simulator, before))
    simulator.clock.advance(hours=24)
    before = len(simulator.calls)
    owner(state=again.state)
    assert sum(endpoints(simulator, before)[name] for name in TELEMETRY) == 1


def test_a_later_grant_of_device_data_fills_the_flows_in(owner, simulator):
    owner.granted(HOME, scopes=["SITE_DATA"])
    state = owner().state
    owner.granted(HOME)
    said = owner(state=state)
    assert said.error is None
    assert len(said.records["power_flows"]) == 672
    assert len(said.records["meter_readings"]) == 2 * 672


# Renewal


def test_a_token_is_renewed_before_its_end_and_written_first(owner, simulator):
    before = owner.granted(HOME)
    state = owner().state
    simulator.clock.advance(minutes=116)
    calls = len(simulator.calls)
    assert owner(state=state).error is None
    assert simulator.calls[calls].endpoint == TOKEN
    assert endpoints(simulator)[TOKEN] == 1
    kept = grants(owner.file)[HOME]
    assert kept.previous_refresh_token == before["refresh_token"] != kept.refresh_token
    assert 401 not in {call.status for call in simulator.calls}


def test_after_a_new_login_what_was_refused_is_asked_for_at_once(owner, simulator):
    owner.granted(HOME)
    simulator.fault("forbidden", path="*/power")
    state = None
    for _ in range(13):
        state = owner(state=state).state
        simulator.clock.advance(hours=1)
    simulator.lift_faults()
    before = len(simulator.calls)
    assert owner(state=state).partition("power_readings", HOME)["status"] == "skipped"
    assert not [call for call in simulator.calls[before:] if call.endpoint.endswith("/power")]
    TapSolarEdge(config=owner.settings, clock=SimulatorClock(simulator)).forget_refusals(HOME)
    assert owner(state=state).partition("power_readings", HOME)["status"] == "success"


def test_a_401_renews_once_and_asks_again(owner, simulator):
    owner.granted(HOME)
    simulator.fault(kind="expired_key", path="*/power", times=1)
    said = owner()
    assert said.error is None
    assert [call.status for call in simulator.calls if call.endpoint.endswith("/power")] == [401, 200]
    assert endpoints(simulator)[TOKEN] == 1


def test_a_401_that_stays_costs_the_site_and_names_the_repair(owner, simulator, caplog):
    owner.granted(HOME)
    simulator.fault(kind="expired_key", path="*/sites/*")
    said = owner()
    assert isinstance(said.error, HarvestIncomplete)
    assert "log in again with `tap-solaredge login`" in caplog.text
    assert [call.status for call in simulator.calls if call.endpoint != TOKEN] == [401, 401]


def test_a_busy_token_endpoint_is_asked_again(owner, simulator):
    owner.granted(HOME)
    simulator.clock.advance(hours=3)
    simulator.fault(kind="503", path=TOKEN, times=2)
    said = owner(request_retries=3)
    assert said.error is None
    assert [call.status for call in simulator.calls if call.endpoint == TOKEN] == [503, 503, 200]


@pytest.mark.parametrize("kind", ["reset_before", "reset_inside", "truncated"])
def test_an_answer_with_tokens_that_never_arrived_needs_a_new_login(owner, simulator, kind):
    owner.granted(HOME)
    simulator.clock.advance(hours=3)
    simulator.fault(kind=kind, path=TOKEN, times=1)
    said = owner(request_retries=3)
    assert isinstance(said.error, HarvestIncomplete)
    assert "log in again with `tap-solaredge login`" in str(said.error)
    owner.granted(HOME)
    assert owner().error is None


def test_the_previous_token_is_tried_when_the_newest_is_refused(owner, simulator):
    good = owner.granted(HOME)["refresh_token"]
    with TokenFile(owner.file).change() as change:
        grant = change.grants.of(CLIENT, HOME)
        change.grants.put(
            msgspec.structs.replace(
                grant, refresh_token="rt-lost", previous_refresh_token=good, renew_at=None
            )
        )
        change.save()
    assert owner().error is None
    assert grants(owner.file)[HOME].previous_refresh_token == good


# The end of a grant


def test_on_the_31st_day_the_repair_is_told_and_after_it_the_gap_is_filled(owner, simulator, caplog):
    owner.granted(HOME)
    first = owner()
    state = first.state
    bookmark = state["bookmarks"]["power_flows"]["partitions"][0]["replication_key_value"]
    simulator.clock.advance(days=31)
    said = owner(state=state)
    assert isinstance(said.error, HarvestIncomplete)
    assert "Nothing is lost: log in again with `tap-solaredge login`" in str(said.error)
    flows = said.partition("power_flows", HOME)
    assert flows["replication_key_value"] == bookmark
    assert said.records == {}
    owner.granted(HOME)
    after = owner(state=said.state, power_lookback_days=40)
    assert after.error is None
    held = {}
    for run in (first, after):
        held |= {record["timestamp"]: record["power_watts"] for record in run.records["power_readings"]}
    plant, at = simulator.plants[HOME], datetime(2026, 11, 13, 12, 15, tzinfo=UTC)
    while at < datetime(2026, 12, 21, 11, 0, tzinfo=UTC):
        assert held[f"{at:%Y-%m-%dT%H:%M:%SZ}"] == plant.seen(at, simulator.clock.now()).production_w, at
        at += timedelta(minutes=15)


def test_a_home_whose_owner_took_access_back_does_not_stop_the_others(owner, simulator, caplog):
    for site in (HOME, ROOF):
        owner.granted(site)
    simulator.front.oauth.grants.revoke_site(HOME)
    said = owner()
    assert isinstance(said.error, HarvestIncomplete)
    assert [site["id"] for site in said.records["sites"]] == [ROOF]
    assert len(said.records["power_readings"]) == 672
    assert "log in again with `tap-solaredge login`" in said.partition("sites", HOME)["error_message"]
    assert endpoints(simulator)[TOKEN] == 1  # never asked again


def test_a_token_that_cannot_be_sent_does_not_stop_the_other_homes(owner):
    for site in (HOME, ROOF):
        owner.granted(site)
    with TokenFile(owner.file).change() as change:
        grant = change.grants.of(CLIENT, HOME)
        change.grants.put(msgspec.structs.replace(grant, refresh_token="rt\n1"))
        change.save()
    said = owner()
    assert isinstance(said.error, HarvestIncomplete)
    assert [site["id"] for site in said.records["sites"]] == [ROOF]
    assert "holds a character that none of SolarEdge's has" in said.partition("sites", HOME)["error_message"]
    assert "rt\n1" not in str(said.error)


@pytest.mark.parametrize(("days", "warned"), [(31, 0), (30, 1), (3, 1)])
def test_the_end_of_a_grant_is_told_thirty_days_before(owner, simulator, caplog, days, warned):
    owner.granted(ROOF)
    until = simulator.clock.now() + timedelta(days=days)
    with TokenFile(owner.file).change() as change:
        grant = change.grants.of(CLIENT, ROOF)
        change.grants.put(msgspec.structs.replace(grant, until=until))
        change.save()
    owner()
    told = [r for r in caplog.records if r.levelno == logging.WARNING and "permission ends" in r.getMessage()]
    assert len(told) == warned


# Seeds


def test_a_first_refresh_token_begins_a_file_and_the_rotated_one_wins(owner, simulator):
    seed = simulator.grant(HOME)["refresh_token"]
    said = owner(refresh_token=seed, site_ids=[HOME])
    assert said.error is None
    first = grants(owner.file)[HOME]
    assert (first.scopes, first.until, first.previous_refresh_token) == (None, None, seed)
    simulator.clock.advance(hours=2)
    assert owner(state=said.state, refresh_token=seed, site_ids=[HOME]).error is None
    assert grants(owner.file)[HOME].previous_refresh_token == first.refresh_token
    assert endpoints(simulator)[TOKEN] == 2


def test_a_newer_first_token_repairs_a_dead_grant(owner, simulator):
    owner.granted(HOME)
    simulator.front.oauth.grants.revoke_site(HOME)
    seed = simulator.grant(HOME)["refresh_token"]
    assert owner(refresh_token=seed, site_ids=[HOME]).error is None


def test_a_first_token_needs_to_know_its_site(owner):
    said = owner(refresh_token="rt-0001")
    assert isinstance(said.error, ConfigError)
    assert "set `site_ids` to its number" in str(said.error)
