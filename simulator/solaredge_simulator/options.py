"""Every switch of the simulated service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Options:
    """How the service behaves where documents and observations differ (API V2 reference, section 14)."""

    quarter_hour_limit: Literal["observed", "documented"] = "observed"
    """Longest window of quarter hours: 7 days (observed) or 12 hours (documented)."""
    extra_day_bucket: bool = False
    """A DAY window that ends at midnight gets one more bucket."""
    end_stamps: bool = False
    """Voltage and frequency carry the end of their bucket."""
    percent: Literal["fraction", "hundred"] = "fraction"
    """The state of energy, unit PERCENTAGE: 0 to 1 (seen) or 0 to 100 (documented)."""
    overfull: float = 0.0
    """Added to a state of energy from 0.95 on: 0.04 makes a full battery read 1.04 (gotcha 76)."""
    device_units: Literal["small", "kilo"] = "small"
    """Telemetry in WH and W (seen), or in KWH and KW; the remaining energy is in the other one."""
    production: Literal["pv", "ac"] = "pv"
    """`/energy`, `/power` and `/lifetime-energy` of a site with a battery: the PV alone, or the AC output."""
    overview: Literal["whole", "partial"] = "whole"
    """`/overview` gives all parts, or only the totals and what went to storage (section 5.4)."""
    rotation: bool = True
    """A renewal brings a new refresh token; else none, and the old one stays good (gotcha 91)."""
    scopes: Literal["none", "text", "list"] = "none"
    """Token answers name no scope, scopes in a text, or in a list."""
    glitches: bool = True
    """Single negative values in the charged energy of a battery that does not charge."""
    plan: Literal["free", "pro"] = "free"
    """On the free plan `/power-flow` is forbidden."""
    gzip: bool = True
    """Compress answers for clients that accept it."""
    latency: float = 0.0
    """Seconds that every answer takes."""
