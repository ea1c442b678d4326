"""Misbehaviour on demand: every kind of fault does what it says, where and when it should."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
import requests

from solaredge_simulator.fault_kinds import KINDS
from solaredge_simulator.fleet import HOME, ROOF

ENERGY = f"/v2/sites/{HOME}/energy"
METERS = f"/v2/sites/{HOME}/meters/telemetry"


def statuses(client, path, count):
    return [client.get(path).status_code for _ in range(count)]


def test_a_fault_strikes_the_calls_that_are_named(client, simulator):
    simulator.fault("500", path="*/energy", calls=[2, 3])
    assert statuses(client, ENERGY, 4) == [200, 500, 500, 200]
    assert statuses(client, f"/v2/sites/{HOME}", 2) == [200, 200]


def test_a_fault_strikes_so_many_times(client, simulator):
    simulator.fault("503", path="/v2/sites/{site}/energy", times=1)
    assert statuses(client, ENERGY, 2) == [503, 200]


def test_a_fault_can_be_for_one_site_and_be_lifted(client, simulator):
    simulator.fault("502", site=HOME)
    assert statuses(client, ENERGY, 1) + statuses(client, f"/v2/sites/{ROOF}/energy", 1) == [502, 200]
    simulator.lift_faults()
    assert statuses(client, ENERGY, 1) == [200]


def test_faults_are_set_and_lifted_over_http(client, simulator):
    assert (
        client.post("/_simulator/faults", {"kind": "504", "path": "*/power", "times": 1}).status_code == 200
    )
    assert statuses(client, f"/v2/sites/{HOME}/power", 2) == [504, 200]
    client.post("/_simulator/faults", {"kind": "504"})
    requests.delete(f"{simulator.url}/_simulator/faults", timeout=10)
    assert statuses(client, ENERGY, 1) == [200]
    assert client.post("/_simulator/faults", {"kind": "none"}).status_code == 400


def test_an_unknown_kind_is_said_to_be_so(simulator):
    with pytest.raises(ValueError, match="no such fault: oops; there are 429_seconds, "):
        simulator.fault("oops")


def test_struck_calls_are_counted_charged_and_marked(start_simulator, make_client):
    simulator = start_simulator(calls_per_minute=10)
    client = make_client(simulator)
    simulator.fault("500", times=1)
    assert statuses(client, ENERGY, 1) == [500]
    assert client.get(ENERGY).headers["x-ratelimit-remaining-minute"] == "8"
    assert [(call.status, call.fault) for call in simulator.calls] == [(500, "500"), (200, None)]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_server_errors_have_html_bodies(client, simulator, status):
    simulator.fault(str(status))
    answer = client.get(ENERGY)
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "<h1>" in answer.text


def test_429_with_seconds_with_a_date_without_and_without_anything(client, simulator):
    for kind in ("429_seconds", "429_date", "429_credits", "429_silent"):
        simulator.fault(kind, times=1, seconds=41)
        answer = client.get(ENERGY)
        assert answer.status_code == 429
        wait, left = (answer.headers.get(name) for name in ("Retry-After", "x-ratelimit-remaining-minute"))
        simulator.lift_faults()
        match kind:
            case "429_seconds":
                assert (wait, left) == ("41", "0")
            case "429_date":
                assert parsedate_to_datetime(wait) == simulator.clock.now() + timedelta(seconds=41)
            case "429_credits":
                assert (wait, left) == (None, "7")
                assert "credit" in answer.text
            case "429_silent":
                assert (wait, left, answer.text) == (None, None, "")


@pytest.mark.parametrize("kind", ["reset_before", "reset_inside"])
def test_connections_are_reset(client, simulator, kind):
    simulator.fault(kind, times=1)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        client.get(ENERGY)
    assert client.get(ENERGY).status_code == 200
    assert len(simulator.calls) == 2


def test_an_answer_can_be_slower_than_a_client_waits(client, simulator):
    simulator.fault("slow", seconds=30, times=1)
    with pytest.raises(requests.ReadTimeout):
        requests.get(simulator.url + ENERGY, headers={"X-API-Key": simulator.key}, timeout=0.2)
    assert [call.fault for call in simulator.calls] == ["slow"]


def test_truncated_json_has_a_fitting_length(client, simulator):
    simulator.fault("truncated")
    for encoding in ("identity", "gzip"):
        answer = client.get(ENERGY, headers={"Accept-Encoding": encoding})
        assert answer.status_code == 200
        with pytest.raises(json.JSONDecodeError):
            json.loads(answer.content)


def test_html_a_string_or_nothing_with_status_200(client, simulator):
    simulator.fault("html_200", calls=[1])
    simulator.fault("json_string", calls=[2])
    simulator.fault("empty", calls=[3])
    html, string, empty = (client.get(ENERGY) for _ in range(3))
    assert {answer.status_code for answer in (html, string, empty)} == {200}
    assert "<html>" in html.text
    assert string.json() == "temporarily unavailable"
    assert empty.content == b""


def test_numbers_are_words_everywhere_or_in_one_field(client, simulator):
    simulator.fault("wrong_types", path="*/telemetry")
    (meter,) = client.json(METERS)["meters"].values()
    assert str(meter["importPower"]["values"][0]["value"]).startswith("about ")
    simulator.fault("wrong_types", path="/v2/sites", name="peakPower")
    site = client.json("/v2/sites")["sites"]["site"][0]
    assert (site["siteId"], site["peakPower"]) == (HOME, "about 9.72")


def test_keys_that_matter_are_missing(client, simulator):
    simulator.fault("missing_keys", calls=[1, 2])
    simulator.fault("missing_keys", calls=[3], name="unit")
    assert client.json(ENERGY) == {"unit": "WH", "resolution": "QUARTER_HOUR"}
    assert "meters" not in client.json(METERS)
    assert set(client.json(ENERGY)) == {"period", "resolution", "values"}


def test_objects_have_further_keys(client, simulator):
    simulator.fault("extra_keys")
    energy = client.json(ENERGY)
    assert energy["addedLater"] == energy["values"][0]["addedLater"] == {"nested": [1, None]}
    assert list(client.json(METERS)["meters"]) == ["6064100001"]


def test_points_are_doubled_or_out_of_order(client, simulator):
    points = client.json(ENERGY)["values"]
    simulator.fault("duplicated", calls=[1])
    simulator.fault("unordered", calls=[2])
    doubled, mixed = (client.json(ENERGY)["values"] for _ in range(2))
    assert doubled[::2] == doubled[1::2] == points
    assert mixed != points
    assert sorted(mixed, key=lambda point: point["timestamp"]) == points


def test_values_become_null_and_nulls_become_values(client, simulator):
    points = client.json(ENERGY)["values"]
    simulator.fault("nulls", calls=[1])
    simulator.fault("nulls", calls=[2], newest=3)
    everything, newest = (client.json(ENERGY)["values"] for _ in range(2))
    assert {point["value"] for point in everything} == {None}
    changed = [old for old, new in zip(points, newest, strict=True) if old != new]
    assert changed == [point for point in points if point["value"] is not None][-3:]
    assert client.json(ENERGY)["values"] == points


def test_data_are_revised(client, simulator):
    points = client.json(ENERGY)["values"]
    simulator.fault("revised", factor=2.0, newest=2, times=1)
    revised = client.json(ENERGY)["values"]
    pairs = [(a["value"], b["value"]) for a, b in zip(points, revised, strict=True) if a != b]
    assert len(pairs) == 2
    assert all(new == 2 * old for old, new in pairs)


def test_series_are_empty(client, simulator):
    simulator.fault("no_series")
    assert client.json(ENERGY)["values"] == []


def test_a_site_disappears(client, simulator):
    simulator.fault("site_gone", site=HOME)
    assert HOME not in {site["siteId"] for site in client.json("/v2/sites")["sites"]["site"]}
    assert client.get(ENERGY).status_code == 403
    assert client.get(f"/v2/sites/{ROOF}").status_code == 200


def test_a_device_is_replaced(client, simulator):
    serial = simulator.plants[HOME].batteries[0].serial
    simulator.fault("device_replaced", serial=serial)
    batteries = client.json(f"/v2/sites/{HOME}/devices", types="BATTERY")
    new = f"5A{serial[2:]}"
    assert {battery["serialNumber"]: battery["active"] for battery in batteries} == {new: True, serial: False}
    assert list(client.json(f"/v2/sites/{HOME}/storage/telemetry")["storage"]) == [new]


def test_a_key_expires_and_other_refusals(client, simulator):
    for kind, status in {
        "expired_key": 401,
        "forbidden": 403,
        "not_found": 404,
        "range_too_long": 400,
    }.items():
        simulator.fault(kind, calls=[2])
        assert statuses(client, ENERGY, 3) == [200, status, 200]
        simulator.lift_faults()


def test_the_clock_of_the_service_is_off(client, simulator):
    simulator.fault("clock_skew", seconds=-7200, times=1)
    dates = [parsedate_to_datetime(client.get(ENERGY).headers["Date"]) for _ in range(2)]
    assert dates == [datetime(2026, 11, 20, 10, 5, tzinfo=UTC), datetime(2026, 11, 20, 12, 5, tzinfo=UTC)]


def test_every_kind_of_fault_is_known_by_a_test():
    text = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*faults.py"))
    assert [kind for kind in KINDS if f'"{kind}"' not in text and not kind.isdecimal()] == []
