"""Spans of time: join them, take one out of others, find what is missing. Pure."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


class Window(NamedTuple):
    """A span of time, start included, end excluded."""

    start: datetime
    end: datetime


Spans = list[Window]
"""Disjoint and in order of time."""


def union(*many: Iterable[Window]) -> Spans:
    """Return the spans that any of the given covers, joined where they touch."""
    joined: Spans = []
    for span in sorted(span for spans in many for span in spans):
        if joined and span.start <= joined[-1].end:
            joined[-1] = Window(joined[-1].start, max(joined[-1].end, span.end))
        elif span.start < span.end:
            joined.append(span)
    return joined


def joined_to(span: Window, others: Iterable[Window]) -> Window:
    """Return a span with those of some others that it overlaps or touches."""
    return next(one for one in union([span], others) if one.start <= span.start < one.end)


def missing(wanted: Window, spans: Iterable[Window]) -> Spans:
    """Return the parts of a wanted span that no given span covers."""
    gaps: Spans = []
    start = wanted.start
    for span in sorted(spans):
        if span.start > start:
            gaps.append(Window(start, min(span.start, wanted.end)))
        start = max(start, span.end)
    gaps.append(Window(start, wanted.end))
    return [gap for gap in gaps if gap.start < gap.end]


def without(spans: Iterable[Window], taken: Iterable[Window]) -> Spans:
    """Return what is left of some spans when others are taken out."""
    taken = list(taken)
    return [gap for span in spans for gap in missing(span, taken)]


def common(some: Iterable[Window], others: Iterable[Window]) -> Spans:
    """Return the spans that both cover."""
    covered = union(others)
    return [
        Window(max(span.start, other.start), min(span.end, other.end))
        for span in some
        for other in covered
        if span.start < other.end and other.start < span.end
    ]


def common_to_all(many: Iterable[Spans]) -> Spans:
    """Return the spans that each covers, none where there is none to look at."""
    covers = list(many)
    return reduce(common, covers) if covers else []


def touch(window: Window, spans: Iterable[Window]) -> bool:
    """Whether a window and any of some spans have a moment in common."""
    return any(span.start < window.end and window.start < span.end for span in spans)
