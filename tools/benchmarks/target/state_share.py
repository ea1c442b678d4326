"""Measures what STATE costs the target, over a day of one shard of 1,250 sites: `make bench-state`.

The target loads what the tap wrote into SQLite, and then the same without any STATE but the last, in turn.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from solaredge_simulator.simulator import Simulator
from tools.benchmarks.target.contestants import BIN, compiled

MEASURE: Final = Path(__file__).with_name("measure.py")
NOW: Final = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)
DAY: Final = timedelta(days=1)
MOST: Final = 0.05
"""Of the target's processor time may be STATE's."""
STATE: Final = b'{"type":"STATE"'


def main() -> str | None:
    """Print bytes and processor time of STATE; return what was promised and is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=1_250)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    compiled()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _harvest(folder, options.sites)
        count, state, data = _split(folder)
        bytes_of = f"{data / 1e6:.1f} MB of data, {state / 1e6:.2f} MB of STATE in {count} messages"
        print(f"{options.sites:,} sites, a day: {bytes_of}", flush=True)
        costs = [(_load(folder, "messages"), _load(folder, "without")) for _ in range(options.runs)]
        with_state, without = map(statistics.median, zip(*costs, strict=True))
        share = 1 - without / with_state
        print(f"target: {with_state:.2f} s of processor time, {without:.2f} s with the last STATE alone")
        print(f"STATE takes {share:.1%} of it")
    if state > data or share > MOST:
        return f"promised: fewer bytes of STATE than of data, at most {MOST:.0%} of the time for it"
    return None


def _harvest(folder: Path, sites: int) -> None:
    """Write what the tap writes of a day of so many sites, all at once."""
    first_day = (NOW - 8 * DAY).date()
    with Simulator(
        now=NOW, extra=sites - 5, first_day=first_day, calls_per_minute=None, monthly_credits=None
    ) as simulator:
        settings = {
            "api_url": simulator.url, "api_key": simulator.key, "start_date": (NOW - DAY).isoformat(),
            "calls_per_minute": 0, "monthly_credits": 0, "ledger_path": str(folder / "ledger.db"),
        }  # fmt: skip
        (folder / "tap.json").write_text(json.dumps(settings))
        with (folder / "messages").open("wb") as out, (folder / "tap.log").open("wb") as log:
            tap = [BIN / "tap-solaredge", "--config", folder / "tap.json"]
            subprocess.run(tap, stdout=out, stderr=log, check=True)


def _split(folder: Path) -> tuple[int, int, int]:
    """Leave out all STATE but the last; return how many there were, their bytes, and those of data."""
    sizes: list[int] = []
    data, last = 0, b""
    with (folder / "messages").open("rb") as lines, (folder / "without").open("wb") as out:
        for line in lines:
            if line.startswith(STATE):
                sizes.append(len(line))
                last = line
            else:
                data += len(line)
                out.write(line)
        out.write(last)
    return len(sizes), sum(sizes), data


def _load(folder: Path, messages: str) -> float:
    """Return the seconds of processor time that the target takes for some messages."""
    for path in folder.glob("seh.db*"):
        path.unlink()
    (folder / "target.json").write_text(json.dumps({"sqlalchemy_url": f"sqlite:///{folder / 'seh.db'}"}))
    command = [BIN / "target-seh-sql", "--config", folder / "target.json"]
    measured = [sys.executable, MEASURE, folder / messages, os.devnull, *command]
    found = json.loads(subprocess.run(measured, stdout=subprocess.PIPE, check=True).stdout)
    assert found["code"] == 0  # noqa: S101
    return float(found["cpu"])


if __name__ == "__main__":
    sys.exit(main())
