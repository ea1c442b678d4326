"""The Singer tap: settings, streams, the run and its exit code."""

from __future__ import annotations

import os
from contextlib import closing
from copy import deepcopy
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, cast

import click
from dotenv import find_dotenv, load_dotenv
from singer_sdk.helpers.capabilities import PluginCapabilities, TapCapabilities

from tap_solaredge.accepted_settings import PREFIX, accepted
from tap_solaredge.addresses import check_addresses
from tap_solaredge.budget.ledger import Ledger
from tap_solaredge.catalogs import completed, warn_of_maps
from tap_solaredge.cli import CommandLine
from tap_solaredge.clock import Clock
from tap_solaredge.commands import COMMANDS
from tap_solaredge.commands.check_api import check
from tap_solaredge.harvest.bookmarks import Bookmarks
from tap_solaredge.harvest.engine import Harvest
from tap_solaredge.harvest.job import Job
from tap_solaredge.harvest.refusals import Refusals
from tap_solaredge.inputs import catalog_in, state_in
from tap_solaredge.redaction import conceal, conceal_logs, say
from tap_solaredge.service.client import Client
from tap_solaredge.service.dialects import DIALECTS
from tap_solaredge.settings import SECRETS, SETTINGS, ledger_path, limits, scope
from tap_solaredge.singer import HarvestingTap, is_dry_test, settings_named
from tap_solaredge.streams import STREAMS, SolarEdgeStream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from singer_sdk.helpers.capabilities import CapabilitiesEnum

    from tap_solaredge.measured.readings import Record
    from tap_solaredge.service.dialect import Dialect


