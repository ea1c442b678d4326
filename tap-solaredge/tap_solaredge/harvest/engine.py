"""Harvest the fleet: today's data of every site first, then late data, then history; sites take turns."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tap_solaredge.budget.ledger import Expected
from tap_solaredge.budget.spending import Spending
from tap_solaredge.errors import BudgetReached, HarvestIncomplete, NotAuthorized, SiteDaySpent
from tap_solaredge.harvest.fetch import NotAskedYet
from tap_solaredge.harvest.site import SiteHarvest
from tap_solaredge.plan.forecast import Forecast, summed
from tap_solaredge.plan.steps import price

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_solaredge.budget.ledger import Ledger
    from tap_solaredge.clock import Clock
    from tap_solaredge.harvest.bookmarks import Bookmarks
    from tap_solaredge.harvest.fetch import Fetch
    from tap_solaredge.harvest.outcomes import Batch
    from tap_solaredge.measured.readings import Record
    from tap_solaredge.plan.forecast import Plan
    from tap_solaredge.plan.steps import Scope, Step
    from tap_solaredge.streams import SolarEdgeStream

logger = logging.getLogger("tap-solaredge")

NEVER = datetime.min.replace(tzinfo=UTC)
LISTS_EVERY = 12
"""Turns of a site for which its slow lists are kept at least."""


class Harvest:
    """One run over all wanted sites and selected streams."""

    def __init__(
        self,
        *,
        streams: list[SolarEdgeStream],
        fetch: Fetch,
        ledger: Ledger,
        clock: Clock,
        bookmarks: Bookmarks,
        scope: Scope,
        site_ids: list[int],
    ) -> None:
        self._streams = streams
        self._fetch = fetch
        self._ledger = ledger
        self._clock = clock
        self._bookmarks = bookmarks
        self._scope = scope
        self._site_ids = site_ids
        self._turns: list[SiteHarvest] = []
        self._spent: set[int] = set()
        self._spending = Spending(ledger, clock, 0)

    def run(self) -> Iterator[Batch | None]:
        """Yield batches of records, with None wherever STATE may be sent.

        Raises:
            HarvestIncomplete: At the end, if a stream or a site failed.
            TapSolarEdgeError: At once, if no further call can succeed.
        """
        try:
            self._say_plan()
            listed = list(self._fetch.sites())
            self._say_who_is_missing(listed)
            self._turns = self._in_turn(listed, asks=True)
            self._spending = Spending(self._ledger, self._clock, len(self._turns))
            self._keep_lists_longer(len(self._turns))
            yield from self._today()
            yield from self._late()
            yield from self._history()
        except BudgetReached as reached:
            logger.warning("%s", reached)
        for turn in self._turns:
            if turn.site is not None or turn.outcomes.failures or turn.outcomes.skipped:
                yield from turn.finish()
        self._summarize()

    def close(self) -> None:
        """Wait for calls that are on their way, and let go of the ledger."""
        self._fetch.close()
        self._ledger.close()

    # The plan

    def plan(self) -> Plan:
        """Return what a run would ask now, from what is kept, without a call.

        Raises:
            NotAskedYet: If the sites were never listed.
        """
        self._fetch.without_calls = True
        try:
            turns = self._in_turn(list(self._fetch.sites()), asks=False)
            self._keep_lists_longer(len(turns))
            return Forecast(self._fetch, Expected(self._ledger), self._clock).plan(turns)
        finally:
            self._fetch.without_calls = False

    def _say_plan(self) -> None:
        left = self._ledger.left()
        known = (
            f"{left.month:,} calls are left this month" if left.month is not None else "calls are not limited"
        )
        of_run = f", {left.run} in this run" if left.run is not None else ""
        logger.info("Before the first call: %s%s", known, of_run)
        try:
            plan = self.plan()
        except NotAskedYet:
            logger.info("Plan: the sites of this account are not known yet")
            return
        for line in summed(plan):
            logger.info("%s", line)

    # Today, late data, history

    def _today(self) -> Iterator[Batch | None]:
        for number, turn in enumerate(self._turns):
            if number and not self._spending.serves(turn.inventory_calls()):
                raise BudgetReached(
                    f"{len(self._turns) - number} sites wait for the next run: no calls are left"
                )
            yield from self._unless_spent(turn, self._today_of(turn))

    def _today_of(self, turn: SiteHarvest) -> Iterator[Batch | None]:
        yield from turn.inventory()
        planner = turn.planner(patience=self._spending.patience())
        yield from self._read(turn, planner.today(turn.last_update()) if planner else [])
        yield from turn.snapshot()
        yield from turn.latest()

    def _read(self, turn: SiteHarvest, steps: list[Step]) -> Iterator[Batch | None]:
        turn.expect(steps)
        for step in steps:
            yield from turn.read(step)

    def _unless_spent(self, turn: SiteHarvest, work: Iterator[Batch | None]) -> Iterator[Batch | None]:
        """Yield what a site gives; where its day is spent, this site waits and the others go on."""
        if turn.site_id in self._spent:
            return
        try:
            yield from work
        except SiteDaySpent as spent:
            self._spent.add(turn.site_id)
            logger.warning("%s", spent)

    def _late(self) -> Iterator[Batch | None]:
        for turn in self._turns:
            yield from self._unless_spent(turn, self._late_of(turn))

    def _late_of(self, turn: SiteHarvest) -> Iterator[Batch | None]:
        planner = turn.planner()
        if planner is not None and turn.late_is_due():
            yield from self._read(turn, planner.late(turn.read_today()))
            turn.late_is_read()

    def _history(self) -> Iterator[Batch | None]:
        turns = {turn.site_id: turn for turn in self._turns if turn.site_id not in self._spent}
        waiting = {site_id: self._blocks(turn) for site_id, turn in turns.items()}
        for site_id, block in self._spending.rounds(waiting):
            turn, following = turns[site_id], [block, *waiting[site_id][:1]]
            if self._spending.fits_both(site_id, following):
                turn.expect([step for block in following for step in block])
            yield from self._unless_spent(turn, self._read(turn, block))
            if site_id in self._spent:
                del waiting[site_id]
        calls = sum(price(block) for blocks in waiting.values() for block in blocks)
        if calls:
            logger.info("History waits for later runs: %s calls", f"{calls:,}")

    def _blocks(self, turn: SiteHarvest) -> list[list[Step]]:
        planner = turn.planner()
        return list(planner.history(turn.read_today())) if planner else []

    # Bookkeeping

    def _say_who_is_missing(self, listed: list[Record]) -> None:
        found = {site["id"] for site in listed}
        for site_id in self._site_ids:
            if site_id not in found:
                logger.warning(
                    "site %s is not among the %s sites of this credential; check `site_ids`",
                    site_id, len(listed),
                )  # fmt: skip

    def _in_turn(self, listed: list[Record], *, asks: bool) -> list[SiteHarvest]:
        """Return the wanted sites, those that were read longest ago first."""
        bookmarks = self._bookmarks if asks else self._bookmarks.copy()
        turns = [
            SiteHarvest(
                site["id"],
                streams=self._streams,
                fetch=self._fetch,
                bookmarks=bookmarks,
                scope=self._scope,
                clock=self._clock,
                asks=asks,
            )
            for site in listed
            if not self._site_ids or site["id"] in self._site_ids
        ]
        return sorted(turns, key=lambda turn: turn.last_read() or NEVER)

    def _keep_lists_longer(self, sites: int) -> None:
        """Read slow lists every so many turns only, where sites wait for theirs longer than a run."""
        patience = Spending(self._ledger, self._clock, sites).patience()
        self._fetch.keep_at_least(patience * LISTS_EVERY)

    def _summarize(self) -> None:
        failures = {turn.site_id: turn.outcomes.failures for turn in self._turns}
        failed = [f"site {site_id}: {', '.join(streams)}" for site_id, streams in failures.items() if streams]
        if self._fetch.list_failure is not None:
            failed.insert(0, f"site list: {self._fetch.list_failure}")
        records = sum(sum(turn.outcomes.counts.values()) for turn in self._turns)
        served = sum(turn.site is not None for turn in self._turns)
        problems = f", {len(failed)} failures" if failed else ""
        calls = self._ledger.spent_in_run
        logger.info("%s sites, %s records, %s calls%s", served, f"{records:,}", calls, problems)
        if failed:
            errors = [error for streams in failures.values() for error in streams.values()]
            repairs = dict.fromkeys(str(error) for error in errors if isinstance(error, NotAuthorized))
            raise HarvestIncomplete(
                ". ".join(["Not everything could be read: " + "; ".join(failed), *repairs])
            )
