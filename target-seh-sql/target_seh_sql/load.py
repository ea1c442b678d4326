"""Loads one batch in one transaction: each table staged and merged, parents before children."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from target_seh_sql import database, parents
from target_seh_sql.dialects import Merged, loading, plan
from target_seh_sql.records import METER, RECORD_TYPES, SITE, one_per_key
from target_seh_sql.tables import nine_tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from target_seh_sql.records import RecordType, Row

logger = logging.getLogger("target-seh-sql")


class Loader:
    """A connection to the database that writes batches; opened with the first one."""

    def __init__(self, url: str, *, prefix: str = "", schema: str | None = None) -> None:
        self._url = url
        self._tables = nine_tables(prefix, schema)
        self._connection: Connection | None = None
        self.merged: dict[str, Merged] = {}
        """What the batches so far did, by table."""

    def open(self) -> Connection:
        """Return the connection; the first call connects and creates the tables.

        Raises:
            UnsupportedDatabase: the URL, its driver or the server cannot be used.
            SchemaMismatch: the tables there are not those of this version.
        """
        if self._connection is None:
            engine = database.open_engine(self._url)
            database.ensure_tables(engine, self._tables)
            self._plans = {
                name: plan(kind, self._tables, engine.dialect) for name, kind in RECORD_TYPES.items()
            }
            self._loading = loading(engine.dialect)
            self._connection = engine.connect()
            with self._connection.begin():
                self._loading.prepare(self._connection, list(self._plans.values()))
        return self._connection

    def write(self, batch: Mapping[str, Sequence[Row]]) -> None:
        """Write rows, by stream, in one transaction that is committed when this returns."""
        connection = self.open()
        now = datetime.now(UTC).replace(microsecond=0)
        merged: dict[str, Merged] = {}
        with connection.begin():
            for name, kind in RECORD_TYPES.items():
                if rows := batch.get(name):
                    self._write_table(connection, kind, rows, now, merged)
        for name, counts in merged.items():
            self.merged[name] = self.merged.get(name, Merged()).plus(counts)

    def _write_table(
        self,
        connection: Connection,
        kind: RecordType,
        rows: Sequence[Row],
        now: datetime,
        merged: dict[str, Merged],
    ) -> None:
        rows = one_per_key(kind, rows)
        if kind is SITE:
            parents.name_sites(connection, self._tables, rows)
        for parent, missing in (
            (SITE, parents.missing_sites(connection, self._tables, kind, rows)),
            (METER, parents.missing_meters(connection, self._tables, kind, rows)),
        ):
            if missing:
                _warn(kind, parent, missing)
                self._merge(connection, parent, missing, now, merged)
        self._merge(connection, kind, rows, now, merged)

    def _merge(
        self,
        connection: Connection,
        kind: RecordType,
        rows: Sequence[Row],
        now: datetime,
        merged: dict[str, Merged],
    ) -> None:
        name = kind.stream.name
        self._loading.stage(connection, self._plans[name], rows)
        counts = self._loading.merge(connection, self._plans[name], now, len(rows))
        merged[name] = merged.get(name, Merged()).plus(counts)

    def close(self) -> None:
        """Roll back what is open and let the connection go."""
        if self._connection is not None:
            self._connection.close()
            self._connection.engine.dispose()
            self._connection = None


def _warn(kind: RecordType, parent: RecordType, missing: Sequence[Row]) -> None:
    for row in missing:
        key = ", ".join(f"{name}={getattr(row, name)!r}" for name in parent.stream.key)
        logger.warning(
            "%s came without their parent in %s (%s): a bare row stands for it",
            kind.stream.name,
            parent.stream.name,
            key,
        )
