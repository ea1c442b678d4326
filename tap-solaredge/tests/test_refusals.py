"""What stands in front of the service is not the service: redirects, firewalls' pages, requests to wait."""

import logging
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from solaredge_simulator.fleet import HOME, ROOF
from tap_solaredge.clock import Clock
from tap_solaredge.errors import (
    BudgetReached,
    Busy,
    NotAuthorized,
    NotPermitted,
    RangeTooLong,
    UnexpectedPayload,
)
from tap_solaredge.login.token_endpoint import TokenEndpoint
from tap_solaredge.service.request import Request
from tap_solaredge.service.v1 import V1

from .client_alone import DETAILS, KEY, client, problem
from .strange_service import PAGE, StrangeService, answer, certificate

__all__ = ["client"]

POWER = Request("/v2/sites/1/power", (("from", "2026-11-20T00:00:00Z"), ("to", "2026-11-21T00:00:00Z")), 1)
REDIRECTS = ["301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"]
FORBIDDEN = b'{"title": "Forbidden", "status": 403, "detail": "Access to site 1 is denied"}'


# Redirects


@pytest.mark.parametrize("secure", [False, True], ids=["http to http", "https to http"])
def test_no_redirect_shows_the_key_to_another_host(client, tmp_path, monkeypatch, secure):
    signed = certificate(tmp_path) if secure else None
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(signed or ""))
    with StrangeService(answer(body=b"{}")) as other, StrangeService(b"", certificate=signed) as service:
        there = f"{other.url.replace('127.0.0.1', 'localhost')}/login?secret=path"
        service.says = lambda request: answer(statuses.pop(), Location=there)
        fleet, old = client(service.url), client(service.url, V1.credential({"api_key": KEY}, Clock()))
        statuses = REDIRECTS * 4
        problems = [problem(asked) for _ in range(10) for asked in (fleet, old)]
        assert len(service.requests) == 20
        assert all(KEY in request for request in service.requests)
        assert other.requests == []
        assert {type(each) for each in problems} == {Busy}
        assert {str(each) for each in problems} == {
            f"/v2/sites/1 answered {status[:3]}: a redirect to localhost, which is not followed; "
            "the next run tries again"
            for status in REDIRECTS
        }


@pytest.mark.parametrize("status", REDIRECTS)
def test_no_redirect_shows_a_login_to_another_host(status):
    with StrangeService(answer(body=b"{}")) as other:
        said = answer(status, Location=other.url)
        with StrangeService(said) as service:
            endpoint = TokenEndpoint(service.url, "client", "client-secret", 10.0)
            for call in (
                lambda: endpoint.refresh("r-1"),
                lambda: endpoint.exchange("c-1", ""),
                revoke(endpoint),
            ):
                with pytest.raises(Busy, match=r"a redirect to 127\.0\.0\.1, which is not followed"):
                    call()
            assert len(service.requests) == 3
            assert other.requests == []


def revoke(endpoint):
    return lambda: endpoint.revoke("r-1")


@pytest.mark.parametrize(
    "location",
    ["/elsewhere", "", "http://[::1", "//", "http://evil\x1b[2Jhost/", "ht!tp://x", "http://user:pw@"],
)
def test_a_redirect_to_nowhere_is_an_outage_like_others(client, location):
    with StrangeService(answer("302 Found", Location=location)) as service:
        error = problem(client(service.url))
    assert isinstance(error, Busy)
    assert "which is not followed" in str(error)
    assert "\x1b" not in str(error)


# Pages and other refusals


@pytest.mark.parametrize(
    ("status", "kind", "body"),
    [
        ("403 Forbidden", "text/html", PAGE),
        ("405 Method Not Allowed", "text/html; charset=UTF-8", PAGE),
        ("401 Unauthorized", "text/html", PAGE),
        ("404 Not Found", "text/html", PAGE),
        ("200 OK", "text/html", PAGE),
        ("403 Forbidden", "application/json", PAGE),
        (
            "403 Forbidden",
            "text/plain",
            b"\xef\xbb\xbf\r\n <!-- x --> <HTML><TITLE>Request &amp;\n unblock</TITLE>",
        ),
        ("403 Forbidden", "text/html", b"<center><h1>Request &amp; unblock</h1></center>"),
        ("503 Unavailable", "text/html", PAGE),
    ],
)
@pytest.mark.parametrize("dialect", ["v2", "v1"])
def test_a_page_is_an_outage_and_its_title_is_told(client, status, kind, body, dialect):
    with StrangeService(answer(status, body, kind)) as service:
        error = problem(client(service.url, refused=V1.refused if dialect == "v1" else None), POWER)
    assert type(error) is Busy
    assert "Request & unblock; the next run tries again" in str(error)
    assert "Ray ID" not in str(error)


