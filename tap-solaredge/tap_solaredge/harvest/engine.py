"""Do what the plans of all sites say: today's data of each site first, then what is owed; sites take turns.

The same engine makes the forecast: a `Forecaster` in place of the `Caller` notes the calls and answers
nothing, so a plan and the run that follows it cannot differ.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tap_solaredge.budget.spending import Spending
from tap_solaredge.errors import (
    BudgetReached,
    HarvestIncomplete,
    SiteDaySpent,
    TapSolarEdgeError,
    Unreachable,
)
from tap_solaredge.harvest.caller import Caller, Forecaster
from tap_solaredge.harvest.lengths import Lengths
from tap_solaredge.harvest.lists import Lists, NotAskedYet
from tap_solaredge.harvest.outcomes import as_ours
from tap_solaredge.harvest.pace import Pace
from tap_solaredge.harvest.site import SiteHarvest
from tap_solaredge.harvest.summary import summarize
from tap_solaredge.plan.calls import Purpose
from tap_solaredge.plan.forecast import Forecast
from tap_solaredge.service import place
from tap_solaredge.wording import counted

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from tap_solaredge.budget.spending import Blocks
    from tap_solaredge.harvest.bookmarks import Bookmarks
    from tap_solaredge.harvest.job import Job
    from tap_solaredge.harvest.outcomes import Batch
    from tap_solaredge.measured.readings import Record
    from tap_solaredge.plan.calls import Call

    Work = Iterator[Batch | None]
    """Batches of records, with None wherever STATE may be sent."""

logger = logging.getLogger("tap-solaredge")

LISTS_EVERY = 12
"""Turns of a site for which its lists are kept at least."""
NAMED = 10
"""Sites that one line names at most."""


class Harvest:
    """One run over all wanted sites and selected streams."""

    def __init__(self, job: Job, bookmarks: Bookmarks, caller: Caller | None = None) -> None:
        self._job = job
        self._bookmarks = bookmarks
        self._caller = caller or Caller(job)
        self._lists = Lists(job, self._caller)
        self._lengths = Lengths(job)
        self._turns: list[SiteHarvest] = []
        self._pace = Pace(job, self.forecast)
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
        unreachable: Unreachable | None = None
        try:
            self._pace.say_plan()
            for batch in self._work():
                yield batch
                self._pace.say()
        except BudgetReached as reached:
            logger.warning("%s", reached)
        except Unreachable as error:
            unreachable = error
        self._pace.close()
        for turn in self._turns:
            if turn.site is not None or turn.outcomes.failures or turn.outcomes.skipped:
                yield from turn.finish()
        if unreachable is not None:
            raise unreachable
        if self._listed == 0 and self._bookmarks.sites():
            raise HarvestIncomplete("This credential sees no site any more")
        summarize(self._job, self._turns, self._listed, self._lists.failure)

    def forecast(self) -> Forecast:
        """Return the calls that a run would make now, as far as that is known without a call.

        Raises:
            NotAskedYet: If the sites were never listed.
        """
        job, ends_early = self._job, False
        caller = Forecaster(job)
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
        """Wait for calls that are on their way, and let go of the terminal and the ledger."""
        self._pace.close()
        self._caller.close()
        self._job.ledger.close()

    # Today, then what is owed

    def _work(self) -> Work:
        listed = list(self._lists.sites(self._job.client.credential.sites()))
        self._listed = len(listed)
        if not self._caller.dry:
            self._say_who_is_missing(listed)
        self._turns = self._in_turn(listed)
        self._pace.sites = len(self._turns)
        spending = Spending(self._caller.purse, self._job.clock, len(self._turns))
        self._lists.keep_at_least(spending.patience() * LISTS_EVERY)
        for number, turn in enumerate(self._turns):
            if number and not spending.affords_a_turn(turn.lists_price()):
                waiting = len(self._turns) - number
                raise BudgetReached(f"No calls are left: {counted(waiting, 'site')} for the next run")
            yield from self._unless_spent(turn, self._today(turn, spending))
        yield from self._behind(spending)

    def _today(self, turn: SiteHarvest, spending: Spending) -> Work:
        try:
            yield from turn.inventory()
        except NotAskedYet:
            self._unknown += 1
            return
        if not self._caller.dry:
            self._pace.guess()
        if turn.site is not None:
            yield from self._newest(turn, spending)
        self._pace.served += 1

    def _newest(self, turn: SiteHarvest, spending: Spending) -> Work:
        try:
            while (yield from self._do(turn, turn.today(spending.patience()))):
                pass
            yield from self._do(turn, turn.check())
        except (BudgetReached, SiteDaySpent):
            yield from turn.release()
            raise
        yield from turn.release()
        yield from turn.latest()

    def _behind(self, spending: Spending) -> Work:
        """Read what is owed, block by block, until no late data show that more is owed."""
        known = (turn for turn in self._turns if turn.site is not None)
        turns = {turn.site_id: turn for turn in known if turn.site_id not in self._spent}
        waiting = {site_id: turn.behind() for site_id, turn in turns.items()}
        self._pace.expect(_calls_in(waiting))
        while waiting:
            for site_id, block in spending.rounds(waiting):
                yield from self._unless_spent(turns[site_id], self._block(turns[site_id], block, waiting))
                if site_id in self._spent:
                    del waiting[site_id]
            self._history_left = _calls_in(waiting)
            for site_id, left in waiting.items():
                if not any(call.purpose is Purpose.LATE for block in left for call in block):
                    turns[site_id].late_is_read()
            waiting = {
                site_id: turns[site_id].behind() for site_id in waiting if turns[site_id].found_late_data
            }
        if self._history_left and not self._caller.dry:
            logger.info("History waits for later runs: %s", counted(self._history_left, "call"))

    def _block(self, turn: SiteHarvest, block: list[Call], waiting: Blocks) -> Work:
        self._pace.reads(block)
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
                if turn.fail(group[0], as_ours(error)):
                    return True
            if turn.plan_is_outdated:
                return True
        return False

    def _unless_spent(self, turn: SiteHarvest, work: Work) -> Work:
        """Yield what a site gives; where its day is spent, this site waits and the others go on."""
        try:
            yield from work
        except SiteDaySpent as spent:
            self._spent.add(turn.site_id)
            if not self._caller.dry:
                logger.warning("%s", spent)
        except Exception as error:
            ours = as_ours(error)
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
                    "site %s is not among the %s of this credential; check `site_ids`",
                    site_id, counted(len(listed), "site"),
                )  # fmt: skip
        gone = sorted(self._bookmarks.sites() - found)
        if gone and not self._job.site_ids:
            named = ", ".join(map(str, gone[:NAMED])) + (", ..." if len(gone) > NAMED else "")
            missing = counted(len(gone), "site")
            logger.warning(
                "%s no longer open to this credential and not read, the data stay: %s", missing, named
            )

    def _in_turn(self, listed: list[Record]) -> list[SiteHarvest]:
        """Return the wanted sites, those read longest ago first; those that failed whole come last."""
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
        return sorted(turns, key=SiteHarvest.place_in_line)


def _calls_in(waiting: Blocks) -> int:
    return sum(len(block) for blocks in waiting.values() for block in blocks)
