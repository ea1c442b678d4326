"""No token is printed, kept or shown in the process list, whatever goes wrong and however much is logged."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from solaredge_simulator.fleet import HOME

from .owner import SECRET, config_file, grant_access, grants, settings

TAP = Path(sys.executable).parent / "tap-solaredge"
TOKEN = "/v2/oauth2/token"


def watched(command, environment):
    """Run a command and return its exit code, all it says, and what `ps` shows of it and its children."""
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    shown, renewed, said = set(), False, None
    while said is None:
        for pid in children(process.pid):
            shown.add(command_line := read(pid, "cmdline"))
            if "tap_solaredge.login.renewal" in command_line:
                renewed = True
                shown.add(read(pid, "environ"))
        try:
            said = process.communicate(timeout=0.02)[0]
        except subprocess.TimeoutExpired:
            continue
    return process.returncode, said, shown, renewed


def children(pid):
    """Return a process and its direct children."""
    try:
        below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        below = []
    return [pid, *map(int, below)]


def read(pid, name):
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def secrets_of(simulator, file):
    """Return every secret there was: the application's, and all tokens ever issued."""
    issued = {token for g in simulator.front.oauth.grants._grants for token in (g.refresh_token, *g.access)}
    return {SECRET, *issued, *filter(None, grants(file)[HOME].secrets())}


FAULTS = {
    "nothing": ((), 0, "records"),
    "the grant is dead": (("dead",), 1, "log in again with `tap-solaredge login`"),
    "the answer is lost": (("reset_before",), 1, "No answer from /v2/oauth2/token"),
    "the answer is cut": (("truncated",), 1, "holds no tokens"),
    "the service is busy": (("503",), 1, "answered 503"),
    "the token is refused": (("expired",), 1, "log in again with `tap-solaredge login`"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_run_at_debug_shows_no_secret(simulator, tmp_path, case):
    kinds, code, told = FAULTS[case]
    values = settings(simulator, tmp_path, request_retries=0)
    file = Path(values["token_file"])
    grant_access(simulator, file, HOME)
    before = secrets_of(simulator, file)
    simulator.clock.advance(hours=3)
    simulator.fault(kind="slow", path=TOKEN, seconds=0.3)
    for kind in kinds:
        if kind == "dead":
            simulator.clock.advance(days=31)
        elif kind == "expired":
            simulator.fault(kind="expired_key", path="*/sites/*")
        else:
            simulator.fault(kind=kind, path=TOKEN)
    config_file(tmp_path, values).chmod(0o600)
    environment = os.environ | {"TAP_SOLAREDGE_LOGLEVEL": "DEBUG"}
    ended, said, shown, renewed = watched([TAP, "--config", tmp_path / "tap.json"], environment)
    assert (ended, told in said) == (code, True), said
    assert "DEBUG" in said
    assert renewed
    check(before | secrets_of(simulator, file), said, shown, tmp_path)


def test_settings_of_the_environment_do_not_reach_the_renewal(simulator, tmp_path):
    values = settings(simulator, tmp_path)
    file = Path(values["token_file"])
    grant_access(simulator, file, HOME)
    before = secrets_of(simulator, file)
    simulator.clock.advance(hours=3)
    simulator.fault(kind="slow", path=TOKEN, seconds=0.3)
    given = {
        f"TAP_SOLAREDGE_{name.upper()}": str(value) for name, value in values.items() if value is not None
    }
    ended, said, shown, renewed = watched([TAP, "--config", "ENV"], os.environ | given)
    assert (ended, renewed) == (0, True), said
    assert any("PATH=" in text for text in shown)
    check(before | secrets_of(simulator, file), said, shown, tmp_path)


def check(secrets, said, shown, folder):
    """Look for secrets in what was said and shown, and in files; only the owner may read a file with one."""
    assert len(secrets) >= 3
    for secret in secrets:
        assert secret not in said
        assert not [text for text in shown if secret in text]
        holding = [
            path for path in folder.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()
        ]
        assert {path.name for path in holding} <= {"tap.json", "tokens.json"}
        assert {stat.S_IMODE(path.stat().st_mode) for path in holding} <= {0o600}
