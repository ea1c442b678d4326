"""The SQLite file of the ledger: open it, hold its lock, and say in one line what is wrong with it."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from tap_solaredge.errors import ConfigError, LedgerFailed, TapSolarEdgeError
from tap_solaredge.redaction import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VERSION = 1
"""Of the tables; a file without a version is of the first one."""
WAIT_FOR_LOCK = 30.0
_TABLES = """
CREATE TABLE IF NOT EXISTS calls (credential TEXT NOT NULL, at REAL NOT NULL, site_id INTEGER, endpoint TEXT);
CREATE INDEX IF NOT EXISTS calls_by_time ON calls (credential, at);
CREATE TABLE IF NOT EXISTS facts (credential TEXT NOT NULL, name TEXT NOT NULL, value REAL NOT NULL,
  PRIMARY KEY (credential, name));
CREATE TABLE IF NOT EXISTS answers (credential TEXT NOT NULL, request TEXT NOT NULL, at REAL NOT NULL,
  body BLOB NOT NULL, PRIMARY KEY (credential, request));
"""
_MAY_BE_DELETED = "It may be deleted: calls are then counted from 0, and slow lists are read again"
_LOCKED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_DISK = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM})
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT})
_FOREIGN = frozenset({sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH})


class LedgerFile:
    """One connection, which several threads share."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._database = sqlite3.connect(
                path, timeout=WAIT_FOR_LOCK, isolation_level=None, check_same_thread=False
            )
            self._prepare()
        except (OSError, sqlite3.Error) as error:
            raise self._problem(error) from None

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Hold the file's lock: what is checked is still true when it is written down.

        Raises:
            LedgerFailed: If the file cannot be used (any more).
        """
        with self._lock:
            try:
                self._database.execute("BEGIN IMMEDIATE")
                try:
                    yield self._database
                finally:
                    self._commit()
            except sqlite3.Error as error:
                raise self._problem(error) from None

    def close(self) -> None:
        """Let go of the file."""
        with suppress(sqlite3.Error):
            self._database.close()

    def _prepare(self) -> None:
        (version,) = self._database.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise LedgerFailed(
                f"The ledger {self._path} was written by a newer tap-solaredge: install that one, or set "
                f"`ledger_path` to another file. {_MAY_BE_DELETED}"
            )
        self._database.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; {_TABLES}")
        if version < VERSION:
            self._database.execute(f"PRAGMA user_version = {VERSION}")

    def _commit(self) -> None:
        try:
            if self._database.in_transaction:
                self._database.execute("COMMIT")
        except sqlite3.Error:
            with suppress(sqlite3.Error):
                self._database.execute("ROLLBACK")
            raise

    def _problem(self, error: Exception) -> TapSolarEdgeError:
        """Return what is wrong with the file, and what to do."""
        kind = (
            getattr(error, "sqlite_errorcode", -1) & 0xFF
        )  # the rest of an extended code says more of the same
        said = one_line(str(error))
        if kind in _LOCKED:
            return LedgerFailed(
                f"Another program has held the ledger {self._path} for {WAIT_FOR_LOCK:.0f} s; "
                "the next run goes on"
            )
        if kind in _DISK:
            return LedgerFailed(
                f"The ledger {self._path} cannot be written ({said}): no call is made that is not counted; "
                "make room on its disk, and the next run goes on"
            )
        if kind in _DAMAGED:
            return LedgerFailed(f"The ledger {self._path} is damaged ({said}). {_MAY_BE_DELETED}")
        if kind in _FOREIGN:
            return LedgerFailed(f"The ledger {self._path} is of another kind ({said}). {_MAY_BE_DELETED}")
        return ConfigError(
            f"The ledger {self._path} cannot be written ({said}); set `ledger_path` to a file that can"
        )
