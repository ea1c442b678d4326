"""`/meters`: the lifetime counters of physical meters."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from solaredge_simulator.devices import MeterType
from solaredge_simulator.local_days import QUARTER, stamp
from solaredge_simulator.sources import METERED
from solaredge_simulator.v1.asks import MONTH, YEAR
from solaredge_simulator.v1.counters import counted
from solaredge_simulator.v1.energy import QUARTERS, chosen, time_unit
from solaredge_simulator.v1.series import wall
from solaredge_simulator.v2.buckets import as_32_bit, buckets
from solaredge_simulator.v2.windows import Resolution, Window

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from solaredge_simulator.flows import Column
    from solaredge_simulator.v1.asks import SiteAsk
    from solaredge_simulator.visible import View

_READ_AFTER = 77
"""Seconds into the bucket at which the counter is read."""


def meters(ask: SiteAsk) -> object:
    """`/meters`: one entry per serial and type.

    A reading is taken 77 seconds into its bucket and counts everything before the bucket: the difference
    of two readings is the energy of the earlier bucket. Nothing is counted while the site is offline.
    """
    name, resolution = time_unit(ask)
    start, end = ask.wall_times({QUARTERS: MONTH, "HOUR": MONTH, "DAY": YEAR}.get(name))
    physical = [meter for meter in ask.plant.meters if meter.serial]
    kinds = chosen(ask, [kind for kind in MeterType if kind != MeterType.SELF_CONSUMPTION])
    entries = [
        {
            "meterSerialNumber": meter.serial,
            "connectedSolaredgeDeviceSN": ask.plant.inverters[0].serial,
            "model": meter.model,
            "meterType": meter.meter_type,
            "values": _readings(ask, f"{METERED[meter.meter_type]}_wh", resolution, start, end),
        }
        for meter in physical
        if meter.meter_type in kinds
    ]
    return {"meterEnergyDetails": {"timeUnit": name, "unit": "Wh", "meters": entries}}


def _readings(
    ask: SiteAsk, quantity: str, resolution: Resolution, start: str, end: str
) -> list[dict[str, object]]:
    first, last = ask.day_span(date.fromisoformat(start[:10]), date.fromisoformat(end[:10]))
    window, zone, view = Window(first, last, resolution, ends_now=False), ask.plant.zone, ask.view
    begins, paused = _bucket_starts(window, zone), ask.rules.counters == "pause"
    register = counted(ask, ("", quantity), ask.plant.begins, begins[0])
    found: list[dict[str, object]] = []
    values = _seen(view, quantity, window)
    for begin, until, value in zip(begins, [*begins[1:], int(window.end)], values, strict=True):
        at = wall(stamp(zone, begin + (0 if value is None else _READ_AFTER)))
        if start <= at < end:
            found.append({"date": at} if value is None else {"date": at, "value": as_32_bit(register)})
        register += (value or 0.0) if paused else counted(ask, ("", quantity), begin, until)
    return found


def _bucket_starts(window: Window, zone: ZoneInfo) -> list[int]:
    if window.resolution is Resolution.QUARTER_HOUR:
        return list(range(int(window.start), int(window.end), QUARTER))
    return [bucket.start for bucket in buckets(window, zone)]


def _seen(view: View, quantity: str, window: Window) -> Column:
    """Return what is visible of each bucket; None where nothing is."""
    if window.resolution is Resolution.QUARTER_HOUR:
        return view.quarters(("", quantity), window.start, window.end)
    return [view.total(("", quantity), *bucket) for bucket in buckets(window, view.site.zone)]
