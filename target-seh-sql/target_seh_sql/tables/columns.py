"""The columns of each table beyond ids and parents: names, types, lengths, units.

Names, types and lengths of the original columns are those of the SolarEdge Harvest database. Deliberately
different: reals are DOUBLE (MariaDB's FLOAT has six digits), `installation_date` is a date.
"""

# ruff: noqa: D103 -- each function is named like the stream whose columns it returns

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Double, Integer, String, Text

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

Columns: TypeAlias = "list[Column[Any]]"

INSTANT: Final = DateTime(timezone=True)


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


def sites() -> Columns:
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


def equipment() -> Columns:
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


def batteries() -> Columns:
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


def energy_readings() -> Columns:
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


def power_readings() -> Columns:
    return [*_interval(), _real("power_watts", "mean production in the interval, W")]


def power_flows() -> Columns:
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


def meters() -> Columns:
    return [
        _text("name", 100, required=True),
        *(_text(name, 100) for name in ("manufacturer", "model")),
        _text("meter_type", 50),
        _text("serial_number", 100),
        *(_text(name, 50) for name in ("connection_type", "form")),
        _flag("active", "false when the device was taken out"),
    ]


def meter_readings() -> Columns:
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


def sync_metadata() -> Columns:
    return [
        _text("data_type", 50, "name of the stream", required=True),
        _instant("last_sync_time", "UTC", required=True),
        _instant("last_data_timestamp", "bookmark: newest complete data, UTC", required=False),
        _whole("records_synced", "records of the last run"),
        _text("status", 20, "success or error"),
        _text("error_message", 500),
    ]


def battery_readings() -> Columns:
    return [
        _text("serial_number", 100, "battery", required=True),
        *_interval(),
        _real("state_of_charge", "%"),
        _real("charge_power", "W"),
        _real("discharge_power", "W"),
        _real("charge_energy_wh", "Wh in the interval"),
        _real("discharge_energy_wh", "Wh in the interval"),
        _real("remaining_energy_wh", "energy left, Wh"),
        _real("temperature", "inside, degrees Celsius (V1 only)"),
        _text("battery_state", 50, "the service's own code (V1 only)"),
    ]


def inverter_readings() -> Columns:
    return [
        _text("serial_number", 100, "inverter", required=True),
        *_interval(),
        _real("power", "AC, W"),
        _real("energy_wh", "AC, Wh in the interval"),
        _real("consumed_power", "drawn from AC, W (V2 only)"),
        _real("consumed_energy_wh", "drawn from AC, Wh in the interval (V2 only)"),
        _real("voltage", "mean of the phases against neutral, V"),
        _real("current", "A"),
        _real("frequency", "Hz"),
        _real("dc_voltage", "V (V1 only)"),
        _real("temperature", "degrees Celsius (V1 only)"),
        _real("power_limit", "% of nameplate power (V1 only)"),
        _text("inverter_mode", 50, "the service's own word (V1 only)"),
        _real("energy_lifetime", "counter at the end of the interval, Wh (V1 only)"),
    ]


def alerts() -> Columns:
    return [
        _column("alert_id", BigInteger(), "SolarEdge's number", required=True),
        _text("category", 50),
        _text("type", 100),
        _whole("impact", "0 (none) to 9"),
        _text("status", 20, "OPEN or CLOSED"),
        _instant("first_trigger", "UTC"),
        _instant("last_trigger", "UTC"),
        _text("component_name", 255),
        _text("component_serial_number", 100),
        _column("error_codes", Text(), "JSON array, as sent"),
    ]


def environmental_benefits() -> Columns:
    return [
        _real("co2_saved", "since the beginning, kg"),
        _real("ev_distance", "that an electric car could have driven, km (V2 only)"),
        _real("so2_saved", "kg (V1 only)"),
        _real("nox_saved", "kg (V1 only)"),
        _real("trees_planted", "trees that bind as much (V1 only)"),
        _real("light_bulbs", "days of light (V1 only)"),
    ]
