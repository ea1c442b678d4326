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
    glitches: bool = True
    """Single negative values in the charged energy of a battery that does not charge."""
    plan: Literal["free", "pro"] = "free"
    """On the free plan `/power-flow` is forbidden."""
    gzip: bool = True
    """Compress answers for clients that accept it."""
    latency: float = 0.0
    """Seconds that every answer takes."""
