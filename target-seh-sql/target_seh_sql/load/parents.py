"""Parents that never came: a child gets a bare site or meter, so that no reading is ever dropped."""

from __future__ import annotations

import importlib
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from target_seh_sql.failures import error_code
from target_seh_sql.load.dialects import Merged
from target_seh_sql.tables.streams import WELL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Table
    from sqlalchemy.sql.dml import Insert

    from target_seh_sql.load.records import RecordType, Row

Bare: TypeAlias = "dict[str, Any]"
"""A row that has its natural key and its name, and nothing else."""
DUPLICATE: Final = 1062
"""MariaDB's error for a row whose key is there already; it takes back that statement alone."""


def missing_sites(connection: Connection, tables: Mapping[str, Table], rows: Sequence[Row]) -> list[Bare]:
    """Return a bare site for each site that the rows name and the database does not know."""
    named = set(map(attrgetter("site_id"), rows))
    return bare_sites(named - set(_names_of_sites(connection, tables, named)))


def bare_sites(ids: Iterable[int]) -> list[Bare]:
    """Return a bare row for each site, in order."""
    return [{"id": site_id, "name": f"Site {site_id}"} for site_id in sorted(ids)]


def of_sites_that_stay(
    connection: Connection, tables: Mapping[str, Table], rows: Sequence[Any]
) -> Sequence[Row]:
    """Leave out what runs that went well tell of sites that are not there: their owner deleted them."""
    unknown = {site["id"] for site in missing_sites(connection, tables, rows)}
    return [row for row in rows if row.site_id not in unknown or row.status not in WELL]


def missing_meters(
    connection: Connection, tables: Mapping[str, Table], kind: RecordType, rows: Sequence[Row]
) -> list[Bare]:
    """Return a bare meter for each meter that the rows name and the database does not know."""
    if not kind.stream.of_meter:
        return []
    named = set(map(attrgetter("site_id", "meter_name"), rows))
    meters = tables["meters"].c
    sites = sorted({site_id for site_id, _ in named})
    found = connection.execute(select(meters.site_id, meters.name).where(meters.site_id.in_(sites)))
    missing = named - {(meter.site_id, meter.name) for meter in found}
    return [{"site_id": site_id, "name": name} for site_id, name in sorted(missing)]


def insert_bare(connection: Connection, table: Table, rows: Iterable[Bare], now: datetime) -> Merged:
    """Insert rows that nobody else, another target maybe, has inserted meanwhile."""
    stamps = {"created_at": now, "updated_at": now}
    return Merged(inserted=insert_new(connection, table, [{**row, **stamps} for row in rows]))


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert rows, but leave alone those whose key is there already; return how many were inserted."""
    if connection.dialect.name == "mariadb":  # its IGNORE would put up with any other error, too
        return sum(_is_inserted(connection, insert(table), row) for row in rows)
    on_conflict = importlib.import_module(f"sqlalchemy.dialects.{connection.dialect.name}")
    statement = on_conflict.insert(table).on_conflict_do_nothing()
    # PostgreSQL's RETURNING, which SQLAlchemy adds, would lose the count
    statement = statement.execution_options(preserve_rowcount=True)
    return sum(connection.execute(statement, row).rowcount for row in rows)


def _is_inserted(connection: Connection, statement: Insert, row: Mapping[str, Any]) -> bool:
    try:
        connection.execute(statement, row)
    except IntegrityError as error:
        if error_code(error) != DUPLICATE:
            raise
        return False
    return True


def name_sites(
    connection: Connection, tables: Mapping[str, Table], rows: Sequence[Row], now: datetime
) -> Merged:
    """Give sites that came without a name the one they have: the column cannot be NULL."""
    nameless: list[Any] = [row for row in rows if not (getattr(row, "name", None) or "").strip()]
    if not nameless:
        return Merged()
    ids = {row.id for row in nameless}
    merged = insert_bare(connection, tables["sites"], bare_sites(ids), now)
    names = _names_of_sites(connection, tables, ids)
    for row in nameless:
        row.name = names[row.id]
    return merged


def _names_of_sites(connection: Connection, tables: Mapping[str, Table], ids: set[int]) -> dict[int, str]:
    """Return the names of those sites that are stored, by id."""
    sites = tables["sites"].c
    query = select(sites.id, sites.name).where(sites.id.in_(sorted(ids)))
    return dict(connection.execute(query).tuples().all())
