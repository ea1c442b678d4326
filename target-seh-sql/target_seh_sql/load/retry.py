"""Gets a batch into the database: connects, creates the tables, and tries again what may still go through."""

from __future__ import annotations

import logging
import random
from threading import Event
from typing import TYPE_CHECKING, Any, Final, cast

from sqlalchemy.exc import SQLAlchemyError

from target_seh_sql.database import open_engine
from target_seh_sql.database_url import check_schema
from target_seh_sql.failures import explained, is_transient, said
from target_seh_sql.load.dialects import Merged
from target_seh_sql.load.identity import MeterNames
from target_seh_sql.load.transaction import Session
from target_seh_sql.tables.metadata import all_tables
from target_seh_sql.tables.schema import ensure_extensions, ensure_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Engine

    from target_seh_sql.load.records import Row

logger = logging.getLogger("target-seh-sql")

WAITS: Final = (0.1, 0.3, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 30.0, 30.0)
"""Seconds before each further try: a server that restarts is back within two minutes."""


class Loader:
    """Writes batches, each in one transaction; connects with the first one.

    Raises:
        UnsupportedDatabase: the URL cannot be used.
    """

    def __init__(self, url: str, *, prefix: str = "", schema: str | None = None) -> None:
        check_schema(url, schema)  # fails before anything is read
        self._url = url
        self._tables = all_tables(prefix, schema)
        self._new_extensions: set[str] = set()
        self._engine: Engine | None = None
        self._has_tables = False
        self._names = MeterNames()
        self._session: Session | None = None
        self._given_up = Event()
        self.merged: dict[str, Merged] = {}
        """What the batches so far did, by table."""

    def extend(self, stream: str) -> None:
        """Let the next batch find the table of an extension stream."""
        self._new_extensions.add(stream)

    def write(self, batch: Mapping[str, Sequence[Row]], staged: Callable[[], None]) -> None:
        """Write rows, by stream, in one transaction that is committed when this returns.

        `staged` is called when only the database still has to work; at a further try once more.

        Connects first, and creates or upgrades the tables, where that is still to be done. All of it is tried
        again, on a new connection, after a deadlock, or when there is no connection (yet).

        Raises:
            UnsupportedDatabase: the URL, its driver or the server cannot be used.
            SchemaMismatch: the tables there are not those of this version.
            WriteFailed: the database refused for good; nothing of the batch was kept.
        """
        self._engine = self._engine or open_engine(self._url)
        driver = cast("Any", self._engine.dialect.dbapi)
        waits = iter(WAITS)
        while True:
            try:
                written = self._ready(self._engine).write(batch, staged)
                break
            except (SQLAlchemyError, driver.Error) as error:
                self._let_go()
                seconds = next(waits, None) if is_transient(error) else None
                if seconds is None or self._has_to_leave(error, seconds):
                    raise explained(error) from error
        for name, counts in written.items():
            self.merged[name] = self.merged.get(name, Merged()).plus(counts)

    def _ready(self, engine: Engine) -> Session:
        """Return the session to write in, once the tables are there."""
        if not self._has_tables:
            with engine.connect() as connection:
                ensure_tables(connection, self._tables)
            self._has_tables = True
        if self._new_extensions:
            with engine.connect() as connection:
                ensure_extensions(connection, self._tables, self._new_extensions)
            self._new_extensions.clear()
        self._session = self._session or Session(engine, self._tables, self._names)
        return self._session

    def _has_to_leave(self, error: Exception, seconds: float) -> bool:
        """Wait before the next try; tell whether there shall be none."""
        seconds *= random.uniform(0.5, 1.0)  # two that met must not meet again
        logger.warning("the database said: %s; trying again in %.1f s", said(error), seconds)
        return self._given_up.wait(seconds)

    def give_up(self) -> None:
        """Let a try that fails be the last, also from another thread."""
        self._given_up.set()

    def _let_go(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def close(self) -> None:
        """Roll back what is open and disconnect."""
        self._let_go()
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None
