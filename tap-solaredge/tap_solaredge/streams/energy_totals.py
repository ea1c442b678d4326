"""`energy_totals`: the service's own figures of each closed month and since installation, to hold ours against."""

from collections.abc import Iterator

from tap_solaredge.measured.readings import Record, Site
from tap_solaredge.resources import DETAILS, LIFETIME, TOTALS, Answers
from tap_solaredge.streams.base import Cadence, SolarEdgeStream
from tap_solaredge.streams.columns import SITE_ID, day, moment, number, text


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
        for totals in (*(answers.get(TOTALS) or ()), *filter(None, [answers.get(LIFETIME)])):
            figures = (getattr(totals, column.name.removesuffix("_wh")) for column in self.columns[7:])
            yield self.record(
                site.site_id, totals.period, totals.first_day, totals.last_day, totals.begins, totals.ends,
                totals.meaning, *figures,
            )  # fmt: skip
