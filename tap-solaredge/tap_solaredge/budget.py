"""The ledger: what was spent, across runs and processes, and what may still be spent.

One SQLite file, shared by all runs with the same credential, of which only a hash is stored; it is in the
platform's state directory unless `ledger_path` says otherwise. A call is written down before it is sent, so
the ledger is never below the service's own count, whatever happens to the process.
"""

from __future__ import annotations

import calendar
import hashlib
import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from tap_solaredge.api.errors import BudgetReached, ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_solaredge.clock import Clock

MINUTE = timedelta(seconds=61)
"""A call is written down a little before the service counts it."""
DAY = timedelta(days=1)
HEAD_START = timedelta(days=2)
"""So much of the cycle may be spent ahead of time."""
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


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be spent; None is no limit."""

    calls_per_minute: int | None = 10
    monthly_credits: int | None = 2000
    billing_day: int = 1
    daily_calls_per_site: int | None = None
    max_calls_per_run: int | None = None


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of each limit; None is no limit."""

    minute: int | None
    month: int | None
    run: int | None
    cycle_start: datetime
    cycle_end: datetime

    @property
    def calls(self) -> int | None:
        """Calls that this run may still make."""
        bounds = [bound for bound in (self.month, self.run) if bound is not None]
        return max(min(bounds), 0) if bounds else None


def billing_cycle(now: datetime, billing_day: int) -> tuple[datetime, datetime]:
    """Return start and end of the billing cycle that holds an instant; short months end it early."""

    def anniversary(year: int, month: int) -> datetime:
        year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
        day = min(billing_day, calendar.monthrange(year, month)[1])
        return datetime(year, month, day, tzinfo=UTC)

    this = anniversary(now.year, now.month)
    shift = 0 if now >= this else -1
    return anniversary(now.year, now.month + shift), anniversary(now.year, now.month + shift + 1)


class Ledger:
    """Counts calls and remembers what was learned about the service."""

    def __init__(self, path: Path, credential: str, limits: Limits, clock: Clock) -> None:
        self.limits = limits
        self._credential = hashlib.sha256(f"tap-solaredge:{credential}".encode()).hexdigest()[:24]
        self._clock = clock
        self.spent_in_run = 0
        self._facts: dict[str, float | None] = {}
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, timeout=WAIT_FOR_LOCK, isolation_level=None)
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
            self._check_site(database, now, site_id)
            wait = self._minute_wait(database, now)
            if wait > 0:
                return wait
            database.execute(
                "INSERT INTO calls VALUES (?, ?, ?, ?)",
                (self._credential, now.timestamp(), site_id, endpoint),
            )
            database.execute("DELETE FROM calls WHERE at < ?", ((now - KEPT).timestamp(),))
        self.spent_in_run += 1
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

    def _check_site(self, database: sqlite3.Connection, now: datetime, site_id: int | None) -> None:
        limit = self.limits.daily_calls_per_site
        if limit is None:
            return
        counted = self._count(database, now - DAY, site_id)
        if counted >= limit:
            first = self._first(database, now - DAY, site_id)
            raise BudgetReached(
                f"site {site_id}: the day's {limit} calls are spent (`daily_calls_per_site`); "
                f"come back at {first + DAY:%Y-%m-%d %H:%M} UTC"
            )

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
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield self._database
        finally:
            self._database.execute("COMMIT")

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()


def keeps_pace(left: Left, limits: Limits, now: datetime) -> bool:
    """Whether the month's credits last to the end of the cycle if they go on being spent like this."""
    if limits.monthly_credits is None or left.month is None:
        return True
    elapsed = (now - left.cycle_start) / (left.cycle_end - left.cycle_start)
    head_start = HEAD_START / (left.cycle_end - left.cycle_start)
    return limits.monthly_credits - left.month <= limits.monthly_credits * (elapsed + head_start)


def for_history(left: Left, limits: Limits, now: datetime, calls_per_hour: int) -> int | None:
    """Return the calls that history may take so that fresh data can be read every second hour until the end.

    At most half of the share of the cycle that is left is kept back, so that history always gets on.
    """
    if left.month is None or limits.monthly_credits is None:
        return left.calls
    remaining = left.cycle_end - now
    share = limits.monthly_credits * (remaining / (left.cycle_end - left.cycle_start)) / 2
    kept_back = min(remaining / timedelta(hours=2) * calls_per_hour, share)
    free = max(int(left.month - kept_back), 0)
    return free if left.run is None else max(min(free, left.run), 0)


def default_path() -> Path:
    """Return where the ledger is kept unless a setting says otherwise."""
    return Path(platformdirs.user_state_dir("tap-solaredge")) / "ledger.db"
