"""Hourly runs with trouble of every kind, at random: in the end each database holds the truth.

`make year` plays a year and prints what it took; the short form is a week. `SEED=7` for other trouble.
"""

import json
import os
import random
import subprocess
from collections import Counter, defaultdict
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from long import WHOLE

from solaredge_simulator.fault_kinds import KINDS as FAULTS
from solaredge_simulator.simulator import Simulator
from tap_solaredge.clock import Clock
from tap_solaredge.errors import TapSolarEdgeError
from tap_solaredge.streams import STREAMS
from tap_solaredge.tap import TapSolarEdge
from tools import truth
from tools.databases import KINDS, empty_database, engine_of
from tools.pipeline import BIN

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DAYS, CALM = (365, 35) if WHOLE else (7, 3)
"""How long it takes, and how much of that in the end is without new trouble."""
BEGAN = datetime(2025, 11, 20, 12, tzinfo=UTC)
SEED = os.environ.get("SEED", "20261128")
LEFT_OUT = {
    *("slow", "drip", "endless", "gzip_bomb"),  # minutes of waiting, not trouble of another kind
    *("clock_skew", "429_credits", "503_seconds"),  # the clock is the test's; the others end runs for hours
    *("revised", "device_replaced", "rewritten", "site_gone", "duplicated"),  # another truth
    *("range_too_long", "cut"),  # are remembered: a year of short windows
}
KEYS = {str(stream.name): stream.primary_keys for stream in STREAMS}
SCHEMAS = [
    {
        "type": "SCHEMA", "stream": stream.name, "schema": stream.schema,
        "key_properties": list(stream.primary_keys),
    }
    for stream in TapSolarEdge(config={}).streams.values()
]  # fmt: skip


class Hosts(Clock):
    """The service's time, plus what the host is fast; waiting moves it on."""

    def __init__(self, simulator, fast):
        super().__init__()
        self._simulator, self._fast = simulator, fast

    def host(self):
        return self._simulator.clock.now() + self._fast

    def sleep(self, seconds):
        self._simulator.clock.advance(seconds=seconds)


