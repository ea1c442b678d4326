"""The command line: the SDK's options load; the commands beside them set up, check and tell."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click
from singer_sdk.exceptions import ConfigValidationError, SingerSDKError
from singer_sdk.plugin_base import SingerCommand

from target_seh_sql.errors import TargetSehSqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from target_seh_sql.target import TargetSehSql


@dataclass(frozen=True)
class Command:
    """One command, such as `target-seh-sql status`; it has `--config` by itself."""

    name: str
    about: str
    run: Callable[..., None]
    """Called with the target's settings and the values of the options."""
    options: tuple[click.Option, ...] = ()


class CommandLine(SingerCommand, click.Group):
    """The SDK's command with further ones; an error that is meant for people is one line and exit code 1."""

    def __init__(self, target: type[TargetSehSql], sdk: click.Command, commands: Iterable[Command]) -> None:
        super().__init__(
            name=sdk.name,
            help=sdk.help,
            params=sdk.params,
            context_settings=sdk.context_settings,
            callback=click.pass_context(_unless_a_command_runs(sdk.callback)),
            commands=[_built(command, target) for command in commands],
            invoke_without_command=True,
            logger=target.logger,
        )

    def main(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        """Run; the traceback of a known error is shown at DEBUG."""
        try:
            return super().main(*args, **kwargs)
        except ConfigValidationError:
            raise
        except (TargetSehSqlError, SingerSDKError) as error:
            self.logger.error("%s", error)  # noqa: TRY400
            self.logger.debug("", exc_info=error)
            sys.exit(1)


def _unless_a_command_runs(run: Callable[..., Any] | None) -> Callable[..., None]:
    def callback(ctx: click.Context, /, **options: Any) -> None:  # noqa: ANN401
        if ctx.invoked_subcommand is None and run is not None:
            run(**options)

    return callback


def _built(command: Command, target: type[TargetSehSql]) -> click.Command:
    def callback(config: Any, **options: Any) -> None:  # noqa: ANN401
        command.run(target(config=config.config, parse_env_config=config.parse_env).config, **options)

    config = click.Option(
        ["--config"],
        multiple=True,
        help="Configuration file location or 'ENV' to use environment variables.",
        callback=target.cb_config,
    )
    return click.Command(
        command.name, callback=callback, help=command.about, params=[config, *command.options]
    )
