"""Harvest the fleet: site by site, so that each answer is fetched once for all streams that need it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tap_solaredge.api.errors import BudgetReached, HarvestIncomplete
from tap_solaredge.site_harvest import Batch, Scope, SiteHarvest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_solaredge.api.client import Client
    from tap_solaredge.bookmarks import Bookmarks
    from tap_solaredge.fetch import Fetch
    from tap_solaredge.readings import Record
    from tap_solaredge.streams import SolarEdgeStream

logger = logging.getLogger("tap-solaredge")


class Harvest:
    """One run over all wanted sites and selected streams."""

    def __init__(
        self,
        *,
        streams: list[SolarEdgeStream],
        client: Client,
        fetch: Fetch,
        bookmarks: Bookmarks,
        scope: Scope,
        site_ids: list[int],
    ) -> None:
        self._streams = streams
        self._client = client
        self._fetch = fetch
        self._bookmarks = bookmarks
        self._scope = scope
        self._site_ids = site_ids
        self._records = 0
        self._failures: list[str] = []

    def run(self) -> Iterator[Batch | None]:
        """Yield batches of records, with None wherever STATE may be sent.

        Raises:
            HarvestIncomplete: At the end, if a stream or a site failed.
            TapSolarEdgeError: At once, if no further call can succeed.
        """
        sites = 0
        try:
            for listed in self._wanted():
                sites += 1
                yield from self._one(listed)
        except BudgetReached as reached:
            logger.warning("%s", reached)
            yield None
        logger.info(
            "%s sites, %s records, %s calls%s",
            sites,
            f"{self._records:,}",
            self._client.calls,
            f", {len(self._failures)} failures" if self._failures else "",
        )
        if self._failures:
            raise HarvestIncomplete("Not everything could be read: " + "; ".join(self._failures))

    def _wanted(self) -> list[Record]:
        """Return the sites to read, as the site list has them, limited to the setting `site_ids`."""
        listed = list(self._fetch.sites())
        if not self._site_ids:
            return listed
        found = {site["id"] for site in listed}
        for site_id in self._site_ids:
            if site_id not in found:
                logger.warning(
                    "site %s is not among the %s sites of this credential; check `site_ids`",
                    site_id,
                    len(listed),
                )
        return [site for site in listed if site["id"] in self._site_ids]

    def _one(self, listed: Record) -> Iterator[Batch | None]:
        harvest = SiteHarvest(
            listed,
            streams=self._streams,
            fetch=self._fetch,
            bookmarks=self._bookmarks,
            scope=self._scope,
            now=self._client.now(),
        )
        yield from harvest.run()
        self._records += sum(harvest.counts.values())
        self._failures += [f"site {listed['id']}: {name}" for name in harvest.failures]
