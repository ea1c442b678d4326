"""`tap-solaredge login`: a site's owner allows the tap to read it; the tokens go to the token file."""

from __future__ import annotations

import calendar
import logging
import secrets
import webbrowser
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import click

from tap_solaredge.cli import configured
from tap_solaredge.errors import ConfigError
from tap_solaredge.login import redirect
from tap_solaredge.login.credentials import token_endpoint, token_file
from tap_solaredge.login.grants import SCOPES, UNUSED_LIFE, Grant
from tap_solaredge.login.token_endpoint import renewed
from tap_solaredge.redaction import say

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any

    from tap_solaredge.cli import ConfiguredTap
    from tap_solaredge.login.token_endpoint import TokenEndpoint

logger = logging.getLogger("tap-solaredge")

MOST_MONTHS = 24
"""The longest permission that an owner can give (reference: API V2, section 2.3)."""


@click.command("login")
@configured
@click.option("--browser/--no-browser", default=True, help="Open the page, or only print it.")
@click.option("--paste", is_flag=True, help="Paste the address that the browser ends at.")
@click.option(
    "--months",
    type=click.IntRange(1, MOST_MONTHS),
    default=MOST_MONTHS,
    show_default=True,
    help="How long the access is to last.",
)
@click.option("--scope", default=" ".join(SCOPES), show_default=True, help="What the access covers.")
def login(tap: ConfiguredTap, *, browser: bool, paste: bool, months: int, scope: str) -> None:
    """Let the owner of a site give access to it; once per site."""
    config = tap.config
    endpoint = token_endpoint(config)
    nonce = secrets.token_urlsafe(24)
    link = authorize_link(config, nonce, months=months, scope=scope)
    found = _pasted(link, nonce) if paste else _received(config, link, nonce, browser=browser)
    with token_file(config).change() as change:  # tells before the code is spent whether it can be written
        grant = _exchanged(endpoint, config, found, months=months, scope=scope)
        change.grants.put(grant)
        change.save()
    if not grant.refresh_token:
        logger.warning("The service gave no refresh token: this login ends with its first access token")
    tap.forget_refusals(grant.site_id)
    scopes = " ".join(grant.scopes or ())
    say(f"Logged in: site {grant.site_id}, scopes {scopes}, until {grant.until:%Y-%m-%d}.")
    say(
        f"Tokens are in {token_file(config).path}; let a run use them at least every {UNUSED_LIFE.days} days."
    )


def authorize_link(config: Mapping[str, Any], nonce: str, *, months: int, scope: str) -> str:
    """Return the address of the page on which the owner decides."""
    query = {
        "client_id": config["client_id"],
        "redirect_uri": config["redirect_url"],
        "response_type": "code",
        "scope": scope,
        "access_duration": months,
        "external_id": nonce,
        "state": nonce,
    }
    joint = "&" if urlsplit(config["authorize_url"]).query else "?"
    return f"{config['authorize_url']}{joint}{urlencode(query)}"


def _received(config: Mapping[str, Any], link: str, nonce: str, *, browser: bool) -> redirect.Redirect:
    if urlsplit(config["redirect_url"]).hostname not in redirect.LOOPBACK:
        raise ConfigError("`redirect_url` is not on this machine (127.0.0.1): use --paste")
    listener = redirect.Listener(config["redirect_url"], nonce)
    opened = browser and webbrowser.open(link)
    doing = "Your browser opens this page" if opened else "Open this page in a browser on this machine"
    click.echo(f"{doing} (no browser here? use --paste):\n\n{link}\n\nWaiting for your decision ...")
    return listener.wait()


def _pasted(link: str, nonce: str) -> redirect.Redirect:
    click.echo(
        f"Open this page in a browser anywhere and decide:\n\n{link}\n\nThe browser then goes to an "
        "address that may show an error; that is fine. Copy it whole from the address bar, and paste it here:"
    )
    return redirect.read(click.prompt("", prompt_suffix=""), nonce)  # Meltano shows whole lines only


def _exchanged(
    endpoint: TokenEndpoint, config: Mapping[str, Any], found: redirect.Redirect, *, months: int, scope: str
) -> Grant:
    """Turn the code into the first tokens."""
    site_ids = list(config.get("site_ids") or [])
    site_id = found.site_id or (site_ids[0] if len(site_ids) == 1 else None)
    if site_id is None:
        raise ConfigError("The service did not name the site: set `site_ids` to its number, log in again")
    tokens, now = endpoint.exchange(found.code, config["redirect_url"])
    grant = Grant(
        client_id=config["client_id"],
        site_id=site_id,
        refresh_token="",
        until=_months_later(now, months),
        scopes=scope.split(),
    )
    return renewed(grant, tokens, now)


def _months_later(moment: datetime, months: int) -> datetime:
    """Return the same day so many months later, or the last day of a month that is too short."""
    years, month = divmod(moment.month - 1 + months, 12)
    year, month = moment.year + years, month + 1
    return moment.replace(year=year, month=month, day=min(moment.day, calendar.monthrange(year, month)[1]))
