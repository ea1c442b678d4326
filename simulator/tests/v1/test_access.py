"""V1: keys, quotas, refusals, withdrawn calls."""

import threading
from datetime import UTC, datetime

import pytest

from solaredge_simulator.fleet import HOME, ISLAND, OFFICE, ROOF

DAY = {"startTime": "2026-06-03 00:00:00", "endTime": "2026-06-04 00:00:00"}


def test_one_foreign_site_makes_a_bulk_call_403(start_v1):
    client = start_v1({"account_keys": {"A": {HOME, ROOF}}})
    client.key = "A"
    assert client.get(f"/sites/{HOME},{ROOF}/overview").status_code == 200
    assert client.get(f"/sites/{HOME},{ISLAND}/overview").status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/equipment/1/sensors",
        "/equipment/1/X/changeLog",
        "/site/1/sensors",
        "/site/1/siteImage",
        "/accounts/list",
        "/version/current",
    ],
)
def test_withdrawn_calls_are_410(v1, path):
    assert v1.get(path).status_code == 410


def test_a_site_key_sees_one_site_without_alert_fields(start_v1):
    client = start_v1({"site_keys": {"S": HOME}})
    client.key = "S"
    (site,) = client.json("/sites/list")["sites"]["site"]
    assert site["id"] == HOME
    assert "alertQuantity" not in site
    assert client.get(f"/site/{ROOF}/overview").json() == {
        "String": "The site ID is not allowed for this token"
    }
    assert client.simulator.calls[0].credential == f"v1-site-{HOME}"


def test_a_bad_key_is_401_and_v2_keys_are_bad_keys(v1, make_client):
    answer = v1.get("/sites/list", api_key=v1.simulator.key)
    assert (answer.status_code, answer.json()["detail"]) == (401, "Invalid API key")
    assert make_client(v1.simulator, v1.key).get("/v2/sites").status_code == 401


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("energy", {}),
        ("meters", {}),
        ("energy", {"startDate": "2026-06-03 00:00:00", "endDate": "2026-06-04"}),
        ("power", {"startTime": "2026-06-03T00:00:00", "endTime": "2026-06-04 00:00:00"}),
        ("energy", {"startDate": "2026-06-03", "endDate": "2026-06-04", "timeUnit": "day"}),
    ],
)
def test_a_missing_or_malformed_parameter_is_400_in_html(v1, path, query):
    answer = v1.get(f"/site/{HOME}/{path}", **query)
    assert answer.status_code == 400
    assert "HTTP Status 400" in answer.text
    assert "<b>Message</b>" in answer.text


@pytest.mark.parametrize(
    ("call", "unit", "longest", "too_long"),
    [
        ("energyDetails", "QUARTER_OF_AN_HOUR", "2026-07-01", "2026-07-02"),
        ("energyDetails", "DAY", "2027-06-01", "2027-06-02"),
        ("powerDetails", None, "2026-07-01", "2026-07-02"),
        ("meters", "HOUR", "2026-07-01", "2026-07-02"),
    ],
)
def test_ranges_that_are_too_long_are_403_with_a_reason(v1, call, unit, longest, too_long):
    query = {"startTime": "2026-06-01 00:00:00"} | ({"timeUnit": unit} if unit else {})
    path = f"/site/{HOME}/{call}"
    assert v1.get(path, endTime=f"{longest} 00:00:00", **query).status_code == 200
    refused = v1.get(path, endTime=f"{too_long} 00:00:00", **query)
    assert refused.status_code == 403
    assert "too long" in refused.json()["String"]


def test_some_sites_refuse_twenty_eight_days(start_v1):
    client = start_v1({"short_month": {HOME}})
    query = {"startTime": "2026-06-01 00:00:00", "endTime": "2026-06-29 00:00:00"}
    assert client.get(f"/site/{HOME}/powerDetails", **query).status_code == 403
    assert client.get(f"/site/{OFFICE}/powerDetails", **query).status_code == 200
    query["endTime"] = "2026-06-26 00:00:00"
    assert client.get(f"/site/{HOME}/powerDetails", **query).status_code == 200


def test_calls_a_day_are_counted_per_key_and_per_site(start_v1):
    client = start_v1({"daily_calls": 3, "account_keys": {"A": None, "B": None}})
    client.key = "A"
    assert [client.get(f"/sites/{HOME},{ROOF}/overview").status_code for _ in range(2)] == [200, 200]
    client.key = "B"
    assert [client.get(f"/site/{HOME}/overview").status_code for _ in range(2)] == [200, 429]
    assert client.get(f"/site/{ROOF}/overview").status_code == 200
    assert client.get("/sites/list").status_code == 200
    assert client.get("/sites/list").status_code == 429
    client.simulator.clock.set(datetime(2026, 11, 21, tzinfo=UTC))
    assert client.get(f"/site/{HOME}/overview").status_code == 200


def test_a_fourth_call_at_once_is_refused(start_v1):
    client = start_v1(latency=0.3)
    statuses = []
    threads = [
        threading.Thread(target=lambda: statuses.append(client.get("/sites/list").status_code))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 200, 200, 429]


def test_the_key_is_not_in_the_call_list(v1):
    v1.get(f"/site/{HOME}/overview")
    (call,) = v1.simulator.calls
    assert v1.key not in str(call)
    assert (call.endpoint, call.site, call.credential) == ("/site/{site}/overview", HOME, "v1-account-1")


def test_faults_strike_v1_too(v1):
    path = f"/site/{HOME}/powerDetails"
    v1.simulator.fault("nulls", path="/site/{site}/powerDetails", times=1)
    v1.simulator.fault("missing_keys", path="*/energyDetails", times=1)
    values = v1.json(path, **DAY)["powerDetails"]["meters"][0]["values"]
    assert {value["value"] for value in values if "value" in value} == {None}
    assert "meters" not in v1.json(f"/site/{HOME}/energyDetails", **DAY)["energyDetails"]
    serial = v1.simulator.plants[HOME].batteries[0].serial
    v1.simulator.fault("device_replaced", serial=serial)
    (battery,) = v1.json(f"/site/{HOME}/inventory")["Inventory"]["batteries"]
    assert battery["SN"] == f"5A{serial[2:]}"
