"""Parents that never came: a child gets a bare site or meter, so that no reading is ever dropped."""

from __future__ import annotations

import logging
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from target_seh_sql.records import METER, SITE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Table

    from target_seh_sql.records import RecordType, Row

logger = logging.getLogger("target-seh-sql.parents")


def missing_sites(
    connection: Connection, tables: Mapping[str, Table], kind: RecordType, rows: Sequence[Row]
) -> list[Row]:
    """Return a bare site for each site that the rows name and the database does not know."""
    if kind.stream.is_site:
        return []
    named = set(map(attrgetter("site_id"), rows))
    known = set(names_of_sites(connection, tables, named))
    return [SITE.row(id=site_id, name=f"Site {site_id}") for site_id in sorted(named - known)]


def missing_meters(
    connection: Connection, tables: Mapping[str, Table], kind: RecordType, rows: Sequence[Row]
) -> list[Row]:
    """Return a bare meter for each meter that the rows name and the database does not know."""
    if not kind.stream.of_meter:
        return []
    named = set(map(attrgetter("site_id", "meter_name"), rows))
    meters = tables["meters"].c
    query = select(meters.site_id, meters.name).where(meters.site_id.in_(bindparam("ids", expanding=True)))
    known = {
        (site_id, name) for site_id, name in connection.execute(query, {"ids": sorted({s for s, _ in named})})
    }
    return [METER.row(site_id=site_id, name=name) for site_id, name in sorted(named - known)]


def name_sites(connection: Connection, tables: Mapping[str, Table], rows: Sequence[Row]) -> None:
    """Give sites that came without a name the one they have, since the column cannot be NULL."""
    nameless: list[Any] = [row for row in rows if getattr(row, "name", None) is None]
    if not nameless:
        return
    names = names_of_sites(connection, tables, {row.id for row in nameless})
    for row in nameless:
        row.name = names.get(row.id, f"Site {row.id}")


def names_of_sites(connection: Connection, tables: Mapping[str, Table], ids: set[int]) -> dict[int, str]:
    """Return the names of those sites that are stored, by id."""
    sites = tables["sites"].c
    query = select(sites.id, sites.name).where(sites.id.in_(bindparam("ids", expanding=True)))
    rows = connection.execute(query, {"ids": sorted(ids)})
    return {row.id: row.name for row in rows}
