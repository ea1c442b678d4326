"""Prints wall time, CPU time and peak memory of one command as JSON: measure.py INPUT LOG COMMAND...

A process of its own and without imports that weigh: a child's peak is never below its parent's size.
"""

import json
import os
import sys
import time


def measure(given: str, log: str, command: list[str]) -> dict[str, float]:
    """Return seconds, CPU seconds and MiB of a command and what it started, and its exit code."""
    files = [(given, os.O_RDONLY), *[(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)] * 2]
    redirected = [(os.POSIX_SPAWN_OPEN, fd, path, mode, 0o644) for fd, (path, mode) in enumerate(files)]
    began = time.perf_counter()
    pid = os.posix_spawnp(command[0], command, os.environ, file_actions=redirected)
    _, status, used = os.wait4(pid, 0)
    return {
        "seconds": time.perf_counter() - began,
        "cpu": used.ru_utime + used.ru_stime,
        "mib": used.ru_maxrss / 1024,
        "code": os.waitstatus_to_exitcode(status),
    }


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], sys.argv[2], sys.argv[3:])))
