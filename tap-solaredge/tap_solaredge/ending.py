"""End by a signal, with 128 + its number as exit code, and never in the middle of a line of output."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNALS = (signal.SIGINT, signal.SIGTERM)
GRACE = 5.0
"""Seconds for calls that are on their way; then the tap ends without their answers."""


class Stopped(SystemExit):
    """A signal asked the tap to end."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.signal = signal.Signals(number)


class Ending:
    """What a signal does: it interrupts anything but the writing of whole lines, for which it waits."""

    def __init__(self) -> None:
        self._writing = False
        self._asked: Stopped | None = None

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take the place of other handlers for a while; only a main thread can."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._ask) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def __enter__(self) -> None:
        """Begin to write lines."""
        self._writing = True

    def __exit__(self, *_: object) -> None:
        """Have written whole lines; a signal that came meanwhile ends the tap now."""
        self._writing = False
        if self._asked is not None:
            raise self._asked

    def leave(self, stopped: Stopped) -> NoReturn:
        """End the process at once: threads that still wait for an answer do not keep it."""
        with suppress(OSError):
            sys.stdout.flush()
        logging.shutdown()
        os._exit(int(str(stopped.code)))

    def _ask(self, number: int, _frame: object) -> None:
        """Note the first signal; a second one does not wait for whoever reads the output."""
        if self._asked is not None:
            os._exit(int(str(self._asked.code)))
        self._asked = Stopped(number)
        deadline = threading.Timer(GRACE, self.leave, [self._asked])
        deadline.daemon = True
        deadline.start()
        if not self._writing:
            raise self._asked


ending = Ending()
"""Of this process."""
