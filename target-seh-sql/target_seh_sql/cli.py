"""The command line: the SDK's options load; the commands beside them start without the SDK, which is slow."""

from __future__ import annotations

import logging
import os
import sys
import traceback
from errno import EDQUOT, EFBIG, EIO, ENOSPC
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import click

from target_seh_sql.errors import ConfigError, TargetSehSqlError

logger = logging.getLogger("target-seh-sql")

COMMANDS: Final = ("adopt", "check", "export", "init-db", "report", "status")
"""Each a function in the module of its name in commands/."""
FULL: Final = (EDQUOT, EFBIG, EIO, ENOSPC)
"""Errors of writing, which name no file where the shell has opened it."""
LOG_FORMAT: Final = "{asctime:23s} | {levelname:8s} | {name:30s} | {message}"
"""As the SDK logs to a console."""


class CommandLine(click.Group):
    """The SDK's command and ours; an error that is meant for people is one line and exit code 1."""

    def main(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        """Run; the traceback of an error is shown at DEBUG."""
        try:
            return super().main(*args, **kwargs)
        except Exception as error:  # the last place to say it
            logger.error("%s", _said(error))  # noqa: TRY400
            logger.debug("", exc_info=error)
            if _has_no_name(error) and sys.stdout is not None:
                with Path(os.devnull).open("wb") as nowhere:  # or Python tries again, and ends with 120
                    os.dup2(nowhere.fileno(), sys.stdout.fileno())
            sys.exit(1)

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Take the SDK's options where no command stands first, and set up the log."""
        try:
            if args[:1] and args[0] in COMMANDS:
                level = os.environ.get("TARGET_SEH_SQL_LOGLEVEL") or os.environ.get("LOGLEVEL") or "INFO"
                logging.basicConfig(format=LOG_FORMAT, style="{", level=level.upper())
            else:
                self._take_options_of_the_sdk()
        except ValueError as wrong:
            raise ConfigError(f"LOGLEVEL: {wrong}; write DEBUG, INFO, WARNING or ERROR") from None
        return super().parse_args(context, args)

    def _take_options_of_the_sdk(self) -> None:
        from target_seh_sql.target import TargetSehSql  # noqa: PLC0415 -- commands start without it

        sdk = TargetSehSql.cli

        @click.pass_context
        def load(context: click.Context, /, **_options: object) -> None:
            if context.invoked_subcommand is None:
                sdk.invoke(context)
                return
            name = context.invoked_subcommand
            raise click.UsageError(f"options come after the command: {self.name} {name} --config ...")

        self.params, self.callback = sdk.params, load

    def list_commands(self, context: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names of the commands."""
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        """Return a command by its name."""
        if name not in COMMANDS:
            return None
        module = name.replace("-", "_")
        command: click.Command = getattr(import_module(f"target_seh_sql.commands.{module}"), module)
        return command


def _has_no_name(error: Exception) -> bool:
    """Whether nothing more could be written to standard output, or to a file that the shell has opened."""
    return isinstance(error, OSError) and error.filename is None and error.errno in FULL


def _said(error: Exception) -> str:
    """Return what people are told of an error; of a fault of ours not its text, which may hold anything."""
    if _has_no_name(error):
        return f"standard input or output: {error}"
    if isinstance(error, TargetSehSqlError | OSError):
        return str(error)
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{type(error).__name__} in {Path(frame.filename).name}, line {frame.lineno}"
    return f"a fault of the program: {where}; TARGET_SEH_SQL_LOGLEVEL=DEBUG shows all of it"


main = CommandLine(
    name="target-seh-sql",
    help="Load Singer messages into a SQL database, or run one of the commands.",
    context_settings={"help_option_names": ["--help"]},
    invoke_without_command=True,
)
"""The program `target-seh-sql`."""
