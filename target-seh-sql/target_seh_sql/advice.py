"""What messages have in common: how they name the target's commands, and how they count."""

from __future__ import annotations

import os


def counted(count: int, what: str) -> str:
    """Return a number of things, such as `1 row` or `2,000 rows`."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def command(arguments: str) -> str:
    """Return how to run the target, as the user called it, with a command such as `init-db` or an option."""
    if "MELTANO_PROJECT_ROOT" not in os.environ:
        return f"target-seh-sql {arguments}"
    return f"meltano invoke target-seh-sql{' ' if arguments.startswith('-') else ':'}{arguments}"
