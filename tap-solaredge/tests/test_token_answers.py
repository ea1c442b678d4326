"""Whatever stands beside new tokens, and whatever answers in place of the token endpoint: the login lives."""

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from solaredge_simulator.fleet import HOME
from tap_solaredge.errors import BudgetReached, Busy, ConfigError, GrantEnded, Unreachable
from tap_solaredge.login import renewal
from tap_solaredge.login.grants import Grant, Grants, TokenFile
from tap_solaredge.login.token_endpoint import TokenEndpoint

from .owner import grant_access, grants, settings
from .strange_service import PAGE, StrangeService, answer

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DATE = {"Date": "Fri, 20 Nov 2026 12:00:00 GMT"}
TOKENS = {"access_token": "access-2", "refresh_token": "refresh-2", "expires_in": 7200, "scope": "SITE_DATA"}
KNOWN = Grant(
    client_id="c", site_id=HOME, access_token="access-1",
    refresh_token="refresh-1", previous_refresh_token="refresh-0",
    renew_at=NOW - timedelta(minutes=1), scopes=["SITE_DATA", "DEVICE_DATA"],
)  # fmt: skip


@pytest.fixture
def renew(tmp_path):
    """Return a function that renews a login, by an answer of the token endpoint, and returns the new one."""
    file = TokenFile(tmp_path / "tokens.json")

    def run(said, **more):
        with file.change() as change:
            change.grants.put(KNOWN)
            change.save()
        with StrangeService(said) as service:
            order = renewal.Order(
                token_file=str(file.path), api_url=service.url, timeout=10.0, client_secret="s", now=NOW,
                grant=KNOWN, **more,
            )  # fmt: skip
            try:
                renewal.run(order)
            finally:
                run.requests = service.requests
        return kept()

    def kept():
        return file.read().of("c", HOME)

    run.kept = kept
    return run


def given(**changed):
    """Return an answer with tokens; None leaves a field out."""
    body = {name: value for name, value in (TOKENS | changed).items() if value != "absent"}
    return answer(body=json.dumps(body).encode(), **DATE)


@pytest.mark.parametrize(
    ("life", "minutes"),
    [
        (7200, 115), ("7200", 115), (7200.9, 115), ("3600.0", 55), (60, 0.5),
        ("absent", 115), (None, 115), ("soon", 115), ("", 115), (-1, 115), (0, 115), (True, 115), ([], 115),
        ({"seconds": 1}, 115), (10**30, 1435), ("inf", 1435), ("nan", 115), ("9" * 400, 1435),
    ],
    ids=repr,
)  # fmt: skip
def test_whatever_life_is_told_the_new_tokens_are_kept(renew, life, minutes):
    new = renew(given(expires_in=life))
    assert (new.access_token, new.refresh_token, new.previous_refresh_token) == (
        "access-2",
        "refresh-2",
        "refresh-1",
    )
    assert new.renew_at.replace(microsecond=0) == NOW + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("scope", "scopes"),
    [
        ("SITE_DATA DEVICE_DATA", ["SITE_DATA", "DEVICE_DATA"]),
        ("DEVICE_DATA,SITE_DATA", ["SITE_DATA", "DEVICE_DATA"]),
        (["SITE_DATA"], ["SITE_DATA"]),
        (["SITE_DATA, DEVICE_DATA", 7, None], ["SITE_DATA", "DEVICE_DATA"]),
        ("site_data", ["SITE_DATA"]),
        *(
            (other, KNOWN.scopes)
            for other in (None, "absent", "", [], 7, {"SITE_DATA": True}, "openid", [None])
        ),
    ],
    ids=repr,
)
def test_whatever_scope_is_told_the_new_tokens_are_kept(renew, scope, scopes):
    new = renew(given(scope=scope))
    assert (new.access_token, new.refresh_token, new.scopes) == ("access-2", "refresh-2", scopes)


@pytest.mark.parametrize("token", ["absent", None, "", "  ", 7, [], "refresh-1"], ids=repr)
def test_without_a_new_refresh_token_the_old_one_stays(renew, token):
    new = renew(given(refresh_token=token))
    assert (new.access_token, new.refresh_token, new.previous_refresh_token) == (
        "access-2",
        "refresh-1",
        "refresh-0",
    )


