"""What has been read, as spans of time: add one, find what is missing. Pure."""

from __future__ import annotations

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


def add(spans: Iterable[Window], new: Window) -> Spans:
    """Return the spans with one more, joined where they touch."""
    joined: list[Window] = []
    for span in sorted([*spans, new]):
        if joined and span.start <= joined[-1].end:
            joined[-1] = Window(joined[-1].start, max(joined[-1].end, span.end))
        elif span.start < span.end:
            joined.append(span)
    return joined


def missing(wanted: Window, spans: Iterable[Window]) -> Spans:
    """Return the parts of a wanted span that no given span covers."""
    gaps: list[Window] = []
    start = wanted.start
    for span in sorted(spans):
        if span.start > start:
            gaps.append(Window(start, min(span.start, wanted.end)))
        start = max(start, span.end)
    gaps.append(Window(start, wanted.end))
    return [gap for gap in gaps if gap.start < gap.end]


def union(many: Iterable[Iterable[Window]]) -> Spans:
    """Return the spans that any of the given covers."""
    found: list[Window] = []
    for spans in many:
        for span in spans:
            found = add(found, span)
    return found
