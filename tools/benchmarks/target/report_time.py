"""Times the report of five years for three sites: `make bench-report`."""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from target_seh_sql.database import open_engine
from target_seh_sql.report.figures import figures
from target_seh_sql.tables.schema import existing
from target_seh_sql.tables.streams import all_tables
from tools.benchmarks.target import databases
from tools.benchmarks.target.__main__ import SERVERS
from tools.benchmarks.target.contestants import BIN, compiled

if TYPE_CHECKING:
    from collections.abc import Callable

SITES: Final = 3


def main() -> None:
    """Print a table: the command beside its queries alone, medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--databases", default="sqlite,postgresql,mariadb", help="which, with commas")
    options = parser.parse_args()
    compiled()
    print("| Database | report, s | its queries alone, s | report / queries | MB |")
    print("|:--|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        years = [sys.executable, "-m", "tools.benchmarks.target.five_years", str(SITES)]
        with (folder / "years.jsonl").open("wb") as file:
            subprocess.run(years, stdout=file, check=True)
        for kind in options.databases.split(","):
            print(f"| {kind} | {_measured(kind, folder, options.runs)} |", flush=True)
            databases.remove(SERVERS[kind])


def _measured(kind: str, folder: Path, runs: int) -> str:
    url = databases.make_empty(SERVERS[kind], folder)
    (folder / "target.json").write_text(json.dumps({"sqlalchemy_url": url}))
    target = [BIN / "target-seh-sql"]
    with (folder / "years.jsonl").open() as file:
        load = [*target, "--config", folder / "target.json"]
        subprocess.run(load, stdin=file, capture_output=True, check=True)
    page = folder / "report.html"
    report = [*target, "report", "--config", folder / "target.json", "--output", page]
    whole = _median(runs, lambda: subprocess.run(report, capture_output=True, check=True))
    alone = _median(runs, lambda: _queries(url))
    return f"{whole:.2f} | {alone:.2f} | {whole / alone:.1f} | {page.stat().st_size / 1e6:.1f}"


def _median(runs: int, run: Callable[[], object]) -> float:
    run()  # warms the database
    seconds = []
    for _ in range(runs):
        began = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def _queries(url: str) -> None:
    engine = open_engine(url)
    with engine.connect() as connection:
        list(figures(connection, existing(connection, all_tables())))
    engine.dispose()


if __name__ == "__main__":
    main()
