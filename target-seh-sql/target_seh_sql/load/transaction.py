"""One connection with its staging tables: writes a batch in one transaction, parents before children."""

from __future__ import annotations

import logging
from collections import defaultdict
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from target_seh_sql.errors import WriteFailed
from target_seh_sql.load import parents
from target_seh_sql.load.dialects import Merged, loading, table_sql
from target_seh_sql.load.identity import active_ones
from target_seh_sql.load.records import METER, RECORD_TYPES, SITE, SYNC, one_per_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy import Engine, Table

    from target_seh_sql.load.identity import MeterNames
    from target_seh_sql.load.parents import Bare
    from target_seh_sql.load.records import RecordType, Row

logger = logging.getLogger("target-seh-sql")

PARENTS: Final = frozenset({SITE, METER})
"""Tables on whose rows others hang: theirs must be there before those of the others are looked at."""


class Session:
    """Stages and merges; knows nothing of retries."""

    def __init__(self, engine: Engine, tables: Mapping[str, Table], names: MeterNames) -> None:
        self._tables = tables
        self._names = names
        self._sql = {kind: table_sql(kind, tables, engine.dialect) for kind in RECORD_TYPES.values()}
        self._loading = loading(engine.dialect)
        self._connection = engine.connect()
        self._prepared: set[RecordType] = set()
        self._sees_all = engine.dialect.name != "mariadb"
        """Whether a transaction sees what others commit meanwhile; MariaDB's triggers swallow no row."""

    def close(self) -> None:
        """Roll back what is open; the connection may be dead already."""
        self._connection.invalidate()
        self._connection.close()

    def write(self, batch: Mapping[str, Sequence[Row]], staged: Callable[[], None]) -> dict[str, Merged]:
        """Write a batch in one transaction, committed when this returns; tell what it did by table.

        `staged` is called when no row is needed any more: from then on only the database works.
        """
        now = datetime.now(UTC).replace(microsecond=0)
        merged: dict[str, Merged] = defaultdict(Merged)
        waiting: dict[RecordType, int] = {}

        def add(kind: RecordType, counts: Merged) -> None:
            merged[kind.stream.name] = merged[kind.stream.name].plus(counts)

        with self._connection.begin():
            for name, kind in RECORD_TYPES.items():
                if (rows := batch.get(name)) and (rows := self._identified(kind, rows, now)):
                    rows = one_per_key(kind, rows)
                    for parent, counts in self._add_parents(kind, rows, now):
                        add(parent, counts)
                    self._stage(kind, rows)
                    if kind in PARENTS:
                        add(kind, self._merge(kind, now, len(rows)))
                    else:
                        waiting[kind] = len(rows)
            staged()
            for kind, count in waiting.items():
                add(kind, self._merge(kind, now, count))
        return merged

    def _identified(self, kind: RecordType, rows: Sequence[Row], now: datetime) -> Sequence[Row]:
        """Return the rows, meters under the names they have now, without devices and sites that went away."""
        if kind is SYNC:
            return parents.of_sites_that_stay(self._connection, self._tables, rows)
        if kind is METER:
            return self._names.of_meters(self._connection, self._tables, rows, now)
        if kind.stream.of_meter:
            self._names.of_readings(rows)
        return active_ones(self._connection, self._tables, kind, rows)

    def _add_parents(
        self, kind: RecordType, rows: Sequence[Row], now: datetime
    ) -> Iterator[tuple[RecordType, Merged]]:
        """Add what the rows hang on and what never came.

        Raises:
            WriteFailed: it was added and is not there: without it the rows would be lost in silence.
        """
        if kind is SITE:
            yield SITE, parents.name_sites(self._connection, self._tables, rows, now)
            return
        missing_of: Mapping[RecordType, Callable[[], list[Bare]]] = {
            SITE: partial(parents.missing_sites, self._connection, self._tables, rows),
            METER: partial(parents.missing_meters, self._connection, self._tables, kind, rows),
        }
        for parent, missing in missing_of.items():
            if bare := missing():
                _warn(kind, parent, bare)
                table = self._tables[parent.stream.name]
                yield parent, parents.insert_bare(self._connection, table, bare, now)
                if self._sees_all and (lost := missing()):
                    raise WriteFailed(
                        f"the database took {parent.stream.name} ({_key(parent, lost[0])}) and kept no row: "
                        f"see what triggers, rules or policies the table {table.name} has, then run again"
                    )

    def _stage(self, kind: RecordType, rows: Sequence[Row]) -> None:
        sql = self._sql[kind]
        if kind not in self._prepared:
            self._loading.prepare(self._connection, sql)
            self._prepared.add(kind)
        self._loading.stage(self._connection, sql, rows)

    def _merge(self, kind: RecordType, now: datetime, staged: int) -> Merged:
        return self._loading.merge(self._connection, self._sql[kind], now, staged)


def _warn(kind: RecordType, parent: RecordType, bare: Sequence[Bare]) -> None:
    for row in bare:
        logger.warning(
            "%s came without their parent in %s (%s): a bare row stands for it",
            kind.stream.name,
            parent.stream.name,
            _key(parent, row),
        )


def _key(kind: RecordType, row: Bare) -> str:
    return ", ".join(f"{name}={row[name]!r}" for name in kind.stream.key)
