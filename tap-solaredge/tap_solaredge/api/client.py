"""The only HTTP of the tap: send within the budget, retry what may pass, turn a status into an error."""

from __future__ import annotations

import email.utils
import logging
import random
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

import backoff
import msgspec
import requests

from tap_solaredge.api.errors import (
    BudgetReached,
    Busy,
    EndpointRetired,
    NotAuthorized,
    NotPermitted,
    RangeTooLong,
    TapSolarEdgeError,
    UnexpectedPayload,
)
from tap_solaredge.redaction import conceal

if TYPE_CHECKING:
    from collections.abc import Generator

    from requests.auth import AuthBase

    from tap_solaredge.budget import Ledger
    from tap_solaredge.clock import Clock

logger = logging.getLogger("tap-solaredge.api")

LONGEST_WAIT = 60.0
"""Seconds; the wait before try n is 2^n seconds with jitter, at most this."""
DEFAULT_RETRIES = 6
BODY_IN_MESSAGE = 200
MINUTE_LIMIT_WAIT = 60.0
WORTH_A_LINE = 5.0
"""Seconds of waiting for the minute's limit that are worth a line in the log."""
WINDOW_STARTS = frozenset({"from", "startTime", "startDate"})

_BAD_REQUEST, _TOO_MANY, _SERVER_ERROR = 400, 429, 500
_MEANING: dict[int, tuple[type[TapSolarEdgeError], str]] = {
    400: (NotPermitted, ""),
    401: (NotAuthorized, ". The credential is missing, wrong or expired: check `api_key`"),
    403: (NotPermitted, ""),
    404: (NotPermitted, ""),
    410: (EndpointRetired, ". SolarEdge switched this API off (V1 on 2026-11-03): use V2 with a fleet key"),
}
"""Status to what it means and what to do."""


class Request(NamedTuple):
    """One call: what is asked, for which site."""

    path: str
    params: tuple[tuple[str, str], ...] = ()
    site_id: int | None = None

    @property
    def endpoint(self) -> str:
        """The kind of call, the same for all sites."""
        return self.path if self.site_id is None else self.path.replace(f"/{self.site_id}", "/{site}", 1)

    def has_window(self) -> bool:
        """Whether the call names a span of time, so that a shorter span may be accepted."""
        return any(name in WINDOW_STARTS for name, _ in self.params)

    def __str__(self) -> str:
        return f"{self.path} {' '.join(f'{name}={value}' for name, value in self.params)}".rstrip()


