"""Credentials: what a request must carry so that the service answers it; the one place that chooses it."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from requests.auth import AuthBase

from tap_solaredge.advice import command
from tap_solaredge.errors import ConfigError, GrantEnded, NotAuthorized
from tap_solaredge.login import renewal
from tap_solaredge.login.grants import DEVICE_DATA, Grant, TokenFile, can_be_sent, default_path
from tap_solaredge.login.token_endpoint import TokenEndpoint
from tap_solaredge.redaction import conceal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from requests import PreparedRequest

    from tap_solaredge.clock import Clock

logger = logging.getLogger("tap-solaredge")

WORTH_A_WARNING = timedelta(days=30)
"""How long before the end of a grant the owner is told to log in again."""
FLEET, SITE = "`api_key` (I have a fleet)", "`client_id` and `client_secret` (I own one roof)"


class Credential(AuthBase):
    """What all credentials have in common."""

    about: str
    """What it is, in a line of `check-api`."""
    remedy: str
    """What to do when the service does not know it."""
    by_grant = False
    """Whether each site's owner has granted access to it alone."""

    def __init__(self, identity: str) -> None:
        self.identity = identity
        """What tells this credential from others; only its hash is ever stored."""

    def of(self, site_id: int | None) -> AuthBase:  # noqa: ARG002
        """Return what goes with a request about a site; None is the account."""
        return self

    def renew(self, site_id: int | None, refused: AuthBase) -> bool:  # noqa: ARG002
        """Replace what was refused with a 401, if that can be done; the call is then made once more."""
        return False

    def sites(self) -> list[int] | None:
        """Return the only sites that can be read; None where the service lists them."""
        return None

    def reads_devices(self, site_id: int) -> bool:  # noqa: ARG002
        """Whether telemetry of the site's meters and batteries is worth a call."""
        return True


