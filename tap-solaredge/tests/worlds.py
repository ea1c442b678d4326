"""Random worlds: a site, a tap that somebody runs at some interval, and what goes wrong meanwhile."""

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from solaredge_simulator.fleet import HOME, ISLAND, OFFICE, ROOF
from solaredge_simulator.v1.rules import V1Rules
from solaredge_simulator.variety import BATTERY_ALONE, CHARGER, MOVED, SELLER, TWO_BATTERIES
from tools import truth

from .owner import grant_access, settings
from .schedule import DAY, HOUR, QUARTER, Schedule

SITES = {
    "home": HOME,
    "roof": ROOF,
    "office": OFFICE,
    "island": ISLAND,
    "two batteries": TWO_BATTERIES,
    "battery alone": BATTERY_ALONE,
    "seller": SELLER,
    "charger": CHARGER,
    "moved": MOVED,
}
INTERVALS = (QUARTER, HOUR, HOUR, 3 * HOUR, 6 * HOUR, DAY, DAY, 3 * DAY, 7 * DAY)
RUNS = 60
"""Runs of a world at most."""
FAULTS = (
    *("500", "502", "503_seconds", "504", "429_seconds", "429_date", "429_silent", "408", "425"),
    *("html_403", "html_200", "json_string", "truncated", "empty", "reset_before", "reset_inside"),
)
PATHS = ("*", "*/power", "*/energy", "*/telemetry", "*/devices", "*/powerDetails", "*/storageData")
DATA = ("/power", "/energy", "/telemetry", "Details", "/storageData")
"""What paths of data end with: where only a list failed, the one of before serves."""
RETRIES = 3
OF_V1 = ("energy_readings", "power_readings", "power_flows")
"""The tables of which V1 tells the same as V2, but for rounding."""
ROUNDED = 10.0
"""Wh by which the sum of a day's quarter hours may differ under V1, which rounds each."""


class Pause(NamedTuple):
    """Nobody runs the tap for a while."""

    length: timedelta

    @classmethod
    def drawn(cls, random):
        return cls(random.choice([8, 12, 20, 30, 60]) * DAY + random.randrange(96) * QUARTER)

    def begin(self, played):
        played.simulator.clock.set(played.simulator.clock.now() + self.length)
        played.log_in()  # a login that nobody used for 30 days is over


class Outage(NamedTuple):
    """A site, or its first device of a kind, is silent, and uploads what it kept."""

    length: timedelta
    order: str
    hours: int
    devices: str | None

    @classmethod
    def drawn(cls, random):
        return cls(
            random.choice([2, 9, 20, 50, 130, 300, 700]) * HOUR,
            random.choice(["at once", "newest first", "oldest first"]),
            random.choice([1, 8, 30]),
            random.choice([None, None, "meters", "batteries", "inverters"]),
        )

    def begin(self, played):
        start = played.simulator.clock.now() - timedelta(minutes=20)
        end, device = start + self.length, None
        if self.devices is not None:
            there = getattr(played.schedule.plant, self.devices)
            if not there:
                return
            device = there[0].serial
        played.simulator.outage(played.site, start, end, order=self.order, hours=self.hours, device=device)
        played.uploaded = max(played.uploaded, end + self.hours * HOUR)


class Faults(NamedTuple):
    """The service answers each call of some path, or every second or fifth, with a fault."""

    kind: str
    path: str
    every: int
    runs: int
    retries: int

    @classmethod
    def drawn(cls, random):
        choices = FAULTS, PATHS, (1, 2, 5), (1, 2, 6), (0, 2)
        return cls(*map(random.choice, choices))

    def begin(self, played):
        played.simulator.fault(self.kind, self.path, calls=range(1, 10_000, self.every), seconds=20)
        played.collected.settings["request_retries"] = self.retries
        played.faulty_runs = self.runs


class WrongClock(NamedTuple):
    """The host's clock is wrong for one run."""

    fast: timedelta

    @classmethod
    def drawn(cls, random):
        return cls(random.choice([13 * HOUR, 5 * DAY, -5 * DAY, -2 * HOUR, 400 * DAY]))

    def begin(self, played):
        played.collected.fast = self.fast


class World(NamedTuple):
    """All that a seed decides."""

    seed: int
    site: str
    api: str
    """`key` or `login`, both of V2, or `v1`."""
    began: datetime
    every: timedelta
    runs: int
    settings: dict[str, Any]
    streams: list[str] | None
    """None: those that are selected by default."""
    trouble: bool
    """Whether the site has hours offline and late uploads of its own."""
    events: list[tuple[int, Any]]
    """What goes wrong, and before which run."""


