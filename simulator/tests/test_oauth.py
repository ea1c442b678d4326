"""The authorisation server: consent, codes, rotating tokens, what a grant opens (reference, section 2)."""

import re
from datetime import UTC, datetime
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from solaredge_simulator.accounts import Account
from solaredge_simulator.fleet import HOME, ROOF
from solaredge_simulator.grants import Application
from solaredge_simulator.limits import Plan
from solaredge_simulator.oauth import allows

CALLBACK = "http://127.0.0.1:51234/callback"
SECRETS = {"client_id": "demo-client", "client_secret": "demo-client-secret"}


class Owner:
    """A browser with the owner of a site before it, and an application's view of the token endpoint."""

    def __init__(self, simulator):
        self.simulator, self.url = simulator, simulator.url

    def open(self, **query):
        query = {"client_id": "demo-client"} | query
        return requests.get(f"{self.url}/authorize", params=query, allow_redirects=False, timeout=10)

    def decide(self, page, decision="approve", site=HOME):
        found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.text)
        fields = {name: unescape(value) for name, value in found}
        form = fields | {"site_id": site, "decision": decision}
        answer = requests.post(f"{self.url}/authorize", data=form, allow_redirects=False, timeout=10)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def post(self, body, path="token"):
        return requests.post(f"{self.url}/v2/oauth2/{path}", json=body, timeout=10)

    def code(self, **query):
        page = self.open(redirect_uri=CALLBACK, **query)
        return dict(parse_qsl(urlsplit(self.decide(page)).query))["code"]

    def exchange(self, code):
        return self.post({"grant_type": "authorization_code", "code": code, **SECRETS})

    def refresh(self, token):
        return self.post({"grant_type": "refresh_token", "refresh_token": token, **SECRETS})

    def get(self, path, token):
        headers = {"Authorization": f"Bearer {token}"}
        return requests.get(f"{self.url}/v2/{path}", headers=headers, timeout=10)


@pytest.fixture
def owner(simulator):
    return Owner(simulator)


@pytest.fixture
def tokens(simulator):
    return simulator.grant(HOME)


def refusal(answer):
    assert answer.status_code == 400, answer.text
    return answer.json()["error"], answer.json()["error_description"]


def test_the_consent_page_names_scopes_sites_and_two_buttons(owner):
    page = owner.open(access_duration=12)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "for 12 months" in page.text
    assert re.findall(r"<li>(\w+):", page.text) == ["SITE_DATA", "DEVICE_DATA"]
    assert re.findall(r'<button id="(\w+)"', page.text) == ["approve", "refuse"]
    assert "Maple House “De Esdoorn”</option>" in page.text
    assert "Scheune" not in page.text


def test_approval_sends_code_site_and_what_was_sent_along(owner):
    location = owner.decide(owner.open(redirect_uri=CALLBACK, external_id="x 1", state="s&1"), site=ROOF)
    assert location.startswith(f"{CALLBACK}?code=")
    found = dict(parse_qsl(urlsplit(location).query))
    assert found.pop("code")
    assert found == {"site_id": str(ROOF), "external_id": "x 1", "state": "s&1"}


def test_refusal_sends_an_error(owner):
    location = owner.decide(owner.open(state="s"), decision="refuse")
    assert location == (
        "http://127.0.0.1/callback?error=access_denied&error_description=The+owner+refused+access&state=s"
    )


@pytest.mark.parametrize(
    "query",
    [{"client_id": "other"}, {"redirect_uri": "https://evil.example/cb"}],
    ids=["client", "url"],
)
def test_a_foreign_client_or_url_is_never_redirected_to(owner, query):
    answer = owner.open(**query)
    assert answer.status_code == 400
    assert "Location" not in answer.headers


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({"scope": "SITE_DATA EVERYTHING"}, "invalid_scope"),
        ({"access_duration": 25}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
    ],
)
def test_what_cannot_be_granted_goes_back_as_an_error(owner, query, error):
    answer = owner.open(**query)
    assert (answer.status_code, answer.headers["Location"]) == (
        302,
        f"http://127.0.0.1/callback?error={error}",
    )


def test_a_redirect_url_allows_any_port_on_loopback_only():
    assert allows("http://127.0.0.1/callback", "http://127.0.0.1:8123/callback")
    assert not allows("http://127.0.0.1/callback", "http://127.0.0.1:8123/other")
    assert not allows("http://127.0.0.1/callback", "http://localhost:8123/callback")
    assert not allows("https://app.example/cb", "https://app.example:8443/cb")


def test_a_code_brings_tokens_once(owner):
    code = owner.code()
    first = owner.exchange(code)
    assert first.json().keys() == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert (first.json()["token_type"], first.json()["expires_in"]) == ("Bearer", 7200)
    assert refusal(owner.exchange(code)) == ("invalid_request", "Invalid code")


def test_a_code_does_not_live_long(owner, simulator):
    code = owner.code()
    simulator.clock.advance(minutes=10)
    assert refusal(owner.exchange(code))[0] == "invalid_request"


def test_a_refresh_token_works_once_and_brings_its_successor(owner, tokens):
    renewed = owner.refresh(tokens["refresh_token"]).json()
    assert renewed["refresh_token"] != tokens["refresh_token"]
    assert refusal(owner.refresh(tokens["refresh_token"])) == ("invalid_request", "Invalid refresh_token")
    assert owner.refresh(renewed["refresh_token"]).status_code == 200
    assert owner.get(f"sites/{HOME}", tokens["access_token"]).status_code == 200