class FleetKey(Credential):
    """The V2 fleet API key, sent as a header (reference: API V2, section 2.1)."""

    about = "a fleet key"
    remedy = "The credential is missing, wrong or expired: check `api_key`"

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the key."""
        request.headers["X-API-Key"] = self.identity
        return request


class _Bearer(AuthBase):
    def __init__(self, access_token: str) -> None:
        self.access_token = access_token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.access_token}"
        return request


class SiteAccess(Credential):
    """OAuth "Site Access": one token per site, renewed on disk before it is used (reference: 2.1 to 2.4)."""

    by_grant = True
    remedy = f"The grant does not hold any more: log in again with `{command('login')}`"

    def __init__(self, config: Mapping[str, Any], clock: Clock) -> None:
        super().__init__(str(config["client_id"]))  # its account has the credits, whatever the site
        self.about = f"logins with application {self.identity}"
        self._config = config
        self._clock = clock
        self._file = token_file(config)
        self._lock = Lock()
        self._ended: dict[int, GrantEnded] = {}
        self._warned: set[int] = set()
        self._grants: dict[int, Grant] = {}
        self._load()
        self._plant_seed()

    def sites(self) -> list[int]:
        """Return the sites whose owners have logged in."""
        if not self._grants:
            raise nobody_logged_in(self._file)
        for grant in self._grants.values():
            self._warn_of_the_end(grant)
        return sorted(self._grants)

    def reads_devices(self, site_id: int) -> bool:
        """Whether the grant covers telemetry, as far as is known."""
        grant = self._grants.get(site_id)
        return grant is None or grant.scopes is None or DEVICE_DATA in grant.scopes

    def of(self, site_id: int | None) -> AuthBase:
        """Return the bearer token of a site, renewed where it is about to end."""
        with self._lock:
            if site_id is None or site_id not in self._grants:
                raise NotAuthorized(f"Nobody has logged in for site {site_id}: run `{command('login')}`")
            if site_id in self._ended:
                raise self._ended[site_id]
            if not self._grants[site_id].is_fresh(self._clock.now()):
                self._renew(site_id)
            return _Bearer(str(self._grants[site_id].access_token))

    def renew(self, site_id: int | None, refused: AuthBase) -> bool:
        """Renew a token that was refused before its time."""
        with self._lock:
            if site_id is None or not isinstance(refused, _Bearer):
                return False
            if refused.access_token == self._grants[site_id].access_token:
                self._renew(site_id, refused=refused.access_token)
            return True

    def _renew(self, site_id: int, refused: str | None = None) -> None:
        order = renewal.Order(
            token_file=str(self._file.path),
            api_url=self._config["api_url"],
            timeout=self._config["request_timeout"],
            client_secret=str(self._config["client_secret"]),
            now=self._clock.now(),
            grant=self._grants[site_id],
            seed=self._config.get("refresh_token"),
            refused=refused,
        )
        try:
            renewal.run(order)
        except GrantEnded as ended:
            self._ended[site_id] = ended
            raise
        self._load()

    def _load(self) -> None:
        for grant in self._file.read().grants:
            if grant.client_id == self.identity:
                conceal.add(grant.secrets())
                if not all(can_be_sent(token) for token in grant.secrets() if token):
                    self._ended[grant.site_id] = GrantEnded(
                        f"A token of site {grant.site_id} in {self._file.path} holds a character that none "
                        f"of SolarEdge's has: log in again with `{command('login')}`"
                    )
                self._grants[grant.site_id] = grant

    def _plant_seed(self) -> None:
        """Begin with the refresh token of the settings where the file knows nothing yet."""
        seed, sites = self._config.get("refresh_token"), list(self._config.get("site_ids") or [])
        if not seed or any(site in self._grants for site in sites) or (self._grants and not sites):
            return
        if len(sites) != 1:
            raise ConfigError("`refresh_token` opens one site: set `site_ids` to its number, like [2345678]")
        self._grants[sites[0]] = Grant(client_id=self.identity, site_id=sites[0], refresh_token=str(seed))

    def _warn_of_the_end(self, grant: Grant) -> None:
        if grant.until is None or grant.site_id in self._warned:
            return
        left = grant.until - self._clock.now()
        if left <= WORTH_A_WARNING:
            self._warned.add(grant.site_id)
            logger.warning(
                "site %s: the owner's permission ends on %s, in %s days: run `%s` before",
                grant.site_id, f"{grant.until:%Y-%m-%d}", max(left.days, 0), command("login"),
            )  # fmt: skip


def credential(config: Mapping[str, Any], clock: Clock) -> Credential:
    """Return the one V2 credential that the settings describe.

    Raises:
        ConfigError: See `check_credential`; or the token file is wrong.
    """
    check_credential(config)
    if config.get("account_key"):
        logger.warning("`account_key` is no longer needed: the service does not look at it; leave it out")
    if config.get("api_key"):
        return FleetKey(api_key(config, "the key of a fleet application"))
    return SiteAccess(config, clock)


def check_credential(config: Mapping[str, Any]) -> None:
    """Make sure that the settings describe exactly one credential.

    Raises:
        ConfigError: If there is none, more than one, or half of one.
    """
    given = {name for name in ("api_key", "client_id", "client_secret", "refresh_token") if config.get(name)}
    if not given:
        raise ConfigError(f"No credential: set {FLEET}, or {SITE} and then run `{command('login')}`")
    if "api_key" in given and len(given) > 1:
        raise ConfigError(f"Two credentials: set either {FLEET} or {SITE}, not both")
    for name in sorted(given):
        _check(name, str(config[name]))
    if "api_key" not in given:
        _check_application(config)


def api_key(config: Mapping[str, Any], what: str) -> str:
    """Return the setting `api_key`, checked.

    Raises:
        ConfigError: If it is missing, or holds what no key holds.
    """
    key = str(config.get("api_key") or "").strip()
    if not key:
        raise ConfigError(
            f"No credential: set `api_key` to {what} "
            "(environment: TAP_SOLAREDGE_API_KEY; with Meltano also SEH_API_KEY)"
        )
    if not can_be_sent(key):
        raise ConfigError("`api_key` holds a character that no SolarEdge key has; copy it again")
    return key


def token_endpoint(config: Mapping[str, Any]) -> TokenEndpoint:
    """Return the token endpoint, for the application of the settings that site owners can log in to.

    Raises:
        ConfigError: If the settings do not name one.
    """
    _check_application(config)
    return TokenEndpoint(
        config["api_url"], config["client_id"], config["client_secret"], config["request_timeout"]
    )


def token_file(config: Mapping[str, Any]) -> TokenFile:
    """Return the file of grants that the settings name."""
    path = config.get("token_file")
    return TokenFile(Path(str(path)).expanduser() if path else default_path())


def nobody_logged_in(file: TokenFile) -> NotAuthorized:
    """Return the error of a file without grants."""
    return NotAuthorized(
        f"Nobody has logged in yet: run `{command('login')}` (tokens are kept in {file.path})"
    )


def _check_application(config: Mapping[str, Any]) -> None:
    for name in ("client_id", "client_secret"):
        if not config.get(name):
            raise ConfigError(f"`{name}` is missing: copy it from your application in the developer console")


def _check(name: str, value: str) -> None:
    if not can_be_sent(value.strip()) or not value.isascii():
        raise ConfigError(f"`{name}` holds a character that none of SolarEdge's has; copy it again")
