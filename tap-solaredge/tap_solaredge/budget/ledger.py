"""The ledger: what was spent, across runs and processes, and what may still be spent.

One SQLite file, shared by all runs with the same credential, of which only a hash is stored; it is in the
platform's state directory unless `ledger_path` says otherwise. A call is written down before it is sent, so
the ledger is never below the service's own count, whatever happens to the process.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from tap_solaredge.budget.limits import Left, Limits, billing_cycle
from tap_solaredge.errors import BudgetReached, ConfigError, SiteDaySpent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_solaredge.clock import Clock

MINUTE = timedelta(seconds=61)
"""A call is written down a little before the service counts it."""
DAY = timedelta(days=1)
KEPT = timedelta(days=70)
"""Calls older than two billing cycles are forgotten."""
WAIT_FOR_LOCK = 30.0
_TABLES = """
CREATE TABLE IF NOT EXISTS calls (credential TEXT NOT NULL, at REAL NOT NULL, site_id INTEGER, endpoint TEXT);
CREATE INDEX IF NOT EXISTS calls_by_time ON calls (credential, at);
CREATE TABLE IF NOT EXISTS facts (credential TEXT NOT NULL, name TEXT NOT NULL, value REAL NOT NULL,
  PRIMARY KEY (credential, name));
CREATE TABLE IF NOT EXISTS answers (credential TEXT NOT NULL, request TEXT NOT NULL, at REAL NOT NULL,
  body BLOB NOT NULL, PRIMARY KEY (credential, request));
"""


class Ledger:
    """Counts calls and remembers what was learned about the service."""

    def __init__(self, path: Path, credential: str, limits: Limits, clock: Clock) -> None:
        self.limits = limits
        self._credential = hashlib.sha256(f"tap-solaredge:{credential}".encode()).hexdigest()[:24]
        self._clock = clock
        self.spent_in_run = 0
        self._lock = threading.Lock()
        self._facts: dict[str, float | None] = {}
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._database = sqlite3.connect(
                path, timeout=WAIT_FOR_LOCK, isolation_level=None, check_same_thread=False
            )
            self._database.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; {_TABLES}")
        except (OSError, sqlite3.Error) as error:
            raise ConfigError(
                f"The ledger {path} cannot be written ({error}); set `ledger_path` to a file that can"
            ) from None

    def spend(self, site_id: int | None, endpoint: str) -> float:
        """Write a call down and return 0, or return the seconds to wait before asking again.

        Raises:
            BudgetReached: If no call is left; the message says when to come back.
        """
        now = self._clock.now()
        with self._transaction() as database:
            self._check_run()
            self._check_month(database, now)
            self._check_day(database, now, site_id)
            wait = self._minute_wait(database, now)
            if wait > 0:
                return wait
            database.execute(
                "INSERT INTO calls VALUES (?, ?, ?, ?)",
                (self._credential, now.timestamp(), site_id, endpoint),
            )
            self.spent_in_run += 1
            database.execute("DELETE FROM calls WHERE at < ?", ((now - KEPT).timestamp(),))
        return 0.0

    def left(self) -> Left:
        """Return what is left of each limit."""
        now = self._clock.now()
        start, end = billing_cycle(now, self.limits.billing_day)
        with self._transaction() as database:
            month, minute = self._count(database, start), self._count(database, now - MINUTE)
            per_minute = self._per_minute(database)
        credits_, per_run = self.limits.monthly_credits, self.limits.max_calls_per_run
        return Left(
            minute=None if per_minute is None else per_minute - minute,
            month=None if credits_ is None else credits_ - month,
            run=None if per_run is None else per_run - self.spent_in_run,
            cycle_start=start,
            cycle_end=end,
        )

    def learn_minute_limit(self, limit: int) -> None:
        """Believe the service's headers before the setting."""
        if self.learned("calls_per_minute") != limit:
            self.learn("calls_per_minute", limit)

    def learn(self, name: str, value: float) -> None:
        """Remember a number about the service, such as an accepted window length in seconds."""
        self._facts[name] = value
        with self._transaction() as database:
            database.execute("INSERT OR REPLACE INTO facts VALUES (?, ?, ?)", (self._credential, name, value))

    def learned(self, name: str) -> float | None:
        """Return a remembered number."""
        if name not in self._facts:
            with self._transaction() as database:
                self._facts[name] = self._fact(database, name)
        return self._facts[name]

    def keep(self, request: str, body: bytes) -> None:
        """Keep the answer of a slow list."""
        with self._transaction() as database:
            at = self._clock.now().timestamp()
            database.execute(
                "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)", (self._credential, request, at, body)
            )

    def kept(self, request: str) -> tuple[datetime, bytes] | None:
        """Return when an answer was kept, and the answer."""
        with self._transaction() as database:
            row = database.execute(
                "SELECT at, body FROM answers WHERE credential = ? AND request = ?",
                (self._credential, request),
            ).fetchone()
        return (datetime.fromtimestamp(row[0], UTC), bytes(row[1])) if row else None

    def _check_run(self) -> None:
        limit = self.limits.max_calls_per_run
        if limit is not None and self.spent_in_run >= limit:
            raise BudgetReached(
                f"This run's {limit} calls are spent (`max_calls_per_run`); the next run goes on"
            )

    def _check_month(self, database: sqlite3.Connection, now: datetime) -> None:
        limit = self.limits.monthly_credits
        start, end = billing_cycle(now, self.limits.billing_day)
        if limit is not None and self._count(database, start) >= limit:
            raise BudgetReached(
                f"The month's {limit} credits are spent (`monthly_credits`); come back on {end:%Y-%m-%d}"
            )

    def _check_day(self, database: sqlite3.Connection, now: datetime, site_id: int | None) -> None:
        limits = self.limits
        if limits.daily_calls is not None and self._count(database, now - DAY) >= limits.daily_calls:
            back = self._first(database, now - DAY) + DAY
            raise BudgetReached(
                f"The day's {limits.daily_calls} calls of this credential are spent; "
                f"come back at {back:%Y-%m-%d %H:%M} UTC"
            )
        most = limits.daily_calls_per_site
        if most is None or site_id is None:
            return
        if self._count(database, now - DAY, site_id) >= most:
            back = self._first(database, now - DAY, site_id) + DAY
            raise SiteDaySpent(
                f"site {site_id}: the day's {most} calls are spent (`daily_calls_per_site`); "
                f"come back at {back:%Y-%m-%d %H:%M} UTC"
            )

    def left_today(self, site_id: int | None) -> int | None:
        """Return how many calls a site, or else all, may still have in these 24 hours, None for no limit."""
        since = self._clock.now() - DAY
        most, of_all = self.limits.daily_calls_per_site, self.limits.daily_calls
        with self._transaction() as database:
            bounds = []
            if most is not None and site_id is not None:
                bounds.append(most - self._count(database, since, site_id))
            bounds += [] if of_all is None else [of_all - self._count(database, since)]
        return max(min(bounds), 0) if bounds else None

    def _minute_wait(self, database: sqlite3.Connection, now: datetime) -> float:
        limit = self._per_minute(database)
        if limit is None or self._count(database, now - MINUTE) < limit:
            return 0.0
        return max((self._first(database, now - MINUTE) + MINUTE - now).total_seconds(), 0.05)

    def _per_minute(self, database: sqlite3.Connection) -> int | None:
        """Return the limit per minute: what the service's headers last said, else the setting."""
        told = self._fact(database, "calls_per_minute")
        return int(told) if told is not None else self.limits.calls_per_minute

    def _count(self, database: sqlite3.Connection, since: datetime, site_id: int | None = None) -> int:
        return int(self._ask(database, "count(*)", since, site_id))

    def _first(self, database: sqlite3.Connection, since: datetime, site_id: int | None = None) -> datetime:
        return datetime.fromtimestamp(float(self._ask(database, "min(at)", since, site_id)), UTC)

    def _ask(self, database: sqlite3.Connection, what: str, since: datetime, site_id: int | None) -> float:
        query = f"SELECT {what} FROM calls WHERE credential = ? AND at > ?"  # noqa: S608 (our own words)
        values: list[str | float] = [self._credential, since.timestamp()]
        if site_id is not None:
            query, values = f"{query} AND site_id = ?", [*values, site_id]
        return float(database.execute(query, values).fetchone()[0] or 0)

    def _fact(self, database: sqlite3.Connection, name: str) -> float | None:
        row = database.execute(
            "SELECT value FROM facts WHERE credential = ? AND name = ?", (self._credential, name)
        ).fetchone()
        return float(row[0]) if row else None

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Hold the file's lock: what is checked is still true when the call is written down."""
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            finally:
                self._database.execute("COMMIT")

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()


