"""The Singer tap: settings, streams, the run and its exit code."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, cast

import click
from singer_sdk import Tap
from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.helpers.capabilities import PluginCapabilities, TapCapabilities
from singer_sdk.singerlib import RecordMessage

from tap_solaredge.api import v2
from tap_solaredge.api.auth import credential
from tap_solaredge.api.client import Client
from tap_solaredge.api.errors import ConfigError, TapSolarEdgeError
from tap_solaredge.bookmarks import Bookmarks
from tap_solaredge.budget import Ledger
from tap_solaredge.clock import Clock
from tap_solaredge.fetch import Fetch
from tap_solaredge.harvest import Harvest, described
from tap_solaredge.redaction import conceal, conceal_logs
from tap_solaredge.settings import SETTINGS, ledger_path, limits, scope
from tap_solaredge.streams import STREAMS, SolarEdgeStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk.helpers.capabilities import CapabilitiesEnum
    from singer_sdk.singerlib.encoding.simple import Message

    from tap_solaredge.readings import Record


class Writer(MsgSpecWriter):
    """Writes messages; records stay in the buffer until a message that others wait for."""

    def write_message(self, message: Message) -> None:
        """Write a message to stdout."""
        sys.stdout.buffer.write(self.format_message(message))
        if not isinstance(message, RecordMessage):
            sys.stdout.flush()


class TapSolarEdge(Tap):
    """Singer tap for SolarEdge monitoring."""

    name = "tap-solaredge"
    config_jsonschema: ClassVar[dict[str, Any]] = SETTINGS
    message_writer_class = Writer
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    def __init__(self, *args: Any, clock: Clock | None = None, **kwargs: Any) -> None:  # noqa: ANN401
        self._clock = clock or Clock()
        super().__init__(*args, **kwargs)
        conceal.add([self.config.get("api_key"), self.config.get("account_key")])
        conceal_logs()

    def discover_streams(self) -> list[SolarEdgeStream]:
        """Return all streams; the catalog does not depend on the account."""
        return [stream(tap=self) for stream in STREAMS]

    def sync_all(self) -> None:  # type: ignore[misc]  # the SDK syncs stream by stream, we site by site
        """Read everything that is new, sending STATE after every window."""
        streams = cast("list[SolarEdgeStream]", list(self.streams.values()))
        parents_first = sorted(streams, key=lambda stream: STREAMS.index(type(stream)))
        selected = [stream for stream in parents_first if stream.selected]
        harvest = self._harvest(selected)
        for stream in selected:
            stream._write_schema_message()  # noqa: SLF001 (the SDK has no public way)
        with closing(harvest):
            for batch in harvest.run():
                if batch is None:
                    self.state_writer.write_state(self.state)
                    continue
                stream, records = batch
                for record in records:
                    stream._write_record_message(record)  # noqa: SLF001 (the SDK has no public way)

    def records_of(self, stream: SolarEdgeStream) -> Iterator[Record]:
        """Yield the records of one stream, harvested alone."""
        with closing(self._harvest([stream])) as harvest:
            for batch in harvest.run():
                yield from batch[1] if batch else ()

    def _harvest(self, streams: list[SolarEdgeStream]) -> Harvest:
        config, clock = self.config, self._clock
        auth = credential(config)
        ledger = Ledger(ledger_path(config), auth.identity, limits(config), clock)
        client = Client(
            config["api_url"],
            auth,
            ledger,
            clock,
            timeout=config["request_timeout"],
            retries=config["request_retries"],
            user_agent=config.get("user_agent"),
        )
        keep_for = timedelta(hours=config["inventory_refresh_hours"])
        return Harvest(
            streams=streams,
            fetch=Fetch(v2, client, ledger, clock, time_unit=config["energy_time_unit"], keep_for=keep_for),
            ledger=ledger,
            clock=clock,
            bookmarks=Bookmarks(cast("dict[str, Any]", self.state)),
            scope=scope(config),
            site_ids=list(config.get("site_ids") or []),
        )

    def print_plan(self) -> None:
        """Print what a run would ask now and what it costs, without a call."""
        streams = cast("list[SolarEdgeStream]", list(self.streams.values()))
        with closing(self._harvest([stream for stream in streams if stream.selected])) as harvest:
            click.echo("\n".join(described(harvest.plan())))

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """Return the SDK's command line with `--plan`."""
        command = super().get_singer_command()
        about = "Print what a run would ask now and what it costs, without a call."
        command.params.append(click.Option(["--plan"], is_flag=True, help=about))
        return command

    @classmethod
    def invoke(cls, *, plan: bool = False, **kwargs: Any) -> None:  # noqa: ANN401
        """Run from the command line; a known error is one clear line and exit code 1."""
        try:
            if plan:
                state, config = kwargs["state"], kwargs["config"]
                cls(
                    config=config.config,
                    state=None if state is None else json.load(state),
                    catalog=None if kwargs["catalog"] is None else json.load(kwargs["catalog"]),
                    parse_env_config=config.parse_env,
                ).print_plan()
            else:
                super().invoke(**kwargs)
        except TapSolarEdgeError as error:
            cls.logger.critical("%s", conceal(str(error)))
            sys.exit(2 if isinstance(error, ConfigError) else 1)
