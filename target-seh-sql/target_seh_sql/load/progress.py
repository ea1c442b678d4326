"""Says at INFO how loading goes: rows and rate while it runs, what each table gained at the end."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_seh_sql.load.dialects import Merged

logger = logging.getLogger("target-seh-sql")

SECONDS_BETWEEN: Final = 5.0


class Progress:
    """Counts committed rows from now on."""

    def __init__(self) -> None:
        self._began = self._said = time.monotonic()
        self._rows = self._rows_said = 0

    def add(self, rows: int) -> None:
        """Count rows that were committed; say so every few seconds."""
        self._rows += rows
        now = time.monotonic()
        if (elapsed := now - self._said) >= SECONDS_BETWEEN:
            logger.info(
                "%s rows loaded, now %s a second",
                f"{self._rows:,}",
                f"{(self._rows - self._rows_said) / elapsed:,.0f}",
            )
            self._said, self._rows_said = now, self._rows

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
            "%s rows loaded in %.1f s, %s a second",
            f"{self._rows:,}",
            seconds,
            f"{self._rows / seconds:,.0f}",
        )
