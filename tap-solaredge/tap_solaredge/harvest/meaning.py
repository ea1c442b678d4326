"""Find out what the production of a site with batteries means, remember it, and say so in one line."""

from __future__ import annotations

import logging
from calendar import monthrange
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_solaredge.harvest.notes import ASKED, CHECKED, MEANS, day_of, of_dialect
from tap_solaredge.local_time import DAY, local_day, midnight
from tap_solaredge.measured.production import Day, Meaning, fits, meaning_of
from tap_solaredge.measured.readings import MeterType
from tap_solaredge.measured.split import total
from tap_solaredge.plan.calls import Call, Purpose
from tap_solaredge.resources import ENERGY, METER_ENERGY, METERS, STORAGE, STORAGE_ENERGY, TOTALS
from tap_solaredge.spans import Window, missing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from tap_solaredge.harvest.at_hand import AtHand
    from tap_solaredge.harvest.bookmarks import Bookmarks
    from tap_solaredge.harvest.job import Job
    from tap_solaredge.measured.readings import Series, Totals
    from tap_solaredge.measured.site import Site
    from tap_solaredge.plan.progress import SiteProgress
    from tap_solaredge.resources import Resource

logger = logging.getLogger("tap-solaredge")

LOOK_BACK = 28
"""Days among which one is looked for that tells."""
HOLDS_FOR = timedelta(days=62)
"""How old a check may become: each month's totals make a new one for nothing."""
ASKED_AGAIN = timedelta(days=7)
"""How long to wait before a call is spent again on what the service did not tell."""
SAID = {
    Meaning.PV: "what the panels made",
    Meaning.AC: "what the inverters gave: what batteries gave and took is taken out of it",
}


class ProductionCheck:
    """Compares a finished day of one site with the service's own split."""

    def __init__(self, site_id: int, job: Job, bookmarks: Bookmarks) -> None:
        self._site_id = site_id
        self._dialect = job.dialect
        names = (of_dialect(job.dialect.name, name) for name in (MEANS, CHECKED, ASKED))
        self._means, self._checked, self._asked_on = names
        self._clock = job.clock
        self._daily = job.scope.time_unit == "DAY"
        self._bookmarks = bookmarks
        self._asked_once = False
        self._believed = job.dialect.assumed
        self._day: Day | None = None

    def begins(self, site: Site) -> bool:
        """Let a site know what was found out in an earlier run, and return whether that must be checked."""
        known = self._noted(self._means)
        site.meaning = known if known in set(Meaning) else None
        self._believed = site.meaning or self._dialect.assumed
        return self._is_due(site)

    def _is_due(self, site: Site) -> bool:
        """Whether the meaning is not known, or was not confirmed for long."""
        if not site.stores or not self._daily:
            return False
        checked, today = self._noted(self._checked), local_day(self._clock.now(), site.zone)
        oldest = today if site.meaning is None else today - HOLDS_FOR
        asked_lately = _between(today - ASKED_AGAIN, self._noted(self._asked_on), today)
        return not _between(oldest, checked, today) and not (site.meaning is None and asked_lately)

    def is_news(self, site: Site, *, dry: bool) -> bool:
        """Say where nobody knows yet, and return whether what was stored until now means something else."""
        if site.meaning is None and not dry:
            logger.info(
                "site %s: what production means beside its battery is not checked yet: it is taken for %s",
                self._site_id, SAID[self._dialect.assumed],
            )  # fmt: skip
        return (site.meaning or self._dialect.assumed) != self._believed

    def calls(self, progress: SiteProgress, at_hand: AtHand, streams: Iterable[str]) -> list[Call]:
        """Return the call for the split of the newest day that tells, none where that is no use."""
        days = dict(self._days(progress, at_hand))
        self._bookmarks.of("sites", self._site_id)[self._checked] = progress.today().isoformat()
        if self._dialect.tells_split:
            self._by_meters(days, at_hand, progress.site)
            return []
        window = next((window for window, day in days.items() if day.tells), None)
        if window is None or self._asked_once:
            return []
        self._day = days[window]
        return self._asked(window, progress, streams)

    def forecast(self, progress: SiteProgress, streams: Iterable[str]) -> list[Call]:
        """Return the call that a run will most likely make: for yesterday."""
        if self._dialect.tells_split or self._asked_once:
            return []
        today = progress.today()
        return self._asked(
            Window(progress.midnight(today - DAY), progress.midnight(today)), progress, streams
        )

    def _asked(self, window: Window, progress: SiteProgress, streams: Iterable[str]) -> list[Call]:
        self._asked_once = True
        self._bookmarks.of("sites", self._site_id)[self._asked_on] = progress.today().isoformat()
        requests = self._dialect.requests(TOTALS, progress.site.ref, window)
        return [Call(request, Purpose.CHECK, TOTALS, window, tuple(streams)) for request in requests]

    def _by_meters(self, days: Mapping[Window, Day], at_hand: AtHand, site: Site) -> None:
        """Find the meaning by days of which the service told the consumption: no call is needed."""
        for window, day in days.items():
            pv = _pv(day, window, at_hand)
            found = None if pv is None else meaning_of(day, pv)
            if found is not None:
                self._found(found, day.date, site)
                return

    def take(self, totals: Totals | None, site: Site) -> None:
        """Take in the service's split of the day that was fetched."""
        if totals is None or totals.production is None or self._day is None:
            return
        found = meaning_of(self._day, totals.production)
        if found is not None:
            self._found(found, self._day.date, site)

    def see_month(self, days: Mapping[str, int | None], month: str, totals: Totals, site: Site) -> None:
        """Hold the days of a month against its total: what is believed is confirmed, or checked anew.

        Args:
            days: Energy of days (Wh) as the service tells it.
            month: Such as `2026-10`.
            totals: The month's.
            site: The site.
        """
        of_month = {day: energy for day, energy in days.items() if day.startswith(month)}
        whole = len(of_month) >= _days_in(month)
        if site.meaning is None or not whole or not totals.production:
            return
        partition = self._bookmarks.of("sites", self._site_id)
        if fits(Meaning(site.meaning), of_month.values(), totals.production):
            partition[self._checked] = day_of(site, self._clock.now())
        else:
            partition.pop(self._checked, None)

    def _found(self, found: Meaning, day: str, site: Site) -> None:
        partition = self._bookmarks.of("sites", self._site_id)
        known = partition.get(self._means)
        partition[self._means] = site.meaning = str(found)
        partition.pop(self._asked_on, None)
        if known != found:
            level = logging.INFO if known is None else logging.WARNING
            logger.log(
                level, "site %s: production is %s (checked with SolarEdge's own split of %s)",
                self._site_id, SAID[found], day,
            )  # fmt: skip

    def _days(self, progress: SiteProgress, at_hand: AtHand) -> Iterator[tuple[Window, Day]]:
        """Yield the finished days whose energy and batteries are at hand, newest first."""
        site = progress.site
        for age in range(1, LOOK_BACK + 1):
            day = progress.today() - age * DAY
            window = Window(midnight(day, site.zone), midnight(day + DAY, site.zone))
            energy = _sum([_read(ENERGY, window, at_hand) or {}])
            charge, discharge = _stored(window, at_hand)
            if energy is not None and charge is not None and discharge is not None:
                yield window, Day(day.isoformat(), energy, charge, discharge)

    def _noted(self, name: str) -> Any:  # noqa: ANN401
        return self._bookmarks.noted("sites", self._site_id, name)


