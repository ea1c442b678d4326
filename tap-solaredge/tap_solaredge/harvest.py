"""Harvest the fleet: today's data of every site first, then late data, then history; sites take turns."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tap_solaredge.api.errors import BudgetReached, HarvestIncomplete
from tap_solaredge.budget import for_history, keeps_pace
from tap_solaredge.local_time import local_day, utc_text
from tap_solaredge.site_harvest import Batch, SiteHarvest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_solaredge.bookmarks import Bookmarks
    from tap_solaredge.budget import Ledger
    from tap_solaredge.clock import Clock
    from tap_solaredge.fetch import Fetch
    from tap_solaredge.plan import Scope, Step
    from tap_solaredge.readings import Record
    from tap_solaredge.streams import SolarEdgeStream
    from tap_solaredge.windows import Window

logger = logging.getLogger("tap-solaredge")

NEVER = datetime.min.replace(tzinfo=UTC)
UNKNOWN_TURN = 6
"""Calls that a site of unknown inventory is expected to take."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One line of a plan."""

    site_id: int | None
    what: str
    calls: int
    step: Step | None = None


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

    def run(self) -> Iterator[Batch | None]:
        """Yield batches of records, with None wherever STATE may be sent.

        Raises:
            HarvestIncomplete: At the end, if a stream or a site failed.
            TapSolarEdgeError: At once, if no further call can succeed.
        """
        try:
            self._say_plan()
            self._turns = self._in_turn(list(self._fetch.sites()))
            yield from self._today()
            yield from self._late()
            yield from self._history()
        except BudgetReached as reached:
            logger.warning("%s", reached)
        for turn in self._turns:
            if turn.site is not None:
                yield from turn.finish()
        self._summarize()

    def close(self) -> None:
        """Let go of the ledger."""
        self._ledger.close()

    # The plan

    def plan(self) -> list[Planned]:
        """Return what a run would ask now, from what is kept, without a call.

        Raises:
            NotAskedYet: If the sites were never listed.
        """
        self._fetch.without_calls = True
        try:
            return list(self._planned())
        finally:
            self._fetch.without_calls = False

    def _planned(self) -> Iterator[Planned]:
        if self._fetch.list_calls():
            yield Planned(None, "site list", self._fetch.list_calls())
        turns = self._in_turn(list(self._fetch.sites()))
        pace = self._keeps_pace()
        left = self._ledger.left().calls
        for turn in turns:
            for _ in turn.inventory():
                pass
            inventory = turn.inventory_calls()
            planner = turn.planner(keeps_pace=pace)
            steps = planner.today() if planner else []
            if planner and self._late_is_due(turn):
                steps += planner.late(_quarters_of(steps))
            if inventory:
                yield Planned(turn.site_id, "inventory", inventory)
            yield from (Planned(turn.site_id, step.urgency.value, step.calls, step) for step in steps)
            if left is not None:
                left -= inventory + sum(step.calls for step in steps)
        yield from self._planned_history(turns)

    def _planned_history(self, turns: list[SiteHarvest]) -> Iterator[Planned]:
        for turn in turns:
            planner = turn.planner()
            if planner is None:
                continue
            today = planner.today()
            for block in planner.after(today).history(_quarters_of(today)):
                yield from (Planned(turn.site_id, step.urgency.value, step.calls, step) for step in block)

    def _say_plan(self) -> None:
        left = self._ledger.left()
        known = (
            f"{left.month:,} calls are left this month" if left.month is not None else "calls are not limited"
        )
        logger.info(
            "Before the first call: %s%s", known, f", {left.run} in this run" if left.run is not None else ""
        )

    # Today, late data, history

    def _today(self) -> Iterator[Batch | None]:
        for number, turn in enumerate(self._turns):
            inventory = turn.inventory_calls()
            if number and not self._affordable(inventory or 1, inventory + UNKNOWN_TURN):
                raise BudgetReached(
                    f"{len(self._turns) - number} sites wait for the next run: no calls are left"
                )
            yield from turn.inventory()
            planner = turn.planner(keeps_pace=self._keeps_pace())
            for step in planner.today(turn.last_update()) if planner else []:
                yield from turn.read(step)
            yield from turn.latest()

    def _late(self) -> Iterator[Batch | None]:
        for turn in self._turns:
            planner = turn.planner()
            if planner is None or not self._late_is_due(turn):
                continue
            for step in planner.late(turn.read_today()):
                yield from turn.read(step)
            self._bookmarks.of("sites", turn.site_id)["late_read_on"] = self._local_day(turn)

    def _history(self) -> Iterator[Batch | None]:
        """Read blocks, one per site and round, as far as the budget lets history have calls."""
        waiting = {turn.site_id: self._blocks(turn) for turn in self._turns}
        started = False
        while any(waiting.values()):
            for turn in self._turns:
                blocks = waiting[turn.site_id]
                if not blocks:
                    continue
                calls = sum(step.calls for step in blocks[0])
                if not self._history_may_take(calls, first=not started):
                    self._say_history_waits(waiting)
                    return
                started = True
                for step in blocks.pop(0):
                    yield from turn.read(step)

    def _blocks(self, turn: SiteHarvest) -> list[list[Step]]:
        planner = turn.planner()
        return planner.history(turn.read_today()) if planner else []

    def _history_may_take(self, calls: int, *, first: bool) -> bool:
        """Whether a block fits; the first one of a run may be begun with less than it takes in full."""
        hourly = 3 * len(self._turns)
        allowed = for_history(self._ledger.left(), self._ledger.limits, self._clock.now(), hourly)
        return allowed is None or allowed >= calls or (first and allowed > 0)

    def _say_history_waits(self, waiting: dict[int, list[list[Step]]]) -> None:
        calls = sum(step.calls for blocks in waiting.values() for block in blocks for step in block)
        logger.info(
            "History waits for later runs: %s calls; the rest of the budget is for fresh data", f"{calls:,}"
        )

    # Bookkeeping

    def _in_turn(self, listed: list[Record]) -> list[SiteHarvest]:
        """Return the wanted sites, those that were read longest ago first."""
        found = {site["id"] for site in listed}
        for site_id in self._site_ids:
            if site_id not in found:
                logger.warning("site %s is not among the %s sites of this credential", site_id, len(listed))
        turns = [
            SiteHarvest(
                site["id"],
                streams=self._streams,
                fetch=self._fetch,
                bookmarks=self._bookmarks,
                scope=self._scope,
                now=self._clock.now(),
            )
            for site in listed
            if not self._site_ids or site["id"] in self._site_ids
        ]
        return sorted(turns, key=lambda turn: turn.last_read() or NEVER)

    def _keeps_pace(self) -> bool:
        return keeps_pace(self._ledger.left(), self._ledger.limits, self._clock.now())

    def _affordable(self, least: int, whole: int) -> bool:
        """Whether a whole turn fits into what is left, so that a site is served fully or not at all."""
        left = self._ledger.left().calls
        return left is None or left >= max(least, whole)

    def _late_is_due(self, turn: SiteHarvest) -> bool:
        return self._bookmarks.of("sites", turn.site_id).get("late_read_on") != self._local_day(turn)

    def _local_day(self, turn: SiteHarvest) -> str:
        return local_day(self._clock.now(), turn.site.zone).isoformat() if turn.site else ""

    def _summarize(self) -> None:
        failed = [f"site {turn.site_id}: {name}" for turn in self._turns for name in turn.failures]
        records = sum(sum(turn.counts.values()) for turn in self._turns)
        served = sum(turn.site is not None for turn in self._turns)
        problems = f", {len(failed)} failures" if failed else ""
        calls = self._ledger.spent_in_run
        logger.info("%s sites, %s records, %s calls%s", served, f"{records:,}", calls, problems)
        if failed:
            raise HarvestIncomplete("Not everything could be read: " + "; ".join(failed))


def _quarters_of(steps: list[Step]) -> Window | None:
    """Return the window of quarter hours among today's steps."""
    return next((step.window for step in steps if not step.periods), None)


def described(plan: list[Planned]) -> list[str]:
    """Return a plan as lines for people, the sum last."""
    lines = []
    for part in plan:
        where = f"site {part.site_id}" if part.site_id else "account"
        asks = f"{', '.join(part.step.asks)}: {_span(part.step.window)}" if part.step else ""
        lines.append(f"{where:<14} {part.what:<10} {part.calls:>4} calls  {asks}".rstrip())
    sums = Counter[str]()
    for part in plan:
        sums[part.what] += part.calls
    by_kind = ", ".join(f"{what} {calls:,}" for what, calls in sums.items())
    return [*lines, f"Plan: {sum(sums.values()):,} calls{f' ({by_kind})' if by_kind else ''}"]


def _span(window: Window) -> str:
    return f"{utc_text(window.start)} to {utc_text(window.end)}"
