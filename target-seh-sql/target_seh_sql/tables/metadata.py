"""The tables of all streams, as SQLAlchemy knows them.

Deliberately different from the SolarEdge Harvest database: ids are BIGINT (upserts burn sequence values), a
parent has no index where the unique key begins with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Integer,
    MetaData,
    Table,
    TableClause,
    UniqueConstraint,
    func,
    table,
)

from target_seh_sql.tables.columns import INSTANT
from target_seh_sql.tables.meanings import meaning
from target_seh_sql.tables.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_seh_sql.tables.columns import Columns
    from target_seh_sql.tables.stream import Stream

ID: Final = BigInteger().with_variant(Integer, "sqlite")
COLLATION: Final = "utf8mb4_nopad_bin"
"""MariaDB's: texts that differ in case, accent or trailing space are different, as everywhere else."""
IN_MARIADB: Final[dict[str, Any]] = {
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": COLLATION,
}
"""Options of a table."""


def _parent(stream: Stream, metadata: MetaData, prefix: str) -> Columns:
    if stream.is_site:
        return []
    name, parent = ("meter_id", "meters") if stream.of_meter else ("site_id", "sites")
    where = f"{metadata.schema}.{prefix}{parent}" if metadata.schema else f"{prefix}{parent}"
    begins_the_key = bool(stream.constraint) and stream.table_key[0] == name
    key = ForeignKey(f"{where}.id", ondelete="CASCADE")
    return [Column(name, ID, key, nullable=False, index=not begins_the_key)]


def _table(stream: Stream, metadata: MetaData, prefix: str) -> Table:
    own = stream.columns()
    for column in own:
        column.index = (stream.indexed and column.name == stream.newest) or None
        column.unique = stream.key == ("serial_number",) == (column.name,) or None
    table = Table(
        f"{prefix}{stream.name}",
        metadata,
        Column("id", ID, primary_key=True, autoincrement=not stream.is_site),
        *_parent(stream, metadata, prefix),
        *own,
        *(
            Column(name, INSTANT, nullable=False, server_default=func.now())
            for name in ("created_at", "updated_at")
        ),
        comment=stream.about,
        **IN_MARIADB,
    )
    for column in table.c:
        column.comment = meaning(stream.name, column.name)
    if stream.constraint:
        table.append_constraint(UniqueConstraint(*stream.table_key, name=prefix + stream.constraint))
    return table


def all_tables(prefix: str = "", schema: str | None = None) -> dict[str, Table]:
    """Return the tables by stream name, their own names led by `prefix`, inside the database's `schema`."""
    metadata = MetaData(schema=schema)
    return {stream.name: _table(stream, metadata, prefix) for stream in STREAMS}


def prefix_of(tables: Mapping[str, Table]) -> str:
    """Return what leads the names of the tables."""
    return tables["sites"].name.removesuffix("sites")


def beside(tables: Mapping[str, Table], name: str) -> TableClause:
    """Return a table or view that is named as the tables are, and in their schema."""
    return table(prefix_of(tables) + name, schema=tables["sites"].schema)
