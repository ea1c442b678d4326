"""What the SDK keeps per stream: a sink that hands rows on, and one that drops them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from singer_sdk.sinks import BatchSink

from target_seh_sql.errors import BadMessage
from target_seh_sql.records import RECORD_TYPES, row_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_seh_sql.target import TargetSehSql

logger = logging.getLogger("target-seh-sql")


class _Sink(BatchSink):
    """No validation by the SDK, no batches of its own: the target loads all tables together."""

    is_full = False

    def get_validator(self) -> None:
        """Typed records are checked when they are decoded."""

    def process_batch(self, context: dict[str, Any]) -> None:
        """Do nothing."""


class TableSink(_Sink):
    """Checks the schema of one of our streams; takes its records when they come through stream maps."""

    def __init__(
        self,
        target: TargetSehSql,
        stream_name: str,
        schema: dict[str, Any],
        key_properties: Sequence[str] | None,
    ) -> None:
        super().__init__(target, stream_name, schema, key_properties)
        self._kind = RECORD_TYPES[stream_name]
        self._rows = target.buffers.rows[self._kind.row]
        self._check_columns(set(schema["properties"]))

    def _check_columns(self, sent: set[str]) -> None:
        if missing := [name for name in self._kind.required if name not in sent]:
            raise BadMessage(
                f"stream {self.stream_name!r}: its SCHEMA lacks {', '.join(missing)}, "
                "which every row needs; select the field in the catalog"
            )
        if extra := sorted(sent - set(self._kind.fields)):
            logger.warning("stream %r: no column for %s; left out", self.stream_name, ", ".join(extra))

    def _validate_and_parse(self, record: dict[str, Any]) -> dict[str, Any]:
        return record

    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:  # noqa: ARG002
        """Convert a record and keep it until the next commit."""
        self._rows.append(row_of(self._kind, record))


class IgnoredSink(_Sink):
    """Drops the records of a stream without a table."""

    def __init__(
        self,
        target: TargetSehSql,
        stream_name: str,
        schema: dict[str, Any],
        key_properties: Sequence[str] | None,
    ) -> None:
        super().__init__(target, stream_name, schema, key_properties)
        logger.warning("stream %r has no table and is ignored (unknown_streams: ignore)", stream_name)

    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:
        """Drop the record."""
