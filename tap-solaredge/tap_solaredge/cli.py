"""The command line: the SDK's options run the tap; the commands beside them look things up and set up."""

from __future__ import annotations

import functools
import gc
import sys
import traceback
from errno import EDQUOT, EFBIG, EIO, ENOSPC
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from tap_solaredge.ending import Stopped, ending
from tap_solaredge.errors import ConfigError, TapSolarEdgeError
from tap_solaredge.redaction import conceal_crashes, one_line
from tap_solaredge.singer import SingerCommand, output_lost, tap_of_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from singer_sdk import Tap

    from tap_solaredge.budget.ledger import Ledger
    from tap_solaredge.service.client import Client

FULL = (EDQUOT, EFBIG, EIO, ENOSPC)
"""Errors of writing, which name no file where the shell has opened it."""
RARELY = 50_000
"""Objects between two looks for cycles."""


class ConfiguredTap(Protocol):
    """What commands need of the tap."""

    @property
    def config(self) -> Mapping[str, Any]:
        """Return the settings."""

    def now(self) -> datetime:
        """Return the service's time, as far as it is known."""

    def connect(self, retries: int | None = None) -> tuple[Client, Ledger]:
        """Return the client and the ledger; both have to be closed."""

    def forget_refusals(self, site_id: int) -> None:
        """Let the next run try again what an earlier grant of a site did not cover."""


def configured(run: Callable[..., None]) -> Callable[..., None]:
    """Call a command with the tap that `--config` describes, in front of the values of its options."""

    @click.option(
        "--config",
        "files",
        multiple=True,
        help="Configuration file location or 'ENV' to use environment variables.",
    )
    @functools.wraps(run)
    def command(files: tuple[str, ...], **options: Any) -> None:  # noqa: ANN401
        run(click.get_current_context().obj(files), **options)

    return command


class CommandLine(SingerCommand, click.Group):
    """The SDK's command with further ones; a known error is one clear line and an exit code."""

    def __init__(self, tap: type[Tap], sdk: click.Command, commands: Iterable[click.Command]) -> None:
        @click.pass_context
        def run_without_a_command(ctx: click.Context, /, **options: Any) -> None:  # noqa: ANN401
            if ctx.invoked_subcommand is None and sdk.callback is not None:
                sdk.callback(**options)

        super().__init__(
            name=sdk.name,
            help=sdk.help,
            params=sdk.params,
            context_settings={**sdk.context_settings, "obj": functools.partial(tap_of_files, tap)},
            callback=run_without_a_command,
            commands=list(commands),
            invoke_without_command=True,
            logger=tap.logger,
        )

    def main(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        """Run; exit with 2 for a wrong setting, 1 for what else is known, 128 + number for a signal."""
        conceal_crashes()
        gc.freeze()
        gc.set_threshold(RARELY)  # batches of records hold no cycles: looking for some takes a fifth of a run
        try:
            with ending.listening():
                return super().main(*args, **kwargs)
        except TapSolarEdgeError as error:
            self.logger.critical("%s", one_line(str(error)))
            sys.exit(exit_code(error))
        except Stopped as stopped:
            self.logger.warning("Ended by %s; the next run goes on from what was sent", stopped.signal.name)
            ending.leave(stopped)
        except Exception as error:  # noqa: BLE001 (the last place to say it)
            self._say(error)
            sys.exit(1)

    def _say(self, error: Exception) -> None:
        """Say that nobody takes the output, or where a fault of ours is: its text may hold anything."""
        if isinstance(error, OSError) and error.filename is None and error.errno in FULL:
            self.logger.critical("%s", output_lost(error))
            return
        frame = traceback.extract_tb(error.__traceback__)[-1]
        self.logger.critical(
            "a fault of the tap: %s in %s, line %s; TAP_SOLAREDGE_LOGLEVEL=DEBUG shows all of it",
            type(error).__name__,
            Path(frame.filename).name,
            frame.lineno,
        )
        self.logger.debug("", exc_info=error)


def exit_code(error: TapSolarEdgeError) -> int:
    """Return 2 for a wrong setting, 1 for whatever else went wrong."""
    return 2 if isinstance(error, ConfigError) else 1
