"""The ledger: what was spent, across runs and processes, and what may still be spent.

One SQLite file, shared by all runs with the same credential, of which only a hash is stored; it is in the
platform's state directory unless `ledger_path` says otherwise. A call is written down before it is sent, so
the ledger is never below the service's own count, whatever happens to the process.
"""

from __future__ import annotations

import hashlib
import logging
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import platformdirs

from tap_solaredge.budget.ledger_file import LedgerFile
from tap_solaredge.budget.limits import Left, Limits, billing_cycle, less, lowest
from tap_solaredge.errors import BudgetReached, SiteDaySpent
from tap_solaredge.local_time import DAY
from tap_solaredge.wording import counted

if TYPE_CHECKING:
    import sqlite3

    from tap_solaredge.clock import Clock

MINUTE = timedelta(seconds=61)
"""A call is written down a little before the service counts it."""
KEPT = timedelta(days=70)
"""Calls older than two billing cycles are forgotten."""
AHEAD = timedelta(days=1)
"""How far this computer's clock may be behind what it was told in an earlier run."""
UNKNOWN = datetime.fromtimestamp(0, UTC)

logger = logging.getLogger("tap-solaredge")


class Ledger:
    """Counts calls and remembers what was learned about the service."""

    def __init__(self, path: Path, credential: str, limits: Limits, clock: Clock) -> None:
        self.limits = limits
        self._credential = hashlib.sha256(f"tap-solaredge:{credential}".encode()).hexdigest()[:24]
        self._clock = clock
        self.spent_in_run = 0
        self._facts: dict[str, float | None] = {}
        self._corrected = False
        """Whether calls from the future have been looked for, by the service's time."""
        self._file = LedgerFile(path)
        self._transaction = self._file.transaction

    def spend(self, site_id: int | None, endpoint: str) -> float:
        """Write a call down and return 0, or return the seconds to wait before the next try.

        Raises:
            BudgetReached: If no call is left; the message says when to come back.
            LedgerFailed: If the call cannot be written down.
        """
        now = self._clock.now()
        with self._transaction() as database:
            self._correct(database, now)
            self._check_run()
            self._check_month(database, now)
            self._check_day(database, now, site_id)
            wait = self._minute_wait(database, now)
            if wait > 0:
                return wait
            database.execute(
                "INSERT INTO calls (credential, at, site_id, endpoint) VALUES (?, ?, ?, ?)",
                (self._credential, now.timestamp(), site_id, endpoint),
            )
            self.spent_in_run += 1
            if self._clock.heard:
                oldest = min(now, self._clock.host()) - KEPT  # one wrong time must not empty the ledger
                database.execute("DELETE FROM calls WHERE at < ?", (oldest.timestamp(),))
        return 0.0

    def left(self) -> Left:
        """Return what is left of each limit."""
        now = self._clock.now()
        start, end = billing_cycle(now, self.limits.billing_day)
        with self._transaction() as database:
            month = self._count(database, start, now)
            minute = self._count(database, now - MINUTE, now)
            per_minute = self._per_minute(database)
        return Left(
            minute=less(per_minute, minute),
            month=less(self.limits.monthly_credits, month),
            run=less(self.limits.max_calls_per_run, self.spent_in_run),
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
            database.execute(
                "INSERT OR REPLACE INTO facts (credential, name, value) VALUES (?, ?, ?)",
                (self._credential, name, value),
            )

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
                "INSERT OR REPLACE INTO answers (credential, request, at, body) VALUES (?, ?, ?, ?)",
                (self._credential, request, at, body),
            )

    def kept(self, request: str) -> tuple[datetime, bytes] | None:
        """Return when an answer was kept, and the answer, which is JSON; None where there is none."""
        with self._transaction() as database:
            row = database.execute(
                "SELECT at, body FROM answers WHERE credential = ? AND request = ?",
                (self._credential, request),
            ).fetchone()
        if row is None:
            return None
        try:
            msgspec.json.decode(row[1])
        except (TypeError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            logger.warning("The ledger's copy of %s is damaged; it is read again", request)
            return None
        return self._kept_at(row[0]), row[1]

    def _kept_at(self, at: object) -> datetime:
        """Return when an answer was kept; long ago if that would be in the future (gotcha 80)."""
        latest = self._clock.now() + (MINUTE if self._clock.heard else AHEAD)
        if not isinstance(at, float) or not 0 <= at <= latest.timestamp():
            return UNKNOWN
        return datetime.fromtimestamp(at, UTC)

    def _correct(self, database: sqlite3.Connection, now: datetime) -> None:
        """Let calls from the future count as made now, once the service has told its time (gotcha 80)."""
        if self._corrected or not self._clock.heard:
            return
        self._corrected = True
        changed = database.execute(
            "UPDATE calls SET at = ? WHERE credential = ? AND at > ?",
            (now.timestamp(), self._credential, (now + MINUTE).timestamp()),
        ).rowcount
        if changed:
            logger.warning(
                "The ledger holds %s from the future; counted as made now", counted(changed, "call")
            )

    def _check_run(self) -> None:
        limit = self.limits.max_calls_per_run
        if limit is not None and self.spent_in_run >= limit:
            raise BudgetReached(
                f"This run's {limit} calls are spent (`max_calls_per_run`); the next run goes on"
            )

    def _check_month(self, database: sqlite3.Connection, now: datetime) -> None:
        limit = self.limits.monthly_credits
        start, end = billing_cycle(now, self.limits.billing_day)
        if limit is not None and self._count(database, start, now) >= limit:
            raise BudgetReached(
                f"The month's {limit} credits are spent (`monthly_credits`); come back on {end:%Y-%m-%d}"
            )

    def _check_day(self, database: sqlite3.Connection, now: datetime, site_id: int | None) -> None:
        limits = self.limits
        if limits.daily_calls is not None and self._count(database, now - DAY, now) >= limits.daily_calls:
            back = self._first(database, now - DAY, now) + DAY
            raise BudgetReached(
                f"The day's {limits.daily_calls} calls of this credential are spent; "
                f"come back at {back:%Y-%m-%d %H:%M} UTC"
            )
        most = limits.daily_calls_per_site
        if most is None or site_id is None:
            return
        if self._count(database, now - DAY, now, site_id) >= most:
            back = self._first(database, now - DAY, now, site_id) + DAY
            raise SiteDaySpent(
                f"site {site_id}: the day's {most} calls are spent (`daily_calls_per_site`); "
                f"come back at {back:%Y-%m-%d %H:%M} UTC"
            )

    def left_today(self, site_id: int | None) -> int | None:
        """Return how many calls a site, or else all, may still have in these 24 hours, None for no limit."""
        now = self._clock.now()
        most, of_all = self.limits.daily_calls_per_site, self.limits.daily_calls
        with self._transaction() as database:
            if most is not None and site_id is not None:
                most -= self._count(database, now - DAY, now, site_id)
            if of_all is not None:
                of_all -= self._count(database, now - DAY, now)
        return lowest(None if site_id is None else most, of_all)

    def _minute_wait(self, database: sqlite3.Connection, now: datetime) -> float:
        limit = self._per_minute(database)
        if limit is None or self._count(database, now - MINUTE, now) < limit:
            return 0.0
        over = self._first(database, now - MINUTE, now) + MINUTE
        return min(max((over - now).total_seconds(), 0.05), MINUTE.total_seconds())

    def _per_minute(self, database: sqlite3.Connection) -> int | None:
        """Return the limit per minute: what the service's headers last said, else the setting."""
        told = self._fact(database, "calls_per_minute")
        return int(told) if told is not None and told >= 1 else self.limits.calls_per_minute

    def _count(
        self, database: sqlite3.Connection, since: datetime, now: datetime, site_id: int | None = None
    ) -> int:
        return int(self._of_calls(database, "count(*)", since, now, site_id))

    def _first(
        self, database: sqlite3.Connection, since: datetime, now: datetime, site_id: int | None = None
    ) -> datetime:
        return datetime.fromtimestamp(self._of_calls(database, "min(at)", since, now, site_id), UTC)

    def _of_calls(
        self, database: sqlite3.Connection, what: str, since: datetime, now: datetime, site_id: int | None
    ) -> float:
        """Return a figure of the calls since an instant; those from the future are not among them."""
        query = f"SELECT {what} FROM calls WHERE credential = ? AND at > ? AND at <= ?"  # noqa: S608 (our words)
        values: list[str | float] = [self._credential, since.timestamp(), (now + MINUTE).timestamp()]
        if site_id is not None:
            query, values = f"{query} AND site_id = ?", [*values, site_id]
        return float(database.execute(query, values).fetchone()[0] or 0)

    def _fact(self, database: sqlite3.Connection, name: str) -> float | None:
        row = database.execute(
            "SELECT value FROM facts WHERE credential = ? AND name = ?", (self._credential, name)
        ).fetchone()
        return row[0] if row and isinstance(row[0], float) and math.isfinite(row[0]) else None

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def default_path() -> Path:
    """Return where the ledger is kept unless a setting says otherwise."""
    return Path(platformdirs.user_state_dir("tap-solaredge")) / "ledger.db"
