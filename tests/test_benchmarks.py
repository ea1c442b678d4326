"""The benchmarks run and verify what they load; their times are nobody's promise here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_a_quick_benchmark_measures_ours_and_the_engines_limit(tmp_path):
    page = tmp_path / "page.md"
    done = subprocess.run(
        [sys.executable, "-m", "tools.benchmarks.target", "--quick", "--databases=sqlite", "--out", page],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = [line.split(" | ") for line in page.read_text().splitlines() if line.startswith("| SQLite")]
    assert [row[1] for row in rows] == ["target-seh-sql", "the engine's limit"]
    assert all(float(row[2].split()[0]) > 0 for row in rows)
    assert "- sqlite, 5,000 records again: 0 inserted, 0 changed, updated_at untouched" in page.read_text()