def _secrets(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield the secrets of settings, and of the environment, where errors in settings may still show them."""
    for name in SECRETS:
        yield from (str(config.get(name) or ""), os.environ.get(PREFIX + name.upper(), ""))


class TapSolarEdge(HarvestingTap):
    """Singer tap for SolarEdge monitoring."""

    name = "tap-solaredge"
    config_jsonschema: ClassVar[dict[str, Any]] = SETTINGS
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    def __init__(
        self,
        *,
        config: dict[str, Any] | None = None,
        parse_env_config: bool = False,
        catalog: dict[str, Any] | None = None,
        clock: Clock | None = None,
        **more: Any,  # noqa: ANN401
    ) -> None:
        self._clock = clock or Clock()
        conceal_logs()
        conceal.add(_secrets(config or {}))
        with settings_named():
            settings = self._settings(config, parse_env_config)
            known = None if catalog is None else completed(catalog, STREAMS)
            super().__init__(config=settings, catalog=known, **more)
        conceal.add(_secrets(self.config))

    def _settings(self, given: dict[str, Any] | None, environment_counts: bool) -> dict[str, Any]:
        """Return the settings of files and of the environment, which goes first, in the forms that we use."""
        self.append_builtin_config(self.config_jsonschema)
        if environment_counts:
            load_dotenv(find_dotenv(usecwd=True) or find_dotenv())
        variables = os.environ if environment_counts else None
        settings = accepted(deepcopy(given or {}), self.config_jsonschema["properties"], variables)
        check_addresses(settings)
        warn_of_maps(settings.get("stream_maps") or {}, STREAMS)
        return settings

    def discover_streams(self) -> list[SolarEdgeStream]:
        """Return all streams; the catalog does not depend on the account."""
        return [stream(tap=self) for stream in STREAMS]

    def sync_all(self) -> None:  # type: ignore[misc]  # the SDK syncs stream by stream, we site by site
        """Read everything that is new, sending STATE after every window."""
        selected = self._selected()
        harvest = self._harvest(selected)
        self.write_schemas_of(selected)
        with closing(harvest):
            try:
                for batch in harvest.run():
                    if batch is None:
                        self.write_state()
                    else:
                        self.write_records_of(*batch)
            finally:
                self.write_state(last=True)

    def _selected(self) -> list[SolarEdgeStream]:
        """Return the streams to read, parents first; a warning says where there is none."""
        streams = cast("list[SolarEdgeStream]", list(self.streams.values()))
        parents_first = sorted(streams, key=lambda stream: STREAMS.index(type(stream)))
        selected = [stream for stream in parents_first if stream.selected]
        if not selected:
            self.logger.warning("no stream is selected: nothing will be read; see the catalog")
        return selected

    def records_of(self, stream: SolarEdgeStream) -> Iterator[Record]:
        """Yield the records of one stream, harvested alone."""
        with closing(self._harvest([stream])) as harvest:
            for batch in harvest.run():
                yield from batch[1] if batch else ()

    def now(self) -> datetime:
        """Return the service's time, as far as it is known."""
        return self._clock.now()

    def forget_refusals(self, site_id: int) -> None:
        """Let the next run try again what an earlier grant of a site did not cover."""
        with closing(self._ledger(str(self.config["client_id"]))) as ledger:
            Refusals(ledger, self._clock).begin_anew(site_id)

    def connect(self, retries: int | None = None) -> tuple[Client, Ledger]:
        """Return the client and the ledger; both have to be closed."""
        config, dialect = self.config, self._dialect
        credential = dialect.credential(config, self._clock)
        ledger = self._ledger(credential.identity)
        client = Client(
            config["api_url"],
            credential,
            ledger,
            self._clock,
            timeout=config["request_timeout"],
            retries=config["request_retries"] if retries is None else retries,
            user_agent=config.get("user_agent"),
            refused=dialect.refused,
            at_once=config.get("max_concurrent") or dialect.at_once,
        )
        return client, ledger

    @property
    def _dialect(self) -> Dialect:
        return DIALECTS[self.config["api_version"]]

    def _ledger(self, identity: str) -> Ledger:
        """Return the ledger of a credential's calls, to be closed."""
        config = self.config
        return Ledger(ledger_path(config), identity, limits(config, self._dialect), self._clock)

    def _harvest(self, streams: list[SolarEdgeStream]) -> Harvest:
        config = self.config
        if config.get("sync_overlap_minutes") is not None:
            self.logger.warning("`sync_overlap_minutes` is no longer needed: leave it out")
        client, ledger = self.connect()
        job = Job(
            streams=streams,
            site_ids=list(config.get("site_ids") or []),
            scope=scope(config),
            dialect=self._dialect,
            client=client,
            ledger=ledger,
            clock=self._clock,
            keep_for=timedelta(hours=config["inventory_refresh_hours"]),
        )
        bookmarks = Bookmarks(cast("dict[str, Any]", self.state))
        bookmarks.check()
        return Harvest(job, bookmarks)

    def print_plan(self, *, urls: bool = False) -> None:
        """Print the calls that a run would make now, without a call.

        Args:
            urls: Print path and query of each call.
        """
        if not self.state.get("bookmarks"):
            say("Without --state, this is the plan of a first run")
        with closing(self._harvest(self._selected())) as harvest:
            for line in harvest.forecast().lines(urls=urls):
                say(line)

    @classmethod
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        """Do what `check-api` does: the SDK's test reads streams until a record comes, and calls are dear."""
        if is_dry_test(value):
            super().cb_test(ctx, param, value)
            return
        given = ctx.params["config"]
        check(cls(config=given.config, parse_env_config=given.parse_env, validate_config=True))
        ctx.exit()

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """Return the SDK's command line with `--plan` and the commands."""
        command = super().get_singer_command()
        about = "Print the calls that a run would make now, without a call."
        command.params.append(click.Option(["--plan"], is_flag=True, help=about))
        about = "With --plan: print path and query of each call."
        command.params.append(click.Option(["--urls"], is_flag=True, help=about))
        return CommandLine(cls, command, COMMANDS)

    @classmethod
    def invoke(cls, *, plan: bool = False, urls: bool = False, **kwargs: Any) -> None:  # noqa: ANN401
        """Run from the command line."""
        if kwargs["about"]:
            super().invoke(**kwargs)
            return
        if not plan:
            cls.print_version(print_fn=cls.logger.info)
        names = {vars(stream)["name"] for stream in STREAMS}
        given = kwargs["config"]
        catalog, state = catalog_in(kwargs["catalog"]), state_in(kwargs["state"], names)
        tap = cls(config=given.config, state=state, catalog=catalog, parse_env_config=given.parse_env)
        if plan:
            tap.print_plan(urls=urls)
        else:
            tap.sync_all()
