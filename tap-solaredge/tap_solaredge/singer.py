"""Whatever of the SDK is not its public face, in one place, and the writer: batches of records in one go.

`test_singer_contract.py` says what is relied on; a nightly job runs it against the SDK's newest release.
"""

from __future__ import annotations

import abc
import os
import select
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import click
import msgspec
from singer_sdk import Stream, Tap
from singer_sdk.cli import plugin_cli
from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers._catalog import get_selected_schema
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.plugin_base import SingerCommand, _ConfigInput
from singer_sdk.singerlib import RecordMessage
from singer_sdk.tap_base import CliTestOptionValue

from tap_solaredge.accepted_settings import from_file
from tap_solaredge.ending import ending
from tap_solaredge.errors import ConfigError, OutputLost, TapSolarEdgeError
from tap_solaredge.redaction import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import TypeVar

    from singer_sdk.singerlib.encoding.simple import Message

    from tap_solaredge.measured.readings import Record

    T = TypeVar("T", bound=Tap)

__all__ = [
    "HarvestedStream",
    "HarvestingTap",
    "SingerCommand",
    "Writer",
    "is_dry_test",
    "output_lost",
    "settings_named",
    "tap_of_files",
]

STATE_EVERY = 1.0
"""Seconds between two STATEs, at least, unless enough records came in between."""
STATE_SHARE = 0.02
"""Bytes of STATE for each byte of records."""
STATE_BYTES = 50_000
"""Bytes of STATE a second that are always allowed: what a tap on a slow plan has to say must not wait."""
_encoder = msgspec.json.Encoder()


class Writer(MsgSpecWriter):
    """Writes messages; records stay in the buffer until a message that others wait for."""

    def __init__(self) -> None:
        super().__init__()
        self._state = b""
        self._state_at = 0.0
        self._bytes_since = 0

    def write_message(self, message: Message) -> None:
        """Write a message to stdout."""
        line = self.format_message(message)
        self._bytes_since += len(line)
        _put(line, now=not isinstance(message, RecordMessage))

    def write_state(self, state: dict[str, Any], *, last: bool = False) -> None:
        """Write STATE, unless it is what was written last, or came so soon that it would cost more than data.

        Its size grows with the number of sites, and so does what a target does with it: 2.5 MB for 1,250.
        """
        wait = max(STATE_EVERY, len(self._state) / STATE_BYTES)
        early = time.monotonic() - self._state_at < wait
        if early and self._bytes_since * STATE_SHARE < len(self._state) and not last:
            return
        self._state_at, self._bytes_since = time.monotonic(), 0
        line = b'{"type":"STATE","value":%b}\n' % _encoder.encode(state)
        if line != self._state:
            self._state = line
            _put(line, now=True)

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
        written = begin + lines[:-1].replace(b"\n", end + begin) + end
        self._bytes_since += len(written)
        _put(written)


def _put(lines: bytes | bytearray, *, now: bool = False) -> None:
    """Write whole lines to stdout, all of them: unbuffered output may take less than it is given.

    Raises:
        OutputLost: If nobody takes them.
    """
    if sys.stdout is None:
        raise OutputLost("there is no standard output to write records to")
    with ending:
        try:
            _write(memoryview(lines), sys.stdout.buffer, now=now)
        except OSError as error:
            raise OutputLost(
                f"{output_lost(error)}; the next run goes on from the last STATE that was kept"
            ) from error


def output_lost(error: OSError) -> str:
    """Let go of standard output, which nobody takes, and return what to say of it.

    Python would try once more at the end, and end with 120.
    """
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 (what is left in the buffer goes there)
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
    return f"nobody takes the output ({error.strerror})"


def _write(left: memoryview, out: BinaryIO, *, now: bool) -> None:
    while left:
        try:
            taken: int | None = out.write(left)
        except BlockingIOError as full:
            taken = full.characters_written or None
        if taken is None:
            select.select([], [out], [])  # a pipe that does not block, and that nobody has emptied
        left = left[taken or 0 :]
    while now:
        try:
            out.flush()
            now = False
        except BlockingIOError:
            select.select([], [out], [])


class HarvestedStream(Stream):
    """A stream whose bookmark and partitions are the harvest's business."""

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE  # records are built to the schema

    @property
    def tap(self) -> Tap:
        """Return the tap that the stream belongs to."""
        return self._tap

    @property
    def partitions(self) -> None:
        """Return none: the harvest knows the sites, also where the SDK runs a stream alone."""

    def get_records(self, context: Mapping[str, Any] | None) -> Iterator[Record]:  # noqa: ARG002
        """Yield this stream's records alone, for the SDK's `--test` and test suite."""
        yield from cast("HarvestingTap", self._tap).records_of(self)

    def _increment_stream_state(self, latest_record: Any, *, context: Any = None) -> None:  # noqa: ANN401
        """Leave the bookmark alone: the harvest moves it, window by window and never back."""


