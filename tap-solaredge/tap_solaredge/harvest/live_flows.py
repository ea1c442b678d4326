"""The flows of this moment, which V1 tells: read where they are due, a quarter hour after the last ones."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tap_solaredge.harvest.notes import READ_AT
from tap_solaredge.local_time import QUARTER, Instant, from_utc_text, instant, quarter_of, utc_text
from tap_solaredge.measured.readings import Device
from tap_solaredge.plan.calls import Call, Purpose
from tap_solaredge.resources import SNAPSHOT, Answers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_solaredge.harvest.bookmarks import Bookmarks
    from tap_solaredge.harvest.job import Job
    from tap_solaredge.harvest.outcomes import Batch, Outcomes
    from tap_solaredge.measured.readings import Snapshot
    from tap_solaredge.measured.site import Site
    from tap_solaredge.streams import SolarEdgeStream


class LiveFlows:
    """Plans and takes in live flows; the bookmark of their stream is that of its quarter hours."""

    def __init__(self, job: Job, outcomes: Outcomes, bookmarks: Bookmarks) -> None:
        self._dialect = job.dialect
        self._offered = SNAPSHOT in job.dialect.offers and job.scope.live_flows
        self._clock = job.clock
        self._outcomes = outcomes
        self._bookmarks = bookmarks

    def calls(self, site: Site) -> list[Call]:
        """Return the call for a site, if live flows are due."""
        flows = self._streams()
        if not self._offered or not flows or site.pending or not site.has(Device.METER):
            return []
        last = self._bookmarks.noted(flows[0].name, site.site_id, READ_AT)
        if last is not None and timedelta() <= self._clock.now() - from_utc_text(last) < QUARTER:
            return []
        (request,) = self._dialect.requests(SNAPSHOT, site.ref)
        return [Call(request, Purpose.LIVE, SNAPSHOT, None, tuple(flow.name for flow in flows))]

    def records(self, site: Site, flow: Snapshot | None) -> Iterator[Batch]:
        """Yield the records of an answer; None is that of a site without flows (gotcha 58)."""
        now, answers = self._clock.now(), Answers()
        if flow is not None:
            flow.at = instant(now.astimezone(site.zone).isoformat(timespec="seconds"))
            if flow.at == quarter_of(flow.at):  # a moment is never taken for a quarter hour
                flow.at = Instant(f"{flow.at[:-3]}01Z", flow.at.offset_minutes)
            answers.put(SNAPSHOT, flow)
        for stream in self._streams():
            if flow is not None:
                yield self._outcomes.batch(stream, site, answers)
            self._bookmarks.of(stream.name, site.site_id)[READ_AT] = utc_text(now)

    def _streams(self) -> list[SolarEdgeStream]:
        return [stream for stream in self._outcomes.going_on() if SNAPSHOT in stream.extras]
