"""What is odd about one site, owner, page, time or character costs itself, not the others."""

import re
import sqlite3
from collections import Counter
from pathlib import Path

import pytest
import requests

from solaredge_simulator.fleet import HOME, ISLAND, ROOF

from .collected import selected
from .owner import grant_access, settings
from .strange_service import StrangeService, answer

SHORT = {"power_lookback_days": 1, "energy_lookback_days": 2}


@pytest.fixture
def between(simulator):
    """Return a function that puts something between tap and simulator, which may change answers."""
    services = []

    def put(change):
        def says(request):
            path = request.split(" ", 2)[1]
            headers = dict(line.split(": ", 1) for line in request.split("\r\n")[1:] if ": " in line)
            asked = {name: headers[name] for name in ("X-API-Key", "Authorization") if name in headers}
            reply = requests.get(simulator.url + path, headers=asked, timeout=20)
            body, more = change(path.partition("?")[0], reply.content), {}
            if isinstance(body, tuple):
                body, more = body
            sent = {"Date": reply.headers["Date"]} | more
            return answer(f"{reply.status_code} {reply.reason}", body, **sent)

        services.append(StrangeService(says))
        return services[-1].url

    yield put
    for service in services:
        service.shutdown()
        service.server_close()


def read(said):
    return {record["site_id"] for record in said.records.get("power_readings", [])}


def test_three_sites_without_an_answer_do_not_stand_in_front_of_the_others(simulator, run_tap):
    dead = set(sorted(simulator.plants)[:3])
    for site in dead:
        simulator.fault("500", site=site)
    state, seen = None, set()
    for _ in range(4):
        said = run_tap(simulator, state=state, **SHORT)
        assert said.error is not None
        state = said.state
        seen |= read(said)
        simulator.clock.advance(hours=1)
    alive = {site for site, plant in simulator.plants.items() if plant.first_day} - dead
    assert seen == alive
    assert read(said) == alive


def test_one_owner_whose_token_is_refused_stops_no_other_home(simulator, run_tap, tmp_path):
    values = settings(simulator, tmp_path)
    for site in (HOME, ROOF, ISLAND):
        grant_access(simulator, Path(values["token_file"]), site)
    simulator.fault("expired_key", site=ROOF)
    said = run_tap(simulator, **values | SHORT)
    assert said.code == 1
    assert read(said) == {HOME, ISLAND}
    assert "log in again" in said.partition("power_readings", ROOF)["error_message"]


def test_a_service_that_turns_no_page_of_alerts_costs_one_call_more(simulator, run_tap, between, caplog):
    def change(path, body):
        if not path.endswith("/alerts"):
            return body
        alert = b'{"alertId":%d,"type":"X","firstTrigger":"2026-11-01T00:00:00Z","status":"OPEN"}'
        return b"[" + b",".join(alert % number for number in range(100)) + b"]"

    said = run_tap(
        simulator, api_url=between(change), site_ids=[HOME], catalog=selected(["sites", "alerts"]), **SHORT
    )
    assert Counter(call.endpoint for call in simulator.calls)["/v2/alerts"] <= 2
    assert "page 2 is one that came before" in caplog.text
    assert len(said.records["alerts"]) == 100


def test_one_wrong_date_does_not_empty_the_ledger(simulator, run_tap, between, tmp_path):
    dates = [{"Date": "Wed, 20 Nov 2030 12:05:00 GMT"}]
    url = between(lambda _, body: (body, dates.pop() if dates else {}))
    state = run_tap(simulator, site_ids=[HOME], **SHORT).state
    simulator.clock.advance(hours=1)
    run_tap(simulator, state=state, api_url=url, site_ids=[HOME], **SHORT)
    with sqlite3.connect(tmp_path / "ledger.db") as ledger:
        ((counted,),) = ledger.execute("SELECT count(*) FROM calls")
    assert counted >= len(simulator.calls)


@pytest.mark.parametrize("name", [b"Caf\xe9", b"Caf\\ud83d", b"Caf\x07"])
def test_a_damaged_character_in_a_name_costs_no_site(simulator, run_tap, between, caplog, name):
    known = next(plant.name for plant in simulator.plants.values())[:5].encode()
    url = between(lambda path, body: body.replace(known, name) if path.endswith("/sites") else body)
    said = run_tap(simulator, api_url=url, **SHORT)
    assert said.error is None
    assert {site["id"] for site in said.records["sites"]} == set(simulator.plants)
    assert "answered odd JSON" in caplog.text
    assert sum(said.waits) == 0


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"1e400"])
def test_a_number_that_is_none_is_one_value_that_is_missing(simulator, run_tap, between, caplog, number):
    def change(path, body):
        return (
            re.sub(rb'"value":\s*[\d.]+', b'"value":' + number, body, count=1) if "/power" in path else body
        )

    healthy = run_tap(simulator, site_ids=[ROOF], **SHORT).records["power_readings"]
    said = run_tap(simulator, api_url=between(change), site_ids=[ROOF], ledger_path=":memory:", **SHORT)
    assert said.error is None
    differing = [
        (ours, theirs)
        for ours, theirs in zip(said.records["power_readings"], healthy, strict=True)
        if ours != theirs
    ]
    ((ours, theirs),) = differing
    assert ours == theirs | {"power_watts": None}
    assert "answered odd JSON" in caplog.text


def test_a_site_list_that_is_shorter_than_its_count_is_named(simulator, run_tap, between, caplog):
    def change(path, body):
        return re.sub(rb'"count":\s*\d+', b'"count":900', body) if path.endswith("/sites") else body

    run_tap(simulator, api_url=between(change), **SHORT)
    assert f"The service says that there are 900 sites, but lists {len(simulator.plants)}" in caplog.text


def test_what_is_refused_each_time_is_asked_for_ever_more_rarely(simulator, run_tap):
    simulator.fault("forbidden", site=ROOF)
    state, refused = None, []
    for _ in range(50):
        before = len(simulator.calls)
        said = run_tap(simulator, state=state, site_ids=[HOME, ROOF], **SHORT)
        state = said.state
        refused.append(sum(call.site == ROOF for call in simulator.calls[before:]))
        simulator.clock.advance(hours=1)
    assert refused[:4] == [1, 1, 1, 1]
    assert sum(refused) == 15
    assert said.partition("sites", ROOF)["status"] == "skipped"
    simulator.lift_faults()
    simulator.clock.advance(hours=24)
    assert ROOF in read(run_tap(simulator, state=state, site_ids=[HOME, ROOF], **SHORT))
