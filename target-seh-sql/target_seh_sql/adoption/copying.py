"""Copies the old tables into ours, a page at a time; of rows with one key the newest wins."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import DateTime, Float, Table, case, func, insert, literal_column, select
from sqlalchemy.dialects import mysql

from target_seh_sql.adoption.conversion import Clocks, Converter
from target_seh_sql.adoption.newer import NAMED_ANEW
from target_seh_sql.adoption.oddities import read
from target_seh_sql.adoption.recorded import DATA_TYPES, WITHOUT_STREAM
from target_seh_sql.load.parents import bare_sites, insert_bare, insert_new
from target_seh_sql.tables.metadata import prefix_of
from target_seh_sql.tables.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sqlalchemy import ColumnElement, Connection

    from target_seh_sql.adoption.conversion import OldRow
    from target_seh_sql.tables.stream import Stream

STAMPS: Final = frozenset({"created_at", "updated_at"})
"""Times that the server gave, not the program."""
PAGE: Final = 5_000
"""Rows in memory at once."""


@dataclass
class TableReport:
    """What happens to one table."""

    name: str
    rows: int = 0
    counts: Counter[str] = field(default_factory=Counter)


@dataclass
class Copying:
    """One copy of tables.

    Args:
        connection: in whose transaction it happens.
        old: the tables to read, by what they are called without prefix; not all need exist.
        new: the tables to write; None in a dry run.
        shapes: tables of ours, for their types and names.
        clocks: of the sites, of the machine and of the database's session.
    """

    connection: Connection
    old: Mapping[str, Table]
    new: Mapping[str, Table] | None
    shapes: Mapping[str, Table]
    clocks: Clocks

    def begin(
        self, name: str, stream: str, named_anew: Callable[[OldRow], OldRow] = dict, *, own_time: bool = False
    ) -> tuple[TableReport, Converter]:
        """Return the report on an old table, and what makes its rows those of a stream."""
        report = TableReport(prefix_of(self.shapes) + name)
        shape = self.shapes[stream]
        return report, Converter(shape, self.clocks, report.counts, report.name, named_anew, own_time)

    def insert(self, stream: str, rows: list[dict[str, Any]]) -> None:
        """Insert rows, but in a dry run."""
        if rows and self.new is not None:
            self.connection.execute(insert(self.new[stream]), rows)

    def add_moved(self, stream: str, moved: list[dict[str, Any]], report: TableReport) -> None:
        """Insert what was moved out of the missing hour, unless a row is there already (gotcha 16)."""
        if moved and self.new is not None:
            added = insert_new(self.connection, self.new[stream], moved)
            report.counts["of these dropped: the hour after it has them"] = len(moved) - added


@dataclass
class CopyingNamesakes(Copying):
    """One copy of the tables that are called as ours are."""

    _site_of_meter: dict[int, int] = field(default_factory=dict)
    _meters: dict[int, int] = field(default_factory=dict)
    """The meter that stays, by one of the same name that does not."""

    def run(self) -> list[TableReport]:
        """Copy, parents first; return what happened."""
        return [self._copy(stream) for stream in STREAMS if stream.name in self.old]

    def _copy(self, stream: Stream) -> TableReport:
        named_anew = NAMED_ANEW.get(stream.name, dict)
        own_time = stream.name == "power_flows"
        report, convert = self.begin(stream.name, stream.name, named_anew, own_time=own_time)
        lost = doubles(self.connection, stream, self.old)
        if stream.name == "meters":
            meters = self.old["meters"].c
            found = self.connection.execute(select(meters.id, meters.site_id))
            self._site_of_meter, self._meters = dict(found.tuples().all()), lost
        moved: list[dict[str, Any]] = []
        for page in pages(self.connection, self.old[stream.name]):
            self._copy_page(stream, page, lost, convert, moved)
            report.rows += len(page)
        report.counts["doubled, the newest kept"] += len(lost)
        if stream.is_site:
            report.counts["made for rows without a site"] += self._add_bare_sites(report)
        self.add_moved(stream.name, moved, report)
        return report

    def _copy_page(
        self,
        stream: Stream,
        page: list[dict[str, Any]],
        lost: Mapping[int, int],
        convert: Converter,
        moved: list[dict[str, Any]],
    ) -> None:
        ready: list[dict[str, Any]] = []
        for old in page:
            if old["id"] in lost:
                continue
            site_id = self._site_id(stream, old)
            if site_id is None:
                convert.counts["of meters that are gone, left out"] += 1
                continue
            if old.get("data_type") in WITHOUT_STREAM:
                convert.counts["of data that no stream has, left out"] += 1
                continue
            converted = convert(self._named_anew(stream, old), site_id)
            (moved if converted.moved else ready).append(converted.row)
        self.insert(stream.name, ready)

    def _site_id(self, stream: Stream, old: Mapping[str, Any]) -> int | None:
        if stream.of_meter:
            return self._site_of_meter.get(old["meter_id"])
        return int(old["id" if stream.is_site else "site_id"])

    def _named_anew(self, stream: Stream, old: dict[str, Any]) -> dict[str, Any]:
        """Return a row that names its meter and its stream as they are named now."""
        if stream.of_meter:
            return {**old, "meter_id": self._meters.get(old["meter_id"], old["meter_id"])}
        if "data_type" in old:
            return {**old, "data_type": DATA_TYPES.get(old["data_type"], old["data_type"])}
        return old

    def _add_bare_sites(self, report: TableReport) -> int:
        """Make the sites that rows hang on and that are missing (SQLite does not enforce foreign keys)."""
        known = set(self.connection.scalars(select(self.old["sites"].c.id)))
        missing = sites_of_children(self.connection, self.old) - known
        if self.new is not None:
            now = datetime.now(UTC).replace(microsecond=0)
            insert_bare(self.connection, self.new["sites"], bare_sites(missing), now)
        report.rows += len(missing)
        return len(missing)


def sites_of_children(connection: Connection, old: Mapping[str, Table]) -> set[int]:
    """Return the sites that any row names."""
    tables = (table for table in old.values() if "site_id" in table.c)
    return {
        site_id
        for table in tables
        for site_id in connection.execute(select(table.c.site_id).distinct()).scalars()
    }


def pages(connection: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of a table in order of their id.

    Raises:
        SchemaMismatch: a value cannot be read; the text names it.
    """
    last: int | None = None
    columns = as_written(connection, table)
    while True:
        query = select(*columns).order_by(table.c.id).limit(PAGE)
        if last is not None:
            query = query.where(table.c.id > last)
        page = read(connection, table, query)
        if not page:
            return
        yield page
        last = page[-1]["id"]


