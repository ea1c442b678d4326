"""What an answer of the service means, or that none came: data, or an error that says what to do."""

from __future__ import annotations

import email.utils
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import requests
from urllib3.exceptions import NewConnectionError

from tap_solaredge.errors import (
    BudgetReached,
    Busy,
    EndpointRetired,
    NotPermitted,
    RangeTooLong,
    TapSolarEdgeError,
    UnexpectedPayload,
    Unreachable,
)
from tap_solaredge.redaction import conceal

if TYPE_CHECKING:
    from tap_solaredge.service.request import Request

BODY_IN_MESSAGE = 200
NOT_TAKEN = "SolarEdge does not take this call: see whether a newer tap-solaredge knows why"
AGAIN = "the next run tries again"
MINUTE_LIMIT_WAIT = 60.0
_TITLE = re.compile(r"(?is)<title>(.*?)</title>")

_BAD_REQUEST, _TOO_MANY, _SERVER_ERROR = 400, 429, 500
_MEANING: dict[int, tuple[type[TapSolarEdgeError], str]] = {
    400: (UnexpectedPayload, f"; {NOT_TAKEN}"),
    403: (NotPermitted, "; the credential may not read this: it is skipped until it may"),
    404: (NotPermitted, "; SolarEdge does not have this: it is skipped until it does"),
    410: (EndpointRetired, ". SolarEdge switched this API off (V1 on 2026-11-03): use V2 with a fleet key"),
}
"""Status to what it means and what to do."""


class Answer(NamedTuple):
    """What the service sent, and what that says."""

    body: bytes
    payload: Any


def no_answer(request: Request, error: requests.RequestException) -> Busy:
    """Return what a network failure means, without the address, which may hold a key."""
    where = f"No answer from {request.path}"
    cause = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(error, requests.exceptions.SSLError):
        return Unreachable(f"{where}: TLS failed; check certificates, this computer's date and `api_url`")
    if isinstance(error, requests.exceptions.ProxyError):
        return Unreachable(f"{where}: the proxy refused; check the environment's HTTPS_PROXY")
    if isinstance(error, requests.ConnectTimeout) or isinstance(cause, NewConnectionError):
        return Unreachable(f"{where}: no connection; check the network and `api_url`; {AGAIN}")
    if isinstance(error, requests.Timeout):
        return Busy(f"{where}: timed out (see setting `request_timeout`); {AGAIN}")
    return Busy(f"{where}: the connection was cut; check the network and `api_url`; {AGAIN}")


def checked(request: Request, response: requests.Response) -> Answer:
    """Return what was answered if it looks like data; a cut or foreign one may be whole next time."""
    start = response.content.lstrip()[:1]
    if start in {b"{", b"["}:
        try:
            return Answer(response.content, msgspec.json.decode(response.content))
        except msgspec.DecodeError:
            raise Busy(f"{request.path} answered cut or broken JSON; {AGAIN}") from None
    if start == b'"':
        raise UnexpectedPayload(
            f"{request.path} answered a bare text, not data: {excerpt(response)}; {AGAIN}"
        )
    raise Busy(f"{request.path} answered something that is not JSON: {excerpt(response)}; {AGAIN}")


def refusal(request: Request, response: requests.Response, cycle_end: datetime) -> TapSolarEdgeError:
    """Return the error that a status other than 200 means (reference: API V2, section 9)."""
    status = response.status_code
    said = f"{request.path} answered {status}: {excerpt(response)}"
    if status == _TOO_MANY:
        return _too_many(said, response, cycle_end)
    if status >= _SERVER_ERROR:
        return Busy(f"{said}; {AGAIN}", _retry_after(response))
    if status == _BAD_REQUEST and request.has_window():
        return RangeTooLong(said)
    kind, remedy = _MEANING.get(status, (UnexpectedPayload, ""))
    return kind(said + remedy)


def is_unexplained(response: requests.Response) -> bool:
    """Whether a 429 does not say why: too many calls at once is one of the reasons (gotcha 26)."""
    told = any(name in response.headers for name in ("Retry-After", "x-ratelimit-remaining-minute"))
    return response.status_code == _TOO_MANY and not told


def _too_many(said: str, response: requests.Response, cycle_end: datetime) -> TapSolarEdgeError:
    """Tell the two kinds of 429 apart (reference: API V2, section 3)."""
    wait = _retry_after(response)
    remaining = response.headers.get("x-ratelimit-remaining-minute", "").strip()
    if wait is None and remaining.isdigit() and int(remaining) > 0:
        return BudgetReached(
            f"{said}. The month's credits are used up; come back on {cycle_end:%Y-%m-%d}, when the billing "
            "cycle begins anew (setting `billing_day`); the state is saved"
        )
    return Busy(f"{said}; {AGAIN}", MINUTE_LIMIT_WAIT if wait is None else wait)


def _retry_after(response: requests.Response) -> float | None:
    """Return the seconds that `Retry-After` asks for, given as a number or as a date."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isdigit():
        return float(value)
    until = http_date(value)
    if until is None:
        return None
    now = http_date(response.headers.get("Date")) or datetime.now(UTC)
    return max((until - now).total_seconds(), 0.0)


def http_date(value: str | None) -> datetime | None:
    """Return the instant of a header's date, None for anything else."""
    try:
        return email.utils.parsedate_to_datetime(value or "").astimezone(UTC)
    except ValueError:
        return None


def excerpt(response: requests.Response) -> str:
    """Return the reason that a body gives: the detail of a problem, else its first characters."""
    try:
        problem = msgspec.json.decode(response.content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        problem = None
    if isinstance(problem, dict):
        named = [problem.get(key) for key in ("detail", "error_description", "message", "String", "title")]
        text = next((str(value) for value in named if value), response.reason)
    else:
        title = _TITLE.search(response.text)
        text = " ".join((title[1] if title else response.text).split())
    return conceal(text[:BODY_IN_MESSAGE] or response.reason or "no reason given")
