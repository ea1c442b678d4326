"""Databases as SolarEdge Harvest left them, its oldest and its newest layout, made without our code.

Every time is declared with a zone and was written without: PostgreSQL read it in the session's zone.
"""

from datetime import UTC, datetime

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
    Text,
    UniqueConstraint,
    create_engine,
    func,
    insert,
    make_url,
    text,
)

DRIVERS = {"postgresql": "postgresql+psycopg", "mariadb": "mariadb+pymysql"}
KINDS = {"t": lambda: DateTime(timezone=True), "i": Integer, "f": Float, "d": Date, "b": Boolean, "x": Text}
OLDEST = {
    "sites": "name=255* account_id:i status=50 peak_power:f last_update_time:t installation_date:t "
    "currency=10 notes:x site_type=50 country=100 state=100 city=100 address=255 address2=255 zip_code=20 "
    "timezone=50 primary_module_manufacturer=100 primary_module_model=100 primary_module_power:f "
    "is_public:b public_name=255",
    "equipment": "serial_number=100*! name=255 manufacturer=100 model=100 equipment_type=50 "
    "communication_method=50 cpu_version=50 connected_optimizers:i dsp1_version=50 dsp2_version=50 "
    "inverter_serial=100 panel_manufacturer=100 panel_model=100 last_report_date:t",
    "batteries": "serial_number=100*! name=255 manufacturer=100 model=100 firmware_version=50 capacity:f "
    "nameplate_capacity:f connected_inverter_sn=100 last_state_of_charge:f last_power:f last_status=50 "
    "last_telemetry_time:t lifetime_energy_charged:f lifetime_energy_discharged:f",
    "energy_readings": "reading_date:d*+ time_unit=20* energy_wh:f",
    "power_readings": "timestamp:t*+ power_watts:f",
    "power_flows": "timestamp:t*+ unit=20 grid_status=20 grid_power:f pv_status=20 pv_power:f load_status=20 "
    "load_power:f storage_status=20 storage_power:f storage_charge_level:f storage_critical:b",
    "meters": "name=100* manufacturer=100 model=100 meter_type=50 serial_number=100 connection_type=50 "
    "form=50",
    "meter_readings": "timestamp:t*+ power:f energy_lifetime:f voltage_l1:f voltage_l2:f voltage_l3:f "
    "current_l1:f current_l2:f current_l3:f power_factor:f power_factor_l1:f power_factor_l2:f "
    "power_factor_l3:f",
    "sync_metadata": "data_type=50* last_sync_time:t* last_data_timestamp:t records_synced:i status=20 "
    "error_message=500",
}
"""Columns: name, `=` length of a text or `:` kind, then `*` not null, `!` unique, `+` indexed."""
NEWEST = OLDEST | {
    "alerts": "alert_id:i* severity=20 alert_type=100 alert_code:i name=255 description:x serial_number=100 "
    "alert_timestamp:t",
    "environmental_benefits": "co2_saved:f so2_saved:f nox_saved:f co2_units=20 trees_planted:f "
    "light_bulbs:f benefits_timestamp:t",
    "inventory": "name=255* manufacturer=100 model=100 serial_number=100 category=50 firmware_version=50 "
    "cpu_version=50 connected_optimizers:i connected_to=100 max_power:f quantity:i short_description:x",
    "inverter_telemetry": "serial_number=50*+ timestamp:t*+ total_active_power:f total_energy:f "
    "power_limit:f temperature:f inverter_mode=50 operation_mode:i ac_current:f ac_voltage:f ac_frequency:f "
    "apparent_power:f active_power:f reactive_power:f cos_phi:f dc_voltage:f",
    "optimizer_telemetry": "serial_number=50*+ inverter_serial=50+ timestamp:t*+ panel_id:i dc_voltage:f "
    "dc_current:f dc_power:f output_voltage:f output_current:f output_power:f energy:f lifetime_energy:f "
    "temperature:f optimizer_mode=50",
    "power_details": "timestamp:t*+ production_w:f consumption_w:f self_consumption_w:f feed_in_w:f "
    "purchased_w:f",
}
UNIQUE = {
    "energy_readings": ("uq_energy_reading", "site_id", "reading_date", "time_unit"),
    "power_readings": ("uq_power_reading", "site_id", "timestamp"),
    "power_flows": ("uq_power_flow", "site_id", "timestamp"),
    "power_details": ("uq_power_details", "site_id", "timestamp"),
    "meters": ("uq_meter_site_name", "site_id", "name"),
    "meter_readings": ("uq_meter_reading", "meter_id", "timestamp"),
    "sync_metadata": ("uq_sync_metadata", "site_id", "data_type"),
    "alerts": ("uq_alert", "site_id", "alert_id"),
    "environmental_benefits": ("uq_environmental_benefits_site", "site_id"),
    "inventory": ("uq_inventory_item", "site_id", "name", "serial_number"),
    "inverter_telemetry": ("uq_inverter_telemetry", "site_id", "serial_number", "timestamp"),
    "optimizer_telemetry": ("uq_optimizer_telemetry", "site_id", "serial_number", "timestamp"),
}
VIEWS = {
    "site_summary": "SELECT s.id AS site_id, s.name AS site_name, s.city, s.timezone, s.peak_power, "
    "s.status, s.installation_date, s.last_update_time, s.created_at, s.updated_at FROM {0}sites s",
    "daily_energy": "SELECT e.id, e.site_id, s.name AS site_name, e.reading_date, e.time_unit, e.energy_wh, "
    "e.energy_wh / 1000.0 AS energy_kwh, e.created_at FROM {0}energy_readings e "
    "JOIN {0}sites s ON e.site_id = s.id ORDER BY e.site_id, e.reading_date DESC",
    "latest_power": "SELECT p.id, p.site_id, s.name AS site_name, p.timestamp, p.power_watts, p.created_at "
    "FROM {0}power_readings p JOIN {0}sites s ON p.site_id = s.id WHERE p.timestamp = "
    "(SELECT max(q.timestamp) FROM {0}power_readings q WHERE q.site_id = p.site_id)",
    "power_flow_current": "SELECT f.id, f.site_id, s.name AS site_name, f.timestamp, f.unit, f.pv_power, "
    "f.grid_power, f.load_power, f.storage_power, f.created_at FROM {0}power_flows f "
    "JOIN {0}sites s ON f.site_id = s.id WHERE f.timestamp = "
    "(SELECT max(q.timestamp) FROM {0}power_flows q WHERE q.site_id = f.site_id)",
    "sync_status": "SELECT m.id, m.site_id, s.name AS site_name, m.data_type, m.last_sync_time, m.status "
    "FROM {0}sync_metadata m JOIN {0}sites s ON m.site_id = s.id",
    "equipment_list": "SELECT e.id, e.site_id, s.name AS site_name, e.serial_number, e.name AS "
    "equipment_name, e.last_report_date FROM {0}equipment e JOIN {0}sites s ON e.site_id = s.id",
    "battery_status": "SELECT b.id, b.site_id, s.name AS site_name, b.serial_number, b.name AS battery_name, "
    "b.last_state_of_charge FROM {0}batteries b JOIN {0}sites s ON b.site_id = s.id",
    "energy_monthly": "SELECT site_id, sum(energy_wh) AS total_wh, count(*) AS days_with_data "
    "FROM {0}energy_readings WHERE time_unit = 'DAY' GROUP BY site_id",
    "power_details": "SELECT d.site_id, d.timestamp, d.production_w, d.consumption_w, d.self_consumption_w, "
    "d.feed_in_w, d.purchased_w, d.created_at FROM {0}power_details d",
}
"""The views of the newest layout, without their `v_seh_`; the oldest has all but the last, with `v_`."""
LONG_AGO = datetime.fromisoformat("2026-01-15T03:04:05")