def as_written(connection: Connection, table: Table) -> list[ColumnElement[Any]]:
    """Return the columns to read: the server's own stamps in UTC, single-precision numbers in full."""
    if connection.dialect.name != "mariadb":
        return list(table.c)
    return [_of_mariadb(column) for column in table.c]


def _of_mariadb(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Read what MariaDB would give with six digits, or by the zone of its sessions."""
    name = str(column.name)
    if isinstance(column.type, mysql.FLOAT):
        return (column + literal_column("0e0", Float())).label(name)
    if name in STAMPS:
        in_utc = func.convert_tz(column, literal_column("@@global.time_zone"), "+00:00", type_=DateTime())
        return func.coalesce(in_utc, column, type_=DateTime()).label(name)
    return column


def doubles(connection: Connection, stream: Stream, old: Mapping[str, Table]) -> dict[int, int]:
    """Return the rows that lose against a newer one of the same key (gotcha 69), and which one that is."""
    if stream.is_site:
        return {}
    table = old[stream.name]
    key = [_as_key(table.c[name], connection) for name in stream.table_key]
    source = select(table.c.id)
    if stream.of_meter:
        if "meters" not in old:
            return {}
        meters = old["meters"]
        source = source.join(meters, meters.c.id == table.c.meter_id)
        key = [meters.c.site_id, meters.c.name, *key[1:]]
    order = (table.c.updated_at.desc(), table.c.id.desc())
    ranked = source.add_columns(
        func.row_number().over(partition_by=key, order_by=order).label("place"),
        func.first_value(table.c.id).over(partition_by=key, order_by=order).label("winner"),
    ).subquery()
    found = connection.execute(select(ranked.c.id, ranked.c.winner).where(ranked.c.place > 1))
    return {row.id: row.winner for row in found}


def _as_key(column: ColumnElement[Any], connection: Connection) -> ColumnElement[Any]:
    """Return a part of a key as it will be: a time only to the second, a stream by its new name."""
    if column.name == "data_type":
        return case(dict(DATA_TYPES), value=column, else_=column)
    if column.name != "timestamp":
        return column
    if connection.dialect.name == "sqlite":
        return func.substr(column, 1, 19)
    if connection.dialect.name == "postgresql":
        return func.date_trunc("second", column)
    return func.date_format(column, "%Y-%m-%d %H:%i:%s")
