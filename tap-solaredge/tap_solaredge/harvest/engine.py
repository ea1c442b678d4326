"""Do what the plans of all sites say: today's data of each site first, then what is owed; sites take turns.

The same engine makes the forecast: a `Forecaster` in place of the `Caller` notes the calls and answers
nothing, so a plan and the run that follows it cannot differ.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tap_solaredge.budget.spending import Spending
from tap_solaredge.errors import (
    BudgetReached,
    HarvestIncomplete,
    NotAuthorized,
    SiteDaySpent,
    TapSolarEdgeError,
)
from tap_solaredge.harvest.caller import TELEMETRY_REFUSED, Caller, Forecaster
from tap_solaredge.harvest.lengths import Lengths
from tap_solaredge.harvest.lists import Lists, NotAskedYet
from tap_solaredge.harvest.outcomes import told
from tap_solaredge.harvest.pace import Pace
from tap_solaredge.harvest.site import SiteHarvest
from tap_solaredge.plan.calls import Purpose
from tap_solaredge.plan.forecast import Forecast
from tap_solaredge.service import place

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from tap_solaredge.harvest.bookmarks import Bookmarks
    from tap_solaredge.harvest.job import Job
    from tap_solaredge.harvest.outcomes import Batch
    from tap_solaredge.measured.readings import Record
    from tap_solaredge.plan.calls import Call

    Work = Iterator[Batch | None]
    """Batches of records, with None wherever STATE may be sent."""

logger = logging.getLogger("tap-solaredge")

NEVER = datetime.min.replace(tzinfo=UTC)
LISTS_EVERY = 12
"""Turns of a site for which its lists are kept at least."""
RETRY_REFUSED = 86400.0
"""Seconds until telemetry that a grant does not cover is tried again."""


class Harvest:
    """One run over all wanted sites and selected streams."""

    def __init__(self, job: Job, bookmarks: Bookmarks, caller: Caller | None = None) -> None:
        self._job = job
        self._bookmarks = bookmarks
        self._caller = caller or Caller(job.client, job.ledger, job.clock)
        self._lists = Lists(job.dialect, self._caller, job.ledger, job.clock, keep_for=job.keep_for)
        self._lengths = Lengths(job.dialect, job.ledger, job.scope.time_unit)
        self._turns: list[SiteHarvest] = []
        self._pace = Pace(job.clock, job.ledger.limits.calls_per_minute)
        self._spent: set[int] = set()
        """Sites that are through with this run."""
        self._listed: int | None = None
        """How many sites the credential sees."""
        self._unknown = 0
        self._history_left = 0

    def run(self) -> Work:
        """Yield batches of records.

        Raises:
            HarvestIncomplete: At the end, if a stream or a site failed.
            TapSolarEdgeError: At once, if no further call can succeed.
        """
        place.new_run()
        try:
            self._say_plan()
            for batch in self._work():
                yield batch
                self._say_pace()
        except BudgetReached as reached:
            logger.warning("%s", reached)
        for turn in self._turns:
            if turn.site is not None or turn.outcomes.failures or turn.outcomes.skipped:
                yield from turn.finish()
        self._summarize()

    def forecast(self) -> Forecast:
        """Return the calls that a run would make now, as far as that is known without a call.

        Raises:
            NotAskedYet: If the sites were never listed.
        """
        job, ends_early = self._job, False
        caller = Forecaster(job.client, job.ledger, job.clock)
        harvest = Harvest(job, self._bookmarks.copy(), caller)
        try:
            for _ in harvest._work():
                pass
        except BudgetReached:
            ends_early = True
        left, ends = harvest._history_left, None
        if left:
            ends = Spending(caller.purse, job.clock, len(harvest._turns)).history_ends(left)
        return Forecast(caller.calls, ends_early, left, ends, harvest._unknown)

    def close(self) -> None:
        """Wait for calls that are on their way, and let go of the ledger."""
        self._caller.close()
        self._job.ledger.close()

    def _say_plan(self) -> None:
        left = self._job.ledger.left()
        known = "calls are not limited"
        if left.month is not None:
            known = f"{left.month:,} calls are left this month"
        of_run = f", {left.run} in this run" if left.run is not None else ""
        logger.info("Before the first call: %s%s", known, of_run)
        self._expect()

    def _expect(self) -> None:
        """Say what a run costs and how long it takes; sites that nobody knows cost what the others do."""
        try:
            forecast = self.forecast()
        except NotAskedYet:
            logger.info("Plan: the sites of this account are not known yet")
            return
        for line in forecast.summary():
            logger.info("%s", line)
        if duration := self._pace.expect(self._job.ledger.spent_in_run + forecast.estimate()):
            logger.info("%s", duration)

    def _say_pace(self) -> None:
        if line := self._pace.line(self._job.ledger.spent_in_run):
            logger.info("%s", line)

    # Today, then what is owed

    def _work(self) -> Work:
        listed = list(self._lists.sites(self._job.client.granted_sites()))
        self._listed = len(listed)
        if not self._caller.dry:
            self._say_who_is_missing(listed)
        self._turns = self._in_turn(listed)
        self._pace.sites = len(self._turns)
        spending = Spending(self._caller.purse, self._job.clock, len(self._turns))
        self._lists.keep_at_least(spending.patience() * LISTS_EVERY)
        for number, turn in enumerate(self._turns):
            if number and not spending.serves(turn.lists_price()):
                waiting = len(self._turns) - number
                raise BudgetReached(f"{waiting} sites wait for the next run: no calls are left")
            yield from self._unless_spent(turn, self._today(turn, spending))
        yield from self._behind(spending)

    def _today(self, turn: SiteHarvest, spending: Spending) -> Work:
        try:
            yield from turn.inventory(with_devices=self._reads_devices(turn.site_id))
        except NotAskedYet:
            self._unknown += 1
            return
        if self._pace.expected is None and not self._caller.dry:
            self._expect()
        try:
            calls = turn.today(spending.patience())
            while (yield from self._do(turn, calls)):
                calls = turn.today(spending.patience())
            yield from self._do(turn, turn.check())
        except (BudgetReached, SiteDaySpent):
            yield from turn.release()
            raise
        yield from turn.release()
        yield from turn.latest()
        self._pace.served += 1

    def _behind(self, spending: Spending) -> Work:
        """Read what is owed, block by block, until no late data show that more is owed."""
        turns = {turn.site_id: turn for turn in self._turns if turn.site_id not in self._spent}
        waiting = {site_id: turn.behind() for site_id, turn in turns.items()}
        owed = sum(len(block) for blocks in waiting.values() for block in blocks)
        self._pace.expect(self._job.ledger.spent_in_run + owed)
        while waiting:
            for site_id, block in spending.rounds(waiting):
                yield from self._unless_spent(turns[site_id], self._block(turns[site_id], block, waiting))
                if site_id in self._spent:
                    del waiting[site_id]
            self._history_left = sum(len(block) for blocks in waiting.values() for block in blocks)
            for site_id, left in waiting.items():
                if not any(call.purpose is Purpose.LATE for block in left for call in block):
                    turns[site_id].late_is_read()
            waiting = {
                site_id: turns[site_id].behind() for site_id in waiting if turns[site_id].found_late_data
            }
        if self._history_left and not self._caller.dry:
            logger.info("History waits for later runs: %s calls", f"{self._history_left:,}")

    def _block(self, turn: SiteHarvest, block: list[Call], waiting: dict[int, list[list[Call]]]) -> Work:
        if (yield from self._do(turn, block)):
            waiting[turn.site_id] = turn.behind()

    def _do(self, turn: SiteHarvest, calls: Iterable[Call]) -> Generator[Batch | None, None, bool]:
        """Make the calls of a plan, and return whether it must be made anew."""
        for group, payloads in self._caller.fetched(calls, turn.wants):
            if isinstance(payloads, TapSolarEdgeError):
                if turn.fail(group[0], payloads):
                    return True
                continue
            try:
                yield from turn.take(group[0], payloads)
            except Exception as error:  # noqa: BLE001 (a fault in one answer costs the streams that need it)
                if turn.fail(group[0], told(error)):
                    return True
            if turn.plan_is_outdated():
                return True
        return False

    def _unless_spent(self, turn: SiteHarvest, work: Work) -> Work:
        """Yield what a site gives; where its day is spent, this site waits and the others go on."""
        if turn.site_id in self._spent:
            return
        try:
            yield from work
        except SiteDaySpent as spent:
            self._spent.add(turn.site_id)
            if not self._caller.dry:
                logger.warning("%s", spent)
        except Exception as error:
            ours = told(error)
            if ours.stops_the_run:
                raise
            self._spent.add(turn.site_id)
            turn.give_up_everything(ours)

    # Sites

    def _say_who_is_missing(self, listed: list[Record]) -> None:
        found = {site["id"] for site in listed}
        for site_id in self._job.site_ids:
            if site_id not in found:
                logger.warning(
                    "site %s is not among the %s sites of this credential; check `site_ids`",
                    site_id, len(listed),
                )  # fmt: skip

    def _in_turn(self, listed: list[Record]) -> list[SiteHarvest]:
        """Return the wanted sites, those that were read longest ago first."""
        turns = [
            SiteHarvest(
                site["id"],
                self._job,
                lists=self._lists,
                lengths=self._lengths,
                caller=self._caller,
                bookmarks=self._bookmarks,
            )
            for site in listed
            if not self._job.site_ids or site["id"] in self._job.site_ids
        ]
        return sorted(turns, key=lambda turn: turn.last_read() or NEVER)

    def _reads_devices(self, site_id: int) -> bool:
        """Whether telemetry is worth a call: not when the grant of a site does not cover it."""
        refused = self._job.ledger.learned(f"{TELEMETRY_REFUSED} {site_id}")
        recently = refused is not None and self._job.clock.now().timestamp() - refused < RETRY_REFUSED
        return self._job.client.reads_devices(site_id) and not recently

    def _summarize(self) -> None:
        failures = {turn.site_id: turn.outcomes.failures for turn in self._turns}
        failed = [f"site {site_id}: {', '.join(streams)}" for site_id, streams in failures.items() if streams]
        if self._lists.failure is not None:
            failed.insert(0, f"site list: {self._lists.failure}")
        records = sum(sum(turn.outcomes.counts.values()) for turn in self._turns)
        served = sum(turn.site is not None for turn in self._turns)
        problems = f", {len(failed)} failures" if failed else ""
        calls = self._job.ledger.spent_in_run
        logger.info("%s sites, %s records, %s calls%s", served, f"{records:,}", calls, problems)
        if self._listed is not None:
            self._fail_if_nothing_could_be_read()
        if failed:
            errors = [error for streams in failures.values() for error in streams.values()]
            repairs = dict.fromkeys(str(error) for error in errors if isinstance(error, NotAuthorized))
            raise HarvestIncomplete(
                ". ".join(["Not everything could be read: " + "; ".join(failed), *repairs])
            )

    def _fail_if_nothing_could_be_read(self) -> None:
        """Raise where every site was refused, or none of those that the settings name exists."""
        wanted = ", ".join(map(str, self._job.site_ids))
        if wanted and not self._turns:
            raise HarvestIncomplete(
                f"None of `site_ids` ({wanted}) is among the {self._listed} sites of this credential"
            )
        refused = [turn for turn in self._turns if turn.outcomes.all_skipped(known=turn.site is not None)]
        if refused and len(refused) == len(self._turns):
            why = next(iter(refused[0].outcomes.skipped.values()))
            raise HarvestIncomplete(f"Every site was refused ({len(refused)}), the first one: {why}")
        if not self._turns:
            logger.warning("This credential sees no site")
