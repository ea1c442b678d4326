"""Kills `tap-solaredge | target-seh-sql` at seeded instants, restarts it, and checks the database each time.

`make chaos` runs it. A kill comes at a random instant of the pipe's life, or at one of the points of
suicidal_target.py. At each restart:

- what the printed STATE and sync_metadata tell of is in the database: every record that went before it;
- the tap's ledger has every call that the service has seen;
- of the records sent, a beginning is stored and nothing behind it: no half batch.

When the pipe ends before its kill comes, and at the end, all tables must equal the plants' own values.
"""

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import inspect, make_url, text

from solaredge_simulator.simulator import Simulator
from target_seh_sql.database import open_engine
from target_seh_sql.load.records import RECORD_TYPES
from tools import truth
from tools.chaos_checks import ahead_of_data, half_batch, messages, plain, state_ahead_of
from tools.pipeline import BIN, Pipeline
from tools.suicidal_target import POINTS

NOW = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)
SERVERS = {
    "postgresql": os.environ.get("TEST_POSTGRESQL_URL", "postgresql://root@127.0.0.1:5432/postgres"),
    "mariadb": os.environ.get("TEST_MARIADB_URL", "mariadb://root@127.0.0.1:3306/test"),
}
KEYS = {
    name: "SELECT site_id, name, timestamp FROM meter_readings JOIN meters ON meters.id = meter_id"
    if kind.stream.of_meter
    else f"SELECT {', '.join(kind.stream.key)} FROM {name}"
    for name, kind in RECORD_TYPES.items()
    if name != "sync_metadata"
}
LONG = 120
"""Seconds after which a process hangs."""


class Chaos:
    """One database, one simulator, many kills.

    Args:
        folder: for files.
        url: an empty database.
        simulator: answers the tap.
        seed: of instants, points and batch sizes.
        days: of history.
        whom: what is killed at random instants; points of the target too, unless it is the tap alone.
        checks: further functions without arguments, called at each restart: they return what is wrong.
    """

    def __init__(self, folder, url, simulator, seed, *, days=5, whom=("tap", "target", "both"), checks=()):
        self.pipeline = Pipeline(folder, simulator, url)
        self.sent, self.printed = folder / "sent.jsonl", folder / "printed.jsonl"
        self.random = random.Random(seed)
        self.start = NOW.replace(hour=0, minute=0) - timedelta(days=days)
        self.whom = whom
        self.checks = (self._ledger_is_behind, *checks)
        self.engine = open_engine(url)
        self.kills = Counter()
        self.wrong = []
        self.restarts = self.rounds = self.rows = self.calls = 0
        self.seconds = 0.0
        """That a whole run takes."""

    def run(self, kills):
        """Kill the pipe so many times, in as many rounds as that takes, then let it end and compare."""
        while sum(self.kills.values()) < kills:
            self._round(kills)
        self.engine.dispose()

    def _round(self, kills):
        """Start with an empty database; go on until a run ends by itself; then compare with the truth."""
        self._empty()
        state, stored, told, killed = None, {}, {}, True
        while killed:
            last = sum(self.kills.values()) >= kills
            printed, killed = self._pipe(state, *((None, 0) if last or not self.seconds else self._kill()))
            state = printed or state
            stored, told = self._check(state, printed, stored, told)
        self.wrong += self._compare()
        self.rounds += 1

    def _kill(self):
        """Choose what to kill and when: seconds after the start, or a point and how often it is passed."""
        if self.whom == ("tap",) or self.random.random() < 0.65:
            return self.random.choice(self.whom), self.random.uniform(0, self.seconds)
        point = self.random.choice(list(POINTS))
        return point, round(2 ** self.random.uniform(0, 6 if "statement" in point else 4))

    def _pipe(self, state, what, when):
        """Run the pipe, kill it or not; return the last STATE it printed, or None, and whether it died."""
        batch = self.random.choice([300, 2_000, 10_000])
        program = [BIN / "python", Path(__file__).with_name("suicidal_target.py"), what, str(when)]
        at_a_point = what in POINTS
        tap_command = self.pipeline.tap(state, start_date=self.start.isoformat())
        target_command = program if at_a_point else [BIN / "target-seh-sql"]
        target_command += self.pipeline.target(batch_size_rows=batch)
        began = time.monotonic()
        with _piped(tap_command, self.sent, target_command, self.printed) as (tap, target):
            dead = _dies(target, LONG if at_a_point or not what else when)
            if what and not at_a_point and not dead:
                for process in {"tap": [tap], "target": [target], "both": [tap, target]}[what]:
                    process.kill()
            target.wait(LONG)
            tap.wait(LONG)
        printed = self.printed.read_text()
        self.seconds = self.seconds or time.monotonic() - began  # the first run is not killed
        codes = tap.returncode, target.returncode
        killed = -signal.SIGKILL in codes
        if killed:
            self.kills[what] += 1
            self._tell()
        elif codes != (0, 0):
            self.wrong.append(f"a run that was not killed ended with {codes}")
        lines = printed[: printed.rfind("\n") + 1].splitlines()
        return (json.loads(lines[-1]) if lines else None), killed

    def _tell(self):
        """Say how far it is, now and then."""
        if (kills := sum(self.kills.values())) % 20 == 0:
            print(f"{kills} kills, {len(self.wrong)} wrong", file=sys.stderr, flush=True)

    # What must hold at each restart

    def _check(self, state, printed, stored_before, told_before):
        """Note what is wrong; return the keys that are stored now, and the bookmarks of sync_metadata."""
        self.restarts += 1
        where = f"restart {self.restarts} ({dict(self.kills)})"
        stored, told = self._stored(), self._told()
        sent = messages(self.sent)
        problems = [
            *state_ahead_of(told, state),
            *ahead_of_data(sent, stored, printed, told, told_before),
            *half_batch(sent, stored, stored_before),
            *(problem for check in self.checks for problem in check()),
        ]
        self.wrong += (f"{where}: {problem}" for problem in problems)
        self.rows = sum(map(len, stored.values()))
        return stored, told

    def _ledger_is_behind(self):
        """A call must be written down before it is sent: the ledger is never below the service's count."""
        with closing(sqlite3.connect(self.pipeline.settings["ledger_path"])) as ledger:
            (written,) = ledger.execute("SELECT count(*) FROM calls").fetchone()
        self.calls = len(self.pipeline.simulator.calls)
        if written < self.calls:
            yield f"the ledger has {written} calls, the service has seen {self.calls}"

    def _stored(self):
        """Return the keys in each table, none for a table that is not there yet."""
        with self.engine.connect() as connection:
            there = inspect(connection).get_table_names()
            return {
                name: {tuple(map(plain, row)) for row in connection.execute(text(query))}
                if name in there
                else set()
                for name, query in KEYS.items()
            }

    def _told(self):
        """Return the bookmarks in sync_metadata, by stream and site."""
        query = "SELECT data_type, site_id, last_data_timestamp FROM sync_metadata"
        with self.engine.connect() as connection:
            if "sync_metadata" not in inspect(connection).get_table_names():
                return {}
            rows = connection.execute(text(query))
            return {(stream, site): plain(newest) for stream, site, newest in rows}

    def _compare(self):
        with self.engine.connect() as connection:
            plants = self.pipeline.simulator.plants.values()
            for problem in truth.problems(connection, plants, self.start, NOW):
                yield f"round {self.rounds}, {problem}"

    def _empty(self):
        url = make_url(self.pipeline.url)
        if url.get_backend_name() == "sqlite":
            self.engine.dispose()
            for path in Path(url.database).parent.glob(f"{Path(url.database).name}*"):
                path.unlink()
            return
        with self.engine.connect() as connection:
            statements = {
                "postgresql": ("DROP SCHEMA public CASCADE", "CREATE SCHEMA public"),
                "mariadb": (
                    f"DROP DATABASE {url.database}",
                    f"CREATE DATABASE {url.database}",
                    f"USE {url.database}",
                ),
            }[url.get_backend_name()]
            for statement in statements:
                connection.execute(text(statement))
            connection.commit()


