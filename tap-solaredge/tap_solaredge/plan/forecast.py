"""The forecast of a run: its calls, and when history will be complete, as lines for people. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from tap_solaredge.local_time import utc_text
from tap_solaredge.plan.calls import Purpose
from tap_solaredge.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tap_solaredge.plan.calls import Call


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a run will do, and what it leaves for later runs."""

    calls: list[Call]
    ends_early: bool
    """Whether the budget ends before everything is read that is due today."""
    history_left: int
    """Calls that later runs will make for history."""
    history_ends: datetime | None
    unknown: int
    """Sites that were never read: only the calls for their lists are known."""

    def estimate(self) -> int:
        """Return how many calls a run makes, if sites that nobody knows yet cost what the others do."""
        data = Counter(call.site_id for call in self.calls if call.purpose is not Purpose.LISTS)
        of_a_site = sum(data.values()) / len(data) + 1 if data else 0.0
        return len(self.calls) + round(self.unknown * of_a_site)

    def lines(self, *, urls: bool = False) -> Iterator[str]:
        """Yield each call, those that differ in nothing but their window together, then the summary.

        Args:
            urls: Yield the path and query of each call.
        """
        if urls:
            yield from (call.request.path_and_query for call in self.calls)
        else:
            for _, calls in groupby(self.calls, key=lambda c: (c.site_id, c.purpose, c.resource, c.window)):
                yield _line(list(calls))
        yield from self.summary()

    def summary(self) -> Iterator[str]:
        """Yield what the run costs, and what later runs will have to do."""
        sums = Counter(call.purpose.value for call in self.calls)
        by_purpose = ", ".join(f"{purpose} {calls:,}" for purpose, calls in sums.items())
        yield f"Plan: {counted(len(self.calls), 'call')}{f' ({by_purpose})' if by_purpose else ''}"
        if self.unknown:
            yield f"{counted(self.unknown, 'site')} not read before: the rest is known after their lists"
        if self.ends_early:
            yield "The budget ends before everything is read; later runs go on"
        if self.history_left and self.history_ends:
            yield (
                f"History: {counted(self.history_left, 'call')} "
                f"{'is' if self.history_left == 1 else 'are'} left for later runs, "
                f"until about {self.history_ends:%Y-%m-%d} with frequent runs"
            )


def _line(calls: list[Call]) -> str:
    call = calls[0]
    where = "account" if call.site_id is None else f"site {call.site_id}"
    what = call.request.path.rsplit("/", 1)[-1] if call.purpose is Purpose.LISTS else str(call.resource)
    span = f": {utc_text(call.window.start)} to {utc_text(call.window.end)}" if call.window else ""
    return f"{where:<14} {call.purpose.value:<10} {counted(len(calls), 'call'):>9}  {what}{span}"