@pytest.mark.parametrize("status", ["408 Request Timeout", "425 Too Early", "500 Oops", "599 Odd"])
def test_what_may_pass_is_tried_again(client, status):
    replies = [answer(body=b'{"id": 1}'), answer(status, b"{}")]
    with StrangeService(lambda _: replies.pop()) as service:
        assert client(service.url, retries=1).get(DETAILS).payload == {"id": 1}
        assert len(service.requests) == 2


@pytest.mark.parametrize(
    ("status", "kind", "body", "error"),
    [
        ("403 Forbidden", "application/problem+json", FORBIDDEN, NotPermitted),
        ("403 Forbidden", "text/html", b"Access denied", NotPermitted),
        ("403 Forbidden", "text/plain", b"You are not allowed here", NotPermitted),
        ("403 Forbidden", "text/plain", b"", NotPermitted),
        ("404 Not Found", "application/problem+json", b'{"detail": "<b>none</b>"}', NotPermitted),
        ("401 Unauthorized", "application/json", b"{}", NotAuthorized),
        ("400 Bad Request", "text/html", PAGE, RangeTooLong),
        ("410 Gone", "text/html", PAGE, UnexpectedPayload),
        ("405 Method Not Allowed", "application/json", b"{}", UnexpectedPayload),
    ],
)
def test_the_services_own_word_stays_what_it_is(client, status, kind, body, error):
    with StrangeService(answer(status, body, kind)) as service:
        assert type(problem(client(service.url), POWER)) is error


def test_a_site_behind_a_firewalls_page_fails_and_is_not_skipped(simulator, run_tap, monkeypatch):
    state = run_tap(simulator, site_ids=[HOME]).state
    simulator.clock.advance(hours=1)
    with StrangeService(answer("403 Forbidden", PAGE, "text/html")) as firewall:
        said = run_tap(simulator, state=state, site_ids=[HOME], api_url=firewall.url)
    assert said.code == 1
    assert said.partition("power_readings", HOME)["status"] == "error"
    assert "Request & unblock" in said.partition("power_readings", HOME)["error_message"]


# Requests to wait


@pytest.mark.parametrize(
    "status", ["429 Too Many", "503 Unavailable", "500 Oops", "408 Timeout", "302 Found"]
)
@pytest.mark.parametrize("value", ["86400", "301", "9" * 5000, "Fri, 31 Dec 9999 23:59:59 -0100"])
def test_a_long_wait_ends_the_run_and_says_when_to_come_back(client, status, value):
    now = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    said = answer(status, b"{}", Retry_After=value, Date=format_datetime(now, usegmt=True))
    with StrangeService(said) as service:
        asking = client(service.url, retries=6)
        if value.startswith("Fri"):  # no date at all: the year 10000 in UTC
            assert isinstance(problem(client(service.url)), Busy)
            return
        error = problem(asking)
        assert len(service.requests) == 1
    assert isinstance(error, BudgetReached)
    told = {"86400": "come back at 2026-11-21 12:00 UTC", "301": "come back at 2026-11-20 12:05 UTC"}
    assert told.get(value, "come back when it is available again") in str(error)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("0", 0.0), ("300", 300.0), ("2.5", 2.5), (" 7 ", 7.0), ("Fri, 20 Nov 2026 12:01:00 GMT", 60.0)],
)
def test_a_short_wait_is_kept_to(client, value, seconds):
    date = "Fri, 20 Nov 2026 12:00:00 GMT"
    replies = [answer(body=b"{}"), answer("503 Unavailable", b"{}", Retry_After=value, Date=date)]
    with StrangeService(lambda _: replies.pop()) as service:
        asking = client(service.url, retries=1)
        asking.get(DETAILS)
    assert asking._clock.slept == [seconds]


@pytest.mark.parametrize("value", ["soon", "-1", "²", "1e9", "", "nan"])
def test_an_unreadable_wait_is_none(client, value):
    with StrangeService(answer("503 Unavailable", b"{}", Retry_After=value)) as service:
        error = problem(client(service.url))
    assert (type(error), error.retry_after) == (Busy, None)


def test_a_run_that_is_asked_to_wait_for_a_day_ends_well_with_one_line(simulator, run_tap, caplog):
    state = run_tap(simulator, site_ids=[ROOF]).state
    simulator.clock.advance(hours=1)
    simulator.fault("429_seconds", path="*/power", seconds=86400)
    caplog.clear()
    said = run_tap(simulator, state=state, site_ids=[ROOF], request_retries=6)
    assert (said.code, said.waits) == (0, [])
    (line,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert "It asks for a long wait: come back at 2026-11-21 13:05 UTC; the state is saved" in line
    assert said.partition("power_readings", ROOF)["status"] == "success"


@pytest.mark.parametrize("limit", ["0", "-3", "²", "9" * 5000, "ten", ""])
def test_a_limit_that_is_none_is_not_learned(client, limit):
    headers = {"x-ratelimit-limit-minute": limit, "x-ratelimit-remaining-minute": limit}
    with StrangeService(answer(body=b"{}", **headers)) as service:
        asking = client(service.url)
        asking.get(DETAILS)
        assert asking._ledger.learned("calls_per_minute") is None
