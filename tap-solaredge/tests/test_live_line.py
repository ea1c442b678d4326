"""On a terminal one live line says how far a run has come; elsewhere lines of the log do."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from solaredge_simulator.fleet import ROOF

pty = pytest.importorskip("pty", reason="no terminals to imitate on this system")

TAP = Path(sys.executable).with_name("tap-solaredge")
DRAWN = re.compile(r"(\d+) of about (\d+) calls made, about \d+ seconds left; \d of 1 site up to date")
LOGGED = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \| \w+ ")
HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"


@pytest.fixture
def run_on_a_terminal(start_simulator, tmp_path):
    """Return what the tap writes to a terminal 200 characters wide, and its exit code."""

    def run(term="xterm", stop_when=None):
        simulator = start_simulator(calls_per_minute=None)
        if term != "dumb":
            simulator.fault("slow", seconds=0.3)  # the line is drawn twice a second
        settings = {
            "API_URL": simulator.url, "API_KEY": simulator.key, "LEDGER_PATH": str(tmp_path / "ledger.db"),
            "CALLS_PER_MINUTE": "0", "MONTHLY_CREDITS": "0", "SITE_IDS": str(ROOF),
        }  # fmt: skip
        environment = os.environ | {f"TAP_SOLAREDGE_{name}": value for name, value in settings.items()}
        environment |= {"TERM": term, "COLUMNS": "200", "LINES": "50"}
        ours, its = pty.openpty()
        tap = subprocess.Popen(
            [TAP, "--config", "ENV"], env=environment, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=its
        )
        os.close(its)
        written = b""
        while chunk := read(ours):
            written += chunk
            if stop_when and stop_when in written:
                tap.send_signal(signal.SIGINT)
                stop_when = None
        os.close(ours)
        return written.decode(), tap.wait()

    return run


def read(terminal):
    """Return what came, nothing at the end."""
    try:
        return os.read(terminal, 65_536)
    except OSError:  # Linux says so when the other side is closed
        return b""


def lines_left(written):
    """Return the lines that stay on the screen: what follows the last time that a line was wiped."""
    lines = [line.rsplit("\x1b[2K", 1)[-1].strip("\r") for line in written.split("\n")]
    return [line for line in lines if line and not line.startswith("\x1b")]


def test_a_terminal_shows_one_live_line_below_the_log(run_on_a_terminal):
    written, code = run_on_a_terminal()
    assert code == 0
    shown = [(int(made), int(whole)) for made, whole in DRAWN.findall(written)]
    assert shown[0] < shown[-1]
    assert written.count(HIDE) == written.count(SHOW) == 1
    kept = [line for line in lines_left(written.split(SHOW)[0]) if not DRAWN.search(line)]
    assert all(LOGGED.match(line) for line in kept)
    after = lines_left(written.split(SHOW)[1])
    assert "1 site, " in after[-1]
    assert not [line for line in after if DRAWN.search(line)]


def test_a_signal_gives_the_terminal_back(run_on_a_terminal):
    written, code = run_on_a_terminal(stop_when=b" calls made")
    assert code == 128 + signal.SIGINT
    assert written.count(HIDE) == 1
    assert written.rindex(SHOW) > written.index(HIDE)
    assert "Ended by SIGINT" in lines_left(written.rsplit(SHOW, 1)[1])[-1]


def test_a_terminal_that_moves_no_cursor_gets_the_log_alone(run_on_a_terminal):
    written, code = run_on_a_terminal(term="dumb")
    assert code == 0
    assert "\x1b" not in written
    assert all(LOGGED.match(line) for line in lines_left(written))
