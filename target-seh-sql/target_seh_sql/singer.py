"""The SDK's private side: what it calls for each message and stream, under public names of our own.

Nothing else here names a private member of the SDK; tests/test_singer_contract.py says when one changes.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from singer_sdk import Target
from singer_sdk.exceptions import SingerSDKError
from singer_sdk.sinks import BatchSink

from target_seh_sql.errors import BadMessage, TargetSehSqlError
from target_seh_sql.settings import from_files

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from types import FrameType

    import click

logger = logging.getLogger("target-seh-sql")


class SingerTarget(Target):
    """The SDK's target without the drains of its sinks: a target of ours loads all tables together."""

    @classmethod
    def invoke(cls, **options: Any) -> None:  # noqa: ANN401
        """Load; what the SDK raises on purpose is one of our errors."""
        try:
            super().invoke(**options)
        except TargetSehSqlError:
            raise
        except SingerSDKError as error:
            raise TargetSehSqlError(str(error)) from error

    @classmethod
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        """Add the SDK's settings for stream maps only: its others (load_method, ...) do not hold here."""
        super(Target, cls).append_builtin_config(config_jsonschema)
        # the SDK's schema of `__else__` has a word where a schema must stand
        kinds = config_jsonschema["properties"]["stream_maps"]["properties"]["__else__"]["anyOf"]
        kinds[:] = [kind for kind in kinds if isinstance(kind, dict)]

    def take_schema(self, message: dict[str, Any]) -> None:
        """Take a SCHEMA: the SDK makes its stream maps and sinks."""
        with self._mapping(message):
            super()._process_schema_message(message)

    def take_record(self, message: dict[str, Any]) -> None:
        """Take a RECORD: the SDK sends it through its stream maps to `take_mapped`."""
        with self._mapping(message):
            super()._process_record_message(message)

    @contextmanager
    def _mapping(self, message: dict[str, Any]) -> Iterator[None]:
        """Say that it was an expression of somebody's stream maps that failed, with whatever error it has."""
        try:
            yield
        except (TargetSehSqlError, SingerSDKError):
            raise
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            if not self.config.get("stream_maps"):
                raise
            raise BadMessage(
                f"stream {message['stream']!r}: the setting stream_maps cannot be used: "
                f"{type(error).__name__}: {error}"
            ) from error

    def take_state(self, message: dict[str, Any]) -> None:
        """Take a STATE."""
        raise NotImplementedError

    def begin_stream(self, stream: str, columns: Collection[str]) -> None:
        """Take note of the columns of a stream, as stream maps name it."""
        raise NotImplementedError

    def take_mapped(self, stream: str, record: dict[str, Any]) -> None:
        """Take a record that came through stream maps."""
        raise NotImplementedError

    @classmethod
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> Any:  # noqa: ANN401
        """Read the files of `--config`, of which later ones go first, and whether the environment counts."""
        given = super().cb_config(ctx, param, tuple(each for each in value if each == "ENV"))
        given.config.update(from_files(value))
        return given

    def _process_schema_message(self, message_dict: dict[str, Any]) -> None:
        self.take_schema(message_dict)

    def _process_record_message(self, message_dict: dict[str, Any]) -> None:
        self.take_record(message_dict)

    def _process_state_message(self, message_dict: dict[str, Any]) -> None:
        self.take_state(message_dict)

    def _process_activate_version_message(self, message_dict: dict[str, Any]) -> None:
        logger.info("ACTIVATE_VERSION for %r ignored: history is never deleted", message_dict.get("stream"))

    def _handle_max_record_age(self) -> None:
        """Do nothing: commits come often enough."""

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Roll back and leave: the SDK would acknowledge rows that were never committed."""
        logger.info("signal %d: what is not committed is rolled back", signum)
        raise SystemExit(128 + signum)


class StreamSink(BatchSink):
    """What the SDK keeps of a stream: without checks and batches of its own, it hands records back."""

    is_full = False

    def __init__(
        self,
        target: SingerTarget,
        stream_name: str,
        schema: dict[str, Any],
        key_properties: Sequence[str] | None,
    ) -> None:
        super().__init__(target, stream_name, schema, key_properties)
        self._take = target.take_mapped
        target.begin_stream(stream_name, schema["properties"].keys())

    def get_validator(self) -> None:
        """Typed records are checked when they are decoded."""

    def _validate_and_parse(self, record: dict[str, Any]) -> dict[str, Any]:
        return record

    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:  # noqa: ARG002
        """Hand a record back to the target."""
        self._take(self.stream_name, record)

    def process_batch(self, context: dict[str, Any]) -> None:
        """Do nothing."""
