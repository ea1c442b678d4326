"""All streams in dependency order: natural keys, columns, constraints; `meanings.py` has what columns mean.

Nine tables are those of the SolarEdge Harvest database: names, types, lengths and constraints of the original
columns. Deliberately different: reals are DOUBLE (MariaDB's FLOAT has six digits), `installation_date` is a
date. The other tables are extensions, made when their stream arrives. A new column stands last in its table,
and a migration adds it to older ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import BigInteger, Boolean, Column, Date, Integer, String, Text

from target_seh_sql.tables.columns import INSTANT, interval, of, reals, required, texts
from target_seh_sql.tables.stream import Stream

if TYPE_CHECKING:
    from target_seh_sql.tables.columns import Columns


def _sites() -> Columns:
    return [
        required("name", String(255)),
        Column("account_id", BigInteger()),
        *texts(50, "status"),
        *reals("peak_power"),
        Column("last_update_time", INSTANT),
        Column("installation_date", Date()),
        *texts(10, "currency"),
        Column("notes", Text()),
        *texts(50, "site_type"),
        *texts(100, "country", "state", "city"),
        *texts(255, "address", "address2"),
        *texts(20, "zip_code"),
        *texts(50, "timezone"),
        *texts(100, "primary_module_manufacturer", "primary_module_model"),
        *reals("primary_module_power"),
        Column("is_public", Boolean()),
        *texts(255, "public_name"),
        *reals("latitude", "longitude"),
    ]


def _equipment() -> Columns:
    return [
        required("serial_number", String(100)),
        *texts(255, "name"),
        *texts(100, "manufacturer", "model"),
        *texts(50, "equipment_type", "communication_method", "cpu_version"),
        Column("connected_optimizers", Integer()),
        *texts(50, "dsp1_version", "dsp2_version"),
        *texts(100, "inverter_serial", "panel_manufacturer", "panel_model"),
        Column("last_report_date", INSTANT),
        Column("active", Boolean()),
        *reals("nameplate_power"),
        Column("commissioned_at", INSTANT),
        *texts(100, "part_number"),
        *texts(255, "firmware"),
    ]


def _batteries() -> Columns:
    return [
        required("serial_number", String(100)),
        *texts(255, "name"),
        *texts(100, "manufacturer", "model"),
        *texts(50, "firmware_version"),
        *reals("capacity", "nameplate_capacity"),
        *texts(100, "connected_inverter_sn"),
        *reals("last_state_of_charge", "last_power"),
        *texts(50, "last_status"),
        Column("last_telemetry_time", INSTANT),
        *reals("lifetime_energy_charged", "lifetime_energy_discharged"),
        Column("active", Boolean()),
    ]


def _energy_readings() -> Columns:
    return [
        required("reading_date", Date()),
        required("time_unit", String(20)),
        Column("utc_offset_minutes", Integer()),
        *reals("energy_wh", "consumption_wh", "self_consumption_wh", "feed_in_wh", "purchased_wh"),
        *reals("charged_wh", "discharged_wh"),
    ]


def _power_readings() -> Columns:
    return [*interval(), *reals("power_watts", "energy_wh")]


def _power_flows() -> Columns:
    return [
        *interval(),
        *texts(20, "resolution", "unit"),
        *texts(20, "grid_status"),
        *reals("grid_power"),
        *texts(20, "pv_status"),
        *reals("pv_power"),
        *texts(20, "load_status"),
        *reals("load_power"),
        *texts(20, "storage_status"),
        *reals("storage_power", "storage_charge_level"),
        Column("storage_critical", Boolean()),
        *reals("feed_in_power", "purchased_power", "self_consumption_power"),
    ]


def _meters() -> Columns:
    return [
        required("name", String(100)),
        *texts(100, "manufacturer", "model"),
        *texts(50, "meter_type"),
        *texts(100, "serial_number"),
        *texts(50, "connection_type", "form"),
        Column("active", Boolean()),
    ]


def _meter_readings() -> Columns:
    return [
        *interval(),
        *reals("power", "energy_wh", "energy_lifetime"),
        *reals("voltage_l1", "voltage_l2", "voltage_l3"),
        *reals("current_l1", "current_l2", "current_l3"),
        *reals("power_factor", "power_factor_l1", "power_factor_l2", "power_factor_l3"),
    ]


def _sync_metadata() -> Columns:
    return [
        required("data_type", String(50)),
        required("last_sync_time", INSTANT),
        Column("last_data_timestamp", INSTANT),
        Column("records_synced", Integer()),
        *texts(20, "status"),
        *texts(500, "error_message"),
    ]


def _battery_readings() -> Columns:
    return [
        required("serial_number", String(100)),
        *interval(),
        *reals("state_of_charge", "charge_power", "discharge_power"),
        *reals("charge_energy_wh", "discharge_energy_wh", "remaining_energy_wh", "temperature"),
        *texts(50, "battery_state"),
    ]


def _inverter_readings() -> Columns:
    return [
        required("serial_number", String(100)),
        *interval(),
        *reals("power", "energy_wh", "consumed_power", "consumed_energy_wh"),
        *reals("voltage", "current", "frequency", "dc_voltage", "temperature", "power_limit"),
        *texts(50, "inverter_mode"),
        *reals("energy_lifetime", "apparent_power", "reactive_power"),
    ]


def _alerts() -> Columns:
    return [
        required("alert_id", BigInteger()),
        *texts(50, "category"),
        *texts(100, "type"),
        Column("impact", Integer()),
        *texts(20, "status"),
        *of(INSTANT, "first_trigger", "last_trigger"),
        *texts(255, "component_name"),
        *texts(100, "component_serial_number"),
        Column("error_codes", Text()),
    ]


def _environmental_benefits() -> Columns:
    return reals("co2_saved", "ev_distance", "so2_saved", "nox_saved", "trees_planted", "light_bulbs")


def _energy_totals() -> Columns:
    return [
        required("period", String(20)),
        *of(Date(), "first_day", "last_day"),
        *of(INSTANT, "begins", "ends"),
        *texts(20, "production_meaning"),
        *reals("production_wh", "self_consumption_wh", "feed_in_wh", "to_storage_wh"),
        *reals("consumption_wh", "from_pv_wh", "from_storage_wh", "purchased_wh"),
    ]


STREAMS: Final = (
    Stream("sites", "solar sites", ("id",), _sites, newest="last_update_time"),
    Stream("equipment", "inverters, gateways and other devices", ("serial_number",), _equipment,
           newest="last_report_date"),
    Stream("batteries", "batteries and their newest state", ("serial_number",), _batteries,
           newest="last_telemetry_time"),
    Stream("meters", "meters", ("site_id", "name"), _meters, "uq_meter_site_name"),
    Stream("energy_readings", "energy by day, month or year", ("site_id", "reading_date", "time_unit"),
           _energy_readings, "uq_energy_reading", "reading_date"),
    Stream("power_readings", "production by quarter of an hour", ("site_id", "timestamp"),
           _power_readings, "uq_power_reading", "timestamp"),
    Stream("power_flows", "power of grid, PV, load and storage", ("site_id", "timestamp"), _power_flows,
           "uq_power_flow", "timestamp"),
    Stream("meter_readings", "readings of meters", ("site_id", "meter_name", "timestamp"),
           _meter_readings, "uq_meter_reading", "timestamp"),
    Stream("battery_readings", "readings of batteries by quarter of an hour",
           ("site_id", "serial_number", "timestamp"), _battery_readings, "uq_battery_reading",
           "timestamp", extension=True),
    Stream("inverter_readings", "readings of inverters by quarter of an hour",
           ("site_id", "serial_number", "timestamp"), _inverter_readings, "uq_inverter_reading",
           "timestamp", extension=True),
    Stream("alerts", "what SolarEdge found wrong", ("alert_id",), _alerts, "uq_alert", "last_trigger",
           extension=True),
    Stream("environmental_benefits", "what a site spared the environment so far", ("site_id",),
           _environmental_benefits, "uq_environmental_benefits", extension=True),
    Stream("energy_totals", "what SolarEdge itself says of each month, and since installation",
           ("site_id", "period"), _energy_totals, "uq_energy_totals", "ends", extension=True),
    Stream("sync_metadata", "newest sync of each site and stream", ("site_id", "data_type"),
           _sync_metadata, "uq_sync_metadata", "last_data_timestamp", frozenset({"error_message"})),
)  # fmt: skip
"""Parents before children; bookkeeping last."""
NINE: Final = tuple(stream for stream in STREAMS if not stream.extension)
"""The streams whose tables are always there."""
WELL: Final = ("success", "skipped")
"""What `status` of `sync_metadata` says after a run of a stream that has not failed."""