@pytest.mark.parametrize("token", ["absent", None, "", 7], ids=repr)
def test_a_new_refresh_token_is_kept_though_no_access_token_came(renew, token):
    with pytest.raises(Busy, match="renewed without an access token; the next run tries again"):
        renew(given(access_token=token))
    new = renew.kept()
    assert (new.access_token, new.refresh_token, new.previous_refresh_token) == (
        None,
        "refresh-2",
        "refresh-1",
    )
    assert not new.is_fresh(NOW)


def test_an_answer_without_a_date_counts_from_this_computers_time(renew):
    new = renew(answer(body=json.dumps(TOKENS).encode()))
    assert timedelta() < new.renew_at - datetime.now(UTC) < timedelta(minutes=116)


def test_created_is_as_good_as_ok(renew):
    assert renew(answer("201 Created", json.dumps(TOKENS).encode(), **DATE)).refresh_token == "refresh-2"


NO_TOKENS = [
    b"",
    b"null",
    b"[]",
    b'"x"',
    b"{}",
    b'{"access_token": "access-2", "refr',
    b"[" * 100_000,
    b"\xff",
]


@pytest.mark.parametrize("body", NO_TOKENS)
def test_an_answer_without_tokens_changes_nothing(renew, body):
    with pytest.raises(Busy, match="holds no tokens") as caught:
        renew(answer(body=body))
    assert "access-2" not in str(caught.value)
    assert renew.kept() == KNOWN


OUTAGES = {
    "page with 403": (answer("403 Forbidden", PAGE, "text/html"), "403: Request & unblock"),
    "page with 400": (answer("400 Bad Request", PAGE, "text/html"), "400: Request & unblock"),
    "page with 200": (answer("200 OK", PAGE, "text/html"), "200: Request & unblock"),
    "page with 405": (answer("405 Not Allowed", PAGE, "text/html"), "405: Request & unblock"),
    "plain 403": (answer("403 Forbidden", b"no", "text/plain"), "403: no"),
    "empty 401": (answer("401 Unauthorized"), "401: Unauthorized"),
    "redirect": (
        answer("302 Found", Location="https://elsewhere/x?y"),
        "a redirect to elsewhere, which is not",
    ),
    "408": (answer("408 Timeout", b"{}"), "408"),
    "425": (answer("425 Too Early", b"{}"), "425"),
    "404": (answer("404 Not Found", b'{"detail": "Unknown endpoint"}'), "404: Unknown endpoint"),
    "429": (answer("429 Too Many", b"{}", Retry_After="7"), "429"),
    "503": (answer("503 Unavailable", b"{}", Retry_After="Fri, 20 Nov 2026 12:00:07 GMT", **DATE), "503"),
}


@pytest.mark.parametrize("outage", OUTAGES)
def test_an_outage_before_the_token_endpoint_is_no_lost_login(renew, outage):
    said, told = OUTAGES[outage]
    with pytest.raises(Busy, match=told) as caught:
        renew(said)
    assert "log in again" not in str(caught.value)
    assert "elsewhere/x" not in str(caught.value)
    assert caught.value.retry_after == (7.0 if outage in {"429", "503"} else None)
    assert renew.kept() == KNOWN
    assert len(renew.requests) == 1


@pytest.mark.parametrize("status", ["429 Too Many", "503 Unavailable", "403 Forbidden"])
def test_a_long_wait_for_the_token_endpoint_ends_the_run(renew, status):
    body, kind = (PAGE, "text/html") if status.startswith("403") else (b"{}", "application/json")
    with pytest.raises(BudgetReached, match="come back at 2026-11-21 12:00 UTC"):
        renew(answer(status, body, kind, Retry_After="86400", **DATE))
    assert renew.kept() == KNOWN


@pytest.mark.parametrize("error", ["invalid_grant", "invalid_request", "access_denied"])
def test_the_services_own_refusal_asks_for_a_new_login(renew, error):
    body = json.dumps({"error": error, "error_description": f"told\n\x1b[2J{error}"}).encode()
    with pytest.raises(GrantEnded, match="log in again with `tap-solaredge login`") as caught:
        renew(answer("400 Bad Request", body))
    assert str(caught.value).isprintable()
    assert len(renew.requests) == 2  # the previous one was tried too


