"""The ways to go wrong that concern the answer as a whole; `KINDS` is the registry of all."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from solaredge_simulator import node_faults, payload_faults, transport_faults
from solaredge_simulator.messages import problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from solaredge_simulator.faults import Fault
    from solaredge_simulator.messages import Answer, Request

_PAGE = (
    "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1><p>cloudflare</p></body></html>"
)
_LIMIT, _LEFT = "x-ratelimit-limit-minute", "x-ratelimit-remaining-minute"


def busy_seconds(answer: Answer, fault: Fault, _: Request) -> None:
    """429 of the minute limit, Retry-After in seconds."""
    _busy(answer, "API rate limit exceeded", "0", str(int(fault.seconds)))


def busy_date(answer: Answer, fault: Fault, request: Request) -> None:
    """429 of the minute limit, Retry-After as a date."""
    until = request.now + timedelta(seconds=fault.seconds)
    _busy(answer, "API rate limit exceeded", "0", format_datetime(until, usegmt=True))


def unavailable_seconds(answer: Answer, fault: Fault, _: Request) -> None:
    """503 with a Retry-After in seconds."""
    html_status(HTTPStatus.SERVICE_UNAVAILABLE)(answer, fault, _)
    answer.headers["Retry-After"] = str(int(fault.seconds))


def busy_credits(answer: Answer, _: Fault, __: Request) -> None:
    """429 of the monthly credits: no Retry-After, calls left in this minute."""
    _busy(answer, "Monthly credit quota exceeded", "7", None)


def busy_silent(answer: Answer, _: Fault, __: Request) -> None:
    """429 with an empty body and no header that explains it."""
    _replace(answer, HTTPStatus.TOO_MANY_REQUESTS, b"", "text/plain")
    for name in (_LIMIT, _LEFT):
        answer.headers.pop(name, None)


def html_status(status: HTTPStatus, title: str = "") -> Callable[[Answer, Fault, Request], None]:
    """Return the fault that answers with a status and a page of HTML."""

    def strike(answer: Answer, _: Fault, __: Request) -> None:
        page = _PAGE.format(title or f"{status.value} {status.phrase}")
        _replace(answer, status, page, "text/html; charset=UTF-8")

    return strike


def expired_key(answer: Answer, _: Fault, __: Request) -> None:
    """401: the key is not valid any more."""
    refusal = problem(
        HTTPStatus.UNAUTHORIZED, "Invalid API key", "Unauthorized - Authentication Failed"
    ).answer
    _replace(answer, HTTPStatus.UNAUTHORIZED, refusal.body, refusal.content_type)


def forbidden(answer: Answer, _: Fault, request: Request) -> None:
    """403: this operation is not for you."""
    refusal = problem(HTTPStatus.FORBIDDEN, f"Access to {request.path} is denied").answer
    _replace(answer, HTTPStatus.FORBIDDEN, refusal.body, refusal.content_type)


def not_found(answer: Answer, _: Fault, __: Request) -> None:
    """404: the operation is gone."""
    refusal = problem(HTTPStatus.NOT_FOUND, "Unknown endpoint").answer
    _replace(answer, HTTPStatus.NOT_FOUND, refusal.body, refusal.content_type)


def range_too_long(answer: Answer, _: Fault, __: Request) -> None:
    """400: the window is too long, whatever its length."""
    refusal = problem(HTTPStatus.BAD_REQUEST, "The requested period exceeds the maximum allowed").answer
    _replace(answer, HTTPStatus.BAD_REQUEST, refusal.body, refusal.content_type)


def reset_before(answer: Answer, _: Fault, __: Request) -> None:
    """The connection is reset before the first byte."""
    answer.reset = "before"


def reset_inside(answer: Answer, _: Fault, __: Request) -> None:
    """The connection is reset in the middle of the body."""
    answer.reset = "inside"


def slow(answer: Answer, fault: Fault, _: Request) -> None:
    """The answer comes `seconds` later."""
    answer.delay += fault.seconds


def clock_skew(answer: Answer, fault: Fault, _: Request) -> None:
    """The Date header is `seconds` off."""
    answer.skew += fault.seconds


def truncated(answer: Answer, _: Fault, __: Request) -> None:
    """Half of the JSON, with a Content-Length that fits it."""
    content = answer.content()
    answer.body = content[: len(content) // 2]


def html_200(answer: Answer, _: Fault, __: Request) -> None:
    """A page of HTML with status 200."""
    _replace(answer, HTTPStatus.OK, _PAGE.format("Maintenance"), "text/html; charset=UTF-8")


def json_string(answer: Answer, _: Fault, __: Request) -> None:
    """A JSON string with status 200."""
    _replace(answer, HTTPStatus.OK, b'"temporarily unavailable"', "application/json")


def empty(answer: Answer, _: Fault, __: Request) -> None:
    """No body with status 200."""
    _replace(answer, HTTPStatus.OK, b"", "application/json")


def site_gone(answer: Answer, fault: Fault, _: Request) -> None:
    """The site is not in the list any more, and refuses every call."""
    if answer.site is not None and answer.site == fault.site:
        refusal = problem(HTTPStatus.FORBIDDEN, f"Access to site {fault.site} is denied").answer
        _replace(answer, HTTPStatus.FORBIDDEN, refusal.body, refusal.content_type)
    else:
        payload_faults.without_site(answer, fault)


def _busy(answer: Answer, detail: str, left: str, retry_after: str | None) -> None:
    refusal = problem(HTTPStatus.TOO_MANY_REQUESTS, detail).answer
    _replace(answer, HTTPStatus.TOO_MANY_REQUESTS, refusal.body, refusal.content_type)
    answer.headers |= {_LIMIT: answer.headers.get(_LIMIT, "10"), _LEFT: left}
    if retry_after is not None:
        answer.headers["Retry-After"] = retry_after


def _replace(answer: Answer, status: int, body: object, content_type: str) -> None:
    if status >= HTTPStatus.TOO_MANY_REQUESTS and answer.undo:
        answer.undo()  # the gateway said so; the service behind it did nothing
    answer.status, answer.body, answer.content_type = status, body, content_type


def _payload(strike: Callable[[Answer, Fault], None]) -> Callable[[Answer, Fault, Request], None]:
    """Return a fault that changes good JSON only."""

    def strike_good(answer: Answer, fault: Fault, _: Request) -> None:
        if answer.status == HTTPStatus.OK and isinstance(answer.body, (dict, list)):
            strike(answer, fault)

    return strike_good


KINDS: dict[str, Callable[[Answer, Fault, Request], None]] = {
    "429_seconds": busy_seconds,
    "429_date": busy_date,
    "429_credits": busy_credits,
    "429_silent": busy_silent,
    "408": html_status(HTTPStatus.REQUEST_TIMEOUT),
    "425": html_status(HTTPStatus.TOO_EARLY),
    "html_403": html_status(HTTPStatus.FORBIDDEN, "Attention required!"),
    "html_405": html_status(HTTPStatus.METHOD_NOT_ALLOWED, "Attention required!"),
    "503_seconds": unavailable_seconds,
    "500": html_status(HTTPStatus.INTERNAL_SERVER_ERROR),
    "502": html_status(HTTPStatus.BAD_GATEWAY),
    "503": html_status(HTTPStatus.SERVICE_UNAVAILABLE),
    "504": html_status(HTTPStatus.GATEWAY_TIMEOUT),
    "reset_before": reset_before,
    "reset_inside": reset_inside,
    "slow": slow,
    "truncated": truncated,
    "html_200": html_200,
    "json_string": json_string,
    "empty": empty,
    "range_too_long": range_too_long,
    "expired_key": expired_key,
    "forbidden": forbidden,
    "not_found": not_found,
    "clock_skew": clock_skew,
    "site_gone": site_gone,
    **transport_faults.KINDS,
    **{name: _payload(strike) for name, strike in (payload_faults.KINDS | node_faults.KINDS).items()},
}
