"""Credentials: what a request must carry so that the service answers it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from requests.auth import AuthBase

from tap_solaredge.api.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from requests import PreparedRequest


class FleetKey(AuthBase):
    """The V2 fleet API key, sent as a header (reference: API V2, section 2.1)."""

    def __init__(self, api_key: str, account_key: str | None = None) -> None:
        self.identity = api_key
        """What tells this credential from others; only its hash is ever stored."""
        self._api_key = api_key
        self._account_key = account_key

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the key, and the account key of the 2022-25 beta where one is configured."""
        request.headers["X-API-Key"] = self._api_key
        if self._account_key:
            request.headers["X-Account-Key"] = self._account_key
        return request


def credential(config: Mapping[str, Any]) -> FleetKey:
    """Return the credential that the settings describe.

    Raises:
        ConfigError: If there is none.
    """
    api_key = str(config.get("api_key") or "").strip()
    if not api_key:
        raise ConfigError(
            "No credential: set `api_key` to the key of a fleet application "
            "(environment: TAP_SOLAREDGE_API_KEY; with Meltano also SEH_API_KEY)"
        )
    if not api_key.isprintable() or not api_key.isascii():
        raise ConfigError("`api_key` holds a character that no SolarEdge key has; copy it again")
    return FleetKey(api_key, config.get("account_key"))