def test_a_service_that_does_not_know_the_application_is_a_wrong_setting(renew):
    with pytest.raises(ConfigError, match="Check `client_id`"):
        renew(answer("401 Unauthorized", b'{"error": "invalid_client"}'))


def test_nobody_at_the_token_endpoint_is_an_outage(tmp_path):
    order = renewal.Order(
        token_file=str(tmp_path / "tokens.json"), api_url="http://127.0.0.1:9", timeout=5.0,
        client_secret="s", now=NOW, grant=KNOWN,
    )  # fmt: skip
    with pytest.raises(Unreachable, match="No answer from /v2/oauth2/token: no connection"):
        renewal.run(order)


def test_the_netrc_of_the_user_is_not_sent_along(tmp_path, monkeypatch):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password netrc-password")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    with StrangeService(given()) as service:
        TokenEndpoint(service.url, "c", "s", 10.0).refresh("refresh-1")
        assert "authorization" not in service.requests[0].lower()


def test_a_run_goes_on_with_a_login_that_was_renewed_by_an_odd_answer(simulator, tmp_path, run_tap):
    config = settings(simulator, tmp_path, site_ids=[HOME], request_retries=0)
    file = Path(config["token_file"])
    grant_access(simulator, file, HOME)
    simulator.clock.advance(hours=3)
    with StrangeService(answer("403 Forbidden", PAGE, "text/html")) as firewall:
        said = run_tap(simulator, **config | {"api_url": firewall.url})
    assert said.code == 1
    assert "log in again" not in str(said.error)
    assert run_tap(simulator, state=said.state, **config).error is None


# The file


def test_a_token_file_that_is_a_link_stays_one(simulator, tmp_path, run_tap):
    real, link = tmp_path / "volume" / "real.json", tmp_path / "state" / "tokens.json"
    grant_access(simulator, real, HOME)
    link.parent.mkdir()
    link.symlink_to("../volume/real.json")
    before = grants(real)[HOME]
    simulator.clock.advance(hours=3)
    said = run_tap(simulator, **settings(simulator, tmp_path, site_ids=[HOME]))
    assert said.error is None
    assert link.is_symlink()
    assert grants(real)[HOME].previous_refresh_token == before.refresh_token
    assert stat.S_IMODE(real.stat().st_mode) == 0o600
    assert [path.name for path in link.parent.iterdir()] == ["tokens.json"]


def test_a_link_to_a_file_that_is_not_there_yet_is_followed(tmp_path):
    link = tmp_path / "tokens.json"
    link.symlink_to(tmp_path / "volume" / "real.json")
    with TokenFile(link).change() as change:
        change.grants.put(KNOWN)
        change.save()
    assert link.is_symlink()
    assert TokenFile(tmp_path / "volume" / "real.json").read() == Grants([KNOWN])


def test_links_that_lead_nowhere_are_told(tmp_path):
    link = tmp_path / "tokens.json"
    link.symlink_to(link)
    with pytest.raises(ConfigError, match="The token file"), TokenFile(link).change():
        pass


SERVICE_ERRORS = {
    "server_error": ("400 Bad Request", b'{"error": "server_error"}'),
    "temporarily_unavailable": ("400 Bad Request", b'{"error": "temporarily_unavailable"}'),
    "a gateway's 403": ("403 Forbidden", b'{"message": "Forbidden"}'),
    "a gateway's 401": ("401 Unauthorized", b'{"message": "Unauthorized"}'),
    "a 400 of nobody": ("400 Bad Request", b"{}"),
    "an error that is no text": ("400 Bad Request", b'{"error": ["invalid_grant"]}'),
    "an error of its own": ("400 Bad Request", b'{"error": "\\u001b[2J"}'),
}


@pytest.mark.parametrize("which", SERVICE_ERRORS)
def test_a_refusal_that_says_nothing_of_the_grant_is_an_outage(renew, which):
    status, body = SERVICE_ERRORS[which]
    with pytest.raises(Busy) as caught:
        renew(answer(status, body))
    assert "log in again" not in str(caught.value)
    assert "the next run tries again" in str(caught.value)
    assert renew.kept() == KNOWN
    assert len(renew.requests) == 1
