"""The command line: the SDK's options load; the commands beside them set up, check and tell."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click
from singer_sdk.exceptions import ConfigValidationError, SingerSDKError
from singer_sdk.plugin_base import SingerCommand

from target_seh_sql.commands import COMMANDS
from target_seh_sql.errors import TargetSehSqlError

if TYPE_CHECKING:
    from singer_sdk import Target


class CommandLine(SingerCommand, click.Group):
    """The SDK's command with further ones; an error that is meant for people is one line and exit code 1."""

    def main(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        """Run; the traceback of a known error is shown at DEBUG."""
        try:
            return super().main(*args, **kwargs)
        except ConfigValidationError:
            raise
        except (TargetSehSqlError, SingerSDKError, OSError) as error:
            nameless = isinstance(error, OSError) and error.filename is None
            self._end(f"standard input or output: {error}" if nameless else str(error), error)
        except Exception as error:  # the last place to say it: its text may hold anything
            frame = traceback.extract_tb(error.__traceback__)[-1]
            self.logger.error(  # noqa: TRY400
                "a fault of the program: %s in %s, line %s; TARGET_SEH_SQL_LOGLEVEL=DEBUG shows all of it",
                type(error).__name__,
                Path(frame.filename).name,
                frame.lineno,
            )
            self.logger.debug("", exc_info=error)
            sys.exit(1)

    def _end(self, said: str, error: Exception) -> NoReturn:
        self.logger.error("%s", said)
        self.logger.debug("", exc_info=error)
        sys.exit(1)


def command_line(target: type[Target], sdk: click.Command) -> CommandLine:
    """Return the SDK's command of a target with ours beside it; they find the target in `Context.obj`."""

    @click.pass_context
    def load(context: click.Context, /, **options: Any) -> None:  # noqa: ANN401
        if context.invoked_subcommand is None:
            target.invoke(**options)

    return CommandLine(
        name=sdk.name,
        help=sdk.help,
        params=sdk.params,
        callback=load,
        commands=COMMANDS,
        context_settings={**sdk.context_settings, "obj": target},
        invoke_without_command=True,
        logger=target.logger,
    )