@contextmanager
def _piped(tap_command, sent, target_command, printed):
    """Start tap | tee | target: the middle one keeps what was sent."""
    with sent.with_suffix(".log").open("w") as log, printed.open("w") as out:
        pipe = subprocess.PIPE
        tap = subprocess.Popen(tap_command, stdout=pipe, stderr=log)
        tee = subprocess.Popen(["tee", sent], stdin=tap.stdout, stdout=pipe, stderr=log)
        target = subprocess.Popen(target_command, stdin=tee.stdout, stdout=out, stderr=log)
        tap.stdout.close()
        tee.stdout.close()
        yield tap, target
        tee.wait(LONG)


def _dies(process, seconds):
    """Tell whether a process ends within so many seconds."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


@contextmanager
def database(kind, folder, name):
    """Make an empty database for the block; yield its URL."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / name}.db"
        return
    engine = open_engine(SERVERS[kind]).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name}"))
        connection.execute(text(f"CREATE DATABASE {name}"))
        try:
            yield make_url(SERVERS[kind]).set(database=name).render_as_string(hide_password=False)
        finally:
            force = " WITH (FORCE)" if kind == "postgresql" else ""
            connection.execute(text(f"DROP DATABASE {name}{force}"))
    engine.dispose()


def unleash(kind, seed, kills, **options):
    """Kill the pipe so many times on one kind of database; return what came of it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        limits = {"calls_per_minute": None, "monthly_credits": None, "latency": 0.01}
        with (
            Simulator(now=NOW, **limits) as simulator,
            database(kind, folder, f"seh_chaos_{os.getpid()}") as url,
        ):
            chaos = Chaos(folder, url, simulator, seed, **options)
            chaos.run(kills)
            return chaos


def main():
    """Print a table; exit code 1 if anything was wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=100, help="on each database")
    parser.add_argument("--days", type=int, default=5, help="of history that the tap reads")
    parser.add_argument("--tap", action="store_true", help="kill the tap only, at random instants")
    parser.add_argument("--databases", default="sqlite,postgresql,mariadb", help="which, with commas")
    options = parser.parse_args()
    columns = ("tap", "target", "both", *POINTS)
    print(
        f"| Database | Kills | {' | '.join(columns)} "
        "| Restarts checked | Rounds equal to the truth | Calls | Wrong |"
    )
    print("|:--|" + "--:|" * (len(columns) + 5))
    wrong = []
    for kind in options.databases.split(","):
        whom = ("tap",) if options.tap else ("tap", "target", "both")
        chaos = unleash(kind, options.seed, options.kills, days=options.days, whom=whom)
        wrong += chaos.wrong
        counts = [chaos.kills[column] for column in columns]
        cells = [kind, sum(counts), *counts, chaos.restarts, chaos.rounds, chaos.calls, len(chaos.wrong)]
        print(f"| {' | '.join(map(str, cells))} |", flush=True)
    print(*wrong, sep="\n")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
