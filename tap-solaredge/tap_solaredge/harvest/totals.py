"""Take in the service's own totals of one site: they are records as they come."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tap_solaredge.harvest.notes import FIRST_DATA, LIFE_READ, READ_ON, SEEN, day_of
from tap_solaredge.local_time import local_day, utc_text
from tap_solaredge.measured.production import Meaning
from tap_solaredge.plan import windows
from tap_solaredge.resources import LIFETIME, TOTALS, Answers
from tap_solaredge.streams import Cadence
from tap_solaredge.streams.energy_totals import FIGURES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tap_solaredge.harvest.bookmarks import Bookmarks
    from tap_solaredge.harvest.coverages import Coverages
    from tap_solaredge.harvest.job import Job
    from tap_solaredge.harvest.meaning import ProductionCheck
    from tap_solaredge.harvest.outcomes import Batch, Outcomes
    from tap_solaredge.measured.readings import Totals
    from tap_solaredge.measured.site import Site
    from tap_solaredge.plan.calls import Call
    from tap_solaredge.spans import Spans
    from tap_solaredge.streams import SolarEdgeStream


class TotalsOfSite:
    """Keeps how far the totals of one site have been read, and makes their records."""

    def __init__(
        self,
        site_id: int,
        job: Job,
        outcomes: Outcomes,
        bookmarks: Bookmarks,
        *,
        coverages: Coverages,
        check: ProductionCheck,
    ) -> None:
        self._site_id = site_id
        self._assumed = job.dialect.assumed
        self._outcomes = outcomes
        self._bookmarks = bookmarks
        self._coverages = coverages
        self._check = check
        self._daily = [s.name for s in job.streams if s.cadence is Cadence.ENERGY]
        self._streams = [stream for stream in job.streams if stream.cadence is Cadence.TOTALS]

    def are_due(self, site: Site, now: datetime) -> bool:
        """Whether totals were not read yet on this day of the site."""
        return self._differs(READ_ON, day_of(site, now))

    def are_read(self, site: Site, now: datetime) -> None:
        """Note that what the plan of this day named was read."""
        for stream in self._outcomes.going_on(Cadence.TOTALS):
            self._bookmarks.of(stream.name, self._site_id)[READ_ON] = day_of(site, now)

    def lifetime_is_due(self, site: Site, now: datetime) -> bool:
        """Whether the total of the whole life was not read yet in this month."""
        return self._differs(LIFE_READ, day_of(site, now)[:7])

    def _differs(self, note: str, value: str) -> bool:
        streams = self._outcomes.going_on(Cadence.TOTALS)
        return any(self._bookmarks.noted(stream.name, self._site_id, note) != value for stream in streams)

    def first_data(self) -> str | None:
        """Return the first day with data, None where the service has not told it."""
        days = [self._bookmarks.noted(stream.name, self._site_id, FIRST_DATA) for stream in self._streams]
        return next((day for day in days if isinstance(day, str)), None)

    def wants(self, call: Call, site: Site) -> bool:
        """Whether a call is worth making: before the first data there is no month to read."""
        first = self.first_data()
        if call.resource is not TOTALS or call.window is None or first is None:
            return True
        return day_of(site, call.window.end) > first

    def reopen(self, spans: Spans, site: Site) -> None:
        """Let the months be read again in which something changed."""
        if spans:
            months = windows.whole_periods(spans, "MONTH", site.zone)
            self._coverages.reopen(self._outcomes.going_on(Cadence.TOTALS), months)

    def take(self, call: Call, totals: Totals | None, site: Site, now: datetime) -> Iterator[Batch]:
        """Yield the record that an answer gives; None is that of a forecast."""
        assert call.window is not None  # noqa: S101 (all totals have a window)
        if call.resource is TOTALS and totals is not None:
            month = day_of(site, call.window.start)[:7]
            for name in self._daily:
                days = self._bookmarks.noted(name, self._site_id, SEEN) or {}
                self._check.see_month(days, month, totals, site)
        for stream in self._outcomes.going_on(Cadence.TOTALS):
            if totals is not None and not _is_before(call, totals, site):
                yield self._batch(stream, call, totals, site, now)
            if call.resource is LIFETIME:
                partition = self._bookmarks.of(stream.name, self._site_id)
                partition[LIFE_READ] = day_of(site, now)[:7]
                if totals is not None and totals.first is not None:
                    partition[FIRST_DATA] = totals.first.local_date
            elif totals is None:
                self._coverages.read_dry(stream, call.window, now)
            else:
                self._coverages.read(stream, call.window, [], None, site=site, now=now)
                self._bookmarks.advance(
                    stream.name, self._site_id, str(stream.replication_key), utc_text(call.window.end)
                )

    def _batch(self, stream: SolarEdgeStream, call: Call, totals: Totals, site: Site, now: datetime) -> Batch:
        assert call.window is not None and call.resource is not None  # noqa: S101, PT018
        window = call.window._replace(end=now) if totals.up_to_now else call.window
        meaning = totals.meaning or (site.meaning or self._assumed if site.stores else Meaning.PV)
        answers = Answers(window)
        answers.put(call.resource, replace(totals, meaning=meaning))
        return self._outcomes.batch(stream, site, answers)


def _is_before(call: Call, totals: Totals, site: Site) -> bool:
    """Whether a month without any figure was over when the site was installed."""
    told = any(getattr(totals, name) is not None for name in FIGURES)
    if call.resource is not TOTALS or call.window is None or site.installed is None or told:
        return False
    return local_day(call.window.end, site.zone) <= site.installed
