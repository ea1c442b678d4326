"""Join and trim what a window's calls answered: a series, or one for each device and kind. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tap_solaredge.local_time import utc_text
from tap_solaredge.measured.readings import BatterySeries, InverterSeries, MeterSeries

if TYPE_CHECKING:
    from tap_solaredge.measured.readings import Series
    from tap_solaredge.spans import Window


def joined(answer: Any, part: Any) -> Any:  # noqa: ANN401
    """Return the answers of two parts of a window as one, by device and series."""
    if isinstance(part, dict):
        return {**answer, **part}
    by_device = {_device(series): series for series in answer}
    for series in part:
        known = by_device.get(_device(series), series)
        both = {name: {**getattr(known, name), **getattr(series, name)} for name in _series_names(series)}
        by_device[_device(series)] = replace(known, **both)
    return list(by_device.values())


def copied(answer: Any) -> Any:  # noqa: ANN401
    """Return an answer whose devices may be changed."""
    return answer if isinstance(answer, dict) else [replace(series) for series in answer]


def trimmed(answer: Any, window: Window) -> Any:  # noqa: ANN401
    """Return what starts inside a window: services add intervals at the edges (API V2, section 4.6)."""
    start, end = (utc_text(window.start),), (utc_text(window.end),)  # compared with instants, text by text

    def inside(values: Series) -> Series:
        return {at: value for at, value in values.items() if start <= at < end}

    if isinstance(answer, dict):
        return inside(answer)
    return [
        replace(series, **{name: inside(getattr(series, name)) for name in _series_names(series)})
        for series in answer
    ]


def _device(series: MeterSeries | BatterySeries | InverterSeries) -> tuple[str | None, str]:
    return series.serial_number, series.meter_type if isinstance(series, MeterSeries) else ""


def _series_names(series: MeterSeries | BatterySeries | InverterSeries) -> list[str]:
    return [name for name in series.__slots__ if isinstance(getattr(series, name), dict)]
