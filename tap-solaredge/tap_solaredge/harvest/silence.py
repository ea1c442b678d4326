"""Where an answer has no value of a device although one may come: in an outage, and not in a night. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_solaredge.local_time import DAY
from tap_solaredge.measured.gaps import by_device, empty_spans
from tap_solaredge.plan import sun
from tap_solaredge.spans import common, joined_to, union, without

if TYPE_CHECKING:
    from datetime import datetime

    from tap_solaredge.measured.site import Site
    from tap_solaredge.resources import Resource
    from tap_solaredge.spans import Spans, Window


def silences(
    resource: Resource[Any],
    answer: Any,  # noqa: ANN401
    window: Window,
    site: Site,
    *,
    known: Spans,
    now: datetime,
) -> Spans:
    """Return the spans in which some device gave no value although one may come.

    Args:
        resource: What was read.
        answer: What it says.
        window: When.
        site: The site.
        known: What is open already: what a window cuts off of an outage is judged with the rest of it.
        now: The service's time.
    """
    found, beside = [], without(known, [window])
    for series in by_device(answer, site.reporting(resource.device)).values():
        spans = empty_spans(series, window, now)
        light = [span for span in spans if sun.lit(site, *joined_to(span, beside))]
        speaks_at_night = (len(spans) - len(light)) * DAY < (window.end - window.start) / 2
        if not resource.solar:  # in a short window nobody sees who speaks at night: what is open stays so
            light = spans if speaks_at_night else union(light, common(spans, known))
        found.append(light)
    return union(*found)
