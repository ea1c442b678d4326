"""One live line at the foot of a terminal; the log goes on above it."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Column

if TYPE_CHECKING:
    from typing import TextIO

UPDATES = 2
"""How often the line is drawn a second: a small computer has other things to do."""


class LiveLine:
    """How far something has come, where standard error is a terminal; nothing elsewhere."""

    def __init__(self) -> None:
        one_line = Column(no_wrap=True, overflow="ellipsis")
        self._line = Progress(
            SpinnerColumn(),
            BarColumn(bar_width=20),
            TextColumn("{task.description}", table_column=one_line, markup=False),
            console=Console(stderr=True),
            refresh_per_second=UPDATES,
            redirect_stdout=False,
            transient=True,
        )
        self._handlers: list[logging.StreamHandler[TextIO]] = []

    @property
    def possible(self) -> bool:
        """Whether there is a terminal that can show it."""
        return self._line.console.is_terminal and not self._line.console.is_dumb_terminal

    def show(self, text: str, done: int, whole: int) -> None:
        """Show a text, and so much of the whole as a bar."""
        if not self._line.live.is_started:
            self._begin()
        self._line.update(self._line.task_ids[0], description=text, completed=done, total=whole)

    def end(self) -> None:
        """Wipe the line and give the terminal back."""
        if not self._line.live.is_started:
            return
        self._line.stop()
        for handler in self._handlers:
            handler.setStream(sys.stderr)
        self._handlers.clear()

    def _begin(self) -> None:
        """Draw the line, and lead the log through the drawing."""
        handlers = [h for h in logging.getLogger().handlers if isinstance(h, logging.StreamHandler)]
        self._handlers = [handler for handler in handlers if handler.stream is sys.stderr]
        self._line.add_task("")
        self._line.start()
        for handler in self._handlers:
            handler.setStream(sys.stderr)
