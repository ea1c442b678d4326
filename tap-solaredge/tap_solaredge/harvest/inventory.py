"""What is known of one site: its details and devices, and which of them the credential may read."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from tap_solaredge.advice import command
from tap_solaredge.errors import (
    NotPermitted,
    ScopeMissing,
    SiteDaySpent,
    TapSolarEdgeError,
    UnexpectedPayload,
)
from tap_solaredge.harvest.arrivals import arrived
from tap_solaredge.harvest.notes import MEANS, METER_NAMES, SERIALS, SHOWN, ZONE, of_dialect
from tap_solaredge.local_time import DAY_MINUTES, fixed_zone, named_zone
from tap_solaredge.login.grants import DEVICE_DATA
from tap_solaredge.measured.production import Meaning
from tap_solaredge.measured.readings import Device
from tap_solaredge.measured.site import site_of
from tap_solaredge.measured.zones import clocks_differ, shown_zone
from tap_solaredge.plan.totals import BEFORE_ALL_DATA
from tap_solaredge.resources import (
    DETAILS,
    DEVICES,
    ENERGY,
    LIFETIME_STORAGE,
    POWER,
    QUARTER_ENERGY,
    RESOURCES,
    Answers,
    Kind,
    Resource,
)
from tap_solaredge.spans import Window
from tap_solaredge.streams import Cadence, SolarEdgeStream
from tap_solaredge.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from tap_solaredge.harvest.bookmarks import Bookmarks
    from tap_solaredge.harvest.job import Job
    from tap_solaredge.harvest.lists import Lists
    from tap_solaredge.harvest.outcomes import Outcomes
    from tap_solaredge.measured.readings import Record
    from tap_solaredge.measured.site import Site

logger = logging.getLogger("tap-solaredge")

PRODUCTION = frozenset({POWER, ENERGY, QUARTER_ENERGY})
"""What has the one or the other meaning on a site with batteries."""
SLOW = tuple(resource for resource in RESOURCES if resource.kind is Kind.LIST)


class SiteInventory:
    """Reads the lists of one site that its streams need."""

    def __init__(
        self, site_id: int, job: Job, lists: Lists, outcomes: Outcomes, bookmarks: Bookmarks
    ) -> None:
        self.site: Site | None = None
        self.answers = Answers()
        """The answers that hold for the whole run."""
        self.fresh: set[Resource[Any]] = set()
        """The lists that took a call in this run."""
        self._arrived: dict[Device, datetime] = {}
        """Kinds of devices that were never listed before, and since when they may have readings."""
        self.zone_changed = False
        """Whether the master data name a time zone with another clock than before."""
        self._site_id = site_id
        self._streams = job.streams
        self._dialect = job.dialect
        self._lists = lists
        self._outcomes = outcomes
        self._bookmarks = bookmarks
        self._refused = False
        self._named: ZoneInfo | None = None

    def price(self) -> int:
        """Return how many calls the lists take now."""
        return sum(self._lists.price(resource, self._site_id) for resource in self._wanted())

    def read(self, now: datetime, *, with_devices: bool) -> None:
        """Read the lists; the site is known then, unless its details could not be read.

        Args:
            now: The time.
            with_devices: Whether the credential covers what devices measured.
        """
        self._leave_out_what_is_not_offered()
        for resource in SLOW:
            if resource in self._wanted() and (with_devices or resource.device is None):
                if self._lists.price(resource, self._site_id):
                    self.fresh.add(resource)
                self._read(resource)
        says_devices = DEVICES in self.fresh and not self._lists.dry
        details = self.answers.get(DETAILS)
        if details is not None:
            self.site = site_of(self._with_zone(details, now), self.answers.get(DEVICES))
            self._named = self.site.zone
            shown = self._bookmarks.noted("sites", self._site_id, SHOWN)
            if isinstance(shown, int) and abs(shown) < DAY_MINUTES:
                self.site.zone = fixed_zone(shown)
            self._keep_serial_numbers(self.site)
            self._keep_meter_names(self.site)
            if self.answers.get(DEVICES) is not None:
                self._arrived = arrived(self.site, self._bookmarks, now, fresh=says_devices)
            if self._refused or not with_devices:
                self.deny_devices()
        if says_devices:
            self._say_devices()

    def _with_zone(self, details: Record, now: datetime) -> Record:
        """Return the details with the zone that was last told, where times do not show theirs.

        What has times fails where no zone was ever told: it would be stored at wrong ones.
        """
        known = self._bookmarks.noted("sites", self._site_id, ZONE)
        if named_zone(details["timezone"]) is not None:
            self._bookmarks.of("sites", self._site_id)[ZONE] = details["timezone"]
            self._see_correction(known, details["timezone"], now)
            return details
        if self._dialect.tells_offsets:
            return details
        if isinstance(known, str) and named_zone(known) is not None:
            logger.warning("site %s: no time zone is told; %s is used, as before", self._site_id, known)
            return details | {"timezone": known}
        error = UnexpectedPayload("no time zone is told, and times have no offset: name it in the portal")
        hit = [s for s in self._outcomes.going_on() if s.cadence is not Cadence.INVENTORY]
        self._outcomes.give_up(hit, "details", error)
        return details | {"timezone": "UTC"}

    def _see_correction(self, known: str | None, told: str, now: datetime) -> None:
        """Note whether the zone that is told has another clock than the one that was told before."""
        before, after = named_zone(known), named_zone(told)
        if before is None or after is None or not clocks_differ(before, after, now):
            return
        self.zone_changed = True
        self._bookmarks.of("sites", self._site_id).pop(SHOWN, None)
        if not self._lists.dry:
            logger.warning(
                "site %s: its time zone is %s now, it was %s: its days and quarter hours are read again",
                self._site_id, told, known,
            )  # fmt: skip

    def give_up_what_batteries_decide(self) -> None:
        """Let production fail where it is told with what batteries do, and one of them cannot be read."""
        assert self.site is not None  # noqa: S101 (it has been read)
        devices = self.answers.get(DEVICES)
        if devices is None or not devices.unreadable_batteries:
            return
        if (self.site.meaning or self._dialect.assumed) == Meaning.AC:
            error = UnexpectedPayload(
                "a battery cannot be read, and production counts what it gives and takes"
            )
            hit = [s for s in self._outcomes.going_on() if s.needs & PRODUCTION]
            self._outcomes.give_up(hit, "devices", error)

    def read_without(self, now: datetime) -> Iterator[tuple[list[SolarEdgeStream], Window]]:
        """Yield which streams were read without a kind of devices that is listed now, and when."""
        for device, since in self._arrived.items():
            assert self.site is not None  # noqa: S101 (it has the devices)
            hit = [s for s in self._streams if any(need.device is device for need in s.needs)]
            if device is Device.BATTERY and (self.site.meaning or self._dialect.assumed) == Meaning.AC:
                hit += [s for s in self._streams if s.needs & PRODUCTION]
            if not self._lists.dry:
                told = "" if since == BEFORE_ALL_DATA else f" from {since:%Y-%m-%d} on"
                logger.info(
                    "site %s: the first %s is listed: what was read without it%s is read again",
                    self._site_id, device.name.lower(), told,
                )  # fmt: skip
            yield hit, Window(since, now)

    def see_zone(self, answer: Any) -> bool:  # noqa: ANN401
        """Take the zone that an answer's offsets show, and return whether that is news (gotcha 78).

        Args:
            answer: A series; its times have the site's offset.
        """
        site = self.site
        assert site is not None and self._named is not None  # noqa: S101, PT018 (it has been read)
        if not isinstance(answer, dict) or not answer:
            return False
        newest = max(answer)
        shown = shown_zone((min(answer), newest), self._named)
        if shown.key == site.zone.key:
            return False
        agrees = shown.key == self._named.key
        logger.warning(
            "site %s: the answers show the time zone %s, the master data name %s: %s",
            site.site_id, shown.key, self._named.key, "they agree again" if agrees else "the answers decide",
        )  # fmt: skip
        site.zone = shown
        partition = self._bookmarks.of("sites", site.site_id)
        partition.pop(SHOWN, None)
        if not agrees:
            partition[SHOWN] = newest.offset_minutes
        return True

    def deny_devices(self) -> None:
        """Skip what a grant without DEVICE_DATA does not cover; bookmarks stay, for a later grant."""
        site = self.site
        assert site is not None  # noqa: S101 (it has been read)
        has = {device for device in Device if site.has(device)}
        site.denied |= set(Device)
        quarters = [stream for stream in self._streams if stream.cadence is Cadence.QUARTER_HOURS]
        hit = [s for s in quarters if any(need.device in has for need in s.needs)]
        if site.meaning == Meaning.AC and Device.BATTERY in has:
            hit += [s for s in self._streams if s.needs & PRODUCTION and s not in hit]
        if hit:
            error = ScopeMissing(
                "the grant does not cover what meters and batteries measured: log in again with "
                f"`{command('login')}` and allow the scope {DEVICE_DATA}"
            )
            self._outcomes.give_up(hit, "the split of energy", error)

    def _leave_out_what_is_not_offered(self) -> None:
        """Skip the streams that the dialect has nothing for."""
        for stream in self._streams:
            for resource in stream.needs - self._dialect.offers:
                missing = NotPermitted(f"API {self._dialect.name} has no {resource}: the stream is left out")
                self._outcomes.give_up([stream], resource.name, missing)

    def _keep_serial_numbers(self, site: Site) -> None:
        """Let devices have the serial numbers as they were written first: else they would be others."""
        partition = self._bookmarks.of("sites", site.site_id)
        partition[SERIALS] = site.devices.write_as_before(partition.get(SERIALS, []))

    def _keep_meter_names(self, site: Site) -> None:
        """Let meters whose name cannot be read have the one that they were last known by."""
        site.meter_names = names = self._bookmarks.of("sites", site.site_id).setdefault(METER_NAMES, {})
        for meter in site.devices.meters:
            kind, serial, name = meter["meter_type"], meter["serial_number"], meter["name"]
            if not serial:
                continue
            if name in {kind, f"{kind} {serial}"}:
                meter["name"] = site.known_name(kind, serial)
            else:
                names[f"{kind} {serial}"] = name

    def _say_devices(self) -> None:
        """Say once a day what the site has, so that a missing device is seen."""
        found = self.answers.get(DEVICES)
        if found is None:
            return
        meters = [meter for meter in found.meters if meter["serial_number"] and meter["active"] is not False]
        batteries = [battery for battery in found.batteries if battery["active"] is not False]
        inverters = len(found.inverters)
        if inverters or meters or batteries:
            told = [counted(inverters, "inverter"), counted(len(meters), "meter")]
            told.append(counted(len(batteries), "battery", "batteries"))
            logger.info("site %s: %s", self._site_id, ", ".join(told))
        else:
            level = logging.INFO if self.site and self.site.pending else logging.WARNING
            logger.log(level, "site %s: no inverter, meter or battery is listed", self._site_id)

    def _wanted(self) -> list[Resource[Any]]:
        """Return the lists that are wanted, as far as is known: only batteries have lifetime sums.

        Where production counts what batteries give and take, it is not known without the list of devices.
        """
        needs = {need for stream in self._outcomes.going_on() for need in stream.needs | stream.extras}
        means = self._bookmarks.noted("sites", self._site_id, of_dialect(self._dialect.name, MEANS))
        if needs & PRODUCTION and (means or self._dialect.assumed) == Meaning.AC:
            needs.add(DEVICES)
        devices = self.answers.get(DEVICES)
        if devices is None or not devices.batteries:
            needs.discard(LIFETIME_STORAGE)
        return [resource for resource in SLOW if resource in needs & self._dialect.offers]

    def _read(self, resource: Resource[Any]) -> None:
        try:
            self.answers.put(resource, self._lists.get(resource, self._site_id))
        except TapSolarEdgeError as error:
            if error.stops_the_run or isinstance(error, SiteDaySpent):
                raise
            if isinstance(error, ScopeMissing):
                self._refused = True
                return
            hit = [s for s in self._outcomes.going_on() if resource in s.needs | s.extras]
            if not isinstance(error, NotPermitted):
                known = self._lists.last_known(resource, self._site_id)
                self.answers.put(resource, known)
                hit = [stream for stream in hit if known is None or _lists(stream, resource)]
                if known is None and resource is DEVICES and self._dialect.assumed is Meaning.AC:
                    hit += [s for s in self._outcomes.going_on() if s not in hit and s.needs & PRODUCTION]
            self._outcomes.give_up(hit, resource.name, error)


def _lists(stream: SolarEdgeStream, resource: Resource[Any]) -> bool:
    """Whether the records of a stream are what a list holds."""
    return stream.cadence is Cadence.INVENTORY and (resource is not DETAILS or stream.needs == {DETAILS})