def _between(first: date, day: str | None, last: date) -> bool:
    """Whether a noted day lies between two; one in the future is not believed."""
    return bool(day) and first.isoformat() <= str(day) <= last.isoformat()


def _read(resource: Resource[Any], window: Window, at_hand: AtHand) -> Any:  # noqa: ANN401
    """Return what was answered about a day, None where it was not read whole."""
    if missing(window, at_hand.read.get(resource, [])):
        return None
    return at_hand.answers([resource], window).get(resource)


def _sum(series: Iterable[Series]) -> float | None:
    return total(value for one in series for value in one.values())


def _stored(window: Window, at_hand: AtHand) -> tuple[float | None, float | None]:
    """Return what batteries took and gave on a day, Wh."""
    for resource in (STORAGE_ENERGY, STORAGE):
        batteries = _read(resource, window, at_hand)
        if batteries:
            return _sum(b.charge_energy for b in batteries), _sum(b.discharge_energy for b in batteries)
    return None, None


def _pv(day: Day, window: Window, at_hand: AtHand) -> float | None:
    """Return what the panels made on a day, by all that was used, bought, fed in and stored, Wh."""
    for resource in (METER_ENERGY, METERS):
        meters = _read(resource, window, at_hand)
        if meters:
            of = {
                kind: _sum(meter.energy for meter in meters if meter.meter_type is kind)
                for kind in (MeterType.CONSUMPTION, MeterType.PURCHASED, MeterType.FEED_IN)
            }
            used, bought, fed = of.values()
            if used is not None and bought is not None and fed is not None:
                return used - bought + fed + day.charge - day.discharge
    return None


def _days_in(month: str) -> int:
    return monthrange(int(month[:4]), int(month[5:]))[1]
