"""The environment variables of SolarEdge Harvest: which of them a run does not hear. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

HEARD: Final[Mapping[str, str]] = {
    "SEH_API_KEY": "api_key",
    "SEH_API_TIMEOUT": "request_timeout",
    "SEH_DATABASE_URL": "sqlalchemy_url",
    "SEH_SITE_IDS": "site_ids",
    "SEH_ENERGY_LOOKBACK_DAYS": "energy_lookback_days",
    "SEH_ENERGY_TIME_UNIT": "energy_time_unit",
    "SEH_POWER_LOOKBACK_DAYS": "power_lookback_days",
    "SEH_SYNC_OVERLAP_MINUTES": "sync_overlap_minutes",
}
"""Those that meltano.yml gives to a setting."""
NOT_HEARD: Final = frozenset(
    f"SEH_{name}"
    for name in (
        *("API_BASE_URL", "API_DAILY_LIMIT", "API_MAX_CONCURRENT", "ERROR_HANDLING", "LOG_BACKUP_COUNT"),
        *("LOG_FILE", "LOG_LEVEL", "LOG_MAX_BYTES", "MAX_RETRIES", "NOTIFY_ON_ERROR", "NOTIFY_ON_SUCCESS"),
        *("POWER_DETAILS_LOOKBACK_DAYS", "POWER_TIME_UNIT", "RETRY_DELAY", "SKIP_DATA_TYPES", "SMTP_ENABLED"),
        *("SMTP_FROM_EMAIL", "SMTP_HOST", "SMTP_PASSWORD", "SMTP_PORT", "SMTP_TO_EMAILS", "SMTP_USERNAME"),
        "SMTP_USE_TLS",
    )
)
"""Those that have another name, or no equivalent; docs/from-solaredge-harvest.md has the table."""


def unheard(environment: Mapping[str, str]) -> list[str]:
    """Return the variables that are set and that nobody hears; only Meltano hears any of them."""
    heard = HEARD.keys() if "MELTANO_PROJECT_ROOT" in environment else ()
    known = {*HEARD, *NOT_HEARD}
    return sorted(
        name for name, value in environment.items() if value and name in known and name not in heard
    )
