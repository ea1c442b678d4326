"""Reads Singer lines: records are typed in one pass, everything else goes to the SDK's callbacks."""

from __future__ import annotations

import gc
import json
import select
import sys
from collections import Counter
from typing import IO, TYPE_CHECKING, Any, Literal

import msgspec
from singer_sdk.singerlib.encoding.base import GenericSingerReader, SingerMessageType

from target_seh_sql.errors import BadMessage
from target_seh_sql.load.buffers import Buffers
from target_seh_sql.load.records import shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from target_seh_sql.load.records import Line

BLOCK: int = 65_536
"""Bytes read at once: what a pipe holds on Linux."""
NUL: bytes = b"\\u0000"
MARK: bytes = b"\xef\xbb\xbf"
"""What some programs put before UTF-8."""


class _State(msgspec.Struct, tag_field="type", tag="STATE"):
    """A STATE whose value is not looked into: of most, a newer one comes before they are needed."""

    value: msgspec.Raw


class _Head(msgspec.Struct):
    """What a message is of; nothing else of it is looked at."""

    stream: str = ""


class _Properties(msgspec.Struct):
    properties: dict[str, Any] = {}


class _Shape(msgspec.Struct):
    """What a message other than a typed RECORD may hold; which keys it needs is asked where they are used."""

    type: Literal["RECORD", "SCHEMA", "STATE", "ACTIVATE_VERSION"]
    stream: str = ""
    schema: _Properties | None = None
    key_properties: list[str] | None = None


_state = msgspec.json.Decoder(_State).decode
_head = msgspec.json.Decoder(_Head).decode


def _not_typed(_line: bytes | str) -> Line:
    raise msgspec.DecodeError


class TypedReader(GenericSingerReader[bytes]):
    """Fills `buffers`, skips `ignored` streams; calls `pause` after some lines, `failed` at an error."""

    def __init__(self) -> None:
        super().__init__()
        self.buffers = Buffers()
        self.decode: Callable[[bytes | str], Line] = _not_typed
        self.pause: Callable[[bool], None] = lambda _waiting: None
        self.failed: Callable[[BaseException], None] = lambda _error: None
        self.ignored: Callable[[str], bool] = lambda _stream: False

    @staticmethod
    def assert_line_requires(line_dict: dict[str, Any], requires: set[str]) -> None:
        """Complain about a message that lacks keys.

        Raises:
            BadMessage: it does.
        """
        if missing := requires - line_dict.keys():
            kind, shown = line_dict.get("type", "Singer"), _shown(msgspec.json.encode(line_dict))
            raise BadMessage(f"a {kind} message lacks {', '.join(sorted(missing))}: {shown}")

    @property
    def default_input(self) -> IO[bytes]:
        """Standard input."""
        if sys.stdin is None:
            raise BadMessage("there is no standard input: the tap's output goes there")
        return sys.stdin.buffer

    def process_lines(
        self, file_input: IO[Any] | None, callbacks: dict[str, Callable[[dict[str, Any]], None]]
    ) -> Counter[str]:
        """Read to the end, and say to `pause` whether more input is waiting."""
        source = file_input or self.default_input
        stats: Counter[str] = Counter()
        gc.freeze()  # what was imported stays: looking at it in each collection took a tenth of a load
        try:
            for number, lines in enumerate(blocks(source)):
                if number == 0 and lines:
                    lines[0] = _without_mark(lines[0])
                self._process_block(lines, callbacks, stats)
                self.pause(input_is_waiting(source))
        except BaseException as error:
            self.failed(error)
            raise
        return stats

    def _process_block(
        self,
        lines: list[bytes],
        callbacks: dict[str, Callable[[dict[str, Any]], None]],
        stats: Counter[str],
    ) -> None:
        others = 0
        rows = self.buffers.rows
        # U+0000 is no character to databases: such lines take the way that names stream, key and field.
        suspect = NUL in b"".join(lines)
        for line in lines:
            try:
                record = self.decode(b"" if suspect and NUL in line else line).record
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                others += 1
                self._process_other(line, callbacks, stats)
            else:
                rows[type(record)].append(record)
        stats[SingerMessageType.RECORD] += len(lines) - others

    def _process_other(
        self,
        line: bytes,
        callbacks: dict[str, Callable[[dict[str, Any]], None]],
        stats: Counter[str],
    ) -> None:
        if not line.strip():
            return
        message = self._message(line)
        if message is None:
            return
        kind = message.get("type")
        if not isinstance(kind, str) or kind not in callbacks:
            raise BadMessage(f"message type {kind!r} is none of Singer's: {_shown(line)}")
        if kind == SingerMessageType.BATCH:
            raise BadMessage(
                f"stream {message.get('stream')!r}: a BATCH message names files, which this target does not "
                "read: take batch_config out of the tap's settings"
            )
        try:
            msgspec.convert({**message, "value": None}, _Shape)
        except msgspec.ValidationError as error:
            raise BadMessage(f"a {kind} message is not as Singer has it ({error}): {_shown(line)}") from None
        callbacks[kind](message)
        stats[kind] += 1

    def _message(self, line: bytes) -> dict[str, Any] | None:
        """Decode a message, None for one of a stream that is ignored; the value of a STATE stays as it is."""
        try:
            return {"type": "STATE", "value": _state(line).value}
        except (msgspec.DecodeError, RecursionError):
            pass
        try:
            stream = _head(line).stream
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            stream = ""
        if stream and self.ignored(stream):
            return None
        message = self.deserialize_json(line)
        named = message.get("stream")
        return None if isinstance(named, str) and self.ignored(named) else message

    def deserialize_json(self, line: bytes) -> dict[str, Any]:
        """Decode one message of any type.

        Raises:
            BadMessage: not JSON, or not an object.
        """
        try:
            return msgspec.json.decode(line, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            if record := _record_beyond_json(line):
                return record
            raise BadMessage(
                f"a line of input is not a Singer message ({error}): {_shown(line)}. "
                "Did the tap stop in the middle of a line, or print something else to standard output?"
            ) from None


def _record_beyond_json(line: bytes) -> dict[str, Any] | None:
    """Decode a RECORD with NaN, infinities or half characters: whoever checks it can name its field."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) and message.get("type") == SingerMessageType.RECORD else None


def blocks(source: IO[Any]) -> Iterator[list[bytes]]:
    """Yield complete lines as they arrive, never waiting for more than is there."""
    binary = getattr(source, "buffer", source)
    if not hasattr(binary, "read1"):
        while lines := source.readlines(BLOCK):
            yield [line.encode() for line in lines]
        return
    begun: list[bytes] = []  # pieces of a line: put together once, however long it is
    while block := binary.read1(BLOCK):
        first, *lines = block.split(b"\n")
        begun.append(first)
        if lines:
            *whole, rest = lines
            yield [b"".join(begun), *whole]
            begun = [rest]
    yield [b"".join(begun)]


def _without_mark(line: bytes) -> bytes:
    if line.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadMessage("the input is UTF-16, as PowerShell writes files: Singer messages are UTF-8")
    return line.removeprefix(MARK)


def input_is_waiting(source: IO[Any]) -> bool:
    """Tell whether more input can be read at once; False where nobody can tell (pipes on Windows)."""
    try:
        descriptor = source.fileno()
    except (OSError, AttributeError):
        return True  # in memory
    try:
        return bool(select.select([descriptor], [], [], 0)[0])
    except (OSError, ValueError):
        return False


def _shown(line: bytes) -> str:
    return shortened(line.decode(errors="replace").rstrip(), 120)
