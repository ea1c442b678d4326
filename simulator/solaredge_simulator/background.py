"""The command `solaredge-simulator-background`: start the simulator as a process of its own, and stop it."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from threading import Event

PATIENCE = 10.0
"""Seconds that the old process has to end."""


def main() -> None:
    """Start or stop the simulator of a port."""
    parser = argparse.ArgumentParser(
        prog="solaredge-simulator-background",
        description="Start solaredge-simulator in the background, or stop it.",
        epilog="Further options are those of solaredge-simulator.",
    )
    parser.add_argument("what", choices=("start", "stop"))
    parser.add_argument("--port", type=int, default=8044, help="port on 127.0.0.1 (default %(default)s)")
    asked, options = parser.parse_known_args()
    stop(asked.port)
    if asked.what == "start":
        start(asked.port, options)


def start(port: int, options: list[str]) -> None:
    """Start the simulator and return when it is ready."""
    command = [sys.executable, "-m", "solaredge_simulator", "--port", str(port), *options]
    with _log_file(port).open("w") as log:
        process = subprocess.Popen(  # noqa: S603 (our own program)
            command,
            stdout=subprocess.PIPE,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
        )
    assert process.stdout is not None  # noqa: S101 (for the type checker)
    with process.stdout:
        ready = process.stdout.readline().strip()
    if not ready:
        process.wait()
        sys.exit(f"The simulator did not start: {_log_file(port).read_text().strip()}")
    _pid_file(port).write_text(str(process.pid))
    process.returncode = 0  # it goes on without us: no warning that it still runs
    print(ready)  # noqa: T201


def stop(port: int) -> None:
    """Stop the simulator that was started on a port, if it still runs."""
    try:
        pid = int(_pid_file(port).read_text())
    except (OSError, ValueError):
        return
    _pid_file(port).unlink()
    deadline = time.monotonic() + PATIENCE
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        while time.monotonic() < deadline:
            Event().wait(0.05)  # time.sleep() fails under libfaketime (make test-on-day)
            os.kill(pid, 0)


def _pid_file(port: int) -> Path:
    return Path(tempfile.gettempdir()) / f"solaredge-simulator-{os.getuid()}-{port}.pid"


def _log_file(port: int) -> Path:
    return _pid_file(port).with_suffix(".log")


if __name__ == "__main__":
    main()