def test_an_access_token_lives_two_hours(owner, simulator, tokens):
    path, token = f"sites/{HOME}/energy", tokens["access_token"]
    simulator.clock.advance(seconds=7199)
    assert owner.get(path, token).status_code == 200
    simulator.clock.advance(seconds=1)
    dead = owner.get(path, token)
    assert (dead.status_code, dead.json()["error"]) == (401, "invalid_token")


def test_a_refresh_token_dies_after_thirty_days_without_use(owner, simulator, tokens):
    simulator.clock.advance(days=29)
    renewed = owner.refresh(tokens["refresh_token"]).json()
    simulator.clock.advance(days=29)
    renewed = owner.refresh(renewed["refresh_token"]).json()
    simulator.clock.advance(days=30)
    assert refusal(owner.refresh(renewed["refresh_token"])) == ("invalid_request", "Invalid refresh_token")


def test_a_grant_ends_after_its_months_however_often_it_is_used(owner, simulator):
    tokens = simulator.grant(HOME, months=1)
    simulator.clock.advance(days=29)
    renewed = owner.refresh(tokens["refresh_token"]).json()
    simulator.clock.set(datetime(2026, 12, 20, 12, 5, tzinfo=UTC))
    assert refusal(owner.refresh(renewed["refresh_token"]))[0] == "invalid_grant"
    assert owner.get(f"sites/{HOME}", renewed["access_token"]).status_code == 401


def test_a_revoked_grant_opens_nothing(owner, tokens, simulator):
    assert owner.post({"token": tokens["refresh_token"]}, path="revoke-token").status_code == 200
    assert owner.get(f"sites/{HOME}", tokens["access_token"]).status_code == 401
    assert refusal(owner.refresh(tokens["refresh_token"]))[0] == "invalid_grant"
    other = simulator.grant(ROOF)
    simulator.front.oauth.grants.revoke_site(ROOF)
    assert owner.get(f"sites/{ROOF}", other["access_token"]).status_code == 401


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"grant_type": "client_credentials", **SECRETS}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "refresh_token": "", **SECRETS}, "invalid_request"),
        (
            {"grant_type": "refresh_token", **SECRETS, "client_secret": "no"},
            "invalid_client",
        ),
        ([], "invalid_request"),
    ],
)
def test_the_token_endpoint_refuses_with_400(owner, body, error):
    assert refusal(owner.post(body))[0] == error


def test_the_token_endpoint_takes_json_only(owner):
    body = {"grant_type": "refresh_token", "refresh_token": "x", **SECRETS}
    answer = requests.post(f"{owner.url}/v2/oauth2/token", data=body, timeout=10)
    assert refusal(answer)[0] == "invalid_request"


def test_a_grant_opens_one_site_and_neither_list(owner, tokens):
    token = tokens["access_token"]
    paths = ("", "/alerts", "/meters/telemetry", "/devices")
    assert [owner.get(f"sites/{HOME}{path}", token).status_code for path in paths] == [200] * 4
    assert [owner.get(path, token).status_code for path in (f"sites/{ROOF}", "sites", "alerts")] == [403] * 3


def test_without_device_data_telemetry_is_forbidden(owner):
    token = owner.exchange(owner.code(scope="SITE_DATA")).json()["access_token"]
    paths = ("energy", "overview", "devices", "inverters/telemetry", "meters/telemetry", "storage/telemetry")
    assert [owner.get(f"sites/{HOME}/{path}", token).status_code for path in paths] == [200] * 3 + [403] * 3


def test_a_grant_spends_the_credits_of_the_applications_account(start_simulator):
    account = Account(applications=(Application(),), plan=Plan(monthly_credits=2))
    owner = Owner(start_simulator(accounts=[account]))
    token = owner.simulator.grant(HOME)["access_token"]
    assert [owner.get(f"sites/{HOME}", token).status_code for _ in range(3)] == [200, 200, 429]


def test_calls_are_recorded_without_code_token_or_secret(owner, simulator):
    tokens = owner.exchange(code := owner.code(state="opaque")).json()
    owner.get(f"sites/{HOME}", tokens["access_token"])
    assert [(call.method, call.endpoint, call.credential) for call in simulator.calls] == [
        ("GET", "/authorize", None),
        ("POST", "/authorize", None),
        ("POST", "/v2/oauth2/token", "demo"),
        ("GET", "/v2/sites/{site}", f"demo-client:{HOME}"),
    ]
    for secret in (code, "opaque", "demo-client-secret", tokens["access_token"], tokens["refresh_token"]):
        assert secret not in str(list(simulator.calls))


def test_a_grant_can_be_had_over_http(owner, client):
    tokens = client.post("/_simulator/grants", {"site": HOME, "scopes": ["SITE_DATA"], "months": 2}).json()
    assert owner.get(f"sites/{HOME}", tokens["access_token"]).status_code == 200
    assert owner.get(f"sites/{HOME}/storage/telemetry", tokens["access_token"]).status_code == 403
    assert client.post("/_simulator/grants", {"site": HOME, "client_id": "no"}).status_code == 400
