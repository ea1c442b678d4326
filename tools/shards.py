"""A fleet in shards: a Meltano run for each, all at once, into one PostgreSQL; compared with the truth.

Each shard has a project folder of its own, as it would have a container: Meltano keeps a run's files there.
`make shards` runs 8 shards over 200 sites and prints what each of them took.
"""

import argparse
import os
import shutil
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from solaredge_simulator.simulator import Simulator
from target_seh_sql.database import open_engine
from tools import truth
from tools.databases import empty_database
from tools.pipeline import BIN

ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)
START = NOW.replace(hour=0, minute=0) - timedelta(days=7)
FIRST_DAY = START.date() - timedelta(days=7)
"""Of all plants: the simulator adds up a battery's whole life, and it is not what is measured."""
RUNS = ("A week, the first run", 0), ("An hour later", 1), ("A day after that", 24)
"""What each run is called, and the hours that it begins after the one before."""
PAGE = os.sysconf("SC_PAGE_SIZE")
TAP = f"""#!/bin/sh
{{ {BIN}/tap-solaredge "$@"; echo $? >tap-code; }} | tee messages
exit "$(cat tap-code)"
"""
"""The tap of a shard: what it writes goes into a file too, and is counted after the run."""


@dataclass
class Used:
    """What one shard took: seconds, and CPU seconds and peak MiB of Meltano, tap and target together."""

    seconds: float
    cpu: float
    mib: float
    code: int


