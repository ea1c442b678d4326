"""Times `status` over a fleet: `make bench-status`; five years of 285 sites are 100 million rows."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, insert, literal, select, text

from target_seh_sql.database import connected
from target_seh_sql.tables.metadata import all_tables
from tools.benchmarks.target import databases
from tools.benchmarks.target.__main__ import SERVERS
from tools.benchmarks.target.contestants import BIN, compiled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Table

MEASURE: Final = Path(__file__).with_name("measure.py")
TABLES: Final = ("energy_readings", "power_flows", "battery_readings")
COMMANDS: Final = {
    "status": ["status"],
    "status --site-id 1": ["status", "--site-id", "1"],
    "status --all --site-id 1": ["status", "--all", "--site-id", "1"],
    "status --all": ["status", "--all"],
}


def main() -> None:
    """Print how long each command takes, and the size of what it looks at."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=285)
    parser.add_argument("--days", type=int, default=1826)
    parser.add_argument("--database", default="postgresql", choices=sorted(SERVERS))
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    compiled()
    with tempfile.TemporaryDirectory() as name:
        folder, server = Path(name), SERVERS[options.database]
        url = databases.make_empty(server, folder)
        try:
            rows = _fill(url, folder, options.sites, options.days)
            print(f"{options.sites:,} sites, {rows:,} rows in {options.database}\n")
            print("| command | s | peak MiB |\n|:--|--:|--:|")
            for title, command in COMMANDS.items():
                found = [_run(folder, command) for _ in range(options.runs)]
                best = min(found, key=lambda run: run["seconds"])
                print(f"| `{title}` | {best['seconds']:.1f} | {best['mib']:.0f} |", flush=True)
        finally:
            databases.remove(server)


def _fill(url: str, folder: Path, sites: int, days: int) -> int:
    """Load one site, and copy it within the database; return the number of rows."""
    (folder / "target.json").write_text(json.dumps({"sqlalchemy_url": url}))
    today = datetime.combine(datetime.now(UTC), datetime.min.time(), UTC).isoformat()
    years = [
        sys.executable,
        "-m",
        "tools.benchmarks.target.five_years",
        "1",
        "--days",
        str(days),
        "--end",
        today,
    ]
    with subprocess.Popen(years, stdout=subprocess.PIPE) as messages:
        load = [BIN / "target-seh-sql", "--config", folder / "target.json"]
        subprocess.run(load, stdin=messages.stdout, capture_output=True, check=True)
    with connected(url) as connection:
        tables = all_tables()
        for site_id in range(2, sites + 1):
            _copy(connection, tables, site_id)
        if connection.dialect.name == "postgresql":
            connection.execute(text("ANALYZE"))
        connection.commit()
        counts = [select(func.count()).select_from(tables[name]) for name in TABLES]
        return sum(connection.scalar(count) or 0 for count in counts)


def _copy(connection: Connection, tables: Mapping[str, Table], site_id: int) -> None:
    """Give another site all that the first one has."""
    sites = tables["sites"]
    other = literal(site_id)
    connection.execute(insert(sites).from_select(
        list(sites.c), select(*(other if c.name == "id" else c for c in sites.c)).where(sites.c.id == 1)
    ))  # fmt: skip
    for table in (tables[name] for name in TABLES):
        columns = [column for column in table.c if column.name != "id"]
        copied = select(*(other if c.name == "site_id" else c for c in columns))
        rows = copied.where(table.c.site_id == 1).order_by(table.c.id)
        connection.execute(insert(table).from_select(columns, rows))
    connection.commit()


def _run(folder: Path, command: list[str]) -> dict[str, float]:
    """Run a command of the target, warm; return seconds and MiB."""
    whole = [str(BIN / "target-seh-sql"), *command, "--config", str(folder / "target.json")]
    measured = [sys.executable, MEASURE, "/dev/null", folder / "status.log", *whole]
    found: dict[str, float] = json.loads(subprocess.run(measured, stdout=subprocess.PIPE, check=True).stdout)
    said = (folder / "status.log").read_text()
    assert found["code"] in {0, 1}, said  # noqa: S101 (1: the rows are old)
    assert "power_flows" in said, said  # noqa: S101
    return found


if __name__ == "__main__":
    began = time.monotonic()
    main()
    print(f"\n{time.monotonic() - began:,.0f} s in all")