def world(seed):
    """Return the world of a seed; the same seed gives the very same one."""
    random = Random(seed)
    site = random.choice(list(SITES))
    began = datetime(2026, 1, 5, tzinfo=UTC) + random.randrange(270 * 96) * QUARTER
    every = random.choice(INTERVALS)
    runs = min(RUNS, max(4, round(random.uniform(4, 40) * DAY / every)))
    chosen = {}
    if random.random() < 0.3:
        chosen["max_calls_per_run"] = random.choice([5, 8, 15, 40])
    if random.random() < 0.2:
        chosen["start_date"] = (began - random.randrange(21, 60) * DAY).isoformat()
    if site == "seller":  # only quarter hours tell what a battery sold
        chosen["power_lookback_days"] = 21
    alone = ["power_readings", "power_flows"] + ["energy_readings"] * (site != "seller")
    kinds = random.choices((Pause, Outage, Outage, Faults, Faults, WrongClock), k=random.randrange(5))
    events = [(random.randrange(1, runs), kind.drawn(random)) for kind in kinds]
    return World(
        seed=seed,
        site=site,
        api=random.choices(["key", "v1", "login"], [6, 3, 1])[0],
        began=began,
        every=every,
        runs=runs,
        settings=chosen,
        streams=[random.choice(alone)] if random.random() < 0.4 else None,
        trouble=random.random() < 0.5,
        events=sorted(events, key=lambda event: event[0]),
    )


class Played:
    """A world that is played: the runs of a schedule, and what goes wrong between them."""

    def __init__(self, world, start_simulator, folder):
        self.world, self.site = world, SITES[world.site]
        self.simulator = start_simulator(
            now=world.began, trouble=world.trouble, sites="variety", monthly_credits=None,
            v1=V1Rules(daily_calls=None),
        )  # fmt: skip
        more = {"calls_per_minute": 0, "monthly_credits": 0, "request_retries": RETRIES} | world.settings
        self.schedule = Schedule(
            self.simulator, folder, self.site, only=world.streams, **(self._credential(folder) | more)
        )
        self.collected = self.schedule.collected
        self.schedule.alike = partial(truth.same, tolerance=1e-5)
        if world.api == "v1":
            self.schedule.alike = alike_in_v1
            self.schedule.tables = [table for table in self.schedule.tables if table in OF_V1]
        self.uploaded = world.began
        """When all that was silent has been uploaded."""
        self.faulty_runs = 0
        """How many runs the faults that are set will last."""
        self.unsaid = []
        """Runs that could not read something and ended well."""

    def _credential(self, folder):
        if self.world.api == "v1":
            return {"api_version": "v1", "api_key": self.simulator.v1_key}
        self.token_file = None
        if self.world.api == "key":
            return {}
        more = settings(self.simulator, folder)
        self.token_file = Path(more["token_file"])
        self.log_in()
        return more

    def log_in(self):
        """Let the owner log in again, where the world has a login."""
        if self.world.api == "login":
            grant_access(self.simulator, self.token_file, self.site)

    def play(self):
        """Make all runs of the world."""
        for run in range(self.world.runs):
            if self.faulty_runs == 0:
                self._mend()
            for place, event in self.world.events:
                if place == run:
                    event.begin(self)
            self._run(run)
            self.faulty_runs = max(self.faulty_runs - 1, 0)
        self._mend()

    def heal(self, most):
        """Run by the hour without trouble until the tables are right; return how many runs that took."""
        self.collected.settings.pop("max_calls_per_run", None)
        self.simulator.clock.set(max(self.simulator.clock.now(), self.uploaded + timedelta(minutes=20)))
        for run in range(1, most + 1):
            self.schedule.run()
            if not self.schedule.wrong():
                return run
        return most + 1

    def _run(self, run):
        began, before = self.simulator.clock.now(), len(self.simulator.calls)
        self.collected.run()
        self.collected.fast = timedelta(0)
        calls = self.simulator.calls[before:]
        last = {(call.path, str(call.query)): call for call in calls}
        lost = [call for call in last.values() if call.fault and call.endpoint.endswith(DATA)]
        budget_ended = len(calls) == self.world.settings.get("max_calls_per_run")
        if lost and self.collected.error is None and not budget_ended:
            self.unsaid.append((run, lost[0]))
        self.simulator.clock.set(max(began + self.world.every, self.simulator.clock.now()))

    def _mend(self):
        self.simulator.lift_faults()
        self.collected.settings["request_retries"] = RETRIES


def alike_in_v1(expected, found):
    """Tell whether a value is the expected one: V1 has no null by night, and rounds to a tenth."""
    if expected is None:
        return found in {None, 0.0, "Idle"}
    if found is None or isinstance(expected, str):
        return found == expected
    return abs(found - expected) <= ROUNDED
