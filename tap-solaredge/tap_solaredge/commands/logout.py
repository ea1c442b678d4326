"""`tap-solaredge logout`: give the owners' permission back and forget the tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tap_solaredge.cli import configured
from tap_solaredge.errors import ConfigError, TapSolarEdgeError
from tap_solaredge.login.credentials import token_endpoint, token_file
from tap_solaredge.redaction import conceal, say

if TYPE_CHECKING:
    from tap_solaredge.cli import ConfiguredTap


@click.command("logout")
@configured
@click.option("--site", type=int, help="Only this site; all sites of the application without it.")
def logout(tap: ConfiguredTap, *, site: int | None) -> None:
    """Give access back and forget the tokens."""
    config = tap.config
    endpoint = token_endpoint(config)
    with token_file(config).change() as change:
        mine = [
            grant
            for grant in change.grants.grants
            if grant.client_id == config["client_id"] and site in {None, grant.site_id}
        ]
        if not mine:
            raise ConfigError(f"Nobody is logged in{f' for site {site}' if site else ''}")
        for grant in mine:
            conceal.add(grant.secrets())
            try:
                endpoint.revoke(grant.refresh_token)
                told = "the service was told"
            except TapSolarEdgeError as error:
                told = f"the service could not be told ({error}); the owner can end it in SolarEdge's app"
            change.grants.remove(grant)
            say(f"Logged out: site {grant.site_id}; {told}.")
        change.save()
