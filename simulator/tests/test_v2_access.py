"""V2: keys, limits, headers, paths that are not there (reference, sections 2, 3 and 9)."""

import gzip
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest
import requests

from solaredge_simulator.accounts import Account
from solaredge_simulator.fleet import HOME, ROOF
from solaredge_simulator.limits import Plan, Quota, billing_cycle
from solaredge_simulator.messages import RefusalError


def test_a_missing_key_is_answered_by_the_gateway(simulator):
    answer = requests.get(f"{simulator.url}/v2/sites", timeout=10)
    assert answer.status_code == 401
    assert answer.json() == {"error": "invalid_request", "error_description": "The access token is missing"}


def test_a_wrong_key_is_a_problem(simulator):
    answer = requests.get(f"{simulator.url}/v2/sites", headers={"X-API-Key": "no"}, timeout=10)
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["title"] == "Unauthorized - Authentication Failed"
    assert answer.json()["detail"] == "Invalid API key"


def test_an_unknown_bearer_is_an_invalid_token(simulator):
    answer = requests.get(f"{simulator.url}/v2/sites", headers={"Authorization": "Bearer no"}, timeout=10)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")


def test_an_account_key_is_accepted_and_ignored(client):
    assert client.get("/v2/sites", headers={"X-Account-Key": "anything"}).status_code == 200


def test_a_key_opens_only_the_sites_of_its_account(start_simulator, make_client):
    accounts = [
        Account(label="a", keys=("key-a",), sites={HOME}),
        Account(label="b", keys=("key-b", "key-c")),
    ]
    simulator = start_simulator(accounts=accounts)
    client = make_client(simulator, "key-a")
    assert [site["siteId"] for site in client.json("/v2/sites")["sites"]["site"]] == [HOME]
    denied = client.get(f"/v2/sites/{ROOF}/energy")
    assert (denied.status_code, denied.json()["detail"]) == (403, f"Access to site {ROOF} is denied")
    assert client.get("/v2/sites/1").status_code == 403
    assert make_client(simulator, "key-c").json("/v2/sites")["sites"]["count"] == 5
    assert simulator.calls.summary()["by_credential"] == {"a": 3, "b": 1}


@pytest.mark.parametrize(
    "path", ["powerFlow", "storage", "battery", "environmentalBenefits", "summary", "sensors", "energy/more"]
)
def test_an_unknown_path_is_404(client, path):
    answer = client.get(f"/v2/sites/{HOME}/{path}")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "https://se-api.stoplight.io/docs/monitoring",
        "title": "Not Found",
        "status": 404,
        "detail": "Unknown endpoint",
        "traceId": "00000000000000000000000000000404",
    }


@pytest.mark.parametrize("path", ["/sites/list", "/site/1/details", "/equipment/1/list", "/version/current"])
def test_v1_is_gone_whatever_the_key(simulator, path):
    answer = requests.get(simulator.url + path, params={"api_key": "K"}, timeout=10)
    assert (answer.status_code, answer.json()["title"]) == (410, "Gone")


def test_only_get_is_supported(client):
    assert client.post(f"/v2/sites/{HOME}", {}).status_code == 405


def test_ten_calls_a_minute_and_then_429_with_a_wait(start_simulator, make_client):
    simulator = start_simulator(calls_per_minute=10, now=datetime(2026, 11, 20, 12, 5, 23, tzinfo=UTC))
    client = make_client(simulator)
    left = [
        client.get(f"/v2/{path}").headers["x-ratelimit-remaining-minute"] for path in ["sites", "none"] * 5
    ]
    assert left == ["9", "8", "7", "6", "5", "4", "3", "2", "1", "0"]
    refused = client.get("/v2/sites")
    assert refused.status_code == 429
    assert refused.json()["detail"] == "API rate limit exceeded"
    assert {name.lower(): value for name, value in refused.headers.items()}.items() >= {
        ("x-ratelimit-limit-minute", "10"),
        ("x-ratelimit-remaining-minute", "0"),
        ("retry-after", "37"),
    }
    simulator.clock.advance(seconds=37)
    assert client.get("/v2/sites").headers["x-ratelimit-remaining-minute"] == "9"


def test_minutes_can_be_those_of_the_real_clock(monkeypatch):
    quota = Quota(Plan(calls_per_minute=1, real_minutes=True))
    now = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)
    monkeypatch.setattr(time, "time", lambda: 600.0)
    assert quota.charge(now)["x-ratelimit-remaining-minute"] == "0"
    with pytest.raises(RefusalError):
        quota.charge(now)
    monkeypatch.setattr(time, "time", lambda: 660.0)
    assert quota.charge(now)["x-ratelimit-remaining-minute"] == "0"


def test_used_up_credits_are_429_without_a_wait_until_the_next_cycle(start_simulator, make_client):
    simulator = start_simulator(monthly_credits=3, billing_day=21, calls_per_minute=10)
    client = make_client(simulator)
    assert [client.get("/v2/sites").status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = client.get("/v2/sites")
    assert "Retry-After" not in refused.headers
    assert refused.headers["x-ratelimit-remaining-minute"] == "7"
    assert "credit" in refused.json()["detail"]
    simulator.clock.set(datetime(2026, 11, 21, tzinfo=UTC))
    assert client.get("/v2/sites").status_code == 200


def test_all_keys_of_an_account_share_its_credits(start_simulator, make_client):
    simulator = start_simulator(accounts=[Account(keys=("a", "b"), plan=Plan(monthly_credits=1))])
    assert make_client(simulator, "a").get("/v2/sites").status_code == 200
    assert make_client(simulator, "b").get("/v2/sites").status_code == 429


@pytest.mark.parametrize(
    ("now", "begin"),
    [
        (datetime(2026, 11, 20, 12, tzinfo=UTC), datetime(2026, 11, 15, tzinfo=UTC)),
        (datetime(2026, 11, 14, 12, tzinfo=UTC), datetime(2026, 10, 15, tzinfo=UTC)),
        (datetime(2026, 1, 14, 12, tzinfo=UTC), datetime(2025, 12, 15, tzinfo=UTC)),
    ],
)
def test_a_billing_cycle_begins_on_the_billing_day(now, begin):
    assert billing_cycle(now, 15) == begin


def test_the_date_header_is_the_simulators_time(client, simulator):
    simulator.clock.set(datetime(2026, 3, 1, 8, 30, tzinfo=UTC))
    date = client.get("/v2/sites").headers["Date"]
    assert parsedate_to_datetime(date) == datetime(2026, 3, 1, 8, 30, tzinfo=UTC)


def test_answers_are_zipped_for_clients_that_accept_it(client, start_simulator, make_client):
    path = f"/v2/sites/{HOME}/energy"
    assert client.get(path).headers["Content-Encoding"] == "gzip"
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert client.get(path).json() == plain.json()
    assert "Content-Encoding" not in make_client(start_simulator(gzip=False)).get(path).headers
    raw = client.session.get(client.simulator.url + path, stream=True, timeout=10)
    assert gzip.decompress(raw.raw.read()) == plain.content


def test_an_answer_takes_as_long_as_wanted(start_simulator, make_client):
    client = make_client(start_simulator(latency=0.2))
    assert client.get("/v2/sites").elapsed.total_seconds() >= 0.2
