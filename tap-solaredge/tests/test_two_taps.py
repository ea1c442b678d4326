"""Several processes with one credential: together they never exceed a limit.

`make proofs` has two of them spend a month's plan besides; that takes longer.
"""

import json
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from solaredge_simulator.fleet import HOME, ISLAND, OFFICE, ROOF

PROGRAM = Path(__file__).with_name("clocked_tap.py")
WHOLE = os.environ.get("PROOF") == "whole"
SITES = (HOME, ROOF, OFFICE, ISLAND)


@pytest.mark.parametrize(("monthly", "taps"), [(25, 3), *([(2000, 2)] if WHOLE else [])])
def test_together_they_keep_to_the_limits_per_minute_and_month(start_simulator, tmp_path, monthly, taps):
    simulator = start_simulator(calls_per_minute=10, monthly_credits=monthly)
    running = [start(simulator, tmp_path, number, monthly) for number in range(taps)]
    said = [process.communicate(timeout=300)[1] for process in running]
    assert [process.returncode for process in running] == [0] * taps, said
    assert {call.status for call in simulator.calls} == {200}
    by_minute = Counter(f"{call.time:%H:%M}" for call in simulator.calls)
    assert max(by_minute.values()) == 10
    assert len({call.credential for call in simulator.calls}) == 1
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as ledger:
        assert ledger.execute("SELECT count(*) FROM calls").fetchone() == (len(simulator.calls),)
    if monthly == 25:
        assert 20 <= len(simulator.calls) <= 25


def start(simulator, folder, number, monthly):
    config = folder / f"tap{number}.json"
    settings = {
        "api_url": simulator.url,
        "api_key": simulator.key,
        "ledger_path": str(folder / "ledger.db"),
        "request_retries": 0,
        "monthly_credits": monthly,
        "site_ids": [SITES[number], SITES[3]],
    }
    config.write_text(json.dumps(settings))
    return subprocess.Popen(
        [sys.executable, PROGRAM, config], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
