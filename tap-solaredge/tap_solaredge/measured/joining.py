"""Join and trim what a window's calls answered: a series, or one for each device and kind. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_solaredge.local_time import from_utc_text, utc_text
from tap_solaredge.measured.readings import InverterSeries, MeterSeries
from tap_solaredge.spans import Window

if TYPE_CHECKING:
    from tap_solaredge.measured.readings import DeviceSeries, Series


CLOCKS_CHANGE = timedelta(hours=2)
"""By how much clocks are moved at most when they are changed."""


def joined(answer: Any, part: Any) -> Any:  # noqa: ANN401
    """Return the answers of two parts of a window as one, by device and series."""
    if isinstance(part, dict):
        return {**answer, **part}
    by_device = {_device(series): series for series in answer}
    for series in part:
        known = by_device.get(_device(series), series)
        both = {name: {**getattr(known, name), **getattr(series, name)} for name in _series_names(series)}
        one = by_device[_device(series)] = replace(known, **both)
        if not isinstance(one, InverterSeries):
            (begin, end), (since, until) = known.in_service, series.in_service
            one.in_service = min(begin, since), max(end, until)
    return list(by_device.values())


def copied(answer: Any) -> Any:  # noqa: ANN401
    """Return an answer whose devices may be changed."""
    return answer if isinstance(answer, dict) else [replace(series) for series in answer]


def trimmed(answer: Any, window: Window) -> Any:  # noqa: ANN401
    """Return what starts inside a window: services add intervals at the edges (API V2, section 4.6)."""
    start, end = utc_text(window.start), utc_text(window.end)

    def inside(values: Series) -> Series:
        if values and start <= min(values) and max(values) < end:
            return values
        return {at: value for at, value in values.items() if start <= at < end}

    if isinstance(answer, dict):
        return inside(answer)
    return [
        replace(series, **{name: inside(getattr(series, name)) for name in _series_names(series)})
        for series in answer
    ]


def told_span(series: DeviceSeries) -> tuple[str, str] | None:
    """Return the first and the last instant at which a device tells any value, None where it tells none."""
    found: list[str] = []
    for name in _series_names(series):
        values, ats = getattr(series, name), sorted(getattr(series, name))
        for order in (ats, reversed(ats)):
            found += [at for at in order if values[at] is not None][:1]
    return (min(found), max(found)) if found else None


def is_silent(answer: Any) -> bool:  # noqa: ANN401
    """Whether no device of an answer tells any value."""
    many = (getattr(series, name) for series in answer for name in _series_names(series))
    return all(value is None for values in many for value in values.values())


def from_its_first_period(window: Window, answer: Any) -> Window:  # noqa: ANN401
    """Return the part of a window of which an answer tells whole days, weeks, months or years.

    Where only an offset is known of a site's zone, a window may begin an hour late, beyond a change of the
    clocks: it cuts its first period, which must be read again then (gotcha 78).
    """
    many = [answer] if isinstance(answer, dict) else [
        getattr(series, name) for series in answer for name in _series_names(series)
    ]  # fmt: skip
    starts = set().union(*many)
    begin, clocks_change = utc_text(window.start), utc_text(window.start - CLOCKS_CHANGE)
    if not any(clocks_change <= start < begin for start in starts):
        return window
    first = min((start for start in starts if start >= begin), default=utc_text(window.end))
    return Window(min(from_utc_text(first), window.end), window.end)


def _device(series: DeviceSeries) -> tuple[str | None, str]:
    return series.serial_number, series.meter_type if isinstance(series, MeterSeries) else ""


def _series_names(series: DeviceSeries) -> list[str]:
    return [name for name in series.__slots__ if isinstance(getattr(series, name), dict)]
