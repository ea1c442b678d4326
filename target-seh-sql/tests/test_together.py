"""Four targets write into one database at once, over the same sites, from the first table on."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta

from .conftest import lines, record, schema, state

START = datetime(2026, 1, 1, tzinfo=UTC)
QUARTERS, BATCH = 400, 40
SITES = (1, 2, 3)
STREAMS = ("power_flows", "power_flows", "meter_readings", "meter_readings")
"""What each of the four sends."""
COLUMN = ("grid_power", "load_power", "power", "energy_wh")
"""The one column that each of the four fills: the others it sends as NULL."""


def instant(quarter: int) -> str:
    return f"{START + timedelta(minutes=15 * quarter):%Y-%m-%dT%H:%M:%SZ}"


def value(number: int, site: int, quarter: int) -> float:
    return 1000.0 * number + 100 * site + quarter / 4


def sent(number: int) -> list[dict]:
    """Return what a target loads: every other one goes backwards in time and sends no parents."""
    stream, column = STREAMS[number], COLUMN[number]
    meter = {"meter_name": "Grid"} if stream == "meter_readings" else {}
    messages = [schema("sites"), schema("meters"), schema(stream)]
    if number % 2 == 0:
        messages += (record("sites", id=site, name=f"Dak {site}") for site in SITES)
        messages += (record("meters", site_id=site, name="Grid", model="WND") for site in SITES)
    quarters = range(QUARTERS) if number % 2 == 0 else range(QUARTERS - 1, -1, -1)
    for quarter in quarters:
        for site in SITES if quarter % 2 else reversed(SITES):
            reading = {"timestamp": instant(quarter), column: value(number, site, quarter)}
            messages.append(record(stream, site_id=site, **meter, **reading))
        messages += (state(stream, site, replication_key_value=instant(quarter)) for site in SITES)
    return messages


def test_four_at_once_do_not_disturb_each_other(database, tmp_path):
    environment = {**database.environment, "TARGET_SEH_SQL_BATCH_SIZE_ROWS": str(BATCH)}
    targets = []
    for number in range(len(STREAMS)):
        given = tmp_path / f"{number}.jsonl"
        given.write_text(lines(*sent(number)))
        with given.open() as source:
            pipes = {"stdin": source, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
            targets.append(subprocess.Popen(database.command, env=environment, **pipes))
    told = [target.communicate(timeout=120) for target in targets]
    errors = [said.decode() for _, said in told if b"ERROR" in said]
    assert ([target.returncode for target in targets], errors) == ([0] * 4, [])
    assert database.rows("sites", "id", "name") == [(site, f"Dak {site}") for site in SITES]
    assert database.rows("meters", "site_id", "name", "model") == [(site, "Grid", "WND") for site in SITES]
    flows = database.rows("power_flows", "site_id", "timestamp", "grid_power", "load_power")
    assert flows == [
        (site, instant(q)[:19].replace("T", " "), value(0, site, q), value(1, site, q))
        for site in SITES
        for q in range(QUARTERS)
    ]
    readings = database.rows("meter_readings", "timestamp", "power", "energy_wh")
    assert sorted(readings) == sorted(
        (instant(q)[:19].replace("T", " "), value(2, site, q), value(3, site, q))
        for site in SITES
        for q in range(QUARTERS)
    )
