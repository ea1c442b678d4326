"""An hourly schedule on the free plan: within the credits, no gap, always fresh, and every call counted.

`make proofs` runs whole months of November and June; the short form is three days.
"""

import os
import sqlite3
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from statistics import median

import pytest

from solaredge_simulator.fleet import HOME

from .collected import Collected

WHOLE = os.environ.get("PROOF") == "whole"
HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)
TABLES = {"power_readings": "power_watts", "power_flows": "grid_power", "meter_readings": "energy_wh"}
"""The tables of quarter hours, and a column that shows that an interval carried a value."""
MONTHS = [datetime(2026, 11, 1, 0, 5, tzinfo=UTC), datetime(2026, 6, 1, 0, 5, tzinfo=UTC)]
KINDS = (
    "sites",
    "details",
    "devices",
    "lifetime",
    "meters",
    "storage",
    "power",
    "energy",
    "day split",
    "totals",
)


def kind_of(call):
    """Return what a call asked for, in a word."""
    last = call.endpoint.rsplit("/", 1)[-1]
    if last == "telemetry":
        resolution = call.query["resolution"][0]
        last = call.endpoint.split("/")[-2]
        return {"TOTAL": "lifetime", "DAY": "day split"}.get(resolution, last)
    if last == "overview" or (last == "energy" and call.query["resolution"] == ["TOTAL"]):
        return "totals"
    return {"{site}": "details"}.get(last, last)