class HarvestingTap(Tap):
    """A tap that reads site by site, all streams at once, where the SDK reads stream by stream."""

    message_writer_class = Writer

    @plugin_cli
    def cli(cls) -> click.Command:  # noqa: N805
        """Return the command line."""
        try:
            return super().cli
        except ValueError as wrong:
            click.echo(f"LOGLEVEL: {wrong}; write DEBUG, INFO, WARNING or ERROR", err=True)
            sys.exit(2)

    @classmethod
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        """Add the SDK's settings; its schema of `__else__` has a word where a schema must stand."""
        super().append_builtin_config(config_jsonschema)
        kinds = config_jsonschema["properties"]["stream_maps"]["properties"]["__else__"]["anyOf"]
        kinds[:] = [kind for kind in kinds if isinstance(kind, dict)]

    @classmethod
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> _ConfigInput:  # noqa: ARG003
        """Read what `--config` names."""
        return _given(value)

    def setup_mapper(self) -> None:
        """Register the streams for stream maps; one that is not selected with all its fields.

        The SDK takes no fields for it, and then misses its keys: three streams are off by default.
        """
        super(Tap, self).setup_mapper()
        for entry in self.catalog.streams:
            mask, schema = entry.metadata.resolve_selection(), entry.schema.to_dict()
            if mask.get((), True):
                schema = get_selected_schema(entry.tap_stream_id, schema, mask)
            with _map_named(entry.tap_stream_id):
                self.mapper.register_raw_stream_schema(entry.tap_stream_id, schema, entry.key_properties)

    @abc.abstractmethod
    def records_of(self, stream: Any) -> Iterator[Record]:  # noqa: ANN401
        """Yield the records of one stream, harvested alone."""

    def write_schemas_of(self, streams: Iterable[Stream]) -> None:
        """Write the SCHEMA of each stream."""
        for stream in streams:
            stream._write_schema_message()  # noqa: SLF001 (the SDK has no public way)

    def write_records_of(self, stream: Stream, records: list[Record]) -> None:
        """Write the records of a stream, as its maps want them.

        Raises:
            ConfigError: If a map fails on a record.
            OutputLost: If nobody takes what is written.
        """
        if isinstance(self.message_writer, Writer) and is_plain(stream):
            self.message_writer.write_records(stream, records)
            return
        with _map_named(stream.name):
            for record in records:
                stream._write_record_message(record.copy())  # noqa: SLF001 (the SDK takes fields out of what it gets)

    def write_state(self, *, last: bool = False) -> None:
        """Write STATE as it is now.

        Args:
            last: Write it in any case: no further one comes.
        """
        if isinstance(self.message_writer, Writer):
            self.message_writer.write_state(cast("dict[str, Any]", self.state), last=last)
        else:
            self.state_writer.write_state(self.state)

    def _setup_signal_handlers(self) -> None:
        """Leave signals to `ending`: the SDK sends a STATE amid the records and exits with 0."""


@contextmanager
def settings_named() -> Iterator[None]:
    """Say that a setting is wrong, with whatever error the SDK has for it."""
    try:
        yield
    except ConfigValidationError as error:
        raise ConfigError("; ".join(error.errors)) from None


@contextmanager
def _map_named(stream: str) -> Iterator[None]:
    """Say whose stream map, or flattening, cannot be used, whatever error the SDK or an expression has."""
    try:
        yield
    except TapSolarEdgeError:
        raise
    except Exception as error:  # noqa: BLE001 (expressions are code, and may fail as any code)
        setting = "flattening_max_key_length" if "Duplicate column name" in str(error) else "stream_maps"
        raise ConfigError(f"{setting}: {stream}: {one_line(str(error) or type(error).__name__)}") from None


def is_plain(stream: Stream) -> bool:
    """Whether records leave a stream as they are: no stream map, no flattening."""
    maps = stream.stream_maps
    return len(maps) == 1 and type(maps[0]) is SameRecordTransform and not maps[0].flattening_enabled


def is_dry_test(value: str) -> bool:
    """Whether what `--test` was given reads no record: nothing, or the schemas alone."""
    return value in {CliTestOptionValue.Disabled.value, CliTestOptionValue.Schema.value}


def tap_of_files(tap: type[T], files: tuple[str, ...]) -> T:
    """Return the tap that configuration files describe; `ENV` among them stands for the environment."""
    given = _given(files)
    return tap(config=given.config, parse_env_config=given.parse_env)


def _given(files: tuple[str, ...]) -> _ConfigInput:
    """Read configuration files, of which later ones go first, and see whether the environment counts."""
    found: dict[str, Any] = {}
    for path in files:
        found |= from_file(path) if path != "ENV" else {}
    return _ConfigInput(config=found, parse_env="ENV" in files)
