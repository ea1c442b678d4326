"""What the tap can do besides harvesting: the registry of commands, one file each."""

from tap_solaredge.commands.check_api import check_api
from tap_solaredge.commands.login import login
from tap_solaredge.commands.logout import logout
from tap_solaredge.commands.whoami import whoami

COMMANDS = (check_api, login, logout, whoami)

__all__ = ["COMMANDS"]
