"""How much three calls at once save under V1: a year of one site, every answer late, one and three in turn.

Run it with `make bench-v1`. Prints a Markdown table; the times are whole processes.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from solaredge_simulator.fleet import HOME
from solaredge_simulator.simulator import Simulator
from solaredge_simulator.v1.rules import V1Rules

NOW = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)
TAP = Path(sys.executable).parent / "tap-solaredge"


def harvest(simulator: Simulator, at_once: int) -> tuple[float, int, int]:
    """Return seconds, calls, and how many ran at once, of one harvest into nowhere."""
    simulator.calls.clear()
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "tap.json")
        settings = {
            "api_version": "v1",
            "api_url": simulator.url,
            "api_key": simulator.v1_key,
            "ledger_path": str(Path(folder, "ledger.db")),
            "daily_calls_per_site": 0,
            "max_concurrent": at_once,
            "site_ids": [HOME],
            "start_date": "2025-11-21T00:00:00Z",
        }
        config.write_text(json.dumps(settings), encoding="utf-8")
        began = time.perf_counter()
        subprocess.run([TAP, "--config", config], check=True, capture_output=True)  # noqa: S603
        return time.perf_counter() - began, len(simulator.calls), simulator.calls.max_concurrency


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=0.3, help="seconds that every answer takes")
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    rules = V1Rules(daily_calls=None)
    seconds: dict[int, list[float]] = {1: [], 3: []}
    print("| at once | calls | seen at once | seconds (median, min-max) |\n|--:|--:|--:|--:|")  # noqa: T201
    seen: dict[int, list[int]] = {}
    with Simulator(now=NOW, v1=rules, latency=asked.latency) as simulator:
        for _ in range(asked.runs):
            for at_once, times in seconds.items():
                took, *seen[at_once] = harvest(simulator, at_once)
                times.append(took)
    for at_once, times in seconds.items():
        calls, running = seen[at_once]
        spread = f"{median(times):.1f} ({min(times):.1f}-{max(times):.1f})"
        print(f"| {at_once} | {calls} | {running} | {spread} |")  # noqa: T201
    ratio = median(one / three for one, three in zip(seconds[1], seconds[3], strict=True))
    print(f"\nThree at once are {ratio:.2f} times as fast.")  # noqa: T201


if __name__ == "__main__":
    main()
