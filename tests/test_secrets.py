"""No key is printed, whatever goes wrong and however much is logged."""

import json
import os
import subprocess

import pytest

from tools.pipeline import BIN

KEY = "sk-Very-Secret-0123456789"


def everything_said(folder, environment=None, **settings):
    config = folder / "config.json"
    config.write_text(
        json.dumps(
            {"api_key": KEY, "account_key": KEY[::-1], "ledger_path": str(folder / "ledger.db")} | settings
        )
    )
    run = subprocess.run(
        [BIN / "tap-solaredge", "--config", config],
        capture_output=True, text=True, check=False,
        env=os.environ | {"TAP_SOLAREDGE_LOGLEVEL": "DEBUG"} | (environment or {}),
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


@pytest.mark.parametrize("version", ["v2", "v1"])
@pytest.mark.parametrize(
    "kind", ["500", "reset_inside", "html_200", "wrong_types", "expired_key", "429_credits"]
)
def test_a_run_with_a_fault_prints_no_key_at_debug(start_simulator, tmp_path, version, kind):
    simulator = start_simulator(v1="active")
    key = simulator.key if version == "v2" else simulator.v1_key
    simulator.fault(kind, path="*/energy")
    code, said = everything_said(
        tmp_path, api_url=simulator.url, api_key=key, api_version=version, account_key=None,
        calls_per_minute=0, request_retries=0,
    )  # fmt: skip
    assert code == (kind != "429_credits")
    assert "urllib3.connectionpool" in said
    assert "Traceback" not in said
    assert key not in said


def test_structured_logs_hold_no_key(simulator, tmp_path):
    logs = tmp_path / "logging.json"
    logs.write_text(json.dumps(STRUCTURED))
    code, said = everything_said(
        tmp_path, {"SINGER_SDK_LOG_CONFIG": str(logs)}, api_url=simulator.url, api_version="v1"
    )
    assert code == 1
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert any("(redacted)" in str(line) for line in lines), said
    assert KEY not in said


STRUCTURED = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "singer_sdk.logging.StructuredFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"level": "DEBUG", "handlers": ["stderr"]},
}


@pytest.mark.parametrize(
    "leak",
    [
        "log.addHandler(logging.StreamHandler()); log.error('GET /?api_key=%s', KEY)",
        "log.addHandler(logging.StreamHandler()); log.error({'Authorization': 'Bearer ' + KEY})",
        "logging.basicConfig(); logging.captureWarnings(True); warnings.warn(KEY)",
        "log.error('%s', urllib.parse.quote(KEY))",
        "raise RuntimeError(KEY)",
        "threading.Thread(target=lambda: 1 / 0, name=KEY).start(); raise OSError(KEY)",
    ],
)
def test_whatever_is_printed_is_masked(leak):
    program = (
        "import logging, threading, urllib.parse, warnings\n"
        "from tap_solaredge.redaction import conceal_crashes\n"
        "from tap_solaredge.tap import TapSolarEdge\n"
        f"KEY = '{KEY} +/=' + 'x'\n"
        "TapSolarEdge(config={'api_key': KEY})\n"
        "conceal_crashes()\n"
        "log = logging.getLogger('anybody')\n"
        f"{leak}\n"
    )
    run = subprocess.run([BIN / "python", "-c", program], capture_output=True, text=True, check=False)
    assert "(redacted)" in run.stderr
    assert KEY not in run.stderr


def test_the_ledger_and_the_state_hold_no_key(simulator, tmp_path):
    _, said = everything_said(tmp_path, api_url=simulator.url, api_key=simulator.key, calls_per_minute=0)
    files = [path for path in tmp_path.iterdir() if path.name != "config.json"]
    assert files
    assert simulator.key not in said
    for path in files:
        assert simulator.key.encode() not in path.read_bytes(), path.name
