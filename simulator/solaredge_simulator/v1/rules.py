"""The keys, the limits and the switches of V1."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

DEMO_KEY = "DEMOV1ACCOUNTKEY0000000000000000"


@dataclass(frozen=True, kw_only=True)
class V1Rules:
    """How an active V1 behaves. V1 and V2 keys do not open each other."""

    account_keys: Mapping[str, Collection[int] | None] = field(default_factory=lambda: {DEMO_KEY: None})
    """Keys of accounts and their sites; None is the whole fleet."""
    site_keys: Mapping[str, int] = field(default_factory=dict)
    """Keys that open one site."""
    daily_calls: int | None = 300
    """Calls a day (UTC) per key, and per site; None is unlimited."""
    at_once: int | None = 3
    """Calls that may run at once."""
    short_month: Collection[int] = ()
    """Sites that refuse windows of 28 days and more where the document allows a month."""
    production: Literal["ac", "pv"] = "ac"
    """What Production is on a site with a battery: the inverters' AC output, or the PV alone as in V2."""
    counter_digits: int = 8
    """Significant digits of the counters of inverters; real ones have six (gotcha 92)."""
    counters: Literal["pause", "go on"] = "pause"
    """Whether counters of devices know what happened while the site was offline and its data were lost."""
    sums: Literal["whole", "partial"] = "whole"
    """Months and years of `energyDetails` have all types of meter, or values of two of them only."""
    provisional: bool = True
    """Quarters of the last minutes already have a value, which is too low."""
