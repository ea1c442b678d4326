"""A database as SolarEdge Harvest left it (reference: API V1, section 9), made without our code."""

from datetime import datetime

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    func,
    insert,
)

KINDS = {"i": Integer, "f": Float, "t": DateTime, "d": Date, "b": Boolean}
TABLES = {
    "sites": "name* account_id:i status peak_power:f last_update_time:t installation_date:t currency notes "
    "site_type country state city address address2 zip_code timezone primary_module_manufacturer "
    "primary_module_model primary_module_power:f is_public:b public_name",
    "equipment": "serial_number*! name manufacturer model equipment_type communication_method cpu_version "
    "connected_optimizers:i dsp1_version dsp2_version inverter_serial panel_manufacturer panel_model "
    "last_report_date:t",
    "batteries": "serial_number*! name manufacturer model firmware_version capacity:f nameplate_capacity:f "
    "connected_inverter_sn last_state_of_charge:f last_power:f last_status last_telemetry_time:t "
    "lifetime_energy_charged:f lifetime_energy_discharged:f",
    "energy_readings": "reading_date:d* time_unit* energy_wh:f",
    "power_readings": "timestamp:t* power_watts:f",
    "power_flows": "timestamp:t* unit grid_status grid_power:f pv_status pv_power:f load_status load_power:f "
    "storage_status storage_power:f storage_charge_level:f storage_critical:b",
    "meters": "name* manufacturer model meter_type serial_number connection_type form",
    "meter_readings": "timestamp:t* power:f energy_lifetime:f voltage_l1:f voltage_l2:f voltage_l3:f "
    "current_l1:f current_l2:f current_l3:f power_factor:f power_factor_l1:f power_factor_l2:f "
    "power_factor_l3:f",
    "sync_metadata": "data_type* last_sync_time:t* last_data_timestamp:t records_synced:i status "
    "error_message",
}
UNIQUE = {
    "energy_readings": ("site_id", "reading_date", "time_unit"),
    "power_readings": ("site_id", "timestamp"),
    "power_flows": ("site_id", "timestamp"),
    "meters": ("site_id", "name"),
    "meter_readings": ("meter_id", "timestamp"),
    "sync_metadata": ("site_id", "data_type"),
}
LENGTHS = {"name": 255, "notes": 2000, "error_message": 500}
INDEXED = {"timestamp", "reading_date"}
LONG_AGO = datetime.fromisoformat("2026-01-15T03:04:05")


def _column(word):
    name, _, kind = word.rstrip("*!").partition(":")
    kind = KINDS[kind]() if kind else String(LENGTHS.get(name, 100))
    return Column(
        name, kind, nullable="*" not in word, unique="!" in word or None, index=name in INDEXED or None
    )


def _table(name, words, metadata, prefix):
    parent = {"sites": None, "meter_readings": "meters"}.get(name, "sites")
    columns = [Column("id", Integer, primary_key=True, autoincrement=name != "sites")]
    if parent:
        key = ForeignKey(f"{prefix}{parent}.id", ondelete="CASCADE")
        columns.append(Column(f"{parent.removesuffix('s')}_id", Integer, key, nullable=False, index=True))
    columns += map(_column, words.split())
    columns += [
        Column(n, DateTime, nullable=False, server_default=func.now()) for n in ("created_at", "updated_at")
    ]
    table = Table(f"{prefix}{name}", metadata, *columns)
    if name in UNIQUE:
        table.append_constraint(UniqueConstraint(*UNIQUE[name], name=f"uq_{prefix}{name}"))
    return table


def tables(prefix=""):
    """Return the nine tables."""
    metadata = MetaData()
    return {name: _table(name, words, metadata, prefix) for name, words in TABLES.items()}


def make(engine, rows, prefix=""):
    """Create the tables and put rows into them, by table; what they lack of times is 2026-01-15 03:04:05."""
    made = tables(prefix)
    made["sites"].metadata.create_all(engine)
    with engine.begin() as connection:
        for name, table in made.items():
            stamped = [{"created_at": LONG_AGO, "updated_at": LONG_AGO} | row for row in rows.get(name, [])]
            for start in range(0, len(stamped), 1000):
                connection.execute(insert(table), stamped[start : start + 1000])
