"""Five years of one site through the tap, against the bare loop over the same calls: `make bench-tap`.

The simulator runs in a process of its own. Tap and loop run in turn, as whole processes that write into a
file; processor time and peak memory are what the kernel counted for the process (wait4).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode

import requests

HOME = 4100001
NOW = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)
KEY = "demo-fleet-key"
BIN = Path(sys.executable).parent
MOST_MEMORY, MOST_CPU, MOST_GROWTH = 150, 2.0, 1.1
SPANS = {"1 year": "2025-11-20T00:00:00Z", "5 years": "2021-11-20T00:00:00Z"}


ABOUT = """\
Written by `make bench-tap` on {0:%Y-%m-%d}: {1} processors, {2} {3}, Python {4}, requests {5}, orjson {6}; \
{7} runs of each, in turn. One site with a meter and a battery, quarter hours and days; five years are {8:,} \
calls. The bare loop ([bare_loop.py](../tools/benchmarks/tap/bare_loop.py)) asks the same calls with \
`requests`, decodes with `orjson` and prints one line per record: no windows, bookmarks, checks or units. \
Start-up counts, and output is buffered. Compare ratios, not seconds, with another machine's."""


@dataclass(frozen=True)
class Cost:
    """What one process cost."""

    cpu: float
    """Seconds, user and system."""
    memory: float
    """Peak, MiB."""
    seconds: float
    lines: int


def measured(command: list[str], out: Path, **environment: str) -> Cost:
    """Run a process to its end and return what it cost.

    Raises:
        RuntimeError: If it failed.
    """
    began = time.perf_counter()
    with out.open("wb") as stdout, out.with_suffix(".log").open("wb") as stderr:
        process = subprocess.Popen(command, stdout=stdout, stderr=stderr, env=os.environ | environment)  # noqa: S603
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(out.with_suffix(".log").read_text()[-2000:])
    with out.open("rb") as written:
        lines = sum(1 for _ in written)
    cpu = used.ru_utime + used.ru_stime
    return Cost(cpu, used.ru_maxrss / 1024, time.perf_counter() - began, lines)


class Bench:
    """A simulator, and what runs against it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self._simulator = subprocess.Popen(  # noqa: S603
            [
                *(str(BIN / "solaredge-simulator"), "--port", str(self._port), "--now", NOW.isoformat()),
                *("--calls-per-minute", "0", "--monthly-credits", "0", "--first-day", "2021-01-01"),
            ],
            stdout=subprocess.PIPE,
        )
        assert self._simulator.stdout is not None  # noqa: S101
        self._simulator.stdout.readline()

    def tap(self, start: str) -> Cost:
        """Read one site from an instant on, with a ledger of its own."""
        (self._folder / "ledger.db").unlink(missing_ok=True)
        settings: dict[str, Any] = {
            "api_url": self.url,
            "api_key": KEY,
            "ledger_path": str(self._folder / "ledger.db"),
            "site_ids": [HOME],
            "start_date": start,
            "calls_per_minute": 0,
            "monthly_credits": 0,
        }
        config = self._folder / "tap.json"
        config.write_text(json.dumps(settings))
        return measured([str(BIN / "tap-solaredge"), "--config", str(config)], self._folder / "tap.jsonl")

    def record_calls(self, start: str) -> int:
        """Let the tap read once, so that the simulator has computed everything, and keep what it asked."""
        requests.delete(f"{self.url}/_simulator/calls", timeout=60)
        self.tap(start)
        calls = requests.get(f"{self.url}/_simulator/calls", timeout=60).json()
        paths = [f"{call['path']}?{urlencode(call['query'], doseq=True)}" for call in calls]
        (self._folder / "paths").write_text("\n".join(paths))
        return len(paths)

    def loop(self) -> Cost:
        """Ask the same calls in the bare loop."""
        program = [sys.executable, "-m", "tools.benchmarks.tap.bare_loop"]
        command = [*program, self.url, str(self._folder / "paths")]
        return measured(command, self._folder / "loop.jsonl", SOLAREDGE_KEY=KEY)

    def close(self) -> None:
        """Stop the simulator."""
        self._simulator.terminate()
        self._simulator.wait()


def rows(name: str, costs: list[Cost], base: float) -> str:
    """Return a row: medians, in brackets the least and the most."""
    cpus = sorted(cost.cpu for cost in costs)
    cpu, memory = median(cpus), median(cost.memory for cost in costs)
    spread = f"{cpu:.2f} ({cpus[0]:.2f} to {cpus[-1]:.2f})"
    lines = f"{costs[0].lines:,}"
    return f"| {name} | {lines} | {spread} | {cpu / base:.2f} | {memory:.0f} |"


def report(span: dict[str, list[Cost]], loop: list[Cost], calls: int, runs: int) -> tuple[str, bool]:
    """Return the page, and whether all promises are kept."""
    base = median(cost.cpu for cost in loop)
    cpu = median(cost.cpu for cost in span["5 years"]) / base
    short, long = (median(cost.memory for cost in span[name]) for name in SPANS)
    kept = {
        f"CPU time at most {MOST_CPU:g} times the bare loop": (f"{cpu:.2f}", cpu <= MOST_CPU),
        f"Peak memory below {MOST_MEMORY} MiB": (f"{long:.0f} MiB", long < MOST_MEMORY),
        "Peak memory of 5 years at most 10% above that of 1 year": (
            f"{long / short - 1:+.1%}",
            long <= short * MOST_GROWTH,
        ),
    }
    lines = [
        "# Benchmarks of tap-solaredge",
        "",
        ABOUT.format(
            datetime.now(UTC),
            os.cpu_count(),
            platform.system(),
            platform.release(),
            platform.python_version(),
            version("requests"),
            version("orjson"),
            runs,
            calls,
        ),
        "",
        "| Program | Lines | CPU s (least to most) | Times the bare loop | Peak MiB |",
        "|:--|--:|--:|--:|--:|",
        rows("tap-solaredge, 5 years", span["5 years"], base),
        rows("bare loop, 5 years", loop, base),
        rows("tap-solaredge, 1 year", span["1 year"], base),
        "",
        "| Promise | Measured | Kept |",
        "|:--|--:|:--|",
        *(f"| {name} | {found} | {'yes' if ok else '**no**'} |" for name, (found, ok) in kept.items()),
        "",
    ]
    return "\n".join(lines), all(ok for _, ok in kept.values())


def main() -> None:
    """Measure, print, write the page; exit code 1 when a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--out", type=Path, help="write the page here")
    asked = parser.parse_args()
    span: dict[str, list[Cost]] = {name: [] for name in SPANS}
    loop: list[Cost] = []
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name))
        try:
            calls = bench.record_calls(SPANS["5 years"])
            for _ in range(asked.runs):
                span["5 years"].append(bench.tap(SPANS["5 years"]))
                loop.append(bench.loop())
                span["1 year"].append(bench.tap(SPANS["1 year"]))
        finally:
            bench.close()
    page, kept = report(span, loop, calls, asked.runs)
    print(page)  # noqa: T201
    if asked.out:
        asked.out.write_text(page, encoding="utf-8")
    sys.exit(not kept)


if __name__ == "__main__":
    main()
