"""Addresses of the settings: one that no request could use is told before the first call. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from tap_solaredge.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

ADDRESSES: Final = ("api_url", "authorize_url", "redirect_url")


def check_addresses(config: Mapping[str, Any]) -> None:
    """Make sure that the addresses among the settings can be used.

    Raises:
        ConfigError: If one cannot; the text names the setting and not the address, which may hold a password.
    """
    for name in ADDRESSES:
        problem = problem_of(str(config.get(name) or ""))
        if problem is not None:
            raise ConfigError(f"the setting {name} cannot be used: {problem}")


def problem_of(address: str) -> str | None:
    """Return what is wrong with an address, without a word of it; None where nothing is."""
    try:
        parts = urlsplit(address)
        (parts.hostname or "").encode("idna")
        _ = parts.port
    except UnicodeError:
        return "a part of its host's name is empty or longer than 63 letters"
    except ValueError:
        return "its host or its port cannot be read; a port is a number up to 65535"
    if "@" in parts.netloc:
        return "leave user name and password out of it: SolarEdge has none"
    return None
