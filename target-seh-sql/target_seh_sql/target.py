"""The target: settings, what to do with each message, when to commit, and STATE after its data."""

from __future__ import annotations

import logging
import os
import time
from copy import deepcopy
from typing import TYPE_CHECKING, Any, ClassVar, Final

import msgspec
from singer_sdk.helpers.capabilities import PluginCapabilities

from target_seh_sql.errors import BadMessage, UnknownStream
from target_seh_sql.load.reader import TypedReader
from target_seh_sql.load.records import RECORD_TYPES, SYNC, check_columns, line_decoder, row_of
from target_seh_sql.load.refusals import RecordBeforeSchema
from target_seh_sql.load.retry import Loader
from target_seh_sql.load.writer import Writer
from target_seh_sql.predecessor import unheard
from target_seh_sql.settings import SETTINGS, accepted, environment
from target_seh_sql.singer import SingerTarget, StreamSink
from target_seh_sql.stream_maps import is_dropped, is_mapped

if TYPE_CHECKING:
    from collections.abc import Collection


logger = logging.getLogger("target-seh-sql")

SECONDS_BETWEEN_COMMITS: Final = 1.0
STREAM_NAMES: Final = frozenset(RECORD_TYPES) - {SYNC.stream.name}
EXTENSIONS: Final = frozenset(name for name, kind in RECORD_TYPES.items() if kind.stream.extension)


