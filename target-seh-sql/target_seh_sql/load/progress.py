"""Says at INFO how loading goes: rows and rate where the database is slow, and what each table gained."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Final

from target_seh_sql.advice import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_seh_sql.load.dialects import Merged

logger = logging.getLogger("target-seh-sql")

SECONDS_BETWEEN: Final = 15.0
WAITED_FOR: Final = 0.5
"""Share of the time above which the database is what one waits for, and not the tap."""


class Progress:
    """Counts committed rows from now on."""

    def __init__(self) -> None:
        self._began = self._said = time.monotonic()
        self._rows = self._rows_said = 0
        self._waited = 0.0

    def waited(self, seconds: float) -> None:
        """Count the seconds in which nothing was done but wait for the database."""
        self._waited += seconds

    def add(self, rows: int) -> None:
        """Count rows of a commit; say so now and then where most of the time goes into writing them."""
        self._rows += rows
        now = time.monotonic()
        if (elapsed := now - self._said) < SECONDS_BETWEEN:
            return
        if self._waited > WAITED_FOR * elapsed:
            logger.info(
                "%s rows written, now %s a second",
                f"{self._rows:,}",
                f"{(self._rows - self._rows_said) / elapsed:,.0f}",
            )
        self._said, self._rows_said, self._waited = now, self._rows, 0.0

    def end(self, merged: Mapping[str, Merged]) -> None:
        """Say what the run did, one line per table."""
        for table, counts in merged.items():
            logger.info(
                "%s: %s inserted, %s changed, %s unchanged",
                table,
                *(f"{count:,}" for count in counts),
            )
        seconds = time.monotonic() - self._began
        logger.info(
            "%s loaded in %.1f s, %s a second",
            counted(self._rows, "row"),
            seconds,
            f"{self._rows / seconds:,.0f}",
        )
