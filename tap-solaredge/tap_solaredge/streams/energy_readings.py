"""`energy_readings`: energy per day (or week, month, year) and where it came from and went."""

from collections.abc import Iterable, Iterator

from tap_solaredge.local_time import Instant
from tap_solaredge.measured.readings import Record, Series
from tap_solaredge.measured.site import Site
from tap_solaredge.measured.split import meter_energies, serving, split, storage_energies
from tap_solaredge.resources import DETAILS, DEVICES, ENERGY, METER_ENERGY, STORAGE_ENERGY, Answers
from tap_solaredge.streams.base import Cadence, SolarEdgeStream
from tap_solaredge.streams.columns import SITE_ID, day, number, text, whole


class EnergyReadings(SolarEdgeStream):
    """Official production beside the split that the meters give."""

    name = "energy_readings"
    primary_keys = ("site_id", "reading_date", "time_unit")
    replication_key = "reading_date"
    cadence = Cadence.ENERGY
    needs = frozenset({DETAILS, DEVICES, ENERGY, METER_ENERGY, STORAGE_ENERGY})
    values = ("energy_wh", "consumption_wh", "feed_in_wh", "purchased_wh")
    columns = (
        SITE_ID,
        day("reading_date", "First day of the period, by the site's own calendar", key=True),
        text("time_unit", "Length of the period: DAY, WEEK, MONTH or YEAR", key=True),
        whole("utc_offset_minutes", "What to add to UTC for the site's wall clock at the start", unit="min"),
        number("energy_wh", "Wh", "Production, SolarEdge's own figure"),
        number("consumption_wh", "Wh", "Consumption, metered or worked out; null without a meter"),
        number(
            "self_consumption_wh",
            "Wh",
            "Production not fed into the grid; null without a grid meter, or "
            "where a battery sells and no quarter hours tell how much",
        ),
        number("feed_in_wh", "Wh", "Energy fed into the grid; null without a grid meter"),
        number("purchased_wh", "Wh", "Energy taken from the grid; null without a grid meter"),
        number("charged_wh", "Wh", "Energy that batteries took; null without a battery"),
        number("discharged_wh", "Wh", "Energy that batteries gave; null without a battery"),
    )

    def records(self, site: Site, answers: Answers) -> Iterator[Record]:  # noqa: D102
        meters = answers.get(METER_ENERGY) or []
        storage = answers.get(STORAGE_ENERGY) or []
        metered = _starts(meter.energy for meter in meters)
        charged_at = _starts(series for b in storage for series in (b.charge_energy, b.discharge_energy))
        unit = self.config["energy_time_unit"]
        for at, production in sorted((answers.get(ENERGY) or {}).items()):
            date = at.local_date
            stored_at = charged_at.get(date, at)
            stored = storage_energies(storage, stored_at)
            parts = split(production, meter_energies(meters, metered.get(date, at)), stored)
            if site.sells and stored.sold is None:  # it is in the feed-in, and only quarter hours tell it
                parts = parts._replace(self_consumption=None)
            charged = (stored.charge, stored.discharge) if serving(storage, stored_at) else (None, None)
            yield self.record(site.site_id, date, unit, at.offset_minutes, production, *parts, *charged)


def _starts(many: Iterable[Series]) -> dict[str, Instant]:
    """Return by which instant a period of some series is known, by its date."""
    return {at.local_date: at for series in many for at in series}
