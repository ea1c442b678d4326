"""`target-seh-sql export` holds a few rows at a time in memory: a million rows take less than 100 MiB."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tools.benchmarks.target import measure

from .long import WHOLE

ROWS = 1_000_000 if WHOLE else 50_000
MOST_MIB = 100 if WHOLE else 120
"""Another Python or PyArrow takes some more to start; the proof is held to what is promised."""
READINGS = """
    WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < :rows - 1)
    INSERT INTO meter_readings (meter_id, timestamp, utc_offset_minutes, power, energy_wh, energy_lifetime,
        voltage_l1, voltage_l2, voltage_l3, current_l1, current_l2, current_l3, power_factor)
    SELECT 1, datetime('2000-01-01', (n * 15) || ' minutes') || '.000000', 60, n % 900 * 1.5, n % 300,
        n * 1.25, 230.1 + n % 7, 231.2, 229.0 + n % 5, 1.1, 2.2, 3.3, 0.99
    FROM numbers
"""


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """Return the settings of a SQLite database with many readings of a meter."""
    folder = tmp_path_factory.mktemp("export")
    file = folder / "target.json"
    file.write_text(json.dumps({"sqlalchemy_url": f"sqlite:///{folder / 'seh.db'}"}))
    subprocess.run([program(), "init-db", f"--config={file}"], check=True, capture_output=True)
    with create_engine(f"sqlite:///{folder / 'seh.db'}").begin() as connection:
        connection.execute(text("INSERT INTO sites (id, name) VALUES (1, 'Dak')"))
        connection.execute(text("INSERT INTO meters (id, site_id, name) VALUES (1, 1, 'Feed-in')"))
        connection.execute(text(READINGS), {"rows": ROWS})
    return file


def program():
    return str(Path(sys.executable).with_name("target-seh-sql"))


@pytest.mark.parametrize("form", ["csv", "jsonl", "xlsx", "parquet"])
def test_an_export_takes_little_memory(filled, form):
    output = filled.with_name(f"readings.{form}")
    export = [program(), "export", "meter_readings", f"--config={filled}", f"--output={output}"]
    asked = [sys.executable, measure.__file__, os.devnull, os.devnull, *export]
    took = json.loads(subprocess.run(asked, check=True, capture_output=True, text=True).stdout)
    assert took["code"] == 0
    print(  # noqa: T201
        f"{form}: {ROWS:,} rows, {output.stat().st_size / 1e6:.1f} MB, peak {took['mib']:.1f} MiB"
    )
    assert took["mib"] < MOST_MIB