class Expected:
    """A ledger as it will be: what is planned is taken off what is left, and nothing is written down."""

    def __init__(self, ledger: Ledger) -> None:
        self.limits = ledger.limits
        self._ledger = ledger
        self._left = ledger.left()
        self._by_site: Counter[int | None] = Counter()

    def left(self) -> Left:
        """Return what will be left of each limit."""
        calls, left = self._by_site.total(), self._left
        return replace(
            left,
            month=None if left.month is None else left.month - calls,
            run=None if left.run is None else left.run - calls,
        )

    def left_today(self, site_id: int | None) -> int | None:
        """Return how many calls a site, or else all, will still have in these 24 hours, None for no limit."""
        of_site, of_all = self._ledger.left_today(site_id), self._ledger.left_today(None)
        bounds = [] if of_site is None else [of_site - self._by_site[site_id]]
        bounds += [] if of_all is None else [of_all - self._by_site.total()]
        return max(min(bounds), 0) if bounds else None

    def spend(self, site_id: int | None, calls: int) -> int:
        """Take calls and return how many of them there will be.

        Raises:
            BudgetReached: If no call is left; `SiteDaySpent` if only this site has none.
        """
        left, today = self.left().calls, self.left_today(site_id)
        if calls and left == 0:
            raise BudgetReached("no calls are left")
        if calls and today == 0:
            raise SiteDaySpent(f"site {site_id}: no calls are left today")
        granted = min(bound for bound in (calls, left, today) if bound is not None)
        self._by_site[site_id] += granted
        return granted


def default_path() -> Path:
    """Return where the ledger is kept unless a setting says otherwise."""
    return Path(platformdirs.user_state_dir("tap-solaredge")) / "ledger.db"
