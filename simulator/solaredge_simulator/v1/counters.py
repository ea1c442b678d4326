"""What counters of devices count: only what the service has, or everything (gotcha 92)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solaredge_simulator import days
from solaredge_simulator.local_days import slices
from solaredge_simulator.sites import FOREVER
from solaredge_simulator.visible import View

if TYPE_CHECKING:
    from datetime import date

    from solaredge_simulator.flows import Column, Key
    from solaredge_simulator.v1.asks import SiteAsk


def counted(ask: SiteAsk, key: Key, start: float, end: float) -> float:
    """Return by how much a counter rises in [start, end) (epoch seconds), Wh."""
    if ask.rules.counters == "pause":
        return ask.view.sum(key, start, end).total
    found = View(ask.plant, FOREVER).sum(key, start, end).total
    for piece in slices(ask.plant.zone, max(start, ask.plant.begins), end):
        if days.link(ask.plant, piece.day).lost:
            found += days.add(days.lost(ask.plant, piece.day, key)[piece.first : piece.last]).total
    return found


def steps(ask: SiteAsk, day: date, key: Key) -> list[float]:
    """Return by how much a counter rises in each quarter of a local day, Wh."""
    seen: Column = ask.view.column(day, key)
    if ask.rules.counters == "go on":
        lost = days.lost(ask.plant, day, key)
        seen = [
            a if a is not None else b for a, b in zip(days.column(ask.plant, day, key), lost, strict=True)
        ]
    return [value or 0.0 for value in seen]
