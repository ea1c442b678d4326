"""The forecast of a run: what it will ask and spend, and when history will be complete; without a call."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_solaredge.budget.spending import UNKNOWN_TURN, Spending
from tap_solaredge.errors import BudgetReached, SiteDaySpent
from tap_solaredge.harvest.fetch import NotAskedYet
from tap_solaredge.local_time import utc_text
from tap_solaredge.plan.steps import price

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tap_solaredge.budget.ledger import Expected
    from tap_solaredge.budget.spending import Blocks
    from tap_solaredge.clock import Clock
    from tap_solaredge.harvest.fetch import Fetch
    from tap_solaredge.harvest.site import SiteHarvest
    from tap_solaredge.plan.steps import Step
    from tap_solaredge.plan.today import SitePlanner
    from tap_solaredge.spans import Window


@dataclass(frozen=True, slots=True)
class Planned:
    """One line of a plan."""

    site_id: int | None
    what: str
    calls: int
    step: Step | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run will ask, and what it leaves for later runs."""

    lines: list[Planned]
    ends_early: bool
    """Whether the budget ends before everything is read that is due today."""
    history_left: int
    """Calls of history that later runs will make."""
    history_ends: datetime | None
    unknown: int
    """Sites that were never read: their lines are guesses."""

    @property
    def calls(self) -> int:
        """Return what the run will spend."""
        return sum(line.calls for line in self.lines)


class Forecast:
    """Goes through a run as `Harvest` does, with the same rules, and takes notes instead of asking."""

    def __init__(self, fetch: Fetch, purse: Expected, clock: Clock) -> None:
        self._fetch = fetch
        self._purse = purse
        self._clock = clock
        self._lines: list[Planned] = []
        self._planners: dict[int, tuple[SitePlanner, Window | None]] = {}
        self._spent: set[int] = set()
        self._unknown = 0

    def plan(self, turns: list[SiteHarvest]) -> Plan:
        """Return what the run will ask; sites come in their turn."""
        spending = Spending(self._purse, self._clock, len(turns))
        waiting: Blocks = {}
        ends_early = False
        try:
            self._take(None, "site list", self._fetch.list_calls())
            self._today(turns, spending)
            for turn in turns:
                self._unless_spent(turn, self._late)
            waiting = {site_id: list(p.history(read)) for site_id, (p, read) in self._planners.items()}
            self._history(waiting, spending)
        except BudgetReached:
            ends_early = True
        left = sum(price(block) for blocks in waiting.values() for block in blocks)
        ends = spending.history_ends(left) if left else None
        return Plan(self._lines, ends_early, left, ends, self._unknown)

    def _today(self, turns: list[SiteHarvest], spending: Spending) -> None:
        for number, turn in enumerate(turns):
            if number and not spending.serves(turn.inventory_calls()):
                raise BudgetReached("no calls are left")
            try:
                for _ in turn.inventory():
                    pass
            except NotAskedYet:
                self._unknown += 1
                self._take(turn.site_id, "first turn", turn.inventory_calls() + UNKNOWN_TURN)
                continue
            self._unless_spent(turn, lambda turn: self._today_of(turn, spending))

    def _today_of(self, turn: SiteHarvest, spending: Spending) -> None:
        self._take(turn.site_id, "inventory", turn.inventory_calls())
        planner = turn.planner(patience=spending.patience())
        if planner is None:
            return
        steps = planner.today()
        self._planners[turn.site_id] = planner.after(steps), planner.quarters_in(steps)
        self._take_steps(turn.site_id, steps)
        self._take(turn.site_id, "live flow", turn.snapshot_calls())

    def _late(self, turn: SiteHarvest) -> None:
        planner, read_today = self._planners.get(turn.site_id, (None, None))
        if planner is not None and turn.late_is_due():
            self._take_steps(turn.site_id, planner.late(read_today))

    def _history(self, waiting: Blocks, spending: Spending) -> None:
        for site_id in self._spent:
            waiting.pop(site_id, None)
        for site_id, block in spending.rounds(waiting):
            try:
                self._take_steps(site_id, block)
            except SiteDaySpent:
                del waiting[site_id]

    def _unless_spent(self, turn: SiteHarvest, work: Callable[[SiteHarvest], None]) -> None:
        if turn.site_id in self._spent:
            return
        try:
            work(turn)
        except SiteDaySpent:
            self._spent.add(turn.site_id)

    def _take_steps(self, site_id: int, steps: list[Step]) -> None:
        for step in steps:
            self._take(site_id, step.urgency.value, step.calls, step)

    def _take(self, site_id: int | None, what: str, calls: int, step: Step | None = None) -> None:
        granted = self._purse.spend(site_id, calls)
        if granted or (step and step.calls == 0):
            self._lines.append(Planned(site_id, what, granted, step))
        if granted < calls:
            self._purse.spend(site_id, calls - granted)


def described(plan: Plan) -> list[str]:
    """Return a plan as lines for people: each step, then the sums."""
    lines = []
    for part in plan.lines:
        where = f"site {part.site_id}" if part.site_id else "account"
        asks = f"{', '.join(part.step.asks)}: {_span(part.step.window)}" if part.step else ""
        lines.append(f"{where:<14} {part.what:<10} {part.calls:>4} calls  {asks}".rstrip())
    return [*lines, *summed(plan)]


def summed(plan: Plan) -> list[str]:
    """Return what a plan costs, and what later runs will have to do."""
    sums = Counter[str]()
    for part in plan.lines:
        sums[part.what] += part.calls
    by_kind = ", ".join(f"{what} {calls:,}" for what, calls in sums.items())
    lines = [f"Plan: {plan.calls:,} calls{f' ({by_kind})' if by_kind else ''}"]
    if plan.unknown:
        lines.append(f"{plan.unknown} sites were never read: what they take is a guess")
    if plan.ends_early:
        lines.append("The budget ends before everything is read; later runs go on")
    if plan.history_left and plan.history_ends:
        lines.append(
            f"History: {plan.history_left:,} calls are left for later runs, "
            f"until about {plan.history_ends:%Y-%m-%d} with frequent runs"
        )
    return lines


def _span(window: Window) -> str:
    return f"{utc_text(window.start)} to {utc_text(window.end)}"