class Shards:
    """A simulator, a database, and as many shards as wanted."""

    def __init__(self, folder, simulator, url, count):
        self.folder, self.simulator, self.url, self.count = folder, simulator, url, count
        self.ids = list(simulator.plants)
        (folder / "sites.txt").write_text("".join(f"{number}\n" for number in self.ids))
        self.environment = os.environ | {
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "UV_CONSTRAINT": str(ROOT / "constraints.txt"),
            "TAP_SOLAREDGE_API_URL": simulator.url,
            "TAP_SOLAREDGE_API_KEY": simulator.key,
            "TAP_SOLAREDGE_START_DATE": START.isoformat(),
            "TAP_SOLAREDGE_CALLS_PER_MINUTE": "0",
            "TAP_SOLAREDGE_MONTHLY_CREDITS": "0",
            "TARGET_SEH_SQL_SQLALCHEMY_URL": url,
            "MELTANO_STATE_BACKEND_URI": f"file://{folder}/state",
        }
        self._install()

    def _install(self):
        """Make the folder of each shard; all use the programs of one environment."""
        for shard in range(self.count):
            project = self.folder / f"shard-{shard}"
            project.mkdir(parents=True)
            shutil.copy(ROOT / "meltano.yml", project)
            programs = project / ".venv/bin"
            programs.mkdir(parents=True)
            (programs / "target-seh-sql").symlink_to(BIN / "target-seh-sql")
            (programs / "tap-solaredge").write_text(TAP)
            (programs / "tap-solaredge").chmod(0o755)

    def sites(self, shard):
        """Return the sites of a shard, as shard.sh deals them out."""
        return self.ids[shard :: self.count]

    def run(self):
        """Run all shards at once and return what each of them took."""
        used = [None] * self.count
        threads = [
            threading.Thread(target=lambda shard=shard: used.__setitem__(shard, self._run_one(shard)))
            for shard in range(self.count)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return used

    def _run_one(self, shard):
        project = self.folder / f"shard-{shard}"
        command = ["sh", ROOT / "deploy/shard.sh", "../sites.txt", str(shard), str(self.count)]
        command += [BIN / "meltano", "run", f"--state-id-suffix=shard-{shard}"]
        environment = self.environment | {"TAP_SOLAREDGE_LEDGER_PATH": str(project / "ledger.db")}
        began, peak = time.monotonic(), 0
        with (project / "log").open("w") as log:
            process = subprocess.Popen(
                [*command, "tap-solaredge", "target-seh-sql"], cwd=project, env=environment,
                stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        ended = 0
        while not ended:
            peak = max(peak, resident(process.pid))
            time.sleep(0.1)
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        process.returncode = os.waitstatus_to_exitcode(status)
        cpu = usage.ru_utime + usage.ru_stime
        return Used(time.monotonic() - began, cpu, peak / 2**20, process.returncode)

    def log(self, shard):
        """Return what a shard said in its last run."""
        return (self.folder / f"shard-{shard}" / "log").read_text()

    def written(self, shard):
        """Return the bytes of data and of STATE that a shard's tap wrote in its last run."""
        state = data = 0
        with (self.folder / f"shard-{shard}/messages").open("rb") as lines:
            for line in lines:
                if line.startswith(b'{"type":"STATE"'):
                    state += len(line)
                else:
                    data += len(line)
        return data, state

    def records(self):
        """Return how many records each site had in its last run."""
        with self._connect() as connection:
            query = "SELECT site_id, sum(records_synced) FROM sync_metadata GROUP BY site_id"
            return {site: int(count) for site, count in connection.execute(text(query))}

    def differences(self):
        """Compare all time series with the plants' own; return what differs and the number of equal rows."""
        wrong, equal = [], 0
        with self._connect() as connection:
            for table in truth.COLUMNS:
                plants, now = self.simulator.plants.values(), self.simulator.clock.now()
                expected = truth.of_plants(table, plants, START, now)
                different, same = truth.differences(expected, truth.stored(connection, table))
                wrong += different
                equal += same
        return wrong, equal

    @contextmanager
    def _connect(self):
        engine = open_engine(self.url)
        with engine.connect() as connection:
            yield connection
        engine.dispose()


def resident(session):
    """Return the bytes of memory that all processes of a session have, shared pages counted for each."""
    pages = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        if int(fields[3]) == session:
            pages += int(fields[21])
    return pages * PAGE


def report(shards, used):
    """Yield a table of what each shard took."""
    records, calls = shards.records(), shards.simulator.calls
    yield "| shard | sites | records | calls | data MB | STATE MB | s | CPU s | peak MiB |"
    yield "|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
    written = [shards.written(shard) for shard in range(shards.count)]
    for shard, took in enumerate(used):
        sites = set(shards.sites(shard))
        got = sum(records.get(site, 0) for site in sites)
        asked = sum(call.site in sites for call in calls)
        numbers = f"{megabytes(*written[shard])} | {took.seconds:.1f} | {took.cpu:.1f} | {took.mib:.0f}"
        yield f"| {shard} | {len(sites)} | {got:,} | {asked:,} | {numbers} |"
    asked = sum(call.site is not None for call in calls)
    cpu, slowest = sum(took.cpu for took in used), max(took.seconds for took in used)
    sums = megabytes(*map(sum, zip(*written, strict=True)))
    together = f"{sums} | {slowest:.1f} | {cpu:.1f} | {sum(t.mib for t in used):.0f}"
    yield f"| all | {len(shards.ids)} | {sum(records.values()):,} | {asked:,} | {together} |"


def megabytes(data, state):
    """Return both as two columns of a table, in millions of bytes."""
    return f"{data / 1e6:.1f} | {state / 1e6:.2f}"


def main():
    """Run the shards three times, or only once; print what each took; exit with 1 when anything differs.

    The last reads the running day's energy again, which the second leaves out for six hours, and late data.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shards", type=int, default=8)
    parser.add_argument("--sites", type=int, default=200)
    parser.add_argument("--first-run-only", action="store_true")
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        empty_database("postgresql", Path(folder)) as url,
        Simulator(
            now=NOW,
            extra=asked.sites - 5,
            first_day=FIRST_DAY,
            calls_per_minute=None,
            monthly_credits=None,
        ) as simulator,
    ):
        shards = Shards(Path(folder), simulator, url, asked.shards)
        for what, hours in RUNS[: 1 if asked.first_run_only else None]:
            simulator.clock.advance(hours=hours)
            simulator.calls.clear()
            used = shards.run()
            wrong = [shards.log(shard)[-2000:] for shard, took in enumerate(used) if took.code]
            if wrong:
                return "\n".join(wrong)
            print(f"{what}\n", *report(shards, used), sep="\n", end="\n\n", flush=True)
        different, equal = shards.differences()
        print(f"{equal:,} rows equal to the truth, {len(different)} not")
    return "\n".join(different) or 0


if __name__ == "__main__":
    raise SystemExit(main())
