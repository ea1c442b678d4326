"""The settings of the tap, with their meaning and defaults, and what they say as typed values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th

from tap_solaredge.api.client import DEFAULT_RETRIES
from tap_solaredge.api.errors import ConfigError
from tap_solaredge.budget import Limits, default_path
from tap_solaredge.plan import Scope

if TYPE_CHECKING:
    from collections.abc import Mapping

API_URL = "https://monitoringapi.solaredge.com"
TIME_UNITS = ["DAY", "WEEK", "MONTH", "YEAR"]

SETTINGS = th.PropertiesList(
    th.Property(
        "api_key",
        th.StringType,
        secret=True,
        title="API key",
        description="Key of a fleet application in SolarEdge's developer console",
    ),
    th.Property(
        "account_key",
        th.StringType,
        secret=True,
        title="Account key",
        description="Account key of the 2022-25 beta; the service no longer needs it",
    ),
    th.Property(
        "site_ids",
        th.ArrayType(th.IntegerType),
        title="Site ids",
        description="Numbers of the sites to read; all sites of the credential when empty",
    ),
    th.Property(
        "start_date",
        th.DateTimeType,
        title="Start date",
        description="First instant to read on the first run; overrides the two look-backs",
    ),
    th.Property(
        "end_date",
        th.DateTimeType,
        title="End date",
        description="Read nothing from this instant on; now when empty",
    ),
    th.Property(
        "energy_lookback_days",
        th.IntegerType(minimum=1),
        default=365,
        title="Energy look-back",
        description="Days of energy readings that the first run fetches",
    ),
    th.Property(
        "power_lookback_days",
        th.IntegerType(minimum=1),
        default=7,
        title="Power look-back",
        description="Days of quarter hours (power, flows, meters) that the first run fetches",
    ),
    th.Property(
        "energy_time_unit",
        th.StringType,
        default="DAY",
        allowed_values=TIME_UNITS,
        title="Energy time unit",
        description="Period of energy readings",
    ),
    th.Property(
        "sync_overlap_minutes",
        th.IntegerType(minimum=0),
        default=15,
        title="Overlap",
        description="Minutes before the bookmark that are read again at least; more where it costs no call",
    ),
    th.Property(
        "api_url",
        th.StringType,
        default=API_URL,
        title="API URL",
        description="Base address of the service, without version",
    ),
    th.Property(
        "request_timeout",
        th.IntegerType(minimum=1),
        default=30,
        title="Request timeout",
        description="Seconds to wait for an answer",
    ),
    th.Property(
        "request_retries",
        th.IntegerType(minimum=0),
        default=DEFAULT_RETRIES,
        title="Request retries",
        description="How often a call is repeated after 429, 5xx or a network failure",
    ),
    th.Property(
        "late_data_days",
        th.IntegerType(minimum=0),
        default=3,
        title="Late data",
        description="Days that are read again once a day, for data that arrive late",
    ),
    th.Property(
        "inventory_refresh_hours",
        th.IntegerType(minimum=0),
        default=24,
        title="Inventory refresh",
        description="Hours that the lists of sites and devices are kept before they are asked again",
    ),
    th.Property(
        "calls_per_minute",
        th.IntegerType(minimum=0),
        default=10,
        title="Calls per minute",
        description="Limit of the plan, 0 for none; what the service's answers say is believed first",
    ),
    th.Property(
        "monthly_credits",
        th.IntegerType(minimum=0),
        default=2000,
        title="Monthly credits",
        description="Calls of the plan in one billing cycle, 0 for no limit",
    ),
    th.Property(
        "billing_day",
        th.IntegerType(minimum=1, maximum=31),
        default=1,
        title="Billing day",
        description="Day of the month on which the billing cycle begins: that of the sign-up",
    ),
    th.Property(
        "max_calls_per_run",
        th.IntegerType(minimum=1),
        title="Calls per run",
        description="Calls that one run may make; the next run goes on from there",
    ),
    th.Property(
        "ledger_path",
        th.StringType,
        title="Ledger",
        description="File in which calls are counted across runs; the platform's state directory when empty",
    ),
    th.Property(
        "user_agent",
        th.StringType,
        title="User agent",
        description="Name that the tap gives itself in requests; its own name and version when empty",
    ),
).to_dict()


def scope(config: Mapping[str, Any]) -> Scope:
    """Return what part of time the settings ask for.

    Raises:
        ConfigError: If a date is no date, or the end is not after the start.
    """
    start, end = _instant(config, "start_date"), _instant(config, "end_date")
    if start and end and end <= start:
        raise ConfigError("`end_date` must be after `start_date`")
    return Scope(
        start=start,
        end=end,
        energy_lookback=timedelta(days=config["energy_lookback_days"]),
        power_lookback=timedelta(days=config["power_lookback_days"]),
        time_unit=config["energy_time_unit"],
        overlap=timedelta(minutes=config["sync_overlap_minutes"]),
        late_data=timedelta(days=config["late_data_days"]),
    )


def limits(config: Mapping[str, Any]) -> Limits:
    """Return what the settings allow to be spent."""
    return Limits(
        calls_per_minute=config["calls_per_minute"] or None,
        monthly_credits=config["monthly_credits"] or None,
        billing_day=config["billing_day"],
        max_calls_per_run=config.get("max_calls_per_run"),
    )


def ledger_path(config: Mapping[str, Any]) -> Path:
    """Return where calls are counted."""
    path = config.get("ledger_path")
    return Path(str(path)).expanduser() if path else default_path()


def _instant(config: Mapping[str, Any], name: str) -> datetime | None:
    """Return a date setting as an instant; without an offset it is UTC."""
    value = config.get(name)
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise ConfigError(f"`{name}` is {value!r}; write it like 2026-01-31T00:00:00Z") from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
