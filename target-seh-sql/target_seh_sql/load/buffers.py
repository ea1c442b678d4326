"""Rows between two commits, by stream."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from target_seh_sql.load.records import RECORD_TYPES, settle_times

if TYPE_CHECKING:
    from target_seh_sql.load.records import Row


class Buffers:
    """Lists of rows; whoever decodes appends to them."""

    def __init__(self) -> None:
        self.rows: dict[type[Row], list[Row]] = defaultdict(list)
        self._settled: dict[type[Row], int] = {}

    def __len__(self) -> int:
        return sum(map(len, self.rows.values()))

    def settle(self) -> None:
        """Check and convert the times of the rows that came since the last call.

        Raises:
            BadRecord: an impossible time; that row and what came after it in its stream are dropped.
        """
        for kind in RECORD_TYPES.values():
            if rows := self.rows.get(kind.row):
                settle_times(kind, rows, self._settled.get(kind.row, 0))
                self._settled[kind.row] = len(rows)

    def take(self) -> dict[str, list[Row]]:
        """Return the rows of the streams that have any, and begin anew."""
        taken = {name: self.rows[kind.row] for name, kind in RECORD_TYPES.items() if self.rows.get(kind.row)}
        self.rows.clear()
        self._settled.clear()
        return taken
