"""Harvest in this process and keep the records: 400 days are too many to be written as lines first."""

import json
from collections import defaultdict
from contextlib import closing
from datetime import UTC, datetime

import pytest

from solaredge_simulator.simulator import Simulator
from solaredge_simulator.v1.rules import V1Rules
from tap_solaredge.streams import STREAMS
from tap_solaredge.tap import TapSolarEdge

from ..conftest import SimulatorClock  # noqa: TID252 (tests are no installed package)

V1 = {"api_version": "v1", "energy_lookback_days": 7}
NOW = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)


def batches(simulator, folder, state=None, names=None, **settings):
    """Yield the batches of a run, and at its end the state."""
    config = {
        "api_url": simulator.url,
        "api_key": simulator.key,
        "ledger_path": str(folder / "ledger.db"),
        "calls_per_minute": 0,
        "monthly_credits": 0,
    } | settings
    tap = TapSolarEdge(config=config, state=state, clock=SimulatorClock(simulator))
    names = names or {stream.name for stream in STREAMS if stream.selected_by_default}
    streams = [tap.streams[stream.name] for stream in STREAMS if stream.name in names]
    with closing(tap._harvest(streams)) as run:
        for batch in run.run():
            if batch is not None:
                yield batch[0].name, batch[1]
    yield "state", json.loads(json.dumps(tap.state))


def harvest(simulator, folder, **settings):
    """Return the records of all streams, by stream, without any limit."""
    found = defaultdict(list)
    for name, records in batches(simulator, folder, daily_calls_per_site=0, **settings):
        if name != "state":
            found[name] += records
    return found


@pytest.fixture
def v1(start_simulator):
    """Return a simulator whose V1 answers; keywords are those of its rules, and of the simulator."""

    def start(rules=None, **switches):
        return start_simulator(v1=V1Rules(**rules or {}), **switches)

    return start


@pytest.fixture
def run_v1(run_tap):
    """Return a function that runs the tap once with a V1 key."""

    def run(simulator, state=None, **settings):
        return run_tap(simulator, state, **V1 | {"api_key": simulator.v1_key} | settings)

    return run


@pytest.fixture(scope="module")
def unlimited():
    """A simulator without any limit, for what is measured over a long time."""
    rules, limits = V1Rules(daily_calls=None), {"calls_per_minute": None, "monthly_credits": None}
    with Simulator(now=NOW, v1=rules, latency=0.05, **limits) as simulator:
        yield simulator