def _column(word):
    name, _, kind = word.rstrip("*!+").partition(":")
    name, _, length = name.partition("=")
    kind = String(int(length)) if length else KINDS[kind]()
    index, unique = "+" in word or None, "!" in word or None
    return Column(name, kind, nullable="*" not in word, unique=unique, index=index)


def _table(name, words, metadata, prefix):
    parent = {"sites": None, "meter_readings": "meters"}.get(name, "sites")
    columns = [Column("id", Integer, primary_key=True, autoincrement=name != "sites")]
    if parent:
        key = ForeignKey(f"{prefix}{parent}.id", ondelete="CASCADE")
        columns.append(Column(f"{parent.removesuffix('s')}_id", Integer, key, nullable=False, index=True))
    columns += map(_column, words.split())
    columns += [
        Column(n, DateTime(timezone=True), nullable=False, server_default=func.now())
        for n in ("created_at", "updated_at")
    ]
    table = Table(f"{prefix}{name}", metadata, *columns)
    if name in UNIQUE:
        constraint, *key = UNIQUE[name]
        table.append_constraint(UniqueConstraint(*key, name=constraint))
    return table


def tables(prefix="", *, newest=False):
    """Return the tables of a layout."""
    metadata = MetaData()
    layout = NEWEST if newest else OLDEST
    return {name: _table(name, words, metadata, prefix) for name, words in layout.items()}


def make(url, rows, *, newest=False, prefix=None):
    """Create tables and views and put rows into them as the old program did, by table.

    Args:
        url: of the database; its session is the server's own, unlike ours.
        rows: what they lack of times is 2026-01-15 03:04:05 UTC.
        newest: the newest layout, with the prefix `seh_`; else the oldest, without.
        prefix: another one.
    """
    prefix = ("seh_" if newest else "") if prefix is None else prefix
    made = tables(prefix, newest=newest)
    url = make_url(url)
    engine = create_engine(url.set(drivername=DRIVERS.get(url.get_backend_name(), url.drivername)))
    long_ago = LONG_AGO.replace(tzinfo=UTC)
    made["sites"].metadata.create_all(engine)
    with engine.begin() as connection:
        for name, query in VIEWS.items():
            if newest or name != "power_details":
                connection.execute(text(f"CREATE VIEW v_{prefix}{name} AS {query.format(prefix)}"))
        for name, table in made.items():
            stamped = [{"created_at": long_ago, "updated_at": long_ago} | row for row in rows.get(name, [])]
            for start in range(0, len(stamped), 1000):
                connection.execute(insert(table), stamped[start : start + 1000])
    engine.dispose()
