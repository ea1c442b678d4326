"""The target's commands as messages name them: in the way in which the user called the target."""

from __future__ import annotations

import os


def command(arguments: str) -> str:
    """Return how to run the target with a command or option, such as `init-db`, at its front."""
    if "MELTANO_PROJECT_ROOT" not in os.environ:
        return f"target-seh-sql {arguments}"
    return f"meltano invoke target-seh-sql{' ' if arguments.startswith('-') else ':'}{arguments}"
