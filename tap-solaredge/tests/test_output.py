"""What leaves the tap is whole: every byte, in whole lines, whatever takes it and whatever ends the tap."""

import fcntl
import io
import json
import os
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from solaredge_simulator.fleet import ROOF
from tap_solaredge.singer import Writer

TAP = Path(sys.executable).parent / "tap-solaredge"
TIME = re.compile(rb'"(time_extracted|synced_at)":"[^"]*"')
PIPE_FULL = 30_000
CALL = "/v2/sites/*/power"


@pytest.fixture
def start(start_simulator, tmp_path):
    """Return a function that starts the tap as a process against a simulator, and the simulator."""
    simulator = start_simulator()
    settings = {
        "api_url": simulator.url,
        "api_key": simulator.key,
        "calls_per_minute": 0,
        "monthly_credits": 0,
    }
    running = []

    def starting(*more, environment=None, command=(TAP,), **changed):
        config = tmp_path / "tap.json"
        ledger = tmp_path / f"ledger{len(running)}.db"
        config.write_text(json.dumps(settings | {"ledger_path": str(ledger), "site_ids": [ROOF]} | changed))
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        environment = os.environ | (environment or {})
        running.append(subprocess.Popen([*command, *more, "--config", config], env=environment, **pipes))
        return running[-1]

    starting.simulator = simulator
    yield starting
    for process in running:
        process.kill()
        process.communicate()


def lines_of(output):
    """Return what was written, without instants of the host."""
    assert output.endswith(b"\n")
    return [TIME.sub(b"", line) for line in output.splitlines()]


NON_BLOCKING = (
    "import os; os.set_blocking(1, False); from tap_solaredge.tap import TapSolarEdge; TapSolarEdge.cli()"
)


@pytest.mark.parametrize("unbuffered", ["1", ""], ids=["unbuffered", "buffered"])
def test_a_pipe_that_takes_little_at_a_time_gets_every_byte(start, unbuffered):
    whole = lines_of(start().communicate()[0])
    command = (sys.executable, "-c", NON_BLOCKING)
    process = start(environment={"PYTHONUNBUFFERED": unbuffered}, command=command)
    found = io.BytesIO()
    while some := os.read(process.stdout.fileno(), 512):
        found.write(some)
    assert (process.wait(), process.stderr.read().count(b"Traceback")) == (0, 0)
    assert lines_of(found.getvalue()) == whole
    assert len(whole) > 1000


class Sip(io.RawIOBase):
    """A raw output that takes seven bytes at most, or none at all."""

    def __init__(self):
        self.taken = bytearray()

    def writable(self):
        return True

    def write(self, data):
        self.taken += bytes(data[:7])
        return len(data[:7])


def test_short_writes_of_raw_output_lose_nothing():
    class Stdout(io.StringIO):
        buffer = Sip()

    with redirect_stdout(Stdout()):
        writer = Writer()
        writer.write_state({"bookmarks": {"x" * 1000: {}}})
        writer.write_state({"bookmarks": {"y" * 1000: {}}}, last=True)
    first, second = Stdout.buffer.taken.decode().splitlines()
    assert json.loads(first)["value"] == {"bookmarks": {"x" * 1000: {}}}
    assert json.loads(second)["value"] == {"bookmarks": {"y" * 1000: {}}}


LOST = {
    "a reader that ends": 'exec "$@" | true',
    "a full disk": 'exec "$@" >/dev/full',
    "none": 'exec "$@" >&-',
}


CLOSED = pytest.mark.skipif(
    "faketime" in os.environ.get("LD_PRELOAD", ""), reason="libfaketime takes the place of a closed output"
)


@pytest.mark.parametrize(
    "output", [pytest.param(name, marks=CLOSED if name == "none" else ()) for name in LOST]
)
def test_output_that_nobody_takes_is_one_line(start, output):
    said = (
        start(command=("bash", "-o", "pipefail", "-c", LOST[output], "bash", TAP)).communicate()[1].decode()
    )
    assert len(re.findall("nobody takes the output|there is no standard output", said)) == 1
    assert "Traceback" not in said
    assert "Exception ignored" not in said


