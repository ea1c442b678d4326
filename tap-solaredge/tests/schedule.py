"""A tap that runs by a schedule, and what its tables lack of what the service has."""

import os
from datetime import timedelta
from functools import partial

from tools import truth

from .collected import Collected

QUARTER, HOUR, DAY = timedelta(minutes=15), timedelta(hours=1), timedelta(days=1)
COLUMNS = truth.COLUMNS | {"battery_readings": truth.EXTENSION_COLUMNS["battery_readings"]}
"""The tables of time series that are selected by default, and their columns."""
WHOLE = os.environ.get("PROOF") == "whole"
LOOKBACK = {"energy_readings": timedelta(days=364 if WHOLE else 20)}
"""What is compared from before the first run, within the default look-backs; of other tables six days."""
RECENT = timedelta(hours=3)
"""What hourly runs that save credits may leave to the next one."""


class Schedule:
    """One site, read by a tap with its default settings; every run is at a time of its own."""

    alike = staticmethod(partial(truth.same, tolerance=1e-6))
    """Whether a stored value is the expected one."""

    def __init__(self, simulator, folder, site, **settings):
        self.simulator, self.site = simulator, site
        only = settings.get("only")
        self.tables = [table for table in COLUMNS if only is None or table in only]
        self.collected = Collected(simulator, folder, site_ids=[site], **settings)
        self.first = simulator.clock.now()
        self.calls = []
        """How many calls each run took."""

    @property
    def plant(self):
        """The plant with the outages that it has by now."""
        return self.simulator.plants[self.site]

    def run(self, times=1, every=HOUR):
        """Run, and let the time until the next run pass, so many times; no run may fail."""
        for _ in range(times):
            began = self.simulator.clock.now()
            self.calls.append(len(self.collected.run()))
            assert self.collected.error is None
            self.simulator.clock.set(max(began + every, self.simulator.clock.now()))
        return self

    def run_until(self, end, every=HOUR):
        """Run until an instant, which the clock shows then."""
        while self.simulator.clock.now() < end:
            self.run(every=every)
        self.simulator.clock.set(end)

    def wrong(self):
        """Return by table how many rows differ from the truth, and the first ones; settled rows only.

        Settled: of days that are over, of quarter hours that began over three hours ago. A row that has no
        value need not be there.
        """
        found = {}
        for table in self.tables:
            columns = COLUMNS[table]
            rows = self.collected.table(table, columns, truth.KEY_COLUMNS[table])
            expected = self._expected(table)
            lacking = {
                key: (values, rows.get(key))
                for key, values in expected.items()
                if not held(values, rows.get(key), self.alike)
            }
            if lacking:
                found[table] = (len(lacking), *sorted(lacking.items())[:3])
        return found

    def _expected(self, table):
        now = self.simulator.clock.now()
        start = self.first - LOOKBACK.get(table, 6 * DAY)
        days = table == "energy_readings"
        end = self.plant.local(now).date().isoformat() if days else truth.utc(now - RECENT)
        place = 1 if days else truth.KEY_COLUMNS[table] - 1
        rows = getattr(truth, table)(self.plant, start, now)
        return {key: values for key, values in rows if key[place] < end}

    def newest(self, table, column):
        """Return the start of the newest quarter hour with a value, as its row has it."""
        return max(key[-1] for key, row in self.collected.rows[table].items() if column in row)


def held(expected, found, alike):
    """Tell whether a row holds what it must; one that has no measured value need not be there."""
    if found is None:
        _, *measured = expected  # the first one is the offset of the clock
        return all(value is None for value in measured if not isinstance(value, str))
    return all(map(alike, expected, found))
