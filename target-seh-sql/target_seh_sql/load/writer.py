"""Writes batches and emits their STATE: while the database merges one, the next is decoded."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime
from operator import attrgetter
from threading import Event, Thread
from typing import TYPE_CHECKING, Final, NamedTuple

from target_seh_sql.load.progress import Progress
from target_seh_sql.load.records import SYNC
from target_seh_sql.load.sync_metadata import Told, partitions, sync_rows

if TYPE_CHECKING:
    from target_seh_sql.load.records import Row
    from target_seh_sql.load.retry import Loader
    from target_seh_sql.load.sync_metadata import Whose

SECONDS_TO_CLOSE: Final = 5.0
"""How long a batch may still take when the target has to leave; a server rolls back what is cut off."""


class Batch(NamedTuple):
    """What becomes true when a batch is committed."""

    rows: int
    state: str | None
    told: Told | None


class Writer:
    """Gives batches to a loader, each in one transaction; nobody else may use the loader meanwhile."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader
        self._batch: Batch | None = None
        self._staged = Event()
        self._written = Event()  # Thread.join takes a signal for the thread's end (CPython 3.11)
        self._written.set()
        self._error: BaseException | None = None
        self._progress = Progress()
        self._received: Counter[Whose] = Counter()
        self._told = Told({}, Counter())

    @property
    def is_busy(self) -> bool:
        """Whether the database still works on a batch."""
        return not self._written.is_set()

    def begin(self, rows: dict[str, list[Row]], state: str | None) -> None:
        """Start to write a batch once the one before is committed; return when it is staged.

        Staging needs Python as decoding does; merging is the database's work alone.

        Args:
            rows: by stream.
            state: as the tap sent it, true with these rows; sync_metadata tells of it in their transaction.

        Raises:
            TargetSehSqlError: what went wrong with the batch before, as `finish` does.
        """
        self._count(rows)
        told = None if state is None else Told(partitions(state), self._received.copy())
        self.finish()
        self._batch = Batch(sum(map(len, rows.values())), state, told)
        if told is not None:
            synced = sync_rows(told, self._told, datetime.now(UTC).replace(microsecond=0))
            rows = {**rows, SYNC.stream.name: synced}
        if any(rows.values()):
            began = time.monotonic()
            self._staged.clear()
            self._written.clear()
            Thread(target=self._write, args=(rows,), daemon=True).start()
            self._staged.wait()
            self._progress.waited(time.monotonic() - began)

    def _count(self, rows: dict[str, list[Row]]) -> None:
        for name, of_stream in rows.items():
            site = attrgetter("id" if name == "sites" else "site_id")
            for site_id, count in Counter(map(site, of_stream)).items():
                self._received[name, site_id] += count

    def _write(self, rows: dict[str, list[Row]]) -> None:
        try:
            self._loader.write(rows, self._staged.set)
        except BaseException as error:  # noqa: BLE001 -- raised again by whoever waits
            self._error = error
        finally:
            self._staged.set()
            self._written.set()

    def finish(self) -> None:
        """Wait until the batch is committed, and emit its STATE; return at once when there is none.

        Raises:
            TargetSehSqlError: it could not be written; nothing of it was kept.
        """
        began = time.monotonic()
        self._written.wait()
        batch, self._batch = self._batch, None
        error, self._error = self._error, None
        if error is not None:
            raise error
        if batch is None:
            return
        self._progress.waited(time.monotonic() - began)
        self._progress.add(batch.rows)
        if batch.told is not None:
            self._told = batch.told
            print(batch.state, flush=True)  # noqa: T201

    def close(self) -> None:
        """End tries that go on, wait a little for the batch, and disconnect."""
        self._loader.give_up()
        if self._written.wait(SECONDS_TO_CLOSE):
            self._loader.close()

    def end(self) -> None:
        """Disconnect, and say what the run did."""
        self.close()
        self._progress.end(self._loader.merged)