class Client:
    """Asks the service, one request at a time, and writes each call down before it is sent."""

    def __init__(
        self,
        base_url: str,
        credential: AuthBase,
        ledger: Ledger,
        clock: Clock,
        *,
        timeout: float = 30.0,
        retries: int = DEFAULT_RETRIES,
        user_agent: str | None = None,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._timeout = timeout
        self._ledger = ledger
        self._clock = clock
        self._session = requests.Session()
        self._session.auth = credential
        self._session.headers["Accept"] = "application/json"
        self._session.headers["User-Agent"] = user_agent or f"tap-solaredge/{version('tap-solaredge')}"
        self._get_with_retries = backoff.on_exception(
            self._wait_between_tries, Busy, max_tries=retries + 1, jitter=None, logger=None
        )(self._get_once)
        self.calls = 0
        """Calls made so far, failed ones and retries included."""

    def get(self, request: Request) -> bytes:
        """Return the answer: JSON, checked, but not decoded.

        Raises:
            TapSolarEdgeError: The subclass says what happened and how to go on.
        """
        return self._get_with_retries(request)

    def _get_once(self, request: Request) -> bytes:
        self._wait_for_budget(request)
        self.calls += 1
        try:
            response = self._session.get(
                self._base_url + request.path, params=request.params, timeout=self._timeout
            )
        except requests.RequestException as error:
            raise Busy(f"No answer from {request.path}: {_reason(error)}") from None
        self._learn(response)
        if response.status_code != requests.codes.ok:
            raise _error(request, response)
        return _checked(request, response)

    def _wait_for_budget(self, request: Request) -> None:
        while wait := self._ledger.spend(request.site_id, request.endpoint):
            if wait >= WORTH_A_LINE:
                logger.info("The minute's calls are spent; going on in %.0f s", wait)
            self._clock.sleep(wait)

    def _wait_between_tries(self) -> Generator[float, Busy, None]:
        """Wait after each failure as long as the service asks for, else 2^n seconds with jitter."""
        failure = yield 0.0
        for exponent in count():
            seconds = failure.retry_after
            if seconds is None:
                seconds = min(2.0**exponent, LONGEST_WAIT) * random.uniform(0.5, 1.0)
            logger.warning("%s; trying again in %.0f s", failure, seconds)
            self._clock.sleep(seconds)
            failure = yield 0.0

    def _learn(self, response: requests.Response) -> None:
        """Set the clock and the minute's limit by what the service tells."""
        sent = _http_date(response.headers.get("Date"))
        if sent is not None:
            self._clock.set_by(sent)
        limit = response.headers.get("x-ratelimit-limit-minute", "").strip()
        if limit.isdigit() and int(limit) > 0:
            self._ledger.learn_minute_limit(int(limit))


def _reason(error: requests.RequestException) -> str:
    """Name a network failure without the address, which may hold a key."""
    if isinstance(error, requests.Timeout):
        return "timed out (see setting `request_timeout`)"
    if isinstance(error, requests.exceptions.SSLError):
        return "TLS failed; check certificates and `api_url`"
    if isinstance(error, requests.ConnectionError):
        return "connection failed or was cut; check the network and `api_url`"
    return type(error).__name__


def _checked(request: Request, response: requests.Response) -> bytes:
    """Return the body if it looks like data; a cut or foreign one may be whole next time."""
    start = response.content.lstrip()[:1]
    if start in {b"{", b"["}:
        try:
            msgspec.json.decode(response.content, type=msgspec.Raw)
        except msgspec.DecodeError:
            raise Busy(f"{request.path} answered cut or broken JSON") from None
        return response.content
    if start == b'"':
        raise UnexpectedPayload(f"{request.path} answered a bare text, not data: {_excerpt(response)}")
    raise Busy(f"{request.path} answered something that is not JSON: {_excerpt(response)}")


def _error(request: Request, response: requests.Response) -> TapSolarEdgeError:
    """Return the error that a status other than 200 means (reference: API V2, section 9)."""
    status = response.status_code
    said = f"{request.path} answered {status}: {_excerpt(response)}"
    if status == _TOO_MANY:
        return _too_many(said, response)
    if status >= _SERVER_ERROR:
        return Busy(said, _retry_after(response))
    if status == _BAD_REQUEST and request.has_window():
        return RangeTooLong(said)
    kind, remedy = _MEANING.get(status, (UnexpectedPayload, ""))
    return kind(said + remedy)


def _too_many(said: str, response: requests.Response) -> TapSolarEdgeError:
    """Tell the two kinds of 429 apart (reference: API V2, section 3)."""
    wait = _retry_after(response)
    remaining = response.headers.get("x-ratelimit-remaining-minute", "").strip()
    if wait is None and remaining.isdigit() and int(remaining) > 0:
        return BudgetReached(
            f"{said}. The month's credits are used up; the state is saved and the next run goes on "
            "from here once the billing cycle has begun anew"
        )
    return Busy(said, MINUTE_LIMIT_WAIT if wait is None else wait)


def _retry_after(response: requests.Response) -> float | None:
    """Return the seconds that `Retry-After` asks for, given as a number or as a date."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isdigit():
        return float(value)
    until = _http_date(value)
    if until is None:
        return None
    now = _http_date(response.headers.get("Date")) or datetime.now(UTC)
    return max((until - now).total_seconds(), 0.0)


def _http_date(value: str | None) -> datetime | None:
    try:
        return email.utils.parsedate_to_datetime(value or "").astimezone(UTC)
    except ValueError:
        return None


def _excerpt(response: requests.Response) -> str:
    """Return the reason that a body gives: the detail of a problem, else its first characters."""
    try:
        problem = msgspec.json.decode(response.content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        problem = None
    if isinstance(problem, dict):
        named = [problem.get(key) for key in ("detail", "error_description", "message", "String", "title")]
        text = next((str(value) for value in named if value), response.reason)
    else:
        text = " ".join(response.text.split())
    return conceal(text[:BODY_IN_MESSAGE] or response.reason or "no reason given")
