"""The tap's commands as messages name them: in the way in which the user called the tap."""

from __future__ import annotations

import os


def command(arguments: str) -> str:
    """Return how to run the tap with a command or option, such as `login`, at its front."""
    if "MELTANO_PROJECT_ROOT" not in os.environ:
        return f"tap-solaredge {arguments}"
    return f"meltano invoke tap-solaredge{' ' if arguments.startswith('-') else ':'}{arguments}"