# Signals


def ended_while_waiting(start, number, **settings):
    """Send a signal while a call is on its way; return exit code, messages and what was logged."""
    start.simulator.fault("slow", path=CALL, seconds=2)
    process = start(**settings)
    output = []
    reader = threading.Thread(target=lambda: output.append(process.stdout.read()))
    reader.start()
    seen = b""
    while not any(call.path.endswith("/power") for call in start.simulator.calls):
        assert process.poll() is None, process.stderr.read()
    process.send_signal(number)
    seen = process.stderr.read()
    reader.join()
    messages = [json.loads(line) for line in output[0].splitlines()]
    assert output[0].endswith(b"\n") or not messages
    return process.wait(), messages, seen.decode()


@pytest.mark.parametrize("unbuffered", ["1", ""], ids=["unbuffered", "buffered"])
@pytest.mark.parametrize("option", ["--discover", "--plan", "--version"])
def test_a_full_disk_is_one_line_whatever_is_printed(start, option, unbuffered):
    shell = ("sh", "-c", 'exec "$@" >/dev/full', "sh", TAP, option)
    process = start(command=shell, environment={"PYTHONUNBUFFERED": unbuffered})
    said = process.communicate()[1].decode()
    assert process.returncode == 1
    assert said.count("nobody takes the output (No space left on device)") == 1
    assert "a fault of the tap" not in said
    assert "Exception" not in said


@pytest.mark.parametrize(("number", "unbuffered"), [(signal.SIGTERM, "1"), (signal.SIGINT, "")])
def test_a_signal_ends_the_tap_with_128_and_its_number(start, number, unbuffered):
    environment = {"PYTHONUNBUFFERED": unbuffered}
    code, messages, said = ended_while_waiting(start, number, environment=environment)
    assert code == 128 + number
    assert f"Ended by {number.name}; the next run goes on from what was sent" in said
    assert "Traceback" not in said
    states = [message["value"] for message in messages if message["type"] == "STATE"]
    assert states
    assert "replication_key_value" not in json.dumps(states[-1]["bookmarks"].get("power_readings", {}))


def test_calls_at_once_do_not_keep_the_tap_from_ending(start):
    code, _, said = ended_while_waiting(start, signal.SIGTERM, max_concurrent=3, request_timeout=30)
    assert code == 143
    assert "Traceback" not in said


def test_a_signal_while_nobody_reads_waits_for_the_line_and_a_second_one_does_not(start):
    process = start(energy_lookback_days=400, power_lookback_days=400)
    while waiting(process.stdout) < PIPE_FULL:
        assert process.poll() is None, process.stderr.read()
    while process.poll() is None:
        process.send_signal(signal.SIGTERM)
    assert process.returncode == 143


def waiting(pipe):
    """Return how many bytes nobody has read yet."""
    return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4))[0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=str)
def test_a_signal_amid_records_leaves_whole_lines(start, number):
    process = start(power_lookback_days=200, energy_lookback_days=1)
    first = process.stdout.readline()
    for _ in range(2000):
        first += process.stdout.readline()
    process.send_signal(number)
    rest = process.stdout.read()
    assert process.wait() == 128 + number
    for line in (first + rest).splitlines():
        json.loads(line)
    assert rest.endswith(b"\n") or not rest


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=str)
def test_a_login_that_waits_ends_by_a_signal_too(start, number, tmp_path):
    options = {
        "client_id": "c", "client_secret": "secret-of-c", "api_key": None,
        "redirect_url": "http://127.0.0.1:0/callback", "token_file": str(tmp_path / "tokens.json"),
    }  # fmt: skip
    options = {name: value for name, value in options.items() if value is not None}
    process = start(
        "login", "--no-browser", environment={"PYTHONUNBUFFERED": "1"}, **options | {"api_key": ""}
    )
    while b"Waiting for your decision" not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(number)
    assert process.wait(60) == 128 + number
