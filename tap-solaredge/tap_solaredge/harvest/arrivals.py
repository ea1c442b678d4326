"""Kinds of devices that a site's list names late, or leaves out for a while: no reading is lost by that."""

from __future__ import annotations

import logging
from datetime import date
from typing import TYPE_CHECKING

from tap_solaredge.harvest.notes import LISTED
from tap_solaredge.local_time import DAY, from_utc_text, local_day, quarter_floor
from tap_solaredge.measured.readings import Device
from tap_solaredge.plan.owed import GIVEN_UP
from tap_solaredge.plan.totals import BEFORE_ALL_DATA

if TYPE_CHECKING:
    from datetime import datetime

    from tap_solaredge.harvest.bookmarks import Bookmarks
    from tap_solaredge.measured.site import Site

logger = logging.getLogger("tap-solaredge")


def arrived(site: Site, bookmarks: Bookmarks, now: datetime, *, fresh: bool) -> dict[Device, datetime]:
    """Note which kinds of devices are listed; those that are not any more stay for three months.

    Args:
        site: The site, with the devices that are listed.
        bookmarks: What was listed before.
        now: The time.
        fresh: Whether the list was read in this run, so that what is odd about it is said.

    Returns:
        The kinds that were never listed before, and since when they may have readings.
    """
    partition, today = bookmarks.of("sites", site.site_id), local_day(now, site.zone)
    known: dict[str, str] | None = partition.get(LISTED)
    noted, found = dict(known or {}), {}
    for device in Device:
        name = device.name.lower()
        if site.lists(device):
            if known is not None and name not in known:
                found[device] = _since([*site.devices.registered.get(device.name, {}).values()])
            noted[name] = today.isoformat()
        elif name in noted and today - date.fromisoformat(noted[name]) > GIVEN_UP:
            del noted[name]
        elif name in noted:
            site.kept.add(device)
            if fresh:
                logger.warning(
                    "site %s: no %s is listed any more, the last time was %s: its readings go on",
                    site.site_id, name, noted[name],
                )  # fmt: skip
    partition[LISTED] = noted
    return found


def _since(registered: list[str | None]) -> datetime:
    """Return since when devices may have readings: a day before the first was registered, if all tell it."""
    known = [told for told in registered if told is not None]
    if not known or len(known) < len(registered):
        return BEFORE_ALL_DATA
    return quarter_floor(from_utc_text(min(known))) - DAY
