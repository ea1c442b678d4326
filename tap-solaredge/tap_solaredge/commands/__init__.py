"""What the tap can do besides harvesting: the registry of commands, one file each."""

from tap_solaredge.cli import Command
from tap_solaredge.commands import check_api, login, logout, whoami

COMMANDS: tuple[Command, ...] = (
    check_api.COMMAND,
    login.COMMAND,
    logout.COMMAND,
    whoami.COMMAND,
)

__all__ = ["COMMANDS"]