class TargetSehSql(SingerTarget):
    """Loads the streams of tap-solaredge into the SolarEdge Harvest tables of a SQL database, and more."""

    name = "target-seh-sql"
    package_name = "target-seh-sql"
    capabilities: ClassVar[list[Any]] = [
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]
    config_jsonschema: ClassVar[dict[str, Any]] = {"type": "object", "properties": dict(SETTINGS)}

    message_reader: TypedReader

    def __init__(
        self,
        *,
        config: dict[str, Any] | None = None,
        parse_env_config: bool = False,
        **more: Any,  # noqa: ANN401
    ) -> None:
        reader = TypedReader()
        self.buffers = reader.buffers
        super().__init__(message_reader=reader, config=self._settings(config, parse_env_config), **more)
        reader.pause, reader.failed, reader.ignored = self._pause, self._failed, self._is_ignored
        self._typed: set[str] = set()
        self._loader = Loader(
            self.config["sqlalchemy_url"],
            prefix=self.config["table_prefix"],
            schema=self.config.get("default_target_schema"),
        )
        self._writer = Writer(self._loader)
        self._began_at = time.monotonic()
        self._newest_state: str | None = None
        self._pending_state: str | None = None

    def get_sink_class(self, stream_name: str) -> type[StreamSink]:
        """Return the sink for a stream.

        Raises:
            UnknownStream: it has no table, and `unknown_streams` is `fail`.
        """
        if stream_name in STREAM_NAMES or self.config["unknown_streams"] == "ignore":
            return StreamSink
        raise UnknownStream(
            f"there is no table for the stream {stream_name!r}; "
            f"this target loads {', '.join(sorted(STREAM_NAMES))}. "
            "Deselect the stream, or set unknown_streams to ignore."
        )

    @classmethod
    def invoke(cls, **options: Any) -> None:  # noqa: ANN401
        """Run from the command line; name once what is set for SolarEdge Harvest and does nothing here."""
        if names := unheard(os.environ):
            logger.warning(
                "%s: set for SolarEdge Harvest, ignored here; see docs/from-solaredge-harvest.md",
                ", ".join(names),
            )
        super().invoke(**options)

    def _settings(self, given: dict[str, Any] | None, environment_counts: bool) -> dict[str, Any]:
        self.append_builtin_config(self.config_jsonschema)
        variables = environment() if environment_counts else None
        settings = accepted(deepcopy(given or {}), self.config_jsonschema["properties"], variables)
        self._maps = deepcopy(settings.get("stream_maps", {}))  # the SDK takes __else__ out of its own
        self._ignored: dict[str, bool] = {}
        return settings

    # Messages

    def _is_ignored(self, stream: str) -> bool:
        """Tell whether nothing of a stream is looked at; say so once."""
        if stream not in self._ignored:
            dropped = is_dropped(stream, self._maps)
            unknown = stream not in STREAM_NAMES and not is_mapped(stream, self._maps)
            self._ignored[stream] = dropped or (unknown and self.config["unknown_streams"] == "ignore")
            if dropped:
                logger.info("stream %r is dropped (stream_maps)", stream)
            elif self._ignored[stream]:
                logger.warning("stream %r has no table and is ignored (unknown_streams: ignore)", stream)
        return self._ignored[stream]

    def take_schema(self, message: dict[str, Any]) -> None:
        """Take a SCHEMA; from now on records of the stream are typed when they are decoded."""
        self.message_reader.assert_line_requires(message, {"stream", "schema"})
        stream, schema = message["stream"], message["schema"] or {}
        if not schema.get("properties"):
            raise BadMessage(f"stream {stream!r}: its SCHEMA has no properties; select fields in the catalog")
        # A property may be `true` or `null` in JSON Schema: the SDK wants an object.
        properties = {n: p if isinstance(p, dict) else {} for n, p in schema["properties"].items()}
        super().take_schema({**message, "schema": {**schema, "properties": properties}})
        if stream in STREAM_NAMES and not self._maps:
            self._typed.add(stream)
            self.message_reader.decode = line_decoder(self._typed)

    def begin_stream(self, stream: str, columns: Collection[str]) -> None:
        """Check the columns of a stream, and let its table be made; warn of one without a table."""
        if stream in STREAM_NAMES:
            check_columns(RECORD_TYPES[stream], columns)
            if stream in EXTENSIONS:
                self._writer.finish()
                self._loader.extend(stream)
        else:
            logger.warning("stream %r has no table and is ignored (unknown_streams: ignore)", stream)

    def take_record(self, message: dict[str, Any]) -> None:
        """Take a record that could not be typed in one pass: stream maps, ignored streams, bad records."""
        self.message_reader.assert_line_requires(message, {"stream", "record"})
        stream, record = message["stream"], message["record"]
        if not isinstance(record, dict):
            raise BadMessage(f"stream {stream!r}: a record is not an object: {str(record)[:60]!r}")
        if stream not in self.mapper.stream_maps:
            raise RecordBeforeSchema(f"stream {stream!r}: a record came before the SCHEMA of its stream")
        if stream in self._typed:
            self.take_mapped(stream, record)
        else:
            super().take_record(message)

    def take_mapped(self, stream: str, record: dict[str, Any]) -> None:
        """Keep a record until the next commit; drop one of a stream without a table."""
        if stream in STREAM_NAMES:
            kind = RECORD_TYPES[stream]
            self.buffers.rows[kind.row].append(row_of(kind, record))

    def take_state(self, message: dict[str, Any]) -> None:
        """Keep a STATE, as it was sent, until what came before it is committed; null says nothing."""
        self.message_reader.assert_line_requires(message, {"value"})
        value = message["value"]
        sent = bytes(value if isinstance(value, msgspec.Raw) else msgspec.json.encode(value))
        if sent == b"null":
            return
        if not sent.startswith(b"{"):
            raise BadMessage(
                f"a STATE message's value is not an object: {sent[:60].decode(errors='replace')!r}"
            )
        try:
            state = sent.decode()
        except UnicodeDecodeError:
            raise BadMessage("a STATE message is not UTF-8") from None
        if state != self._newest_state:
            self.buffers.settle()
            self._newest_state = self._pending_state = state

    # Commits

    def _pause(self, input_is_waiting: bool) -> None:
        """Write when a batch is full; and a STATE as soon as the tap is silent, or after a second."""
        waited = time.monotonic() - self._began_at >= SECONDS_BETWEEN_COMMITS
        if len(self.buffers) >= self.config["batch_size_rows"] or (
            self._pending_state is not None and (waited or not input_is_waiting)
        ):
            self._begin()
        if not (input_is_waiting and self._writer.is_busy):
            self._writer.finish()

    def commit(self) -> None:
        """Write what is buffered and the sync_metadata of its STATE in one transaction; emit the STATE."""
        self._begin()
        self._writer.finish()

    def _begin(self) -> None:
        """Begin to write what is buffered, once the batch before is committed."""
        self.buffers.settle()  # first: it may find a bad record
        state, self._pending_state = self._pending_state, None
        self._began_at = time.monotonic()
        self._writer.begin(self.buffers.take(), state)

    def process_endofpipe(self) -> None:
        """Commit the rest and say what the run did."""
        try:
            self.commit()
        except BaseException as error:
            self._failed(error)
            raise
        self._writer.end()

    def _failed(self, error: BaseException) -> None:
        """Keep what came before a bad line; anything else rolls back to the last commit."""
        try:
            if isinstance(error, (BadMessage, UnknownStream)):
                self.commit()
        finally:
            self._writer.close()
