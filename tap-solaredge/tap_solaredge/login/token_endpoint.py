"""SolarEdge's token endpoint: a code or a refresh token becomes new tokens (reference: 2.4, 2.5)."""

from __future__ import annotations

import email.utils
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import requests

from tap_solaredge.errors import Busy, ConfigError, GrantEnded
from tap_solaredge.redaction import conceal

if TYPE_CHECKING:
    from tap_solaredge.login.grants import Grant

TOKEN_PATH, REVOKE_PATH = "/v2/oauth2/token", "/v2/oauth2/revoke-token"
EARLY = timedelta(minutes=5)
"""How long before its end an access token is renewed."""
_WRONG_CLIENT = frozenset({"invalid_client", "unauthorized_client"})
_TOO_MANY, _SERVER_ERROR = 429, 500


class Tokens(msgspec.Struct):
    """What the endpoint gives."""

    access_token: str
    refresh_token: str
    expires_in: int | str = 7200
    """Seconds; a numeric string was seen too."""
    scope: str | None = None


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
        """
        conceal.add([refresh_token])
        return self._tokens(grant_type="refresh_token", refresh_token=refresh_token)

    def revoke(self, token: str) -> None:
        """End a grant."""
        self._post(REVOKE_PATH, {"token": token})

    def _tokens(self, **asked: str) -> tuple[Tokens, datetime]:
        response = self._post(TOKEN_PATH, asked)
        try:
            tokens = msgspec.json.decode(response.content, type=Tokens)
            int(tokens.expires_in)
        except (msgspec.DecodeError, ValueError):
            raise Busy(f"{TOKEN_PATH} answered something that holds no tokens") from None
        conceal.add([tokens.access_token, tokens.refresh_token])
        return tokens, _sent(response)

    def _post(self, path: str, asked: dict[str, str]) -> requests.Response:
        body = asked | {"client_id": self.client_id, "client_secret": self.client_secret}
        try:
            response = requests.post(
                self.api_url.rstrip("/") + path,
                json=body,
                timeout=self.timeout,
                headers={"Accept": "application/json"},
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise Busy(f"No answer from {path}: {type(error).__name__}; check the network") from None
        if response.status_code != requests.codes.ok:
            raise _refusal(path, response)
        return response


def renewed(grant: Grant, tokens: Tokens, now: datetime) -> Grant:
    """Return a grant with its new tokens; the refresh token that brought them is kept as the previous one."""
    life = timedelta(seconds=int(tokens.expires_in))
    return msgspec.structs.replace(
        grant,
        refresh_token=tokens.refresh_token,
        previous_refresh_token=grant.refresh_token or None,
        access_token=tokens.access_token,
        renew_at=now + life - min(EARLY, life / 2),
        refreshed_at=now,
        scopes=tokens.scope.split() if tokens.scope else grant.scopes,
    )


def _refusal(path: str, response: requests.Response) -> Exception:
    status = response.status_code
    error, told = _told(response)
    said = conceal(f"{path} answered {status}: {told or error or response.reason}"[:300])
    if status == _TOO_MANY or status >= _SERVER_ERROR:
        wait = response.headers.get("Retry-After", "").strip()
        return Busy(said, float(wait) if wait.isdigit() else None)
    if error in _WRONG_CLIENT:
        return ConfigError(f"{said}. Check `client_id` and `client_secret` in the developer console")
    return GrantEnded(said)


def _told(response: requests.Response) -> tuple[str, str]:
    """Return error and description of RFC 6749; empty where there are none."""
    try:
        body: Any = msgspec.json.decode(response.content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        body = None
    if not isinstance(body, dict):
        return "", ""
    return str(body.get("error") or ""), str(body.get("error_description") or body.get("detail") or "")


def _sent(response: requests.Response) -> datetime:
    """Return the service's time, which a computer without a clock of its own needs."""
    try:
        return email.utils.parsedate_to_datetime(response.headers.get("Date", "")).astimezone(UTC)
    except ValueError:
        return datetime.now(UTC)
