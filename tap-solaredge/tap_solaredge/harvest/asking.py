"""Ask what the streams of one site need; a failed answer is the failure of the streams that need it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from tap_solaredge.errors import (
    NotPermitted,
    ScopeMissing,
    SiteDaySpent,
    TapSolarEdgeError,
    UnexpectedPayload,
)
from tap_solaredge.login.grants import DEVICE_DATA, LOGIN
from tap_solaredge.measured.day_sums import DaySums
from tap_solaredge.measured.readings import Answers, site_of
from tap_solaredge.plan.steps import PERIOD_SERIES, SERIES, Scope, Step
from tap_solaredge.resources import Resource
from tap_solaredge.streams import Cadence, SolarEdgeStream

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from tap_solaredge.harvest.fetch import Fetch
    from tap_solaredge.harvest.outcomes import Outcomes
    from tap_solaredge.measured.readings import Site
    from tap_solaredge.spans import Window

    Cut = Callable[[Resource, Window, timedelta], list[Window]]
    """Cuts a window for a resource into parts of a length; see `SitePlanner.cut`."""

TELEMETRY = frozenset(
    {
        Resource.METERS,
        Resource.STORAGE,
        Resource.INVERTERS,
        Resource.METER_ENERGY,
        Resource.STORAGE_ENERGY,
        Resource.LIFETIME_STORAGE,
    }
)
"""What the scope DEVICE_DATA opens."""
SLOW = (
    Resource.DETAILS,
    Resource.DEVICES,
    Resource.LIFETIME_STORAGE,
    Resource.ALERTS,
    Resource.BENEFITS,
)
"""What changes so slowly that an older answer serves those streams that only need it besides."""


class Asking:
    """Holds what is known of a site, and asks for the rest."""

    def __init__(
        self, site_id: int, *, streams: list[SolarEdgeStream], fetch: Fetch, outcomes: Outcomes, scope: Scope
    ) -> None:
        self.site: Site | None = None
        self.inventory = Answers()
        """The answers that hold for the whole run."""
        self._site_id = site_id
        self._streams = streams
        self._fetch = fetch
        self._outcomes = outcomes
        self._scope = scope
        self._sums: DaySums | None = None
        self._last_error: TapSolarEdgeError | None = None

    # Slow lists

    def inventory_calls(self) -> int:
        """Return how many calls the slow lists will take now."""
        return sum(self._fetch.slow_calls(resource, self._site_id) for resource in self._slow_lists())

    def ask_inventory(self) -> None:
        """Ask for details and devices; the site is known then, unless its details could not be read."""
        self._leave_out_what_is_not_offered()
        for resource in SLOW:
            if resource in self._slow_lists():
                self._ask(resource, partial(self._fetch.slow, resource, self._site_id), self.inventory)
        if self.inventory.details is not None:
            self.site = site_of(self.inventory.details, self.inventory.devices)
            self._sums = DaySums(self.site)

    def leave_out_devices(self) -> None:
        """Skip what a grant without DEVICE_DATA does not cover; their bookmarks stay, for a later grant."""
        site = self.site
        if site is None:
            return
        measured = self._fetch.dialect.asks(site, TELEMETRY)
        quarters = [s for s in self._streams if s.cadence is Cadence.QUARTER_HOURS]
        hit = [s.name for s in quarters if s.needs & measured]
        site.reads_devices = False
        if not hit:
            return
        error = ScopeMissing(
            "the grant does not cover what meters and batteries measured: log in again with "
            f"`{LOGIN}` and allow the scope {DEVICE_DATA}"
        )
        self._outcomes.give_up(hit, "the split of energy", error)

    def _leave_out_what_is_not_offered(self) -> None:
        """Skip the streams of slow lists that the dialect does not have."""
        dialect = self._fetch.dialect
        for stream in self._streams:
            for resource in (stream.needs & frozenset(SLOW)) - dialect.OFFERS:
                missing = NotPermitted(f"API {dialect.NAME} has no {resource}: the stream is left out")
                self._outcomes.give_up([str(stream.name)], resource.value, missing)

    def _slow_lists(self) -> list[Resource]:
        """Return the slow lists that are wanted, as far as is known: only batteries have lifetime sums."""
        needs = {
            resource
            for stream in self._streams
            if self._outcomes.goes_on(stream)
            for resource in stream.needs
        }
        wanted: list[Resource] = [r for r in SLOW if r in needs and r is not Resource.LIFETIME_STORAGE]
        batteries = self.inventory.devices.batteries if self.inventory.devices else []
        readable = batteries and self._fetch.reads_devices(self._site_id)
        if readable and any(stream.cadence is Cadence.LATEST for stream in self._streams):
            wanted.append(Resource.LIFETIME_STORAGE)
        return [resource for resource in wanted if resource in self._fetch.dialect.OFFERS]

    # Windows

    def ask(self, site: Site, step: Step, cut: Cut) -> Answers:
        """Return the answers for a step; what could not be read is None there, and its streams gave up."""
        answers = Answers(step.window)
        self._fill_in(site, step, answers)
        for resource in step.asks:
            if resource in TELEMETRY and not site.reads_devices:
                setattr(answers, resource.value, [])
                continue
            get = partial(
                self._fetch.window, resource, site.ref, step.window, partial(cut, resource), floor=step.floor
            )
            self._ask(resource, get, answers)
        self._fetch.dialect.complete(answers, site, self._scope.time_unit)
        if not step.periods and self._sums is not None:
            self._sums.add(answers)
        return answers

    def expect(self, steps: list[Step], cut: Cut) -> None:
        """Note which steps will be read next, one after the other, so that their calls can run at once."""
        if self.site is None:
            return
        going_on = {str(stream.name) for stream in self._streams if self._outcomes.goes_on(stream)}
        wanted = [
            (resource, step.window, partial(cut, resource), step.floor)
            for step in steps
            if going_on.intersection(step.streams)
            for resource in step.asks
        ]
        self._fetch.expect(self.site.ref, wanted)

    def _fill_in(self, site: Site, step: Step, answers: Answers) -> None:
        """Put in what is known without a call: no meter, no battery, dark, or the sums of quarter hours."""
        if step.periods:
            answers.meter_energy, answers.storage_energy = [], []
            if step.split_from_quarters and self._sums is not None:
                self._fill_in_sums(self._sums, site, step, answers)
            return
        answers.meters = None if site.has_meters else []
        answers.storage = None if site.has_batteries else []
        answers.inverters = None if site.has_inverters and Resource.INVERTERS in step.asks else []
        dark = Resource.POWER in self._fetch.dialect.asks(site, frozenset({*step.asks, Resource.POWER}))
        answers.power = {} if dark and Resource.POWER not in step.asks else None

    def _fill_in_sums(self, sums: DaySums, site: Site, step: Step, answers: Answers) -> None:
        """Put in the days' sums; where quarter hours could not be read, the days wait for another run."""
        if sums.cover(step.window):
            answers.meter_energy, answers.storage_energy = sums.meters(step.window), sums.storage(step.window)
            return
        denied = self._last_error is None or isinstance(self._last_error, NotPermitted)
        needed = self._fetch.dialect.asks(site, frozenset({Resource.ENERGY}))
        if not denied:
            answers.meter_energy = None
        if not denied or Resource.STORAGE_ENERGY in needed:
            answers.storage_energy = None

    def lacks(self, stream: SolarEdgeStream, answers: Answers) -> bool:
        """Give a stream up whose answer another one was to be worked out from, and that one failed."""
        periods = PERIOD_SERIES if stream.cadence is Cadence.ENERGY else frozenset[Resource]()
        missing = [n.value for n in (stream.needs & SERIES) | periods if getattr(answers, n.value) is None]
        if missing:
            unknown = UnexpectedPayload(f"site {self._site_id}: no answer for {', '.join(missing)}")
            self._outcomes.give_up([str(stream.name)], stream.name, self._last_error or unknown)
        return bool(missing)

    def _ask(self, resource: Resource, get: Callable[[], Any], answers: Answers) -> None:
        """Put an answer where streams find it; a failure is that of the streams that need the answer."""
        try:
            setattr(answers, resource.value, get())
        except TapSolarEdgeError as error:
            if error.stops_the_run or isinstance(error, SiteDaySpent):
                raise
            if isinstance(error, ScopeMissing):
                self.leave_out_devices()
                setattr(answers, resource.value, [])
                return
            self._last_error = error
            hit = [s for s in self._streams if _needs(s, resource) and self._outcomes.goes_on(s)]
            if resource in SLOW and not isinstance(error, NotPermitted):
                known = self._fetch.last_known(resource, self._site_id)
                setattr(answers, resource.value, known)
                hit = [s for s in hit if known is None or _lists(s, resource)]
            self._outcomes.give_up([str(s.name) for s in hit], resource.value, error)


def _needs(stream: SolarEdgeStream, resource: Resource) -> bool:
    """Whether a stream fails without this answer; the split and lifetime sums belong to their streams."""
    if resource in {Resource.METER_ENERGY, Resource.STORAGE_ENERGY}:
        return stream.cadence is Cadence.ENERGY
    return resource in stream.needs


def _lists(stream: SolarEdgeStream, resource: Resource) -> bool:
    """Whether the records of a stream are what a slow list holds."""
    return stream.cadence is Cadence.INVENTORY and (
        resource is not Resource.DETAILS or stream.needs == {Resource.DETAILS}
    )
