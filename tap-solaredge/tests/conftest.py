"""Run the tap in this process and collect what it says."""

import io
import json
import logging
from collections import defaultdict
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from tap_solaredge.cli import exit_code
from tap_solaredge.clock import Clock
from tap_solaredge.errors import TapSolarEdgeError
from tap_solaredge.tap import TapSolarEdge


@dataclass
class Said:
    """What a run of the tap wrote."""

    messages: list = field(default_factory=list)
    error: TapSolarEdgeError | None = None
    waits: list = field(default_factory=list)
    """Seconds."""

    @property
    def code(self):
        """The exit code of a command that ends like this."""
        return 0 if self.error is None else exit_code(self.error)

    @property
    def state(self):
        return [message["value"] for message in self.messages if message["type"] == "STATE"][-1]

    @property
    def states(self):
        return [message["value"] for message in self.messages if message["type"] == "STATE"]

    @property
    def schemas(self):
        return [message["stream"] for message in self.messages if message["type"] == "SCHEMA"]

    @property
    def records(self):
        found = defaultdict(list)
        for message in self.messages:
            if message["type"] == "RECORD":
                found[message["stream"]].append(message["record"])
        return found

    def partition(self, stream, site_id):
        partitions = self.state["bookmarks"][stream]["partitions"]
        return next(p for p in partitions if p["context"]["site_id"] == site_id)


class SimulatorClock(Clock):
    """The simulator's time, plus what the host is fast; waiting moves it on, so that no test waits."""

    def __init__(self, simulator, fast=timedelta(0)):
        super().__init__()
        self._simulator, self._fast = simulator, fast
        self.slept = []

    def host(self):
        return self._simulator.clock.now() + self._fast

    def sleep(self, seconds):
        self.slept.append(seconds)
        self._simulator.clock.advance(seconds=seconds)


def tap_run(simulator, state=None, catalog=None, **settings):
    """Run the tap once in this process and return what it said."""
    config = {
        "api_url": simulator.url,
        "api_key": simulator.key,
        "request_retries": 0,
        "calls_per_minute": 0,
        "monthly_credits": 0,
    } | settings
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    said = Said()
    clock = SimulatorClock(simulator)
    tap = TapSolarEdge(config=config, state=json.loads(json.dumps(state or {})), catalog=catalog, clock=clock)
    with redirect_stdout(out):
        try:
            tap.sync_all()
        except TapSolarEdgeError as error:
            said.error = error
    out.flush()
    said.waits = clock.slept
    said.messages = [json.loads(line) for line in out.buffer.getvalue().splitlines()]
    return said


@pytest.fixture
def run_tap(tmp_path):
    """Return a function that runs the tap once against a simulator, with a ledger of the test's own."""

    def run(simulator, state=None, catalog=None, **settings):
        return tap_run(simulator, state, catalog, **({"ledger_path": str(tmp_path / "ledger.db")} | settings))

    return run


@pytest.fixture
def everything_said():
    """Collect what is logged at DEBUG, by whomever, as a handler writes it."""
    text, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(text), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield text
    root.setLevel(level)
    root.removeHandler(handler)
