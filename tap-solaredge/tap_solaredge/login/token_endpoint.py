"""SolarEdge's token endpoint: a code or a refresh token becomes new tokens (reference: 2.4, 2.5)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import requests

from tap_solaredge import transport
from tap_solaredge.errors import Busy, ConfigError, GrantEnded, TapSolarEdgeError
from tap_solaredge.login.grants import SCOPES, can_be_sent
from tap_solaredge.redaction import conceal, one_line
from tap_solaredge.transport import AGAIN, LOOKED_AT, TEXT_IN_MESSAGE, busy, outage

if TYPE_CHECKING:
    from tap_solaredge.login.grants import Grant
    from tap_solaredge.transport import Reply

TOKEN_PATH, REVOKE_PATH = "/v2/oauth2/token", "/v2/oauth2/revoke-token"
EARLY = timedelta(minutes=5)
"""How long before its end an access token is renewed."""
USUAL_LIFE, LONGEST_LIFE = 7200.0, 86400.0
"""Seconds that an access token lives where that is not told, and that are believed at most (gotcha 91)."""
_WRONG_CLIENT = frozenset({"invalid_client", "unauthorized_client"})
_FINAL = frozenset(
    {"invalid_grant", "invalid_request", "invalid_scope", "unsupported_grant_type", "access_denied"}
)
"""What says something of the request itself (RFC 6749, section 5.2); anything else may pass."""


class Tokens(NamedTuple):
    """What the endpoint gives, as far as it can be read; the tokens count, whatever stands beside them."""

    access_token: str | None
    refresh_token: str | None
    life: timedelta
    scopes: list[str] | None


@dataclass(frozen=True, repr=False)
class TokenEndpoint:
    """Asks as one application."""

    api_url: str
    client_id: str
    client_secret: str
    timeout: float

    def exchange(self, code: str, redirect_uri: str) -> tuple[Tokens, datetime]:
        """Return the first tokens of a grant, and the service's time."""
        conceal.add([code])
        return self._tokens(grant_type="authorization_code", code=code, redirect_uri=redirect_uri)

    def refresh(self, refresh_token: str) -> tuple[Tokens, datetime]:
        """Return new tokens and the service's time; the refresh token is dead from now on.

        Raises:
            GrantEnded: If the token was used, has expired, or the owner's permission is over.
            ConfigError: If the service does not know the application.
            Busy: If the service cannot answer now.
            BudgetReached: If it wants a longer wait than a run is worth.
        """
        conceal.add([refresh_token])
        return self._tokens(grant_type="refresh_token", refresh_token=refresh_token)

    def revoke(self, token: str) -> None:
        """End a grant."""
        self._post(REVOKE_PATH, {"token": token})

    def _tokens(self, **fields: str) -> tuple[Tokens, datetime]:
        reply = self._post(TOKEN_PATH, fields)
        tokens = _read(reply.document())
        if tokens is None:
            raise Busy(f"{TOKEN_PATH} answered something that holds no tokens; {AGAIN}")  # but may hold half
        return tokens, reply.sent() or datetime.now(UTC)

    def _post(self, path: str, fields: dict[str, str]) -> Reply:
        body = fields | {"client_id": self.client_id, "client_secret": self.client_secret}
        url = self.api_url.rstrip("/") + path
        try:
            with transport.session(url) as session:
                reply = transport.send(session, "POST", url, self.timeout, json=body, auth=_as_it_is)
        except requests.RequestException as error:
            raise transport.no_answer(path, error) from None
        if reply.status // 100 != 2 or reply.is_page():  # noqa: PLR2004 (2xx)
            raise _refusal(path, reply)
        return reply


def renewed(grant: Grant, tokens: Tokens, now: datetime) -> Grant:
    """Return a grant with its new tokens; the refresh token that brought them is kept as the previous one.

    Without a new refresh token the old one stays good (RFC 6749, section 6).
    """
    rotated = tokens.refresh_token is not None and tokens.refresh_token != grant.refresh_token
    return msgspec.structs.replace(
        grant,
        refresh_token=tokens.refresh_token or grant.refresh_token,
        previous_refresh_token=(grant.refresh_token or None) if rotated else grant.previous_refresh_token,
        access_token=tokens.access_token,
        renew_at=now + tokens.life - min(EARLY, tokens.life / 2),
        refreshed_at=now,
        scopes=tokens.scopes or grant.scopes,
    )


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Add nothing: without an `auth` of ours, requests takes one from the address or ~/.netrc."""
    return request


def _read(document: Any) -> Tokens | None:  # noqa: ANN401
    """Return the tokens of an answer, None where it holds none."""
    if not isinstance(document, dict):
        return None
    access, refresh = (_text(document.get(name)) for name in ("access_token", "refresh_token"))
    conceal.add([access, refresh])
    if access is None and refresh is None:
        return None
    return Tokens(access, refresh, _life(document.get("expires_in")), _scopes(document.get("scope")))


def _text(value: Any) -> str | None:  # noqa: ANN401
    """Return a token; None for what is none, or can stand in no header."""
    token = value.strip() if isinstance(value, str) else ""
    return token if token and can_be_sent(token) else None


def _life(value: Any) -> timedelta:  # noqa: ANN401
    """Return how long the access token lives; a number or a numeric text was seen."""
    try:
        seconds = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        seconds = math.nan
    return timedelta(seconds=min(seconds, LONGEST_LIFE) if seconds > 0 else USUAL_LIFE)


def _scopes(value: Any) -> list[str] | None:  # noqa: ANN401
    """Return the scopes of ours that a list or a text names, None where that cannot be told."""
    named = value if isinstance(value, list) else [value]
    words = {word.upper() for text in named if isinstance(text, str) for word in re.split(r"[\s,;]+", text)}
    return [scope for scope in SCOPES if scope in words] or None


def _refusal(path: str, reply: Reply) -> TapSolarEdgeError:
    said = f"{path} answered {reply.status}: {_said(reply)}"
    if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
        return busy(said, reply)
    problem = outage(path, reply)
    if problem is not None:
        return problem
    document = reply.document()
    error = str(document.get("error")) if isinstance(document, dict) else None
    if error in _WRONG_CLIENT:
        return ConfigError(f"{said}. Check `client_id` and `client_secret` in the developer console")
    if error in _FINAL:
        return GrantEnded(said)
    return busy(said, reply)


def _said(reply: Reply) -> str:
    """Return the description of an error of RFC 6749, else its name, else what the body says."""
    document = reply.document()
    if isinstance(document, dict) and isinstance(document.get("error"), str):
        told = document.get("error_description") or document["error"]
        return one_line(" ".join(str(told)[:LOOKED_AT].split()))[:TEXT_IN_MESSAGE]
    return reply.excerpt()
