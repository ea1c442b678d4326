"""Streams and their tables in dependency order: natural keys, constraints; `columns.py` has the columns.

Nine tables are those of the SolarEdge Harvest database, constraints included; deliberately different: ids are
BIGINT (upserts burn sequence values), a parent has no index where the unique key begins with it. The
others are extensions, made when their stream arrives.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, MetaData, Table, UniqueConstraint, func

from target_seh_sql.tables import columns
from target_seh_sql.tables.columns import INSTANT
from target_seh_sql.tables.meanings import meaning

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from target_seh_sql.tables.columns import Columns

ID: Final = BigInteger().with_variant(Integer, "sqlite")
COLLATION: Final = "utf8mb4_nopad_bin"
"""MariaDB's: texts that differ in case, accent or trailing space are different, as everywhere else."""
NOTES_LENGTH: Final = 16_000
"""Characters in a TEXT column: MariaDB's holds 65 535 bytes, a character has up to four."""


@dataclass(frozen=True)
class Stream:
    """One Singer stream and the table of the same name."""

    name: str
    about: str
    key: tuple[str, ...]
    """The natural key, as the stream sends it."""
    columns: Callable[[], Columns]
    """The table's columns besides id, site_id or meter_id, created_at and updated_at."""
    constraint: str = ""
    """Name of the unique constraint on the natural key."""
    newest: str | None = None
    """Column that tells how new the data are."""
    cleared_by_null: frozenset[str] = frozenset()
    """Columns in which NULL is news and replaces a value."""
    indexed: tuple[str, ...] = ()
    extension: bool = False
    """Whether the table is made only when the stream arrives."""

    @property
    def is_site(self) -> bool:
        """Whether the natural key is the primary key itself."""
        return self.key == ("id",)

    @property
    def of_meter(self) -> bool:
        """Whether rows hang on a meter, which the stream names and the table numbers."""
        return "meter_name" in self.key

    @property
    def table_key(self) -> tuple[str, ...]:
        """The natural key, as the table stores it."""
        return ("meter_id", *self.key[2:]) if self.of_meter else self.key


STREAMS: Final = (
    Stream("sites", "solar sites", ("id",), columns.sites, newest="last_update_time"),
    Stream(
        "equipment",
        "inverters, gateways and other devices",
        ("serial_number",),
        columns.equipment,
        newest="last_report_date",
    ),
    Stream(
        "batteries",
        "batteries and their newest state",
        ("serial_number",),
        columns.batteries,
        newest="last_telemetry_time",
    ),
    Stream("meters", "meters", ("site_id", "name"), columns.meters, "uq_meter_site_name"),
    Stream(
        "energy_readings",
        "energy by day, month or year",
        ("site_id", "reading_date", "time_unit"),
        columns.energy_readings,
        "uq_energy_reading",
        "reading_date",
        indexed=("reading_date",),
    ),
    Stream(
        "power_readings",
        "production by quarter of an hour",
        ("site_id", "timestamp"),
        columns.power_readings,
        "uq_power_reading",
        "timestamp",
        indexed=("timestamp",),
    ),
    Stream(
        "power_flows",
        "power of grid, PV, load and storage",
        ("site_id", "timestamp"),
        columns.power_flows,
        "uq_power_flow",
        "timestamp",
        indexed=("timestamp",),
    ),
    Stream(
        "meter_readings",
        "readings of meters",
        ("site_id", "meter_name", "timestamp"),
        columns.meter_readings,
        "uq_meter_reading",
        "timestamp",
        indexed=("timestamp",),
    ),
    Stream(
        "battery_readings",
        "readings of batteries by quarter of an hour",
        ("site_id", "serial_number", "timestamp"),
        columns.battery_readings,
        "uq_battery_reading",
        "timestamp",
        indexed=("timestamp",),
        extension=True,
    ),
    Stream(
        "inverter_readings",
        "readings of inverters by quarter of an hour",
        ("site_id", "serial_number", "timestamp"),
        columns.inverter_readings,
        "uq_inverter_reading",
        "timestamp",
        indexed=("timestamp",),
        extension=True,
    ),
    Stream(
        "alerts",
        "what SolarEdge found wrong",
        ("alert_id",),
        columns.alerts,
        "uq_alert",
        "last_trigger",
        extension=True,
    ),
    Stream(
        "environmental_benefits",
        "what a site spared the environment so far",
        ("site_id",),
        columns.environmental_benefits,
        "uq_environmental_benefits",
        extension=True,
    ),
    Stream(
        "energy_totals",
        "what SolarEdge itself says of each month, and since installation",
        ("site_id", "period"),
        columns.energy_totals,
        "uq_energy_totals",
        "ends",
        extension=True,
    ),
    Stream(
        "sync_metadata",
        "newest sync of each site and stream",
        ("site_id", "data_type"),
        columns.sync_metadata,
        "uq_sync_metadata",
        "last_data_timestamp",
        frozenset({"error_message"}),
    ),
)
"""Parents before children; bookkeeping last."""
NINE: Final = tuple(stream for stream in STREAMS if not stream.extension)
"""The streams whose tables are always there."""


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
        column.index = column.name in stream.indexed or None
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
        mariadb_engine="InnoDB",
        mariadb_charset="utf8mb4",
        mariadb_collate=COLLATION,
    )
    for column in table.c:
        column.comment = meaning(stream.name, column.name)
    if stream.constraint:
        table.append_constraint(UniqueConstraint(*stream.table_key, name=prefix + stream.constraint))
    return table


def all_tables(prefix: str = "", schema: str | None = None) -> dict[str, Table]:
    """Return the tables by stream name, their own names led by `prefix`, inside the database's `schema`."""
    return _tables(STREAMS, prefix, schema)


def nine_tables(prefix: str = "", schema: str | None = None) -> dict[str, Table]:
    """Return the tables that are always there, as `all_tables` does."""
    return _tables(NINE, prefix, schema)


def nine_tables_and(more: Collection[str], prefix: str = "", schema: str | None = None) -> dict[str, Table]:
    """Return the tables that are always there and some extensions, as `all_tables` does."""
    chosen = tuple(stream for stream in STREAMS if not stream.extension or stream.name in more)
    return _tables(chosen, prefix, schema)


def _tables(streams: tuple[Stream, ...], prefix: str, schema: str | None) -> dict[str, Table]:
    metadata = MetaData(schema=schema)
    return {stream.name: _table(stream, metadata, prefix) for stream in streams}
