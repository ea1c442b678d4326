"""Whether the sun is up, so that no call is made for solar power in the dark. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import asin, atan2, cos, degrees, radians, sin
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tap_solaredge.measured.site import Site
    from tap_solaredge.spans import Window

DARK_BELOW = -3.0
"""Degrees; no module makes measurable power with the sun this far under the horizon."""
LIGHT_ABOVE = 8.0
"""Degrees; above this, an inverter that says nothing does not just sleep."""
LONGEST_NIGHT = timedelta(hours=20)
"""A longer one is the far north, or a wrong latitude (gotcha 81)."""
STEP, STRIDE = timedelta(minutes=15), timedelta(hours=2)
LIGHT_HOURS = range(9, 15)
"""Hours of the wall clock that are light nearly everywhere and always, where the place is not known."""


def elevation(latitude: float, longitude: float, at: datetime) -> float:
    """Return the sun's height over the horizon in degrees, within about one degree.

    Low-precision formulas of the Astronomical Almanac (mean anomaly, equation of centre, sidereal time).
    """
    days = at.timestamp() / 86400 - 10957.5  # since J2000.0
    anomaly = radians(357.528 + 0.9856003 * days)
    longitude_of_sun = radians(280.46 + 0.9856474 * days + 1.915 * sin(anomaly) + 0.02 * sin(2 * anomaly))
    obliquity = radians(23.439)
    declination = asin(sin(obliquity) * sin(longitude_of_sun))
    ascension = atan2(cos(obliquity) * sin(longitude_of_sun), cos(longitude_of_sun))
    sidereal = radians((280.46062 + 360.98564737 * days + longitude) % 360)
    hour_angle = sidereal - ascension
    place = radians(latitude)
    return degrees(asin(sin(place) * sin(declination) + cos(place) * cos(declination) * cos(hour_angle)))


def dark(latitude: float, longitude: float, start: datetime, end: datetime) -> bool:
    """Whether the sun stays down from one instant to another."""
    at = start
    while at < end:
        if elevation(latitude, longitude, at) > DARK_BELOW:
            return False
        at += STEP
    return elevation(latitude, longitude, end) <= DARK_BELOW


def is_night(site: Site, span: Window) -> bool:
    """Whether a span lies in one night of a site: its first quarter hour may have begun in the dusk."""
    if site.latitude is None or site.longitude is None or span.end - span.start > LONGEST_NIGHT:
        return False
    return dark(site.latitude, site.longitude, span.start + STEP, span.end)


def lit(site: Site, start: datetime, end: datetime) -> bool:
    """Whether an inverter of a site must have been awake at some time in a span."""
    moments = [end - STEP]
    while start < end:
        moments.append(start)
        start += STRIDE
    if site.latitude is None or site.longitude is None:
        return any(moment.astimezone(site.zone).hour in LIGHT_HOURS for moment in moments)
    return any(elevation(site.latitude, site.longitude, moment) > LIGHT_ABOVE for moment in moments)
