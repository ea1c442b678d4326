"""What the target can do besides loading: the registry of commands, one file each."""

from target_seh_sql.cli import Command
from target_seh_sql.commands import adopt, check, init_db, report, status

COMMANDS: tuple[Command, ...] = (
    adopt.COMMAND,
    check.COMMAND,
    init_db.COMMAND,
    report.COMMAND,
    status.COMMAND,
)

__all__ = ["COMMANDS"]
