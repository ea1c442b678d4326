"""Parents that never came: a child gets a bare site or meter, so that no reading is ever dropped."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, select

from target_seh_sql.load.dialects import Merged
from target_seh_sql.load.records import METER, SITE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Table
    from sqlalchemy.sql.dml import Insert

    from target_seh_sql.load.records import RecordType, Row


def missing_sites(connection: Connection, tables: Mapping[str, Table], rows: Sequence[Row]) -> list[Row]:
    """Return a bare site for each site that the rows name and the database does not know."""
    named = set(map(attrgetter("site_id"), rows))
    missing = named - set(_names_of_sites(connection, tables, named))
    return [SITE.row(id=site_id, name=f"Site {site_id}") for site_id in sorted(missing)]


def missing_meters(
    connection: Connection, tables: Mapping[str, Table], kind: RecordType, rows: Sequence[Row]
) -> list[Row]:
    """Return a bare meter for each meter that the rows name and the database does not know."""
    if not kind.stream.of_meter:
        return []
    named = set(map(attrgetter("site_id", "meter_name"), rows))
    meters = tables["meters"].c
    query = select(meters.site_id, meters.name).where(meters.site_id.in_(bindparam("ids", expanding=True)))
    found = connection.execute(query, {"ids": sorted({site_id for site_id, _ in named})})
    missing = named - {(meter.site_id, meter.name) for meter in found}
    return [METER.row(site_id=site_id, name=name) for site_id, name in sorted(missing)]


def insert_bare(connection: Connection, table: Table, rows: Sequence[Row], now: datetime) -> Merged:
    """Insert rows that nobody else, another target maybe, has inserted meanwhile."""
    statement = insert_if_new(connection, table)
    stamps = {"created_at": now, "updated_at": now}
    values = [{**_bare(row), **stamps} for row in rows]
    inserted = sum(connection.execute(statement, value).rowcount for value in values)
    return Merged(inserted=inserted)


def insert_if_new(connection: Connection, table: Table) -> Insert:
    """Return the insert that leaves a row alone that is there already; its row count is what it added."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415 -- a tenth of the start-up of the others

        statement: Insert = postgresql.insert(table).on_conflict_do_nothing()
    else:
        statement = insert(table).prefix_with(
            {"sqlite": "OR IGNORE", "mariadb": "IGNORE"}[connection.dialect.name]
        )
    # PostgreSQL's RETURNING, which SQLAlchemy adds, would lose the count
    return statement.execution_options(preserve_rowcount=True)


def _bare(row: Any) -> dict[str, Any]:  # noqa: ANN401
    key = ("id", "name") if isinstance(row, SITE.row) else ("site_id", "name")
    return {name: getattr(row, name) for name in key}


def name_sites(
    connection: Connection, tables: Mapping[str, Table], rows: Sequence[Row], now: datetime
) -> Merged:
    """Give sites that came without a name the one they have: the column cannot be NULL."""
    nameless: list[Any] = [row for row in rows if getattr(row, "name", None) is None]
    if not nameless:
        return Merged()
    ids = {row.id for row in nameless}
    new = [SITE.row(id=site_id, name=f"Site {site_id}") for site_id in sorted(ids)]
    merged = insert_bare(connection, tables["sites"], new, now)
    names = _names_of_sites(connection, tables, ids)
    for row in nameless:
        row.name = names[row.id]
    return merged


def _names_of_sites(connection: Connection, tables: Mapping[str, Table], ids: set[int]) -> dict[int, str]:
    """Return the names of those sites that are stored, by id."""
    sites = tables["sites"].c
    query = select(sites.id, sites.name).where(sites.id.in_(bindparam("ids", expanding=True)))
    return {site.id: site.name for site in connection.execute(query, {"ids": sorted(ids)})}
