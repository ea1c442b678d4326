"""Where a device gave no value in a window that was read. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_solaredge.local_time import QUARTER, from_utc_text, quarter_floor, utc_text
from tap_solaredge.measured.readings import BatterySeries, MeterSeries
from tap_solaredge.spans import Spans, Window

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tap_solaredge.measured.readings import DeviceSeries, Series

Key = tuple[str, str]
"""Serial number and type of a device."""


def by_device(answer: Series | Iterable[DeviceSeries], expected: Iterable[Key]) -> dict[Key, Series]:
    """Return the series that shows whether a device reported, by device; a site's own has an empty key.

    Args:
        answer: What the service answered.
        expected: The devices that should be in it: those that gave no value may be left out.
    """
    if isinstance(answer, dict):
        return {("", ""): answer}
    found: dict[Key, Series] = {key: {} for key in expected}
    for device in answer:
        kind = str(device.meter_type) if isinstance(device, MeterSeries) else ""
        told = _telling(device)
        if told:
            found[device.serial_number or "", kind] = told
    return found


def empty_spans(series: Series, window: Window, until: datetime) -> Spans:
    """Return the spans of quarter hours without a value.

    Args:
        series: Start of interval to value.
        window: What was read.
        until: Intervals that end after this are not over.
    """
    start, end = window.start, quarter_floor(min(window.end, until))
    quarters = max((end - start) // QUARTER, 0)
    known = {at for at, value in series.items() if value is not None}
    if len(known) > quarters:  # the running interval has a value already
        known = {utc for utc in known if utc < utc_text(end)}
    if len(known) >= quarters:
        return []
    stamps = sorted(known | {utc_text(end)})
    found, free = [], start
    for stamp in stamps:
        at = from_utc_text(stamp)
        if at > free:
            found.append(Window(free, at))
        free = max(free, at + QUARTER)
    return found


def _telling(device: DeviceSeries) -> Series:
    if isinstance(device, MeterSeries):
        return device.power or device.energy
    if isinstance(device, BatterySeries):
        return device.charge_power or device.state_of_charge
    return device.power
