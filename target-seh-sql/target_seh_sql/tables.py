"""The nine tables in dependency order: streams, natural keys, columns, units, constraints.

Names, types, lengths and constraints of the original columns are those of the SolarEdge Harvest database.
Deliberately different: ids are BIGINT (upserts burn sequence values), reals are DOUBLE (MariaDB's FLOAT has
six digits), `installation_date` is a date.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.types import TypeEngine

Columns: TypeAlias = "list[Column[Any]]"

ID: Final = BigInteger().with_variant(Integer, "sqlite")
INSTANT: Final = DateTime(timezone=True)
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


def _column(name: str, kind: TypeEngine[Any], about: str | None, *, required: bool = False) -> Column[Any]:
    return Column(name, kind, nullable=not required, comment=about)


def _text(name: str, length: int, about: str | None = None, *, required: bool = False) -> Column[Any]:
    return _column(name, String(length), about, required=required)


def _real(name: str, about: str) -> Column[Any]:
    return _column(name, Double(), about)


def _whole(name: str, about: str) -> Column[Any]:
    return _column(name, Integer(), about)


def _flag(name: str, about: str) -> Column[Any]:
    return _column(name, Boolean(), about)


def _instant(name: str, about: str, *, required: bool = False) -> Column[Any]:
    return _column(name, INSTANT, about, required=required)


def _interval() -> Columns:
    return [
        _instant("timestamp", "start of the interval, UTC", required=True),
        _whole("utc_offset_minutes", "site's wall clock minus UTC, minutes"),
    ]


def _sites() -> Columns:
    return [
        _text("name", 255, required=True),
        _column("account_id", BigInteger(), None),
        _text("status", 50),
        _real("peak_power", "kWp"),
        _instant("last_update_time", "newest data of the site, UTC"),
        _column("installation_date", Date(), "site's own date"),
        _text("currency", 10),
        _column("notes", Text(), None),
        _text("site_type", 50),
        *(_text(name, 100) for name in ("country", "state", "city")),
        *(_text(name, 255) for name in ("address", "address2")),
        _text("zip_code", 20),
        _text("timezone", 50, "IANA name"),
        *(_text(f"primary_module_{name}", 100) for name in ("manufacturer", "model")),
        _real("primary_module_power", "W"),
        _flag("is_public", "whether anyone may see the site"),
        _text("public_name", 255),
        _real("latitude", "degrees north"),
        _real("longitude", "degrees east"),
    ]


def _equipment() -> Columns:
    return [
        _text("serial_number", 100, required=True),
        _text("name", 255),
        *(_text(name, 100) for name in ("manufacturer", "model")),
        *(_text(name, 50) for name in ("equipment_type", "communication_method", "cpu_version")),
        _whole("connected_optimizers", "number of power optimizers"),
        *(_text(name, 50) for name in ("dsp1_version", "dsp2_version")),
        _text("inverter_serial", 100, "inverter that the device hangs on"),
        *(_text(name, 100) for name in ("panel_manufacturer", "panel_model")),
        _instant("last_report_date", "newest report, UTC"),
        _flag("active", "false when the device was taken out"),
        _real("nameplate_power", "W"),
    ]


def _batteries() -> Columns:
    return [
        _text("serial_number", 100, required=True),
        _text("name", 255),
        *(_text(name, 100) for name in ("manufacturer", "model")),
        _text("firmware_version", 50),
        _real("capacity", "usable now, Wh"),
        _real("nameplate_capacity", "when new, Wh"),
        _text("connected_inverter_sn", 100),
        _real("last_state_of_charge", "%"),
        _real("last_power", "W, + charging"),
        _text("last_status", 50),
        _instant("last_telemetry_time", "time of the last_ columns, UTC"),
        _real("lifetime_energy_charged", "Wh"),
        _real("lifetime_energy_discharged", "Wh"),
        _flag("active", "false when the device was taken out"),
    ]


def _energy_readings() -> Columns:
    return [
        _column("reading_date", Date(), "first day of the time unit, site's own date", required=True),
        _text("time_unit", 20, "DAY, MONTH, ...", required=True),
        _whole("utc_offset_minutes", "site's wall clock minus UTC at the start, minutes"),
        _real("energy_wh", "production, Wh"),
        _real("consumption_wh", "Wh; NULL without a meter"),
        _real("self_consumption_wh", "Wh; NULL without a meter"),
        _real("feed_in_wh", "Wh; NULL without a meter"),
        _real("purchased_wh", "Wh; NULL without a meter"),
    ]


def _power_readings() -> Columns:
    return [*_interval(), _real("power_watts", "mean production in the interval, W")]


def _power_flows() -> Columns:
    return [
        *_interval(),
        _text("resolution", 20, "length of the interval"),
        _text("unit", 20, "always W"),
        _text("grid_status", 20),
        _real("grid_power", "W, + export, - import"),
        _text("pv_status", 20),
        _real("pv_power", "W"),
        _text("load_status", 20),
        _real("load_power", "W"),
        _text("storage_status", 20),
        _real("storage_power", "W, + charging"),
        _real("storage_charge_level", "%"),
        _flag("storage_critical", "whether the battery is nearly empty"),
    ]


def _meters() -> Columns:
    return [
        _text("name", 100, required=True),
        *(_text(name, 100) for name in ("manufacturer", "model")),
        _text("meter_type", 50),
        _text("serial_number", 100),
        *(_text(name, 50) for name in ("connection_type", "form")),
        _flag("active", "false when the device was taken out"),
    ]


def _meter_readings() -> Columns:
    return [
        *_interval(),
        _real("power", "W"),
        _real("energy_wh", "Wh in the interval"),
        _real("energy_lifetime", "Wh"),
        *(_real(f"voltage_l{phase}", "V") for phase in (1, 2, 3)),
        *(_real(f"current_l{phase}", "A") for phase in (1, 2, 3)),
        _real("power_factor", "1 = no reactive power"),
        *(_real(f"power_factor_l{phase}", "1 = no reactive power") for phase in (1, 2, 3)),
    ]


def _sync_metadata() -> Columns:
    return [
        _text("data_type", 50, "name of the stream", required=True),
        _instant("last_sync_time", "UTC", required=True),
        _instant("last_data_timestamp", "bookmark: newest complete data, UTC", required=False),
        _whole("records_synced", "records of the last run"),
        _text("status", 20, "success or error"),
        _text("error_message", 500),
    ]


STREAMS: Final = (
    Stream("sites", "solar sites", ("id",), _sites, newest="last_update_time"),
    Stream(
        "equipment", "inverters, gateways, ...", ("serial_number",), _equipment, newest="last_report_date"
    ),
    Stream(
        "batteries",
        "batteries and their newest state",
        ("serial_number",),
        _batteries,
        newest="last_telemetry_time",
    ),
    Stream("meters", "meters", ("site_id", "name"), _meters, "uq_meter_site_name"),
    Stream(
        "energy_readings",
        "energy by day, month or year",
        ("site_id", "reading_date", "time_unit"),
        _energy_readings,
        "uq_energy_reading",
        "reading_date",
        indexed=("reading_date",),
    ),
    Stream(
        "power_readings",
        "production by quarter of an hour",
        ("site_id", "timestamp"),
        _power_readings,
        "uq_power_reading",
        "timestamp",
        indexed=("timestamp",),
    ),
    Stream(
        "power_flows",
        "power of grid, PV, load and storage",
        ("site_id", "timestamp"),
        _power_flows,
        "uq_power_flow",
        "timestamp",
        indexed=("timestamp",),
    ),
    Stream(
        "meter_readings",
        "readings of meters",
        ("site_id", "meter_name", "timestamp"),
        _meter_readings,
        "uq_meter_reading",
        "timestamp",
        indexed=("timestamp",),
    ),
    Stream(
        "sync_metadata",
        "newest sync of each site and stream",
        ("site_id", "data_type"),
        _sync_metadata,
        "uq_sync_metadata",
        "last_data_timestamp",
        frozenset({"error_message"}),
    ),
)
"""Parents before children; bookkeeping last."""


def _parent(stream: Stream, metadata: MetaData, prefix: str) -> Columns:
    if stream.is_site:
        return []
    name, parent = ("meter_id", "meters") if stream.of_meter else ("site_id", "sites")
    where = f"{metadata.schema}.{prefix}{parent}" if metadata.schema else f"{prefix}{parent}"
    return [Column(name, ID, ForeignKey(f"{where}.id", ondelete="CASCADE"), nullable=False, index=True)]


def _table(stream: Stream, metadata: MetaData, prefix: str) -> Table:
    columns = stream.columns()
    for column in columns:
        column.index = column.name in stream.indexed or None
        column.unique = stream.key == ("serial_number",) == (column.name,) or None
    table = Table(
        f"{prefix}{stream.name}",
        metadata,
        Column("id", ID, primary_key=True, autoincrement=not stream.is_site),
        *_parent(stream, metadata, prefix),
        *columns,
        *(
            Column(name, INSTANT, nullable=False, server_default=func.now(), comment="UTC")
            for name in ("created_at", "updated_at")
        ),
        comment=stream.about,
        mariadb_engine="InnoDB",
        mariadb_charset="utf8mb4",
        mariadb_collate=COLLATION,
    )
    if stream.constraint:
        table.append_constraint(UniqueConstraint(*stream.table_key, name=prefix + stream.constraint))
    return table


def nine_tables(prefix: str = "", schema: str | None = None) -> dict[str, Table]:
    """Return the tables by stream name, their own names led by `prefix`, inside the database's `schema`."""
    metadata = MetaData(schema=schema)
    return {stream.name: _table(stream, metadata, prefix) for stream in STREAMS}
