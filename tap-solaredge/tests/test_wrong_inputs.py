"""Whatever the command line is given: settings are understood or named, and nothing ends in a traceback."""

import json
import os
import subprocess
import sys

import pytest

from tap_solaredge.singer import tap_of_files
from tap_solaredge.tap import TapSolarEdge

FILES = {
    "good.json": b'{"api_key": "k"}',
    "text.json": b"hello, this is no JSON",
    "list.json": b"[]",
    "bytes.json": b"\xff\xfe\x00\x80",
    "empty.json": b"",
    "number.json": b"5",
    "null.json": b"null",
    "bookmarks.json": b'{"bookmarks": [5]}',
    "stream.json": b'{"bookmarks": {"sites": 5}}',
    "partition.json": b'{"bookmarks": {"power_readings": {"partitions": [5]}}}',
    "context.json": b'{"bookmarks": {"power_readings": {"partitions": [{"context": 5}]}}}',
    "streams.json": b'{"streams": 5}',
    "entries.json": b'{"streams": [5]}',
    "typo.json": b'{"api_key": "k", "siteids": [1]}',
    "nul.json": b'{"api_key": "k", "ledger_path": "a\\u0000b"}',
    "unwritable.json": b'{"api_key": "k", "ledger_path": "."}',
    "closed.json": json.dumps(
        {"api_key": "k", "api_url": "http://127.0.0.1:9", "ledger_path": "l", "request_retries": 0}
    ).encode(),
}
COMMANDS = ("check-api", "login", "logout", "whoami")
UNREADABLE = ("none.json", ".", "text.json", "list.json", "bytes.json", "empty.json")
KEY = {"API_KEY": "k", "API_URL": "http://127.0.0.1:9", "REQUEST_RETRIES": "0", "LEDGER_PATH": "l.db"}


def run(folder, arguments, **variables):
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    settings = {f"TAP_SOLAREDGE_{name}": value for name, value in variables.items()}
    command = [sys.executable, "-m", "tap_solaredge", *arguments]
    environment = {**os.environ, "HOME": str(folder), **settings}
    return subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )


def told(done):
    return [
        line for line in (done.stdout + done.stderr).splitlines() if "| INFO " not in line and line.strip()
    ]


WRONG_INPUTS = {
    **{f"--config {name}": ([f"--config={name}"], {}) for name in UNREADABLE},
    **{f"--discover {name}": ([f"--config={name}", "--discover"], {}) for name in UNREADABLE[:3]},
    **{f"--plan {name}": ([f"--config={name}", "--plan"], {}) for name in UNREADABLE[:3]},
    **{f"--test {name}": ([f"--config={name}", "--test"], {}) for name in UNREADABLE[:3]},
    **{f"{command} {name}": ([command, f"--config={name}"], {})
       for command in COMMANDS for name in ("none.json", "text.json")},
    **{f"--state {name}": (["--config=closed.json", f"--state={name}"], {})
       for name in ("none.json", "text.json", "list.json", "bytes.json", "number.json", "bookmarks.json",
                    "stream.json", "partition.json", "context.json", "empty.json")},
    **{f"--plan --state {name}": (["--config=closed.json", "--plan", f"--state={name}"], {})
       for name in ("text.json", "list.json", "bytes.json", "number.json")},
    **{f"--catalog {name}": (["--config=closed.json", f"--catalog={name}"], {})
       for name in ("none.json", "text.json", "list.json", "bytes.json", "null.json", "streams.json",
                    "entries.json")},
    **{f"--plan --catalog {name}": (["--config=closed.json", "--plan", f"--catalog={name}"], {})
       for name in ("text.json", "list.json")},
    "no such option": (["--colour"], {}),
    "no such command": (["dance"], {}),
    "no settings": (["--config=ENV"], {}),
    "no service": (["--config=closed.json"], {}),
    "the ledger is a folder": (["--config=unwritable.json"], {}),
    "an integer": (["--config=ENV"], {**KEY, "MONTHLY_CREDITS": "many"}),
    "a version": (["--config=ENV"], {**KEY, "API_VERSION": "v3"}),
    "a site": (["--config=ENV"], {**KEY, "SITE_IDS": "1,x"}),
    "a date": (["--config=ENV"], {**KEY, "START_DATE": "yesterday"}),
    "dates": (["--config=ENV"], {**KEY, "START_DATE": "2026-02-01", "END_DATE": "2026-01-01"}),
    "an address": (["--config=ENV"], {**KEY, "API_URL": "nowhere"}),
    "a map": (["--config=ENV"], {**KEY, "STREAM_MAPS": "{"}),
    "a map that divides": (["--config=ENV"], {**KEY, "STREAM_MAPS": '{"sites": {"name": "1/0"}}'}),
    "a map of no expression": (["--config=ENV"], {**KEY, "STREAM_MAPS": '{"sites": {"name": "(("}}'}),
    "a map of nobody": (["--config=ENV"], {**KEY, "STREAM_MAPS": '{"sites": {"name": "nobody(5)"}}'}),
    "a map of others": (["--config=ENV"], {**KEY, "STREAM_MAPS": '{"__else__": 5}'}),
    "a level of the log": (["--config=ENV"], {**KEY, "LOGLEVEL": "loud"}),
    "a character that no file has": (["--config=nul.json"], {}),
    "a map of a number": (["--config=ENV"], {**KEY, "STREAM_MAPS": '{"sites": 5}'}),
}  # fmt: skip
"""Arguments and variables."""


