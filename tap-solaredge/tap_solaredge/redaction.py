"""Keep secrets out of everything that the tap prints: log lines, tracebacks, warnings."""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import traceback
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

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
        """Remember the secrets of this run, and how they look inside addresses and JSON."""
        for secret in secrets:
            if secret and len(secret) >= SHORTEST_SECRET:
                quoted = {quote(secret), quote(secret, safe=""), quote_plus(secret)}
                self._secrets |= {secret, json.dumps(secret)[1:-1], *quoted}

    def __call__(self, text: str) -> str:
        """Return the text with every secret masked."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, MASK)
        return _IN_TEXT.sub(rf"\g<1>{MASK}", text)


conceal = Redactor()


_format = logging.Handler.format


def _format_concealed(handler: logging.Handler, record: logging.LogRecord) -> str:
    return conceal(_format(handler, record))


def conceal_logs() -> None:
    """Mask the output of every handler, also of those that are made later: message, arguments, traceback."""
    logging.Handler.format = _format_concealed  # type: ignore[method-assign,assignment]


def conceal_crashes() -> None:
    """Mask what Python itself prints when an exception ends a thread or the program."""
    sys.excepthook = _print_concealed
    threading.excepthook = lambda crash: _print_concealed(
        crash.exc_type, crash.exc_value or crash.exc_type(), crash.exc_traceback
    )


def _print_concealed(
    kind: type[BaseException], error: BaseException, traceback_: TracebackType | None
) -> None:
    sys.stderr.write(conceal("".join(traceback.format_exception(kind, error, traceback_))))