class Month:
    """Hourly runs of one home, and what was found at the end of each."""

    def __init__(self, simulator, folder, hours):
        self.simulator, self.plant = simulator, simulator.plants[HOME]
        self.collected = Collected(simulator, folder, site_ids=[HOME])
        self.began = simulator.clock.now()
        self.hours = hours
        self.calls = defaultdict(Counter)
        self.bound = defaultdict(Counter)
        self.ages = {table: [] for table in TABLES}
        self.service_ages = {table: [] for table in TABLES}
        self.shown = {table: [] for table in TABLES}
        self.errors = []

    def run(self):
        """Run each hour; the first run is the one that fills the tables, and is counted too."""
        for hour in range(self.hours):
            self.simulator.clock.set(self.began + hour * HOUR)
            for call in self.collected.run():
                self.calls[kind_of(call)][hour % 24] += 1
            self.errors += [self.collected.error] if self.collected.error else []
            self.measure()
            self.add_to_bound(hour)
        return self

    def measure(self):
        """Note how old the newest stored interval is, and how old the newest is that the service shows."""
        now = self.simulator.clock.now()
        for table, column in TABLES.items():
            rows = self.collected.rows[table]
            stored = max(key[-1] for key, row in rows.items() if column in row)
            self.ages[table].append(now - datetime.fromisoformat(stored) - QUARTER)
            shown = self.newest_shown(table, now)
            self.shown[table].append(shown)
            self.service_ages[table].append(now - shown)

    def newest_shown(self, table, now):
        """Return the end of the newest interval with a value that the service shows."""
        name = "production_w" if table == "power_readings" else "feed_in_w"
        start = datetime.fromtimestamp(now.timestamp() // 900 * 900, UTC)
        while getattr(self.plant.seen(start, now), name) is None:
            start -= QUARTER
        return start + QUARTER

    def add_to_bound(self, hour):
        """Count one call for each endpoint that shows something new, and one a day for lists and days."""
        moved = {table for table, ends in self.shown.items() if ends[-1] not in ends[:-1]}
        wanted = ["meters", "storage"] if "meter_readings" in moved else []
        wanted += ["power"] if "power_readings" in moved else []
        wanted += ["sites", "details", "devices", "lifetime", "energy"] if hour % 24 == 0 else []
        wanted += ["totals"] * 2 if hour == 0 else []  # a month, and the whole life
        for kind in wanted:
            self.bound[kind][hour % 24] += 1

    def gaps(self):
        """Return the quarter hours that the service shows and no row holds, by table."""
        now, at = self.simulator.clock.now(), self.began - timedelta(days=6)
        at = datetime.fromtimestamp(at.timestamp() // 900 * 900, UTC)
        found = defaultdict(list)
        stored = {t: Counter(key[-1] for key in self.collected.rows[t]) for t in TABLES}
        wanted = {"power_readings": 1, "power_flows": 1, "meter_readings": len(self.meters())}
        while at + QUARTER <= now - 2 * HOUR:
            stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ")
            for table, rows in wanted.items():
                if stored[table][stamp] != rows:
                    found[table].append(stamp)
            at += QUARTER
        return dict(found)

    def meters(self):
        """Return the listings of meters with a series."""
        return [meter for meter in self.plant.meters if meter.serial]

    def spent(self):
        """Return how many calls there were."""
        return sum(sum(hours.values()) for hours in self.calls.values())

    def ledger(self):
        """Return how many calls the ledger holds."""
        with sqlite3.connect(self.collected.settings["ledger_path"]) as database:
            return database.execute("SELECT count(*) FROM calls").fetchone()[0]

    def table(self):
        """Return the calls by endpoint and hour of day, beside the lower bound, as Markdown."""
        heads = "".join(f" {hour:02} |" for hour in range(24))
        lines = [f"| calls |{heads} sum | bound |", "|:--|" + "--:|" * 26]
        for kind in KINDS:
            hours = self.calls[kind]
            counts = "".join(f" {hours[hour]} |" for hour in range(24))
            lines.append(f"| {kind} |{counts} {sum(hours.values())} | {sum(self.bound[kind].values())} |")
        bound = sum(sum(hours.values()) for hours in self.bound.values())
        sums = "".join(f" {sum(self.calls[kind][hour] for kind in KINDS)} |" for hour in range(24))
        return "\n".join([*lines, f"| all |{sums} {self.spent()} | {bound} |"])

    def late_runs(self):
        """Return the runs after which something is missing that is over two hours old and was shown in time.

        In time: when that run began. Outages, late uploads and nights are the service's own.
        """
        found = defaultdict(list)
        for table, ages in self.ages.items():
            for run, age in enumerate(ages):
                if age > 2 * HOUR and age > self.service_ages[table][run]:
                    found[table].append((run, age))
        return dict(found)

    def freshness(self):
        """Return a line per table: the age of the newest stored interval, and what of it is the service's."""
        lines = ["| age of the newest interval, minutes | median | longest | service: median | longest |",
                 "|:--|--:|--:|--:|--:|"]  # fmt: skip
        for table in TABLES:
            numbers = [
                summary(ages).total_seconds() / 60
                for ages in (self.ages[table], self.service_ages[table])
                for summary in (median, max)
            ]
            lines.append(f"| {table} |" + "".join(f" {number:.0f} |" for number in numbers))
        return "\n".join(lines)


@pytest.mark.parametrize("began", MONTHS[: 2 if WHOLE else 1], ids=lambda began: f"{began:%B}")
def test_hourly_runs_keep_to_the_free_plan_and_stay_fresh(start_simulator, tmp_path, began):
    days = 30 if WHOLE else 3
    simulator = start_simulator(now=began, calls_per_minute=10, monthly_credits=2000)
    month = Month(simulator, tmp_path, days * 24).run()
    print(f"\n{began:%B %Y}, {days} days, hourly\n\n{month.table()}\n\n{month.freshness()}")  # noqa: T201 (the proof)
    assert month.errors == []
    assert month.gaps() == {}
    assert month.ledger() == month.spent() == len(simulator.calls)
    assert {call.status for call in simulator.calls} == {200}
    assert month.spent() <= (2000 if WHOLE else 2000 * (days + 2) / 30)
    assert median(month.ages["power_flows"]) <= HOUR >= median(month.ages["meter_readings"])
    assert month.late_runs() == {}
