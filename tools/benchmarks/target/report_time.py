"""Times the report: how long it takes to make, how large it is, how soon it is drawn: `make bench-report`."""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from solaredge_simulator.fleet import PENDING, ROOF
from solaredge_simulator.simulator import Simulator
from tools.benchmarks.target import databases
from tools.benchmarks.target.__main__ import SERVERS
from tools.benchmarks.target.contestants import BIN, compiled
from tools.browser import Browser
from tools.pipeline import Pipeline

BEFORE: Final = {"sqlite": 4.3, "postgresql": 2.6, "mariadb": 3.9}
"""Seconds that five years of three sites took with the report of version 0.1.0's first days."""
BEFORE_SIZE: Final = 1.6
MEASURE: Final = Path(__file__).with_name("measure.py")
NOW: Final = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)


def main() -> None:
    """Print two tables: how long the command takes for each database, and how soon pages are drawn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--databases", default="sqlite,postgresql,mariadb", help="which, with commas")
    options = parser.parse_args()
    compiled()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _made("three", folder, 3)
        print("| Five years of three sites | before, s | now, s | peak MiB | before, MB | now, MB |")
        print("|:--|--:|--:|--:|--:|--:|")
        for kind in options.databases.split(","):
            print(f"| {kind} | {BEFORE[kind]} | {_command(kind, folder, options.runs)} |", flush=True)
            databases.remove(SERVERS[kind])
        print("\n| Page | MB | made in, s | peak MiB | drawn in, s |")
        print("|:--|--:|--:|--:|--:|")
        with Browser(folder / "profile") as browser:
            for title, page, made in _pages(folder):
                drawn = statistics.median(_drawn(browser, page) for _ in range(options.runs))
                size = page.stat().st_size / 1e6
                print(
                    f"| {title} | {size:.2f} | {made['seconds']:.1f} | {made['mib']:.0f} | {drawn:.2f} |",
                    flush=True,
                )


def _made(name: str, folder: Path, sites: int, *options: str) -> Path:
    """Return a file with messages of so many sites."""
    years = [sys.executable, "-m", "tools.benchmarks.target.five_years", str(sites), *options]
    with (folder / f"{name}.jsonl").open("wb") as file:
        subprocess.run(years, stdout=file, check=True)
    return folder / f"{name}.jsonl"


def _filled(url: str, folder: Path, messages: Path) -> None:
    (folder / "target.json").write_text(json.dumps({"sqlalchemy_url": url}))
    with messages.open("rb") as file:
        load = [BIN / "target-seh-sql", "--config", folder / "target.json"]
        subprocess.run(load, stdin=file, capture_output=True, check=True)


def _report(folder: Path) -> dict[str, float]:
    """Make the page; return seconds and MiB of that."""
    command = [
        BIN / "target-seh-sql",
        "report",
        "--config",
        folder / "target.json",
        "--output",
        folder / "report.html",
    ]
    measured = [sys.executable, MEASURE, "/dev/null", folder / "report.log", *command]
    found: dict[str, float] = json.loads(subprocess.run(measured, stdout=subprocess.PIPE, check=True).stdout)
    assert found["code"] == 0, (folder / "report.log").read_text()  # noqa: S101
    return found


def _command(kind: str, folder: Path, runs: int) -> str:
    _filled(databases.make_empty(SERVERS[kind], folder), folder, folder / "three.jsonl")
    _report(folder)  # warms the database
    found = [_report(folder) for _ in range(runs)]
    seconds, mib = (statistics.median(run[name] for run in found) for name in ("seconds", "mib"))
    size = (folder / "report.html").stat().st_size / 1e6
    return f"{seconds:.2f} | {mib:.0f} | {BEFORE_SIZE} | {size:.1f}"


def _pages(folder: Path) -> Any:  # noqa: ANN401
    """Yield the title of each page, its path, and what making it took."""
    kinds = {
        "five years, meter and battery": lambda place: _made("years", place, 1),
        "bare roof, two hundred days": lambda place: _harvested(place, ROOF, 200),
        "no data": lambda place: _harvested(place, PENDING, 3),
        "one day": lambda place: _made("day", place, 1, "--days", "1"),
        "1,000 sites, 40 days": lambda place: _made("fleet", place, 1_000, "--days", "40"),
    }
    for number, (title, messages) in enumerate(kinds.items()):
        place = folder / f"page{number}"
        place.mkdir()
        _filled(f"sqlite:///{place / 'seh.db'}", place, messages(place))
        yield title, place / "report.html", _report(place)


def _harvested(folder: Path, site_id: int, days: int) -> Path:
    """Return a file with what the tap writes of a site of the simulator."""
    with Simulator(now=NOW, calls_per_minute=None, monthly_credits=None) as simulator:
        pipeline = Pipeline(folder, simulator)
        command = pipeline.tap(site_ids=[site_id], energy_lookback_days=days, power_lookback_days=days)
        with (folder / "messages").open("wb") as out:
            subprocess.run(command, stdout=out, stderr=subprocess.PIPE, check=True)
    return folder / "messages"


def _drawn(browser: Browser, page: Path) -> float:
    """Return the seconds from the start of loading until everything is drawn and painted."""
    browser.open("about:blank")
    browser.open(page.as_uri())
    browser.wait_for("body[data-drawn]")
    milliseconds = browser.run("return performance.getEntriesByName('drawn')[0].startTime")
    return float(milliseconds) / 1000


if __name__ == "__main__":
    main()
