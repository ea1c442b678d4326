"""When meters and batteries are in service: what one does not tell then is unknown, else it is nothing."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tap_solaredge.harvest.notes import IN_SERVICE, of_dialect
from tap_solaredge.local_time import DAY, from_utc_text, utc_text
from tap_solaredge.measured.joining import is_silent, told_span
from tap_solaredge.measured.readings import BatterySeries, Device, MeterSeries, MeterType
from tap_solaredge.plan.calls import Purpose
from tap_solaredge.plan.owed import GIVEN_UP
from tap_solaredge.resources import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tap_solaredge.harvest.bookmarks import Bookmarks
    from tap_solaredge.harvest.job import Job
    from tap_solaredge.measured.readings import Record
    from tap_solaredge.measured.site import Site
    from tap_solaredge.plan.calls import Call
    from tap_solaredge.resources import Resource

    Counted = MeterSeries | BatterySeries
    Span = tuple[str, str]

logger = logging.getLogger("tap-solaredge")

BATTERY = "Battery"
"""What stands for a battery where a meter has its type."""


class ServiceTimes:
    """Remembers the first and the newest value of each device, so that its silence can be judged.

    A device that is listed as active stays in service for three months after its newest value, one that is
    not left with it. Before its first value a device was there if it was registered.
    """

    def __init__(self, job: Job, bookmarks: Bookmarks) -> None:
        self._name = of_dialect(job.dialect.name, IN_SERVICE)
        self._whole = job.dialect.tells_each_interval
        self._bookmarks = bookmarks
        self._said: set[str] = set()

    def mark(self, call: Call, answer: Any, site: Site, now: datetime) -> Any:  # noqa: ANN401
        """Return an answer of devices with their times in service, and without those that were in none.

        Those that were, and are left out since they told nothing, are added. (V1 sums up its meters itself.)
        """
        resource, window = call.resource, call.window
        device = resource.device if resource is not None else None
        counted = device is Device.BATTERY or (device is Device.METER and self._whole)
        if answer is None or resource is None or device is None or window is None or not counted:
            return answer
        noted = self._noted(site, now)
        devices = {_key(one): one for one in answer}
        if self._whole:
            devices = {_key(one): one for one in _silent(noted, device)} | devices
        begin, end, found = utc_text(window.start), utc_text(min(window.end, now)), []
        for key, one in devices.items():
            span = tuple(noted[key]) if key in noted else None
            if told := told_span(one):
                both = *told, *(span or ())
                span = min(both), max(both)
                if resource.kind is Kind.QUARTERS:
                    noted[key] = list(map(str, span))
            span = span and _in_service(span, one, site, told=told is not None)
            if span and span[0] < end and span[1] > begin:
                found.append(replace(one, in_service=span))
        if call.purpose is Purpose.TODAY and resource.kind is Kind.QUARTERS:
            self._say_who_is_silent(device, noted, site, now)
        return found

    def _noted(self, site: Site, now: datetime) -> dict[str, Any]:
        """Return the first and the newest interval of each device, without what lies in the future."""
        partition = self._bookmarks.of("sites", site.site_id)
        before: dict[str, Any] = partition.get(self._name, {})
        noted = {key: span for key, span in before.items() if span[1] <= utc_text(now)}
        partition[self._name] = noted
        return noted

    def _say_who_is_silent(self, device: Device, noted: dict[str, Any], site: Site, now: datetime) -> None:
        """Say once in a run which active devices have told nothing for a day, and what that means."""
        for serial, kind in site.reporting(device):
            key = f"{kind or BATTERY} {serial}"
            newest = from_utc_text(noted[key][1]) if key in noted else now - GIVEN_UP
            if now - newest <= DAY or key in self._said:
                continue
            self._said.add(key)
            waits = now - newest < GIVEN_UP
            since = f"since {newest:%Y-%m-%d %H:%M} UTC" if waits else "for a long time, or never"
            effect = "are empty meanwhile" if waits else "are without it"
            logger.warning(
                "site %s: %s has told nothing %s: sums over such devices, and what follows from them, %s",
                site.site_id, key, since, effect,
            )  # fmt: skip


def is_lost(resource: Resource[Any], answer: Any, site: Site) -> bool:  # noqa: ANN401
    """Whether an answer tells nothing of devices that are in service, as far as is known."""
    rows = site.devices.batteries if resource.device is Device.BATTERY else site.devices.meters
    awaited = resource.device in site.kept or any(row["active"] is not False for row in rows)
    return awaited and answer is not None and is_silent(answer)


def _in_service(span: Span, one: Counted, site: Site, *, told: bool) -> Span | None:
    """Return from when and before when a device is in service, by its first and its newest value."""
    first, newest = span
    device, listed = Device.METER if isinstance(one, MeterSeries) else Device.BATTERY, _listed(one, site)
    if told:
        first = min(first, site.devices.registered.get(device.name, {}).get(one.serial_number or "") or "")
    elif listed is None and device not in site.kept:
        return None  # nobody knows of it any more
    left = listed["active"] is False if listed else device not in site.kept
    return first, f"{newest}~" if left else utc_text(from_utc_text(newest) + GIVEN_UP)


def _listed(one: Counted, site: Site) -> Record | None:
    """Return the row of a device, None where the list has none."""
    if isinstance(one, BatterySeries):
        rows = [row for row in site.devices.batteries if row["serial_number"] == one.serial_number]
    else:
        known = (one.serial_number, one.meter_type)
        rows = [row for row in site.devices.meters if (row["serial_number"], row["meter_type"]) == known]
    return rows[0] if rows else None


def _silent(noted: dict[str, Any], device: Device) -> Iterator[Counted]:
    """Yield each device that told something once, without values."""
    for key in noted:
        kind, _, serial = key.partition(" ")
        if kind == BATTERY and device is Device.BATTERY:
            yield BatterySeries(serial)
        elif device is Device.METER and kind in set(MeterType):
            yield MeterSeries(serial, MeterType(kind))


def _key(one: Counted) -> str:
    return f"{one.meter_type if isinstance(one, MeterSeries) else BATTERY} {one.serial_number or ''}"
