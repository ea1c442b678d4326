"""Telemetry of all or some inverters, meters and batteries, and the endpoints of one metric of one device."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, TypedDict

from solaredge_simulator.messages import problem
from solaredge_simulator.v2.series import INVERTER, STORAGE, asked_window, measurements, meter_metrics, points
from solaredge_simulator.v2.windows import Resolution

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from solaredge_simulator.v2.asks import SiteAsk
    from solaredge_simulator.v2.series import Metric
    from solaredge_simulator.v2.windows import Window


class Block(TypedDict):
    """One metric of one device."""

    unit: str
    values: list[dict[str, object]]


def inverters(ask: SiteAsk) -> object:
    """`/inverters/telemetry`: every metric brings its own period and resolution."""
    found, zone = asked_window(ask), ask.plant.zone
    own = {"period": found.period(zone), "resolution": found.resolution}
    serving = [i.serial for i in ask.plant.inverters if _serves(ask, i.serial, found)]
    blocks = {
        serial: _metrics(ask, found, serial, INVERTER) for serial in _serials(ask, _inverters(ask), serving)
    }
    return {
        "inverters": {
            serial: {name: own | block for name, block in metrics.items()}
            for serial, metrics in blocks.items()
        }
    }


def meters(ask: SiteAsk) -> object:
    """`/meters/telemetry`: period and resolution at the top; only serials with data."""
    serials = list(dict.fromkeys(meter.serial for meter in ask.plant.meters if meter.serial))
    return _top_level(
        ask, "meters", {serial: meter_metrics(ask, serial) for serial in _serials(ask, serials)}
    )


def storage(ask: SiteAsk) -> object:
    """`/storage/telemetry`: as meters."""
    return _top_level(ask, "storage", dict.fromkeys(_serials(ask, _batteries(ask)), STORAGE))


def inverter_metric(ask: SiteAsk) -> object:
    """`/inverters/{serial}/{metric}`."""
    return _one(ask, _inverters(ask), INVERTER)


def meter_metric(ask: SiteAsk) -> object:
    """`/meters/{serial}/{metric}`."""
    return _one(ask, [m.serial for m in ask.plant.meters if m.serial], meter_metrics(ask, ask.rest["serial"]))


def storage_metric(ask: SiteAsk) -> object:
    """`/storage/{serial}/{metric}`."""
    return _one(ask, _batteries(ask), STORAGE)


def _top_level(ask: SiteAsk, name: str, devices: Mapping[str, Mapping[str, Metric]]) -> object:
    found = asked_window(ask)
    blocks = {serial: _metrics(ask, found, serial, metrics) for serial, metrics in devices.items()}
    return {
        "period": found.period(ask.plant.zone),
        "resolution": found.resolution,
        name: {serial: metrics for serial, metrics in blocks.items() if _has_data(metrics)},
    }


def _metrics(ask: SiteAsk, found: Window, serial: str, metrics: Mapping[str, Metric]) -> dict[str, Block]:
    """Return the blocks of one device; a total has only energies."""
    return {
        name: {"unit": shown.unit, "values": points(ask, found, shown, serial)}
        for name, metric in metrics.items()
        for shown in (metric.shown(ask.options),)
        if metric.summed or found.resolution is not Resolution.TOTAL
    }


def _has_data(metrics: Mapping[str, Block]) -> bool:
    return any(point["value"] is not None for block in metrics.values() for point in block["values"])


def _one(ask: SiteAsk, serials: Iterable[str], metrics: Mapping[str, Metric]) -> object:
    by_path = {
        re.sub("[A-Z]", lambda letter: f"-{letter[0].lower()}", name): found
        for name, found in metrics.items()
    }
    if ask.rest["serial"] not in serials:
        raise problem(HTTPStatus.NOT_FOUND, "Unknown device")
    if ask.rest["metric"] not in by_path:
        raise problem(HTTPStatus.NOT_FOUND, "Unknown endpoint")
    metric = by_path[ask.rest["metric"]].shown(ask.options)
    return measurements(ask, ask.rest["serial"], metric, metric.unit)


def _serials(ask: SiteAsk, known: list[str], default: list[str] | None = None) -> list[str]:
    """Return the serials that the path names, else all."""
    if "serials" not in ask.rest:
        return known if default is None else default
    named = ask.rest["serials"].split(",")
    if not set(named) <= set(known):
        raise problem(HTTPStatus.NOT_FOUND, "Unknown device")
    return named


def _inverters(ask: SiteAsk) -> list[str]:
    return [inverter.serial for inverter in ask.plant.inverters]


def _batteries(ask: SiteAsk) -> list[str]:
    return [battery.serial for battery in ask.plant.batteries]


def _serves(ask: SiteAsk, serial: str, found: Window) -> bool:
    """Tell whether an inverter was in service at any time of the window."""
    inverter = next(i for i in ask.plant.inverters if i.serial == serial)
    begun = inverter.since is None or inverter.since.timestamp() < found.end
    ended = inverter.until is not None and inverter.until.timestamp() <= found.start
    return begun and not ended


DEVICES: Mapping[str, tuple[Callable[[SiteAsk], object], Callable[[SiteAsk], object]]] = {
    "inverters": (inverters, inverter_metric),
    "meters": (meters, meter_metric),
    "storage": (storage, storage_metric),
}
"""What answers for all devices of a kind, and for one metric of one of them; by their word in paths."""
