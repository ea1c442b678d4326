"""STATE leaves after its data are committed, as soon as the tap is silent, and never otherwise."""

from __future__ import annotations

import json
import select
import signal
import subprocess

import pytest

from .conftest import lines, record, schema, state

START = schema("sites"), record("sites", id=1, name="Dak"), schema("power_readings")


def window(number: int, size: int = 4) -> list[dict]:
    """Return the records of one window and the STATE that closes it."""
    times = [f"2026-11-20T{number:02}:{15 * i:02}:00Z" for i in range(size)]
    return [
        *(record("power_readings", site_id=1, timestamp=t, power_watts=1.0) for t in times),
        state("power_readings", 1, replication_key_value=times[-1]),
    ]


def bookmark(line: str) -> str:
    return json.loads(line)["bookmarks"]["power_readings"]["partitions"][0]["replication_key_value"]


def start(database) -> subprocess.Popen:
    pipe = subprocess.PIPE
    return subprocess.Popen(database.command, env=database.environment, stdin=pipe, stdout=pipe, stderr=pipe)


def feed(process: subprocess.Popen, *messages: dict | str) -> None:
    process.stdin.write(lines(*messages).encode())
    process.stdin.flush()


def answer(process: subprocess.Popen, seconds: float = 20) -> str:
    """Return the next line that the target prints."""
    assert select.select([process.stdout], [], [], seconds)[0], "the target printed nothing"
    return process.stdout.readline().decode()


def test_a_state_is_acknowledged_while_the_tap_is_silent(database):
    with start(database) as process:
        feed(process, *START, *window(1))
        assert bookmark(answer(process)) == "2026-11-20T01:45:00Z"
        assert len(database.rows("power_readings")) == 4
        feed(process, *window(2))
        assert bookmark(answer(process)) == "2026-11-20T02:45:00Z"
        process.stdin.close()
        assert process.wait(20) == 0


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -9)]
)
def test_a_signal_rolls_back_to_the_last_state(database, number, code):
    with start(database) as process:
        feed(process, *START, *window(1))
        answer(process)
        feed(process, *window(2)[:-1], '{"type": "RECORD", "str')
        process.send_signal(number)
        process.stdin.close()
        assert process.wait(20) == code
        assert process.stdout.read() == b""
    assert len(database.rows("power_readings")) == 4
    assert database.rows("sync_metadata", "last_data_timestamp") == [("2026-11-20 01:45:00",)]


def test_a_full_batch_is_committed_without_a_state(database, capsys):
    database.load(*START, *(m for n in range(3) for m in window(n)[:-1]), batch_size_rows=5)
    assert capsys.readouterr().out == ""
    assert len(database.rows("power_readings")) == 12


def test_states_that_come_densely_are_acknowledged_together(database, capsys):
    database.load(*START, *(m for n in range(20) for m in window(n)))
    assert [bookmark(line) for line in capsys.readouterr().out.splitlines()] == ["2026-11-20T19:45:00Z"]


def test_the_same_state_twice_is_acknowledged_once(database, capsys):
    database.load(*START, *window(1), window(1)[-1])
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_a_state_without_data_passes_through(database, capsys):
    database.load({"type": "STATE", "value": {"anything": [1, 2.5, None]}})
    assert capsys.readouterr().out == '{"anything": [1, 2.5, null]}\n'


def test_no_input_is_no_error(database, capsys):
    assert database.load() == {}
    assert capsys.readouterr().out == ""


def test_a_failed_write_acknowledges_nothing(database, capsys):
    database.load(*START)
    database.execute("ALTER TABLE power_readings RENAME TO moved")
    with pytest.raises(Exception, match="power_readings"):
        database.load(*START, *window(1))
    assert capsys.readouterr().out == ""


def test_progress_is_told(database, caplog):
    database.load(*START, *window(1))
    assert caplog.messages[-4:-1] == [
        "sites: 1 inserted, 0 changed, 0 unchanged",
        "power_readings: 4 inserted, 0 changed, 0 unchanged",
        "sync_metadata: 1 inserted, 0 changed, 0 unchanged",
    ]
    assert caplog.messages[-1].startswith("5 rows loaded in ")


def test_input_may_be_a_file(database, tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text(lines(*START, *window(1)), encoding="utf-8")
    done = subprocess.run(
        [*database.command, "--input", path], env=database.environment, capture_output=True, check=True
    )
    assert bookmark(done.stdout.decode()) == "2026-11-20T01:45:00Z"
    assert len(database.rows("power_readings")) == 4
