"""`tap-solaredge check-api`: credential, sites, what may be read, what is left. Three calls at most."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from tap_solaredge.cli import configured
from tap_solaredge.errors import NotPermitted
from tap_solaredge.measured.site import SiteRef
from tap_solaredge.redaction import say
from tap_solaredge.resources import DETAILS, DEVICES, ENERGY, METERS, Kind, Resource
from tap_solaredge.service.dialects import DIALECTS
from tap_solaredge.spans import Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
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
    dialect = DIALECTS[tap.config["api_version"]]
    client, ledger = tap.connect(retries=0)
    with closing(ledger), closing(client):
        say(f"Credential: {client.credential.about}, API {dialect.name} at {tap.config['api_url']}")
        for line in _found(client, dialect, tap):
            say(line)
        say(f"Left: {'; '.join(_left(ledger))}; {client.calls} calls for this check")


def _found(client: Client, dialect: Dialect, tap: ConfiguredTap) -> Iterator[str]:
    granted = client.credential.sites()
    if granted is None:
        listed = dialect.listed_sites(client.get(dialect.sites_request(1)).payload)
        sites = {site["id"]: f"{site['name']} ({site['status']})" for site in listed}
        more = " or more" if len(listed) >= dialect.sites_per_page else ""
    else:
        sites, more = dict.fromkeys(granted, "granted by its owner"), ""
    yield f"Sites: {len(sites)}{more}"
    yield from (f"  {site_id}: {about}" for site_id, about in list(sites.items())[:SHOWN_SITES])
    if len(sites) > SHOWN_SITES:
        yield f"  and {len(sites) - SHOWN_SITES} more"
    wanted = list(tap.config.get("site_ids") or [])
    yield from (f"  {site_id}: not found; check `site_ids`" for site_id in wanted if site_id not in sites)
    chosen = next((site_id for site_id in wanted or sites if site_id in sites), None)
    if chosen is not None:
        details = () if dialect.lists_details or granted is None else (DETAILS,)
        calls = _calls(dialect, (*details, *_TRIED), chosen, tap.now())
        yield f"May be read at site {chosen}:"
        yield from _allowed(client, calls[: MOST_CALLS - client.calls])


def _calls(
    dialect: Dialect, resources: Iterable[Resource[Any]], site_id: int, now: datetime
) -> list[tuple[Resource[Any], Request]]:
    """Return the resources that one call answers, and that call: of the last day where it has a window."""
    end = now.replace(minute=0, second=0, microsecond=0)
    site, day = SiteRef(site_id, ZoneInfo("UTC")), Window(end - timedelta(days=1), end)
    found = []
    for resource in resources:
        resolution = "DAY" if resource.kind is Kind.PERIODS else "QUARTER_HOUR"
        window = None if resource.kind is Kind.LIST else day
        requests = dialect.requests(resource, site, window, resolution)
        if len(requests) == 1:
            found.append((resource, requests[0]))
    return found


def _allowed(client: Client, calls: Iterable[tuple[Resource[Any], Request]]) -> Iterator[str]:
    for resource, request in calls:
        try:
            client.get(request)
        except NotPermitted as refused:
            yield f"  {resource}: no: {refused}"
        else:
            yield f"  {resource}: yes"


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
