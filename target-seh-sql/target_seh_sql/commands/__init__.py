"""What the target can do besides loading: the registry of commands, one file each."""

from target_seh_sql.commands.adopt import adopt
from target_seh_sql.commands.check import check
from target_seh_sql.commands.export import export
from target_seh_sql.commands.init_db import init_db
from target_seh_sql.commands.report import report
from target_seh_sql.commands.status import status

COMMANDS = (adopt, check, export, init_db, report, status)

__all__ = ["COMMANDS"]
