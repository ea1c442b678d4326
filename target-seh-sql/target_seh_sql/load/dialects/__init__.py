"""How each database stages and merges one batch of one table: three functions per dialect."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast

from sqlalchemy import Column, MetaData, Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Dialect

    from target_seh_sql.load.records import RecordType, Row


class Merged(NamedTuple):
    """What a merge did to a table, in rows."""

    inserted: int = 0
    changed: int = 0
    unchanged: int = 0

    def plus(self, other: Merged) -> Merged:
        """Add up two merges."""
        return Merged(*(a + b for a, b in zip(self, other, strict=True)))


@dataclass(frozen=True, eq=False)
class TableSql:
    """What the SQL for one table is made of."""

    kind: RecordType
    table: str
    """Qualified and quoted."""
    stage: str
    """Temporary table with the columns of the record."""
    columns: tuple[str, ...]
    """Columns written, key first, without created_at and updated_at."""
    select: tuple[str, ...]
    """The same columns as expressions over `source`."""
    source: str
    """FROM clause: the staged rows `s`, and their meter `m` where they hang on one."""

    @property
    def key(self) -> tuple[str, ...]:
        """Columns of the natural key."""
        return self.kind.stream.table_key

    @property
    def values(self) -> tuple[str, ...]:
        """Columns beyond the key."""
        return tuple(name for name in self.columns if name not in self.key)

    def kept(self, name: str, new: str, old: str) -> str:
        """Return the value a column has after the merge: NULL replaces nothing, save where NULL is news."""
        return new if name in self.kind.stream.cleared_by_null else f"coalesce({new}, {old})"


class Loading(Protocol):
    """The three functions that each module of this package offers."""

    def prepare(self, connection: Connection, sql: TableSql) -> None:
        """Create the staging table, which stays for the whole connection."""

    def stage(self, connection: Connection, sql: TableSql, rows: Sequence[Row]) -> None:
        """Put the rows, and nothing else, into the staging table."""

    def merge(self, connection: Connection, sql: TableSql, now: datetime, staged: int) -> Merged:
        """Upsert the staged rows: new keys are inserted, values that differ are replaced."""


def loading(dialect: Dialect) -> Loading:
    """Return the functions for a database."""
    return cast("Loading", importlib.import_module(f"target_seh_sql.load.dialects.{dialect.name}"))


def staging_table(sql: TableSql, **options: Any) -> Table:  # noqa: ANN401
    """Return a temporary table with the columns of a record."""
    columns = (Column(name, sql.kind.types[name]) for name in sql.kind.fields)
    return Table(sql.stage, MetaData(), *columns, prefixes=["TEMPORARY"], **options)


def table_sql(kind: RecordType, tables: Mapping[str, Table], dialect: Dialect) -> TableSql:
    """Collect what the SQL for one stream's table is made of."""
    stream = kind.stream
    quoted = dialect.identifier_preparer.format_table
    stage = f"stage_{stream.name}"
    source, fields = f"FROM {stage} AS s", kind.fields
    parents: tuple[str, ...] = ()
    if stream.of_meter:
        source += f" JOIN {quoted(tables['meters'])} AS m ON m.site_id = s.site_id AND m.name = s.meter_name"
        parents, fields = ("meter_id",), fields[2:]
    return TableSql(
        kind=kind,
        table=quoted(tables[stream.name]),
        stage=stage,
        columns=(*parents, *fields),
        select=(*("m.id" for _ in parents), *(f"s.{name}" for name in fields)),
        source=source,
    )
