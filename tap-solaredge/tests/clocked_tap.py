"""The tap as a process that lives by a simulator's clock: `clocked_tap.py CONFIG`; waiting moves it on."""

import json
import sys
from datetime import datetime
from pathlib import Path

import requests

from tap_solaredge.cli import exit_code
from tap_solaredge.clock import Clock
from tap_solaredge.errors import TapSolarEdgeError
from tap_solaredge.tap import TapSolarEdge

STEP = 0.05
"""Seconds; small, so that no clock runs away while a call of another process is on its way."""


class RemoteClock(Clock):
    """Asks a simulator what time it is."""

    def __init__(self, url):
        super().__init__()
        self._url = f"{url}/_simulator/clock"
        self._session = requests.Session()

    def host(self):
        return datetime.fromisoformat(self._session.get(self._url, timeout=30).json()["now"])

    def sleep(self, seconds):
        for _ in range(int(seconds / STEP) + 1):
            self._session.post(self._url, json={"advance_seconds": STEP}, timeout=30)


if __name__ == "__main__":
    config = json.loads(Path(sys.argv[1]).read_text())
    try:
        TapSolarEdge(config=config, clock=RemoteClock(config["api_url"])).sync_all()
    except TapSolarEdgeError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(exit_code(error))