class Year:
    """A tap that runs each hour, the trouble of each day, and the databases that get its rows."""

    def __init__(self, simulator, folder, urls):
        self.simulator, self.folder, self.urls = simulator, folder, urls
        self.random = random.Random(SEED)
        self.state, self.fresh = {}, defaultdict(dict)
        self.trouble, self.codes = Counter(), Counter()
        self.fast = 0 * HOUR

    def run(self):
        """Run the tap once."""
        tap = TapSolarEdge(
            config={
                "api_url": self.simulator.url, "api_key": self.simulator.key, "request_retries": 1,
                "calls_per_minute": 0, "monthly_credits": 0, "start_date": BEGAN.isoformat(),
                "ledger_path": str(self.folder / "ledger.db"),
            },
            state=json.loads(json.dumps(self.state)), clock=Hosts(self.simulator, self.fast),
        )  # fmt: skip
        tap.write_records_of = self.keep
        tap.write_schemas_of = lambda streams: None
        tap.write_state = lambda last=False: None
        try:
            tap.sync_all()
        except TapSolarEdgeError as error:
            self.codes[type(error).__name__] += 1
        else:
            self.codes["well"] += 1
        self.state = json.loads(json.dumps(tap.state))

    def keep(self, stream, records):
        """Keep rows as a target does: a value replaces one, NULL never does."""
        rows, names = self.fresh[str(stream.name)], KEYS[str(stream.name)]
        for record in records:
            row = rows.setdefault(tuple(record[name] for name in names), {})
            row.update(
                {name: value for name, value in record.items() if value is not None or name not in row}
            )

    def load(self):
        """Load what came since the last time into each database."""
        order = [message["stream"] for message in SCHEMAS]
        file = self.folder / "messages"
        with file.open("w") as out:
            for message in SCHEMAS:
                out.write(json.dumps(message) + "\n")
            for stream in sorted(self.fresh, key=order.index):
                for record in self.fresh[stream].values():
                    out.write(json.dumps({"type": "RECORD", "stream": stream, "record": record}) + "\n")
            out.write(json.dumps({"type": "STATE", "value": self.state}) + "\n")
        self.fresh.clear()
        for url in self.urls.values():
            config = self.folder / "target.json"
            config.write_text(json.dumps({"sqlalchemy_url": url}))
            with file.open("rb") as messages:
                subprocess.run(
                    [BIN / "target-seh-sql", "--config", config], stdin=messages, check=True,
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                )  # fmt: skip

    def make_trouble(self):
        """Let something of this day go wrong."""
        now, dice = self.simulator.clock.now(), self.random
        self.simulator.lift_faults()
        self.fast = 0 * HOUR
        kind = dice.choice(["fault", "fault", "fault", "outage", "device", "clock", "pause", "nothing"])
        self.trouble[kind] += 1
        site = dice.choice([plant for plant in self.simulator.plants.values() if plant.first_day])
        if kind == "fault":
            name = dice.choice(sorted(FAULTS.keys() - LEFT_OUT))
            self.trouble[name] += 1
            path = dice.choice(["*", "*/power", "*/telemetry", "*/energy", "*/devices", "*/overview"])
            self.simulator.fault(name, path, times=dice.randint(1, 40), seed=dice.randint(1, 999))
        elif kind in {"outage", "device"}:
            hours = dice.choice([3, 9, 30, 80, 300] if WHOLE else [3, 9, 30])
            devices = [d.serial for d in (*site.inverters, *site.batteries)] if kind == "device" else []
            self.simulator.outage(
                site.site_id, now, now + hours * HOUR,
                order=dice.choice(["at once", "newest first", "oldest first"]),
                device=dice.choice(devices) if devices else None,
            )  # fmt: skip
        elif kind == "clock":
            self.fast = dice.choice([13 * HOUR, -13 * HOUR, 5 * DAY])
        return dice.randint(20, 60) * HOUR if kind == "pause" else 0 * HOUR

    def live(self):
        """Live through the days; return how many runs there were."""
        runs, end = 0, BEGAN + DAYS * DAY
        calm, tomorrow, load = end - CALM * DAY, BEGAN, BEGAN
        while (now := self.simulator.clock.now()) < end:
            if now >= tomorrow:
                tomorrow = now + DAY
                if now < calm:
                    self.simulator.clock.advance(seconds=self.make_trouble().total_seconds())
                else:
                    self.simulator.lift_faults()
                    self.fast = 0 * HOUR
            self.run()
            runs += 1
            if now >= load:
                load = now + (7 * DAY if WHOLE else 2 * DAY)
                self.load()
            self.simulator.clock.set(max(now + HOUR, self.simulator.clock.now()))
        self.simulator.clock.set(end)
        self.run()
        self.load()
        return runs + 1


@pytest.fixture
def year(tmp_path):
    with ExitStack() as stack:
        simulator = stack.enter_context(Simulator(now=BEGAN, calls_per_minute=None, monthly_credits=None))
        folders = {kind: tmp_path / kind for kind in KINDS}
        for folder in folders.values():
            folder.mkdir()
        urls = {kind: stack.enter_context(empty_database(kind, folder)) for kind, folder in folders.items()}
        yield Year(simulator, tmp_path, urls)


def problems(connection, plants, now):
    """Return what differs from the truth, of days that are over and quarter hours of three hours ago."""
    today, settled = f"{now:%Y-%m-%d}", f"{now - 3 * HOUR:%Y-%m-%dT%H:%M:%SZ}"
    found = []
    for table in truth.COLUMNS:
        place, until = (1, today) if table == "energy_readings" else (truth.KEY_COLUMNS[table] - 1, settled)
        expected, stored = (
            {key: values for key, values in rows.items() if key[place] < until}
            for rows in (truth.of_plants(table, plants, BEGAN, now), truth.stored(connection, table))
        )
        wrong, equal = truth.differences(expected, stored)
        found += (f"{table}: {difference}" for difference in wrong or ([] if equal else ["empty"]))
    return found


def test_after_trouble_of_every_kind_each_database_holds_the_truth(year):
    runs = year.live()
    now = year.simulator.clock.now()
    print(  # noqa: T201 (the proof)
        f"\n{DAYS} days, seed {SEED}: {runs:,} runs, {len(year.simulator.calls):,} calls; "
        f"ends {dict(year.codes)}; trouble {dict(year.trouble.most_common())}"
    )
    for kind, url in year.urls.items():
        with engine_of(url) as engine, engine.connect() as connection:
            assert problems(connection, year.simulator.plants.values(), now) == [], kind
