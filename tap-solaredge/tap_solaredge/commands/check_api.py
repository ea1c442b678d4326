"""`tap-solaredge check-api`: credential, sites, what may be read, what is left. Three calls at most."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from tap_solaredge.cli import configured
from tap_solaredge.errors import NotPermitted
from tap_solaredge.login.credentials import nobody_logged_in, token_file
from tap_solaredge.measured.readings import SiteRef
from tap_solaredge.redaction import say
from tap_solaredge.resources import DETAILS, DEVICES, ENERGY, METERS, Kind, Resource
from tap_solaredge.service.dialects import DIALECTS
from tap_solaredge.spans import Window

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from tap_solaredge.budget.ledger import Ledger
    from tap_solaredge.cli import ConfiguredTap
    from tap_solaredge.service.client import Client
    from tap_solaredge.service.dialect import Dialect
    from tap_solaredge.service.request import Request

SHOWN_SITES = 20
MOST_CALLS = 3
_TRIED = (ENERGY, METERS, DEVICES)
"""What is tried in turn, as far as one call answers it."""


@click.command("check-api")
@configured
def check_api(tap: ConfiguredTap) -> None:
    """Show credential, sites, what may be read and what is left, with at most three calls."""
    check(tap)


def check(tap: ConfiguredTap) -> None:
    """Print what a run would find.

    Raises:
        TapSolarEdgeError: If the service does not know the credential, or cannot answer.
    """
    config, dialect = tap.config, DIALECTS[tap.config["api_version"]]
    client, ledger = tap.connect(retries=0)
    with closing(ledger), closing(client):
        say(f"Credential: {_kind(config)}, API {dialect.name} at {config['api_url']}")
        for line in _found(client, dialect, config, tap):
            say(line)
        say(f"Left: {'; '.join(_left(ledger))}; {client.calls} calls for this check")


def _kind(config: Mapping[str, Any]) -> str:
    if config["api_version"] == "v1":
        return "a key of V1"
    return "a fleet key" if config.get("api_key") else f"logins with application {config['client_id']}"


def _found(client: Client, dialect: Dialect, config: Mapping[str, Any], tap: ConfiguredTap) -> Iterator[str]:
    granted = client.granted_sites()
    if granted is None:
        listed = dialect.listed_sites(client.get(dialect.sites_request(1)).payload)
        sites = {site["id"]: f"{site['name']} ({site['status']})" for site in listed}
        more = " or more" if len(listed) >= dialect.sites_per_page else ""
    elif granted:
        sites, more = dict.fromkeys(granted, "granted by its owner"), ""
    else:
        raise nobody_logged_in(token_file(config))
    yield f"Sites: {len(sites)}{more}"
    yield from (f"  {site_id}: {about}" for site_id, about in list(sites.items())[:SHOWN_SITES])
    if len(sites) > SHOWN_SITES:
        yield f"  and {len(sites) - SHOWN_SITES} more"
    wanted = list(config.get("site_ids") or [])
    yield from (f"  {site_id}: not found; check `site_ids`" for site_id in wanted if site_id not in sites)
    chosen = next((site_id for site_id in wanted or sites if site_id in sites), None)
    if chosen is not None:
        details = [] if dialect.lists_details or granted is None else [DETAILS]
        single = [resource for resource in _TRIED if len(_requests(dialect, resource, chosen, tap)) == 1]
        yield from _allowed(client, dialect, chosen, [*details, *single][: MOST_CALLS - client.calls], tap)


def _allowed(
    client: Client, dialect: Dialect, site_id: int, resources: list[Resource[Any]], tap: ConfiguredTap
) -> Iterator[str]:
    yield f"May be read at site {site_id}:"
    for resource in resources:
        (request,) = _requests(dialect, resource, site_id, tap)
        try:
            client.get(request)
        except NotPermitted as refused:
            yield f"  {resource}: no: {refused}"
        else:
            yield f"  {resource}: yes"


def _requests(
    dialect: Dialect, resource: Resource[Any], site_id: int, tap: ConfiguredTap
) -> tuple[Request, ...]:
    now = tap.now().replace(minute=0, second=0, microsecond=0)
    window = None if resource.kind is Kind.LIST else Window(now - timedelta(days=1), now)
    resolution = "DAY" if resource.kind is Kind.PERIODS else "QUARTER_HOUR"
    return dialect.requests(resource, SiteRef(site_id, ZoneInfo(str(UTC))), window, resolution)


def _left(ledger: Ledger) -> Iterator[str]:
    left, limits = ledger.left(), ledger.limits
    if left.minute is not None:
        yield f"{max(left.minute, 0)} calls in this minute"
    if left.month is not None:
        of_all = f"{max(left.month, 0):,} of {limits.monthly_credits:,}"
        yield f"{of_all} this month, until {left.cycle_end:%Y-%m-%d}"
    if limits.daily_calls_per_site is not None:
        yield f"{limits.daily_calls_per_site} calls a day for each site"
    if left.minute is None and left.month is None and limits.daily_calls_per_site is None:
        yield "calls are not limited"
