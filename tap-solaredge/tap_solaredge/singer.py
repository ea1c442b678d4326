"""Writes Singer messages to stdout: a batch of records in one go."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.singerlib import RecordMessage

if TYPE_CHECKING:
    from singer_sdk import Stream
    from singer_sdk.singerlib.encoding.simple import Message

    from tap_solaredge.measured.readings import Record

_encoder = msgspec.json.Encoder()


class Writer(MsgSpecWriter):
    """Writes messages; records stay in the buffer until a message that others wait for."""

    def __init__(self) -> None:
        super().__init__()
        self._state = b""

    def write_message(self, message: Message) -> None:
        """Write a message to stdout."""
        sys.stdout.buffer.write(self.format_message(message))
        if not isinstance(message, RecordMessage):
            sys.stdout.flush()

    def write_state(self, state: dict[str, Any]) -> None:
        """Write STATE, unless it is still what was written last."""
        line = b'{"type":"STATE","value":%b}\n' % _encoder.encode(state)
        if line != self._state:
            self._state = line
            sys.stdout.buffer.write(line)
            sys.stdout.flush()

    def write_records(self, stream: Stream, records: list[Record]) -> None:
        """Write records as the SDK would one by one, at a tenth of its cost; see `is_plain`."""
        if not records:
            return
        selected = [name for name in records[0] if stream.mask["properties", name]]
        if len(selected) < len(records[0]):
            records = [{name: record[name] for name in selected} for record in records]
        alias = _encoder.encode(stream.stream_maps[0].stream_alias)
        begin = b'{"type":"RECORD","stream":%b,"record":' % alias
        end = b',"time_extracted":"%b"}\n' % f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}+00:00".encode()
        lines = _encoder.encode_lines(records)  # JSON holds no line breaks, so each one ends a record
        sys.stdout.buffer.write(begin + lines[:-1].replace(b"\n", end + begin) + end)


def is_plain(stream: Stream) -> bool:
    """Whether records leave a stream as they are: no stream map, no flattening."""
    maps = stream.stream_maps
    return len(maps) == 1 and type(maps[0]) is SameRecordTransform and not maps[0].flattening_enabled
