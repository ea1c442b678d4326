"""No key is printed, whatever goes wrong and however much is logged."""

import json
import os
import subprocess

import pytest
from pipeline import BIN

KEY = "sk-Very-Secret-0123456789"


def everything_said(folder, **settings):
    config = folder / "config.json"
    config.write_text(
        json.dumps(
            {"api_key": KEY, "account_key": KEY[::-1], "ledger_path": str(folder / "ledger.db")} | settings
        )
    )
    run = subprocess.run(
        [BIN / "tap-solaredge", "--config", config],
        capture_output=True, text=True, check=False, env=os.environ | {"TAP_SOLAREDGE_LOGLEVEL": "DEBUG"},
    )  # fmt: skip
    return run.returncode, run.stdout + run.stderr


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"api_url": "http://127.0.0.1:9", "request_retries": 1}, "check the network and `api_url`"),
        ({}, "check `api_key`"),
    ],
    ids=["every request fails", "wrong key"],
)
def test_a_failing_run_prints_no_key_at_debug(simulator, tmp_path, settings, told):
    code, said = everything_said(tmp_path, **({"api_url": simulator.url} | settings))
    assert code == 1
    assert told in said
    assert "DEBUG" in said
    assert KEY not in said
    assert KEY[::-1] not in said


def test_a_key_in_a_traceback_is_masked(tmp_path):
    program = (
        "import logging\n"
        "from tap_solaredge.tap import TapSolarEdge\n"
        "logging.basicConfig()\n"
        f"TapSolarEdge(config={{'api_key': {KEY!r}}})\n"
        "try:\n"
        f"    raise RuntimeError('GET /?api_key={KEY}')\n"
        "except RuntimeError:\n"
        "    logging.exception('failed')\n"
    )
    run = subprocess.run([BIN / "python", "-c", program], capture_output=True, text=True, check=True)
    assert "RuntimeError: GET /?api_key=(redacted)" in run.stderr
    assert KEY not in run.stderr.replace(program, "")


def test_the_ledger_and_the_state_hold_no_key(simulator, tmp_path):
    _, said = everything_said(tmp_path, api_url=simulator.url, api_key=simulator.key, calls_per_minute=0)
    files = [path for path in tmp_path.iterdir() if path.name != "config.json"]
    assert files
    assert simulator.key not in said
    for path in files:
        assert simulator.key.encode() not in path.read_bytes(), path.name
