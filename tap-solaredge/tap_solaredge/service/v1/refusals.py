"""What V1 means when it says no: one status for several reasons (section 4, gotcha 24). Pure."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING

from tap_solaredge.advice import command
from tap_solaredge.errors import (
    EndpointRetired,
    NotAuthorized,
    RangeTooLong,
    TapSolarEdgeError,
    UnexpectedPayload,
)
from tap_solaredge.service.responses import NOT_TAKEN

if TYPE_CHECKING:
    from tap_solaredge.service.request import Request

_BAD_KEY = re.compile(r"(?i)invalid (token|api.?key)")
_NOT_YOURS = re.compile(r"(?i)token|denied|permission|not allowed|not authori[sz]ed")
_TOO_LONG = re.compile(
    r"(?i)\b(period|range|time ?frame|too long|exceeds?|limited to|one (month|week|year))\b"
)
_SWITCHED_OFF = (
    "Monitoring API V1 was switched off on 2026-11-03: set `api_version: v2` and get a credential of V2: "
    "installers the key of a fleet application, home owners with "
)


def refused(request: Request, status: int, said: str) -> TapSolarEdgeError | None:
    """Return what a status means where only V1's body tells, else None."""
    answered = f"{request.path} answered {status}: {said}"
    if status == HTTPStatus.GONE:
        return EndpointRetired(f"{answered}. {_SWITCHED_OFF}`{command('login')}`")
    if status == HTTPStatus.FORBIDDEN and _BAD_KEY.search(said):
        return NotAuthorized(f"{answered}. The V1 key is not valid: check `api_key`")
    if status not in {HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN}:
        return None
    if request.has_window() and _TOO_LONG.search(said) and not _NOT_YOURS.search(said):
        return RangeTooLong(answered)
    return UnexpectedPayload(f"{answered}; {NOT_TAKEN}") if status == HTTPStatus.BAD_REQUEST else None
