"""`energy_totals`: SolarEdge's own figures of each closed month and since installation, to check ours."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from tap_solaredge.local_time import QUARTER, Instant, instant, local_day, utc_text
from tap_solaredge.measured.readings import Record
from tap_solaredge.measured.site import Site
from tap_solaredge.resources import DETAILS, LIFETIME, TOTALS, Answers
from tap_solaredge.streams.base import Cadence, SolarEdgeStream
from tap_solaredge.streams.columns import SITE_ID, day, moment, number, text

TOTAL = "TOTAL"
OLDEST_FIRST_DAY = "2001-01-01"
"""The oldest day that can be the first with data: SolarEdge is younger."""
FIGURES = (
    "production", "self_consumption", "feed_in", "to_storage",
    "consumption", "from_pv", "from_storage", "purchased",
)  # fmt: skip
"""The figures of `Totals`, in the order of their columns."""


class EnergyTotals(SolarEdgeStream):
    """One or two calls a site and month; a figure that the service does not give is null."""

    name = "energy_totals"
    primary_keys = ("site_id", "period")
    replication_key = "ends"
    cadence = Cadence.TOTALS
    needs = frozenset({DETAILS, TOTALS, LIFETIME})
    values = ("production_wh",)
    columns = (
        SITE_ID,
        text("period", "Month, such as 2026-10, or TOTAL: since installation", key=True),
        day("first_day", "First day of the period; of TOTAL, the first with data, where that is told"),
        day("last_day", "Last day of the period"),
        moment("begins", "Start of the first day"),
        moment("ends", "End of the last day, or of what TOTAL counts"),
        text("production_meaning", "What production_wh counts: PV, or AC with what batteries give and take"),
        number("production_wh", "Wh", "Production, SolarEdge's own figure"),
        number("self_consumption_wh", "Wh", "Production not fed into the grid, what was stored included"),
        number("feed_in_wh", "Wh", "Production fed into the grid"),
        number("to_storage_wh", "Wh", "Production stored in batteries (V2 only)"),
        number("consumption_wh", "Wh", "Consumption"),
        number("from_pv_wh", "Wh", "Consumption that came straight from the roof (V2 only)"),
        number("from_storage_wh", "Wh", "Consumption that came from batteries (V2 only)"),
        number("purchased_wh", "Wh", "Energy taken from the grid"),
    )

    def records(self, site: Site, answers: Answers) -> Iterator[Record]:  # noqa: D102
        for resource in (TOTALS, LIFETIME):
            totals, window = answers.get(resource), answers.window
            if totals is None or window is None:
                continue
            last = local_day(window.end - QUARTER, site.zone).isoformat()
            begin: Instant | None = _at(window.start, site.zone)
            if resource is LIFETIME:
                begin = totals.first if totals.first and totals.first.local_date >= OLDEST_FIRST_DAY else None
            first, begins = (begin.local_date, str(begin)) if begin else (None, None)
            period = TOTAL if resource is LIFETIME else last[:7]
            figures = (getattr(totals, name) for name in FIGURES)
            yield self.record(
                site.site_id, period, first, last, begins, utc_text(window.end), totals.meaning, *figures
            )


def _at(moment: datetime, zone: ZoneInfo) -> Instant:
    return instant(moment.astimezone(zone).isoformat())
