"""What an answer of the service means: data, or an error that says what to do."""

from __future__ import annotations

import json
import logging
from http import HTTPStatus
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tap_solaredge.errors import (
    BudgetReached,
    Busy,
    NotPermitted,
    RangeTooLong,
    TapSolarEdgeError,
    UnexpectedPayload,
)
from tap_solaredge.transport import AGAIN, Reply, busy, outage

if TYPE_CHECKING:
    from datetime import datetime

    from tap_solaredge.service.request import Request

logger = logging.getLogger("tap-solaredge.api")

NOT_TAKEN = "SolarEdge does not take this call: see whether a newer tap-solaredge knows why"
MINUTE_LIMIT_WAIT = 60.0
_BOM = b"\xef\xbb\xbf"

_OWN_PAGES = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.GONE})
"""What V1 says with a page of its own (gotcha 31), and what stays true whatever page comes with it."""
_MEANING: dict[int, tuple[type[TapSolarEdgeError], str]] = {
    HTTPStatus.BAD_REQUEST: (UnexpectedPayload, f"; {NOT_TAKEN}"),
    HTTPStatus.FORBIDDEN: (NotPermitted, "; the credential may not read this: it is skipped until it may"),
    HTTPStatus.NOT_FOUND: (NotPermitted, "; SolarEdge does not have this: it is skipped until it does"),
    HTTPStatus.GONE: (
        UnexpectedPayload,
        "; SolarEdge switched this off: see whether a newer tap-solaredge does without",
    ),
}
"""Status to what it means and what to do."""


class Answer(NamedTuple):
    """What the service sent, and what that says."""

    body: bytes
    payload: Any


def checked(request: Request, reply: Reply) -> Answer:
    """Return what was answered if it looks like data; a cut or foreign one may be whole next time."""
    body = reply.body.removeprefix(_BOM)
    start = body.lstrip()[:1]
    if start in {b"{", b"["}:
        try:
            return Answer(body, msgspec.json.decode(body))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return _mended(request, body, error)
    if start == b'"':
        raise UnexpectedPayload(f"{request.path} answered a bare text, not data: {reply.excerpt()}; {AGAIN}")
    raise busy(f"{request.path} answered something that is not JSON: {reply.excerpt()}", reply)


def _mended(request: Request, body: bytes, error: Exception) -> Answer:
    """Return what can be read of JSON that is whole but odd: NaN, numbers too large, characters cut in two.

    Raises:
        Busy: If it is cut or broken.
    """
    try:
        found = json.loads(
            body.decode(errors="replace"), strict=False, parse_constant=_no_number, parse_float=_finite
        )
        mended = json.dumps(found, ensure_ascii=False).encode(errors="replace")
        answer = Answer(mended, msgspec.json.decode(mended))
    except (ValueError, msgspec.DecodeError, RecursionError):
        raise Busy(f"{request.path} answered cut or broken JSON; {AGAIN}") from None
    logger.warning("%s answered odd JSON (%s): what is odd in it is left empty", request.path, error)
    return answer


def _no_number(_: str) -> None:
    """Return nothing for NaN and Infinity."""


def _finite(text: str) -> float | None:
    number = float(text)
    return number if isfinite(number) else None


def unanswered(request: Request, reply: Reply, cycle_end: datetime) -> TapSolarEdgeError | None:
    """Return why an answer is not the service's own word, or only that it has too many calls; else None."""
    if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
        return _too_many(f"{request.path} answered {reply.status}: {reply.excerpt()}", reply, cycle_end)
    if reply.status in _OWN_PAGES:
        return None
    return outage(request.path, reply)


def refusal(request: Request, reply: Reply) -> TapSolarEdgeError:
    """Return the error that a refusal of the service means (reference: API V2, section 9)."""
    said = f"{request.path} answered {reply.status}: {reply.excerpt()}"
    if reply.status == HTTPStatus.BAD_REQUEST and request.has_window():
        return RangeTooLong(said)
    kind, remedy = _MEANING.get(reply.status, (UnexpectedPayload, f"; {AGAIN}"))
    return kind(said + remedy)


def is_unexplained(reply: Reply) -> bool:
    """Whether a 429 does not say why: too many calls at once is one of the reasons (gotcha 26)."""
    told = any(name in reply.headers for name in ("Retry-After", "x-ratelimit-remaining-minute"))
    return reply.status == HTTPStatus.TOO_MANY_REQUESTS and not told


def _too_many(said: str, reply: Reply, cycle_end: datetime) -> TapSolarEdgeError:
    """Tell the two kinds of 429 apart (reference: API V2, section 3)."""
    remaining = reply.headers.get("x-ratelimit-remaining-minute", "").strip()
    if reply.retry_after() is None and remaining.isdecimal() and int(remaining[:9]) > 0:
        return BudgetReached(
            f"{said}. The month's credits are used up; come back on {cycle_end:%Y-%m-%d}, when the billing "
            "cycle begins anew (setting `billing_day`); the state is saved"
        )
    return busy(said, reply, otherwise=MINUTE_LIMIT_WAIT)
