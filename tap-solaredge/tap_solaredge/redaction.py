"""Keep secrets and control characters out of everything that the tap prints: lines, tracebacks, warnings.

Names and texts come from outside: what they hold must not move a terminal's cursor or look like another line.
"""

from __future__ import annotations

import copy
import json
import logging
import re
import sys
import threading
import traceback
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import click

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

MASK = "(redacted)"
SHORTEST_SECRET = 4
_IN_TEXT = re.compile(
    r"(?i)((?:api_key|access_token|refresh_token|client_secret|x-api-key|x-account-key|authorization)"
    r"['\"]?\s*[=:]\s*['\"]?(?:bearer\s+)?)([^\s&'\",}]+)"
)


_OF_ADDRESS = re.compile(r"(?<=://)[^\s/?#]+(?=@)")
"""User name and password in an address."""


class Redactor:
    """Replaces known secrets, and whatever stands where a secret usually stands."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()

    def add(self, secrets: Iterable[str | None]) -> None:
        """Remember the secrets of this run, and how they look inside addresses, JSON, lines and errors."""
        for secret in secrets:
            if secret and len(secret) >= SHORTEST_SECRET:
                sent = secret.encode(errors="replace")
                quoted = {quote(sent), quote(sent, safe=""), quote_plus(sent)}
                written = {json.dumps(secret)[1:-1], repr(secret)[1:-1], repr(sent)[2:-1]}
                self._secrets |= {secret, printable(secret), *quoted, *written}

    def __call__(self, text: str) -> str:
        """Return the text with every secret masked."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, MASK)
        return _IN_TEXT.sub(rf"\g<1>{MASK}", _OF_ADDRESS.sub(MASK, text))


conceal = Redactor()

_CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"  # these turn the direction of writing around
)
_IN_LINES = re.compile(rf"(?![\n\t]){_CONTROL.pattern}")


def printable(text: str, control: re.Pattern[str] = _CONTROL) -> str:
    """Return a text with control characters, such as a line break, written as Python writes them."""
    if text.isprintable():
        return text
    return control.sub(lambda found: found[0].encode("unicode_escape", "surrogatepass").decode(), text)


def one_line(text: str) -> str:
    """Return a text that came from outside as it may be shown: without secrets, in one line."""
    return printable(conceal(text))


def say(text: str) -> None:
    """Print a line of a command to stdout."""
    click.echo(one_line(text))


_format = logging.Handler.format


def _format_concealed(handler: logging.Handler, record: logging.LogRecord) -> str:
    shown = copy.copy(record)
    shown.msg, shown.args = printable(record.getMessage()), ()
    if record.exc_info and record.exc_info[1] is not None:
        shown.exc_text = _indented(traceback.format_exception(record.exc_info[1]))
    return conceal(_format(handler, shown))


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
    sys.stderr.write(conceal(_indented(traceback.format_exception(kind, error, traceback_))) + "\n")


def _indented(lines: list[str]) -> str:
    """Return a traceback of which only the first line begins at the margin: none looks like a log line."""
    return printable("".join(lines).rstrip().replace("\n", "\n  "), _IN_LINES)
