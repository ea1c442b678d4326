"""Monitoring API V1, switched off for the public on 2026-11-03: its requests and its answers. Pure.

Facts and their certainty: the V1 reference; section numbers in this package are its.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_solaredge.measured.production import Meaning
from tap_solaredge.measured.readings import Device
from tap_solaredge.resources import ENERGY, METERS, POWER, QUARTER_ENERGY, STORAGE, STORAGE_ENERGY
from tap_solaredge.service.dialect import Dialect
from tap_solaredge.service.v1 import readers, requests
from tap_solaredge.service.v1.refusals import refused

if TYPE_CHECKING:
    from tap_solaredge.measured.site import Site
    from tap_solaredge.resources import Needs


def needed(site: Site, needs: Needs, others: Needs) -> Needs:
    """Return what must be fetched: meters hold the production, and a battery has to be taken out of it."""
    wanted, battery = set(needs), site.stores
    if POWER in needs and METERS in others and site.has(Device.METER):
        wanted = wanted - {POWER} | {METERS}
    if battery and needs & {POWER, QUARTER_ENERGY}:
        wanted.add(STORAGE)
    if battery and ENERGY in needs:
        wanted.add(STORAGE_ENERGY)
    return frozenset(
        need
        for need in wanted
        if need.device is None or site.has(need.device) or (battery and need.device is Device.BATTERY)
    )


V1 = Dialect(
    name="v1",
    sites_per_page=requests.SITES_PER_PAGE,
    lists_details=True,
    assumed=Meaning.AC,
    tells_offsets=False,
    tells_each_interval=False,
    tells_split=True,
    has_credits=False,
    daily_calls=300,
    at_once=3,
    offers=requests.OFFERS,
    credential=requests.credential,
    sites_request=requests.sites_request,
    listed_sites=readers.listed_sites,
    needed=needed,
    requests=requests.requests,
    next_page=lambda request, payload: None,  # noqa: ARG005 (nothing but the site list has pages)
    narrower=lambda request: None,  # noqa: ARG005 (lists of V1 have no choice of devices)
    parse=readers.parse,
    complete=readers.complete,
    ladder=requests.ladder,
    refused=refused,
)
