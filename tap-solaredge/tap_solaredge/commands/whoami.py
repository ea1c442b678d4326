"""`tap-solaredge whoami`: which sites the tap may read, and for how long. No call, no secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tap_solaredge.cli import configured
from tap_solaredge.login.credentials import check_credential, nobody_logged_in, token_file
from tap_solaredge.login.grants import UNUSED_LIFE, Grant
from tap_solaredge.redaction import say

if TYPE_CHECKING:
    from datetime import datetime

    from tap_solaredge.cli import ConfiguredTap


@click.command("whoami")
@configured
def whoami(tap: ConfiguredTap) -> None:
    """Show which sites can be read and for how long; no call is spent."""
    config, now = tap.config, tap.now()
    check_credential(config)
    if config.get("api_key"):
        say("A fleet key: all sites of the account; it does not end by itself")
        return
    file = token_file(config)
    mine = [grant for grant in file.read().grants if grant.client_id == config["client_id"]]
    if not mine:
        raise nobody_logged_in(file)
    say(f"Application {config['client_id']}, tokens in {file.path}")
    for grant in sorted(mine, key=lambda grant: grant.site_id):
        say(described(grant, now))


def described(grant: Grant, now: datetime) -> str:
    """Return what a grant allows and until when."""
    scopes = "scopes unknown" if grant.scopes is None else " ".join(grant.scopes)
    until = grant.until
    ends = "end of the permission unknown" if until is None else f"permission ends {_on(until, now)}"
    used = grant.refreshed_at
    unused = "never used yet" if used is None else f"a run is needed by {_on(used + UNUSED_LIFE, now)}"
    return f"site {grant.site_id}: {scopes}; {ends}; {unused}"


def _on(end: datetime, now: datetime) -> str:
    days = (end - now).days
    return f"{end:%Y-%m-%d} ({days} days left)" if days >= 0 else f"{end:%Y-%m-%d} (over)"
