"""The command line: the SDK's options run the tap; the commands beside them ask and set up."""

from __future__ import annotations

import gc
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click
from singer_sdk.plugin_base import SingerCommand

from tap_solaredge.errors import ConfigError, TapSolarEdgeError
from tap_solaredge.redaction import conceal, conceal_crashes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tap_solaredge.tap import TapSolarEdge


RARELY = 50_000
"""Objects between two looks for cycles."""


@dataclass(frozen=True)
class Command:
    """One command, such as `tap-solaredge check-api`; it has `--config` by itself."""

    name: str
    about: str
    run: Callable[..., None]
    """Called with the tap and the values of the options."""
    options: tuple[click.Option, ...] = ()


class CommandLine(SingerCommand, click.Group):
    """The SDK's command with further ones; a known error is one clear line and an exit code."""

    def __init__(self, tap: type[TapSolarEdge], sdk: click.Command, commands: Iterable[Command]) -> None:
        super().__init__(
            name=sdk.name,
            help=sdk.help,
            params=sdk.params,
            context_settings=sdk.context_settings,
            callback=click.pass_context(_unless_a_command_runs(sdk.callback)),
            commands=[_built(command, tap) for command in commands],
            invoke_without_command=True,
            logger=tap.logger,
        )

    def main(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        """Run; exit with 2 for a wrong setting, 1 for what else is known, also while options are read."""
        conceal_crashes()
        gc.freeze()
        gc.set_threshold(RARELY)  # batches of records hold no cycles: looking for some takes a fifth of a run
        try:
            return super().main(*args, **kwargs)
        except TapSolarEdgeError as error:
            self.logger.critical("%s", conceal(str(error)))
            sys.exit(exit_code(error))


def exit_code(error: TapSolarEdgeError) -> int:
    """Return 2 for a wrong setting, 1 for whatever else went wrong."""
    return 2 if isinstance(error, ConfigError) else 1


def _unless_a_command_runs(run: Callable[..., Any] | None) -> Callable[..., None]:
    def callback(ctx: click.Context, /, **options: Any) -> None:  # noqa: ANN401
        if ctx.invoked_subcommand is None and run is not None:
            run(**options)

    return callback


def _built(command: Command, tap: type[TapSolarEdge]) -> click.Command:
    def callback(config: Any, **options: Any) -> None:  # noqa: ANN401
        command.run(tap(config=config.config, parse_env_config=config.parse_env), **options)

    config = click.Option(
        ["--config"],
        multiple=True,
        help="Configuration file location or 'ENV' to use environment variables.",
        callback=tap.cb_config,
    )
    return click.Command(
        command.name, callback=callback, help=command.about, params=[config, *command.options]
    )
