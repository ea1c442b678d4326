"""The columns of each table beyond ids and parents: names, types, lengths; `meanings.py` has what they mean.

Names, types and lengths of the original columns are those of the SolarEdge Harvest database. Deliberately
different: reals are DOUBLE (MariaDB's FLOAT has six digits), `installation_date` is a date. A new column
stands last in its table, and a migration adds it to older ones.
"""

# ruff: noqa: D103 -- each function is named like the stream whose columns it returns

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Double, Integer, String, Text

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

Columns: TypeAlias = "list[Column[Any]]"

INSTANT: Final = DateTime(timezone=True)


def _of(kind: TypeEngine[Any], *names: str) -> Columns:
    return [Column(name, kind) for name in names]


def _texts(length: int, *names: str) -> Columns:
    return _of(String(length), *names)


def _reals(*names: str) -> Columns:
    return _of(Double(), *names)


def _required(name: str, kind: TypeEngine[Any]) -> Column[Any]:
    return Column(name, kind, nullable=False)


def _interval() -> Columns:
    return [_required("timestamp", INSTANT), Column("utc_offset_minutes", Integer())]


def sites() -> Columns:
    return [
        _required("name", String(255)),
        Column("account_id", BigInteger()),
        *_texts(50, "status"),
        *_reals("peak_power"),
        Column("last_update_time", INSTANT),
        Column("installation_date", Date()),
        *_texts(10, "currency"),
        Column("notes", Text()),
        *_texts(50, "site_type"),
        *_texts(100, "country", "state", "city"),
        *_texts(255, "address", "address2"),
        *_texts(20, "zip_code"),
        *_texts(50, "timezone"),
        *_texts(100, "primary_module_manufacturer", "primary_module_model"),
        *_reals("primary_module_power"),
        Column("is_public", Boolean()),
        *_texts(255, "public_name"),
        *_reals("latitude", "longitude"),
    ]


def equipment() -> Columns:
    return [
        _required("serial_number", String(100)),
        *_texts(255, "name"),
        *_texts(100, "manufacturer", "model"),
        *_texts(50, "equipment_type", "communication_method", "cpu_version"),
        Column("connected_optimizers", Integer()),
        *_texts(50, "dsp1_version", "dsp2_version"),
        *_texts(100, "inverter_serial", "panel_manufacturer", "panel_model"),
        Column("last_report_date", INSTANT),
        Column("active", Boolean()),
        *_reals("nameplate_power"),
        Column("commissioned_at", INSTANT),
        *_texts(100, "part_number"),
        *_texts(255, "firmware"),
    ]


def batteries() -> Columns:
    return [
        _required("serial_number", String(100)),
        *_texts(255, "name"),
        *_texts(100, "manufacturer", "model"),
        *_texts(50, "firmware_version"),
        *_reals("capacity", "nameplate_capacity"),
        *_texts(100, "connected_inverter_sn"),
        *_reals("last_state_of_charge", "last_power"),
        *_texts(50, "last_status"),
        Column("last_telemetry_time", INSTANT),
        *_reals("lifetime_energy_charged", "lifetime_energy_discharged"),
        Column("active", Boolean()),
    ]


def energy_readings() -> Columns:
    return [
        _required("reading_date", Date()),
        _required("time_unit", String(20)),
        Column("utc_offset_minutes", Integer()),
        *_reals("energy_wh", "consumption_wh", "self_consumption_wh", "feed_in_wh", "purchased_wh"),
        *_reals("charged_wh", "discharged_wh"),
    ]


def power_readings() -> Columns:
    return [*_interval(), *_reals("power_watts", "energy_wh")]


def power_flows() -> Columns:
    return [
        *_interval(),
        *_texts(20, "resolution", "unit"),
        *_texts(20, "grid_status"),
        *_reals("grid_power"),
        *_texts(20, "pv_status"),
        *_reals("pv_power"),
        *_texts(20, "load_status"),
        *_reals("load_power"),
        *_texts(20, "storage_status"),
        *_reals("storage_power", "storage_charge_level"),
        Column("storage_critical", Boolean()),
        *_reals("feed_in_power", "purchased_power", "self_consumption_power"),
    ]


def meters() -> Columns:
    return [
        _required("name", String(100)),
        *_texts(100, "manufacturer", "model"),
        *_texts(50, "meter_type"),
        *_texts(100, "serial_number"),
        *_texts(50, "connection_type", "form"),
        Column("active", Boolean()),
    ]


def meter_readings() -> Columns:
    return [
        *_interval(),
        *_reals("power", "energy_wh", "energy_lifetime"),
        *_reals("voltage_l1", "voltage_l2", "voltage_l3"),
        *_reals("current_l1", "current_l2", "current_l3"),
        *_reals("power_factor", "power_factor_l1", "power_factor_l2", "power_factor_l3"),
    ]


def sync_metadata() -> Columns:
    return [
        _required("data_type", String(50)),
        _required("last_sync_time", INSTANT),
        Column("last_data_timestamp", INSTANT),
        Column("records_synced", Integer()),
        *_texts(20, "status"),
        *_texts(500, "error_message"),
    ]


def battery_readings() -> Columns:
    return [
        _required("serial_number", String(100)),
        *_interval(),
        *_reals("state_of_charge", "charge_power", "discharge_power"),
        *_reals("charge_energy_wh", "discharge_energy_wh", "remaining_energy_wh", "temperature"),
        *_texts(50, "battery_state"),
    ]


def inverter_readings() -> Columns:
    return [
        _required("serial_number", String(100)),
        *_interval(),
        *_reals("power", "energy_wh", "consumed_power", "consumed_energy_wh"),
        *_reals("voltage", "current", "frequency", "dc_voltage", "temperature", "power_limit"),
        *_texts(50, "inverter_mode"),
        *_reals("energy_lifetime", "apparent_power", "reactive_power"),
    ]


def alerts() -> Columns:
    return [
        _required("alert_id", BigInteger()),
        *_texts(50, "category"),
        *_texts(100, "type"),
        Column("impact", Integer()),
        *_texts(20, "status"),
        *(Column(name, INSTANT) for name in ("first_trigger", "last_trigger")),
        *_texts(255, "component_name"),
        *_texts(100, "component_serial_number"),
        Column("error_codes", Text()),
    ]


def environmental_benefits() -> Columns:
    return _reals("co2_saved", "ev_distance", "so2_saved", "nox_saved", "trees_planted", "light_bulbs")


def energy_totals() -> Columns:
    return [
        _required("period", String(20)),
        *(Column(name, Date()) for name in ("first_day", "last_day")),
        *(Column(name, INSTANT) for name in ("begins", "ends")),
        *_texts(20, "production_meaning"),
        *_reals("production_wh", "self_consumption_wh", "feed_in_wh", "to_storage_wh"),
        *_reals("consumption_wh", "from_pv_wh", "from_storage_wh", "purchased_wh"),
    ]
