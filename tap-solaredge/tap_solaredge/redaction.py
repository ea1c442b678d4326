"""Keep secrets out of everything that the tap prints: log lines, tracebacks, warnings."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK = "(redacted)"
SHORTEST_SECRET = 4
_IN_TEXT = re.compile(
    r"(?i)((?:api_key|access_token|refresh_token|client_secret|x-api-key|x-account-key|authorization)"
    r"['\"]?\s*[=:]\s*['\"]?(?:bearer\s+)?)([^\s&'\",}]+)"
)


class Redactor:
    """Replaces known secrets, and whatever stands where a secret usually stands."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()

    def add(self, secrets: Iterable[str | None]) -> None:
        """Remember the secrets of this run."""
        self._secrets |= {secret for secret in secrets if secret and len(secret) >= SHORTEST_SECRET}

    def __call__(self, text: str) -> str:
        """Return the text with every secret masked."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, MASK)
        return _IN_TEXT.sub(rf"\g<1>{MASK}", text)


conceal = Redactor()


class _ConcealingFormatter(logging.Formatter):
    """Formats with the handler's own formatter, then masks: message, arguments and traceback alike."""

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        return conceal(self._inner.format(record))


def conceal_logs() -> None:
    """Mask the output of every handler that exists now, once."""
    loggers = [logging.getLogger(), *(logging.getLogger(name) for name in logging.root.manager.loggerDict)]
    for handler in {handler for logger in loggers for handler in logger.handlers}:
        if not isinstance(handler.formatter, _ConcealingFormatter):
            handler.setFormatter(_ConcealingFormatter(handler.formatter or logging.Formatter()))
