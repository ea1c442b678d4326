"""Grants of site owners to applications, with their codes and tokens (API V2 reference, 2.3 to 2.5)."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from solaredge_simulator.local_days import months_later

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

SITE_DATA, DEVICE_DATA = "SITE_DATA", "DEVICE_DATA"
MOST_MONTHS = 24
TOKEN_LIFE = timedelta(seconds=7200)
CODE_LIFE, REFRESH_LIFE = timedelta(minutes=10), timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Application:
    """A "Site Access" application of the developer console. A loopback redirect URL allows any port."""

    client_id: str = "demo-client"
    client_secret: str = "demo-client-secret"  # noqa: S105
    redirect_urls: Collection[str] = ("http://127.0.0.1/callback", "http://localhost/callback")
    scopes: Collection[str] = (SITE_DATA, DEVICE_DATA)
    name: str = "My Site Access"


@dataclass
class Grant:
    """What the owner of a site allowed an application, until when."""

    application: Application
    site: int
    scopes: frozenset[str]
    until: datetime
    refresh_token: str = ""
    refresh_until: datetime | None = None
    revoked: bool = False
    access: dict[str, datetime] = field(default_factory=dict)
    """Access tokens and the instants at which they end."""

    def alive(self, now: datetime) -> bool:
        """Tell whether the owner's permission still holds."""
        return not self.revoked and now < self.until


class GrantError(Exception):
    """A refusal of the token endpoint: `error` and `description` of RFC 6749."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(error, description)
        self.error, self.description = error, description


class Grants:
    """All grants; a refresh token works once and brings its successor, unless tokens do not rotate."""

    def __init__(self, *, rotation: bool = True, scope: Literal["none", "text", "list"] = "none") -> None:
        self.rotation, self.scope = rotation, scope
        self._lock = threading.Lock()
        self._codes: dict[str, tuple[Grant, datetime]] = {}
        self._grants: list[Grant] = []

    def authorise(
        self, application: Application, site: int, scopes: Collection[str], months: int, now: datetime
    ) -> str:
        """Record the consent of an owner and return a code for it."""
        grant = Grant(application, site, frozenset(scopes), months_later(now, months))
        code = secrets.token_urlsafe(18)
        with self._lock:
            self._codes[code] = grant, now + CODE_LIFE
        return code

    def exchange(self, code: str, application: Application, now: datetime) -> dict[str, object]:
        """Return the first tokens for a code, which works once."""
        with self._lock:
            grant, until = self._codes.pop(code, (None, now))
            if grant is None or grant.application is not application or now >= until:
                raise GrantError("invalid_request", "Invalid code")
            self._grants.append(grant)
            return _renew(grant, now) | self._scopes(grant)

    def refresh(self, token: str, application: Application, now: datetime) -> dict[str, object]:
        """Return new tokens for a refresh token, which is dead from now on."""
        with self._lock:
            grant = next((grant for grant in self._grants if token and grant.refresh_token == token), None)
            if grant is None or grant.application is not application:
                raise GrantError("invalid_request", "Invalid refresh_token")
            if not grant.alive(now):
                raise GrantError("invalid_grant", "The grant was revoked or has ended")
            if grant.refresh_until is None or now >= grant.refresh_until:
                raise GrantError("invalid_request", "Invalid refresh_token")
            kept = grant.refresh_token
            renewed = _renew(grant, now) | self._scopes(grant)
            if not self.rotation:
                grant.refresh_token = kept
                del renewed["refresh_token"]
            return renewed

    def _scopes(self, grant: Grant) -> dict[str, object]:
        """Return the scopes as the token endpoint names them."""
        named = sorted(grant.scopes, reverse=True)
        match self.scope:
            case "text":
                return {"scope": " ".join(named)}
            case "list":
                return {"scope": named}
            case _:
                return {}

    def undo(self, token: str) -> Callable[[], None]:
        """Return a function that puts the grant of a refresh token back to what it is now."""
        with self._lock:
            grant = next((grant for grant in self._grants if token and grant.refresh_token == token), None)
        if grant is None:
            return lambda: None
        kept = grant.refresh_token, grant.refresh_until, dict(grant.access)

        def put_back() -> None:
            with self._lock:
                grant.refresh_token, grant.refresh_until, grant.access = kept

        return put_back

    def revoke(self, token: str) -> None:
        """End the grant of an access or a refresh token; an unknown token is no error."""
        with self._lock:
            for grant in self._grants:
                if token == grant.refresh_token or token in grant.access:
                    grant.revoked = True

    def revoke_site(self, site: int) -> None:
        """End all grants of a site, as its owner can."""
        with self._lock:
            for grant in self._grants:
                grant.revoked = grant.revoked or grant.site == site

    def of_bearer(self, token: str, now: datetime) -> Grant | None:
        """Return the grant that an access token stands for, None for a dead token."""
        with self._lock:
            for grant in self._grants:
                if token in grant.access:
                    return grant if grant.alive(now) and now < grant.access[token] else None
        return None


def _renew(grant: Grant, now: datetime) -> dict[str, object]:
    """Give a grant a new pair of tokens; older access tokens live on until their end."""
    access = f"at-{secrets.token_urlsafe(24)}"
    grant.refresh_token, grant.refresh_until = f"rt-{secrets.token_urlsafe(24)}", now + REFRESH_LIFE
    grant.access = {token: end for token, end in grant.access.items() if now < end}
    grant.access[access] = now + TOKEN_LIFE
    return {
        "access_token": access,
        "token_type": "Bearer",
        "expires_in": int(TOKEN_LIFE.total_seconds()),
        "refresh_token": grant.refresh_token,
    }
