"""A plan is a list of calls: what each fetches, exactly, why, and which streams it serves. Pure."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING, Any

from tap_solaredge.resources import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tap_solaredge.resources import Resource
    from tap_solaredge.service.request import Request
    from tap_solaredge.spans import Window


class Purpose(StrEnum):
    """Why a call is made."""

    LISTS = "lists"
    """Sites, details, devices: what changes slowly."""
    TODAY = "today"
    LIVE = "live flow"
    LATE = "late data"
    HISTORY = "history"
    CHECK = "check"
    """The service's own split of a day: what production means."""
    TOTALS = "totals"
    """The service's own figures, for checks."""


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request of a plan; its price is 1."""

    request: Request
    purpose: Purpose
    resource: Resource[Any] | None = None
    """None for the list of sites."""
    window: Window | None = None
    serves: tuple[str, ...] = ()
    """The streams that need the answer."""

    @property
    def site_id(self) -> int | None:
        """The site; None is the account."""
        return self.request.site_id


def read_by(calls: Iterable[Call]) -> Iterator[tuple[Resource[Any], Window]]:
    """Yield what calls read of series, and when."""
    for call in calls:
        if call.resource is not None and call.window is not None:
            yield call.resource, call.window


_SEAMS = (Kind.QUARTERS, Kind.PERIODS, Kind.TOTALS)
"""What decides where a block ends, if there is any."""


def answered_together(calls: Iterable[Call]) -> Iterable[list[Call]]:
    """Group consecutive calls that together answer one resource for one window."""
    for _, group in groupby(calls, key=lambda call: (call.site_id, call.resource, call.window)):
        yield list(group)


def blocks(calls: Iterable[Call]) -> list[list[Call]]:
    """Sort calls into blocks, newest first, each best made in one run.

    Where a run ends between two blocks, hardly anything was read that another stream still needs: a block is
    as long as the longest windows of quarter hours, and holds all calls that end inside of it. Days come
    first in their block, since the sums of its quarter hours give their split.
    """
    ordered = sorted(calls, key=_newest_first)
    by_resource: dict[Resource[Any], list[Window]] = {}
    for resource, window in read_by(ordered):
        by_resource.setdefault(resource, []).append(window)
    if not by_resource:
        return []
    kinds = {resource.kind for resource in by_resource}
    decides = next(kind for kind in _SEAMS if kind in kinds)
    of_kind = [windows for resource, windows in by_resource.items() if resource.kind is decides]
    seams = sorted(window.start for window in min(of_kind, key=len))
    found: dict[int, list[Call]] = {}
    for call in ordered:
        found.setdefault(bisect_left(seams, _window(call).end), []).append(call)
    older = found.pop(0, [])
    return [*(found[place] for place in sorted(found, reverse=True)), *blocks(older)]


def _window(call: Call) -> Window:
    assert call.window is not None  # noqa: S101 (blocks are of series)
    return call.window


def _newest_first(call: Call) -> tuple[float, bool, float]:
    start, end = _window(call)
    days_first = call.resource is not None and call.resource.kind is Kind.QUARTERS
    return -end.timestamp(), days_first, -start.timestamp()
