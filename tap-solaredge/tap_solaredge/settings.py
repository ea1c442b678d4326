"""The settings of the tap, with their meaning and defaults, and what they say as typed values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th

from tap_solaredge.budget.ledger import default_path
from tap_solaredge.budget.limits import Limits
from tap_solaredge.errors import ConfigError
from tap_solaredge.local_time import LAST_YEAR
from tap_solaredge.plan.scope import Scope
from tap_solaredge.plan.totals import BEFORE_ALL_DATA
from tap_solaredge.service.client import DEFAULT_RETRIES
from tap_solaredge.service.dialects import DIALECTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_solaredge.service.dialect import Dialect

API_URL = "https://monitoringapi.solaredge.com"
AUTHORIZE_URL = "https://connect.solaredge.com/authorize"
REDIRECT_URL = "http://127.0.0.1:8765/callback"
AFTER_ALL_DATA = datetime(LAST_YEAR, 12, 31, tzinfo=UTC)
TIME_UNITS = ["DAY", "WEEK", "MONTH", "YEAR"]

SETTINGS = th.PropertiesList(
    th.Property(
        "api_version",
        th.StringType,
        default=next(iter(DIALECTS)),
        allowed_values=list(DIALECTS),
        title="API version",
        description="Which Monitoring API: v2, or v1 for contracts that still have it",
    ),
    th.Property(
        "api_key",
        th.StringType,
        secret=True,
        title="API key",
        description="Key of a fleet application in SolarEdge's developer console; v1: account or site key",
    ),
    th.Property(
        "account_key",
        th.StringType,
        secret=True,
        title="Account key",
        description="Account key of the 2022-25 beta; the service no longer needs it",
    ),
    th.Property(
        "client_id",
        th.StringType,
        title="Client id",
        description="Of a Site Access application, with which owners of single sites log in",
    ),
    th.Property(
        "client_secret",
        th.StringType,
        secret=True,
        title="Client secret",
        description="Of the same Site Access application",
    ),
    th.Property(
        "refresh_token",
        th.StringType,
        secret=True,
        title="Refresh token",
        description="First refresh token of one site, for CI; a newer one in the token file wins",
    ),
    th.Property(
        "token_file",
        th.StringType,
        title="Token file",
        description="File of the owners' tokens; in the platform's state directory when empty",
    ),
    th.Property(
        "redirect_url",
        th.StringType,
        default=REDIRECT_URL,
        title="Redirect URL",
        description="Where the browser goes after a login; the application must allow exactly this address",
    ),
    th.Property(
        "authorize_url",
        th.StringType,
        default=AUTHORIZE_URL,
        title="Authorize URL",
        description="The page on which an owner gives access",
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
        th.IntegerType(minimum=1, maximum=36500),
        default=365,
        title="Energy look-back",
        description="Days of energy readings that the first run fetches",
    ),
    th.Property(
        "power_lookback_days",
        th.IntegerType(minimum=1, maximum=36500),
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
        title="Overlap",
        description="No longer needed; the newest windows overlap by days",
    ),
    th.Property(
        "api_url",
        th.StringType(pattern=r"^https?://[^\s/?#]+(/\S*)?$"),
        default=API_URL,
        title="API URL",
        description="Base address of the service, with http:// or https://, without version",
    ),
    th.Property(
        "request_timeout",
        th.IntegerType(minimum=1, maximum=86400),
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
        th.IntegerType(minimum=0, maximum=3650),
        default=3,
        title="Late data",
        description="Days that are read again once a day, for data that arrive late",
    ),
    th.Property(
        "inventory_refresh_hours",
        th.IntegerType(minimum=0, maximum=87600),
        default=24,
        title="Inventory refresh",
        description="Hours that the lists of sites and devices are kept before they are read again",
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
        "daily_calls_per_site",
        th.IntegerType(minimum=0),
        title="Calls per day",
        description="Calls in 24 hours for a site, and for a key; v1: 300 when empty, 0 for no limit",
    ),
    th.Property(
        "max_concurrent",
        th.IntegerType(minimum=1, maximum=10),
        title="Calls at once",
        description="Calls that may run at the same time; v1: 3 when empty, v2: 1",
    ),
    th.Property(
        "live_power_flow",
        th.BooleanType,
        default=True,
        title="Live power flow",
        description="Whether a run reads the flows of the moment, one call per site with a meter (v1 only)",
    ),
    th.Property(
        "quarter_hour_energy",
        th.BooleanType,
        default=False,
        title="Energy by quarter hour",
        description="Whether power_readings have the energy of each quarter hour too, a call per window",
    ),
    th.Property(
        "ledger_path",
        th.StringType,
        title="Ledger",
        description="File in which calls are counted across runs; the platform's state directory when empty",
    ),
    th.Property(
        "user_agent",
        th.StringType(pattern="^[ -~]*$"),
        title="User agent",
        description="Name of the tap in requests, in ASCII; its own name and version when empty",
    ),
).to_dict()

SECRETS = tuple(name for name, setting in SETTINGS["properties"].items() if setting.get("secret"))
"""Settings whose values are never printed."""


def scope(config: Mapping[str, Any]) -> Scope:
    """Return the part of time that the settings want.

    Raises:
        ConfigError: If a date is no date, or the end is not after the start.
    """
    start, end = _instant(config, "start_date"), _instant(config, "end_date")
    if end and end <= (start or BEFORE_ALL_DATA):
        raise ConfigError("`end_date` must be after `start_date`, and after 2000")
    return Scope(
        start=start,
        end=end,
        energy_lookback=timedelta(days=config["energy_lookback_days"]),
        power_lookback=timedelta(days=config["power_lookback_days"]),
        time_unit=config["energy_time_unit"],
        late_data=timedelta(days=config["late_data_days"]),
        live_flows=config["live_power_flow"],
    )


def limits(config: Mapping[str, Any], dialect: Dialect) -> Limits:
    """Return what the settings allow to be spent; without credits there is none per month or minute."""
    credits_, set_by_user = dialect.has_credits, config.get("daily_calls_per_site")
    daily = dialect.daily_calls if set_by_user is None else set_by_user or None
    return Limits(
        calls_per_minute=(config["calls_per_minute"] or None) if credits_ else None,
        monthly_credits=(config["monthly_credits"] or None) if credits_ else None,
        billing_day=config["billing_day"],
        daily_calls_per_site=daily,
        daily_calls=daily if dialect.daily_calls else None,
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
        moment = datetime.fromisoformat(str(value).strip())
    except ValueError:
        raise ConfigError(f"`{name}` is {value!r}; write it like 2026-01-31T00:00:00Z") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(moment, BEFORE_ALL_DATA), AFTER_ALL_DATA).astimezone(UTC)