STEP = 1 if os.environ.get("PROOF") == "whole" else 3
"""The short form tries every third input; `make proof-pages` tries all."""


@pytest.mark.parametrize("what", list(WRONG_INPUTS)[::STEP])
def test_no_wrong_input_brings_a_command_to_a_traceback(what, tmp_path):
    arguments, variables = WRONG_INPUTS[what]
    done = run(tmp_path, arguments, **variables)
    said = told(done)
    print(f"{what}: {said[-1]}")  # noqa: T201 -- what is told, for people to read
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr
    assert "a fault of the tap" not in done.stderr
    assert len([line for line in said if "| CRITICAL " in line or "| ERROR " in line]) <= 1


def test_the_wrong_inputs_are_many():
    assert len(WRONG_INPUTS) >= 40


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_of_settings_that_cannot_be_read_is_one_line_with_its_name(tmp_path, name):
    done = run(tmp_path, [f"--config={name}"])
    (line,) = told(done)
    assert done.returncode == 2
    assert f"--config {name}" in line


def test_a_wrong_variable_names_its_setting(tmp_path):
    done = run(tmp_path, ["--config=ENV", "--plan"], **KEY, MONTHLY_CREDITS="many")
    (line,) = told(done)
    assert done.returncode == 2
    assert "the setting monthly_credits cannot be used: 'many'" in line


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("api_url", "127.0.0.1"),
        ("api_url", "http://127.0.0.1:9 "),
        ("user_agent", "a\nb"),
        ("energy_lookback_days", 999_999),
        ("request_timeout", 10**12),
        ("end_date", "1960-01-01"),
    ],
)
def test_what_cannot_be_meant_is_one_line_before_the_first_call(tmp_path, setting, value):
    (tmp_path / "odd.json").write_text(json.dumps({"api_key": "k", "ledger_path": "l.db", setting: value}))
    done = run(tmp_path, ["--config=odd.json"])
    (line,) = told(done)
    assert done.returncode == 2
    assert setting in line


def test_a_setting_that_does_not_exist_is_named_with_the_nearest_one(tmp_path):
    done = run(tmp_path, ["--config=typo.json", "--config=ENV", "--plan"], **KEY, SITE_ID="5")
    assert "there is no setting siteids: did you mean site_ids?" in done.stderr
    assert "there is no setting TAP_SOLAREDGE_SITE_ID: did you mean TAP_SOLAREDGE_SITE_IDS?" in done.stderr


def test_empty_variables_are_not_set(tmp_path):
    empty = dict.fromkeys(("SITE_IDS", "START_DATE", "MONTHLY_CREDITS", "STREAM_MAPS", "LIVE_POWER_FLOW"), "")
    (line,) = told(run(tmp_path, ["--config=ENV"], **KEY, **empty))[-1:]
    assert "No answer from /v2/sites" in line


def test_variables_go_before_files_and_later_files_before_earlier_ones(tmp_path):
    earlier, later = tmp_path / "earlier.json", tmp_path / "later.json"
    earlier.write_text(json.dumps({"monthly_credits": 50, "power_lookback_days": 5, "site_ids": 5}))
    later.write_text(json.dumps({"monthly_credits": "60", "power_lookback_days": "6"}))
    tap = tap_of_files(TapSolarEdge, (str(earlier), str(later)))
    assert [tap.config[name] for name in ("monthly_credits", "power_lookback_days")] == [60, 6]
    done = run(tmp_path, [f"--config={later}", "--config=ENV"], **KEY, MONTHLY_CREDITS="x")
    assert "the setting monthly_credits cannot be used: 'x'" in done.stderr


def test_the_settings_that_are_given_stay_as_they_were():
    given = {
        "api_key": "k",
        "stream_maps": {"sites": {"notes": None}, "__else__": "__NULL__"},
        "site_ids": "1",
    }
    before = json.dumps(given)
    TapSolarEdge(config=given)
    assert json.dumps(given) == before


@pytest.mark.parametrize("what", ["a map of others", "a level of the log", "a character that no file has"])
def test_the_one_line_names_what_is_wrong(what, tmp_path):
    names = {
        "a map of others": "the setting stream_maps cannot be used: 5 is not valid",
        "a level of the log": "LOGLEVEL: Unknown level: 'LOUD'; write DEBUG, INFO, WARNING or ERROR",
        "a character that no file has": "ledger_path cannot be used: it holds the character U+0000",
    }
    arguments, variables = WRONG_INPUTS[what]
    done = run(tmp_path, arguments, **variables)
    assert done.returncode == 2
    assert names[what] in told(done)[-1]
