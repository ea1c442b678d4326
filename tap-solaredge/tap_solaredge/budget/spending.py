"""What a run over some sites lets itself spend: the same rules for the run and for its forecast."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from tap_solaredge.budget import limits
from tap_solaredge.budget.limits import less, lowest
from tap_solaredge.errors import BudgetReached, SiteDaySpent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, timedelta

    from tap_solaredge.budget.ledger import Ledger
    from tap_solaredge.budget.limits import Left, Limits
    from tap_solaredge.clock import Clock
    from tap_solaredge.plan.calls import Call

    Blocks = dict[int, list[list[Call]]]
    """History that waits, by site, newest first."""

UNKNOWN_TURN = 6
"""Calls that a site of unknown inventory is expected to take."""


class Purse(Protocol):
    """What is left to spend: of the ledger, or of a forecast."""

    limits: Limits

    def left(self) -> Left:
        """Return what is left of each limit."""

    def left_today(self, site_id: int | None) -> int | None:
        """Return how many calls a site, or else all, may still have in these 24 hours, None for no limit."""


class Expected:
    """A ledger as it will be: what is planned is taken off what is left, and nothing is written down."""

    def __init__(self, ledger: Ledger) -> None:
        self.limits = ledger.limits
        self._ledger = ledger
        self._left = ledger.left()
        self._by_site: Counter[int | None] = Counter()

    def left(self) -> Left:
        """Return what will be left of each limit."""
        calls, left = self._by_site.total(), self._left
        return replace(left, month=less(left.month, calls), run=less(left.run, calls))

    def left_today(self, site_id: int | None) -> int | None:
        """Return how many calls a site, or else all, will still have in these 24 hours, None for no limit."""
        of_site = less(self._ledger.left_today(site_id), self._by_site[site_id])
        return lowest(of_site, less(self._ledger.left_today(None), self._by_site.total()))

    def spend(self, site_id: int | None) -> None:
        """Take a call off what is left.

        Raises:
            BudgetReached: If no call is left; `SiteDaySpent` if only this site has none.
        """
        if self.left().calls == 0:
            raise BudgetReached("no calls are left")
        if self.left_today(site_id) == 0:
            raise SiteDaySpent(f"site {site_id}: no calls are left today")
        self._by_site[site_id] += 1


@dataclass(slots=True)
class Spending:
    """Decides who is read now, and which history."""

    purse: Purse
    clock: Clock
    sites: int

    def patience(self) -> timedelta:
        """Return how old the newest data of a site must be to be worth a call."""
        return limits.patience(self.purse.left(), self.purse.limits, self.clock.now(), self.sites)

    def affords_a_turn(self, lists: int) -> bool:
        """Whether a whole turn fits into what is left, so that a site is served fully or not at all."""
        left = self.purse.left().calls
        return left is None or left >= lists + UNKNOWN_TURN

    def rounds(self, waiting: Blocks) -> Iterator[tuple[int, list[Call]]]:
        """Yield blocks of history, one per site and round, as far as the budget lets history have calls.

        What is yielded has been taken out of `waiting`; a site that is taken out of it is done.
        """
        started = False
        while any(blocks and self._fits_today(site_id, blocks[0]) for site_id, blocks in waiting.items()):
            for site_id in list(waiting):
                blocks = waiting.get(site_id, [])
                if not blocks or not self._fits_today(site_id, blocks[0]):
                    continue
                if not self._history_may_take(len(blocks[0]), first=not started):
                    return
                started = True
                yield site_id, blocks.pop(0)

    def history_ends(self, calls: int) -> datetime:
        """Return when so many further calls of history will have been made."""
        left = self.purse.left()
        return limits.history_ends(calls, left, self.purse.limits, self.clock.now(), self.sites)

    def _fits_today(self, site_id: int, block: list[Call]) -> bool:
        left = self.purse.left_today(site_id)
        return limits.for_history_today(left, self.purse.limits, len(block))

    def _history_may_take(self, calls: int, *, first: bool) -> bool:
        """Whether a block fits; the first one of a run may be begun with less than it takes in full."""
        allowed = limits.for_history(self.purse.left(), self.purse.limits, self.clock.now(), self.sites)
        return allowed is None or allowed >= calls or (first and allowed > 0)
