"""Monitoring API V2: which request fetches a resource, and what its answer says. Pure.

Facts and their certainty: the V2 reference; section numbers in this package are its.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_solaredge.login import credentials
from tap_solaredge.measured.production import Meaning, take_batteries_out
from tap_solaredge.measured.readings import Device
from tap_solaredge.resources import ENERGY, POWER, QUARTER_ENERGY, STORAGE, STORAGE_ENERGY
from tap_solaredge.service.dialect import Dialect
from tap_solaredge.service.v2 import readers, requests

if TYPE_CHECKING:
    from tap_solaredge.measured.site import Site
    from tap_solaredge.resources import Answers, Needs


def needed(site: Site, needs: Needs, others: Needs) -> Needs:  # noqa: ARG001
    """Return what is worth a call: without a meter or a battery there is no telemetry of one."""
    found = {need for need in needs if need.device is None or site.has(need.device)}
    output = site.stores and site.meaning == Meaning.AC
    unknown = site.has(Device.BATTERY) and site.meaning is None
    if ENERGY in needs and (output or unknown):  # what batteries did decides
        found.add(STORAGE_ENERGY)
    if needs & {POWER, QUARTER_ENERGY} and output:
        found.add(STORAGE)
    return frozenset(found)


def complete(answers: Answers, site: Site, time_unit: str) -> None:  # noqa: ARG001
    """Work out what the panels made where a check has shown that production is what the inverters gave."""
    if site.stores and site.meaning == Meaning.AC:
        take_batteries_out(answers)


V2 = Dialect(
    name="v2",
    sites_per_page=requests.SITES_PER_PAGE,
    lists_details=False,
    assumed=Meaning.PV,
    tells_offsets=True,
    tells_each_interval=True,
    tells_split=False,
    has_credits=True,
    daily_calls=None,
    at_once=1,
    offers=frozenset(readers.ENDPOINTS),
    credential=credentials.credential,
    sites_request=requests.sites_request,
    listed_sites=readers.listed_sites,
    needed=needed,
    requests=requests.requests,
    next_page=requests.next_page,
    narrower=requests.narrower,
    parse=readers.parse,
    complete=complete,
    ladder=requests.ladder,
    refused=lambda request, status, said: None,  # noqa: ARG005 (statuses mean what they mean in general)
)
