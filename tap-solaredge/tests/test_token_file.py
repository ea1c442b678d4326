"""The token file is data that must not be lost: kills, two taps at once, a hundred hours, wrong modes.

`make proof-login` runs the long forms: 100 hourly runs and 50 kills.
"""

import json
import os
import random
import signal
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from solaredge_simulator.fleet import HOME
from tap_solaredge.clock import Clock
from tap_solaredge.errors import ConfigError, HarvestIncomplete
from tap_solaredge.login.credentials import credential

from .owner import config_file, grant_access, settings

TOKEN = "/v2/oauth2/token"
BIN = Path(sys.executable).parent
WHOLE = os.environ.get("LOGIN_PROOF") == "whole"
RUNS, KILLS = (100, 50) if WHOLE else (20, 10)
VICTIM = """
import json, sys
from tap_solaredge.login.credentials import credential
from tap_solaredge.clock import Clock
config, site = json.load(sys.stdin)
auth = credential(config, Clock())
refused = auth.of(site)
print("renewing", flush=True)
auth.renew(site, refused)
print("done", flush=True)
"""


def config_of(simulator, folder, **more):
    return settings(simulator, folder, request_timeout=10, request_retries=0, site_ids=[HOME]) | more


def rotations(simulator):
    return [call.status for call in simulator.calls if call.path == TOKEN]


# Who may read it


def test_a_file_that_others_can_read_is_refused_with_the_repair(simulator, tmp_path):
    config = config_of(simulator, tmp_path)
    file = Path(config["token_file"])
    grant_access(simulator, file, HOME)
    file.chmod(0o640)
    with pytest.raises(ConfigError, match=rf"Others can read .* \(mode 0640\); run `chmod 600 {file}`"):
        credential(config, Clock())
    subprocess.run(["chmod", "600", file], check=True)
    assert credential(config, Clock()).sites() == [HOME]


def test_another_file_is_told_from_a_token_file(simulator, tmp_path):
    config = config_of(simulator, tmp_path)
    file = Path(config["token_file"])
    file.parent.mkdir()
    file.write_text('{"api_key": "x"}')
    file.chmod(0o600)
    with pytest.raises(ConfigError, match="is not a token file; remove it or change `token_file`"):
        credential(config, Clock())


def test_a_file_that_cannot_be_written_is_told_before_a_token_is_spent(simulator, tmp_path, run_tap):
    seed = simulator.grant(HOME)["refresh_token"]
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "tokens.json.lock").mkdir()
    said = run_tap(simulator, **config_of(simulator, tmp_path, refresh_token=seed))
    assert isinstance(said.error, ConfigError)
    assert "cannot be written" in str(said.error)
    assert rotations(simulator) == []


def test_what_a_crash_left_behind_is_no_obstacle(simulator, tmp_path, run_tap):
    config = config_of(simulator, tmp_path)
    file = Path(config["token_file"])
    grant_access(simulator, file, HOME)
    simulator.clock.advance(hours=3)
    (file.parent / "tokens.json.new").write_text("half a fi")
    assert run_tap(simulator, **config).error is None
    assert [path.name for path in sorted(file.parent.iterdir())] == ["tokens.json", "tokens.json.lock"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()} == {0o600}


# Nothing burns a token


def test_hourly_runs_go_on_without_a_login(simulator, tmp_path, run_tap):
    config = config_of(simulator, tmp_path)
    grant_access(simulator, Path(config["token_file"]), HOME)
    state = None
    for run in range(RUNS):
        if run % 8 == 7:  # a token that the service takes back before its time
            simulator.fault(kind="expired_key", path="*/sites/*", times=1)
        said = run_tap(simulator, state=state, **config)
        assert said.error is None
        state = said.state
        simulator.lift_faults()
        simulator.clock.advance(hours=1)
    done = rotations(simulator)
    print(f"{RUNS} hourly runs, {len(done)} rotations, {done.count(200)} accepted")  # noqa: T201
    assert done.count(200) == len(done) >= RUNS * 0.55


def test_taps_at_once_renew_once(start_simulator, tmp_path):
    now = datetime.now(UTC)
    simulator = start_simulator(now=now - timedelta(hours=3))
    config = config_of(simulator, tmp_path)
    grant_access(simulator, Path(config["token_file"]), HOME)
    simulator.clock.set(now)
    simulator.fault(kind="slow", path=TOKEN, seconds=0.3)
    path = config_file(tmp_path, config)
    command = [BIN / "tap-solaredge", "--config", path]
    taps = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for _ in range(2)]
    said = [tap.communicate()[1].decode() for tap in taps]
    assert [tap.returncode for tap in taps] == [0, 0], said
    assert rotations(simulator) == [200]


@pytest.mark.parametrize("ends", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_tap_does_not_reach_the_renewal(simulator, tmp_path, run_tap, ends):
    kill_while_renewing(simulator, tmp_path, ends, [0.3])
    assert login_works(simulator, tmp_path, run_tap)


def test_kills_at_random_instants_of_a_renewal_leave_a_login_that_works(simulator, tmp_path, run_tap):
    chance = random.Random(6)
    instants = [chance.uniform(0.0, 0.5) for _ in range(KILLS)]
    finished = kill_while_renewing(simulator, tmp_path, signal.SIGKILL, instants)
    done = rotations(simulator)
    print(f"{KILLS} kills, {finished} after the end; {len(done)} rotations, {done.count(200)} accepted")  # noqa: T201
    assert set(done) == {200}
    assert finished < KILLS
    assert login_works(simulator, tmp_path, run_tap)


def kill_while_renewing(simulator, folder, ends, instants):
    """Renew again and again, ending the asking process group after some time; count what was finished."""
    config = config_of(simulator, folder)
    file = Path(config["token_file"])
    grant_access(simulator, file, HOME)
    simulator.fault(kind="slow", path=TOKEN, seconds=0.3)  # it has rotated, and the answer is on its way
    finished = 0
    for seconds in instants:
        victim = subprocess.Popen(
            [sys.executable, "-c", VICTIM],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        victim.stdin.write(json.dumps([config, HOME]).encode())
        victim.stdin.close()
        victim.stdin = None
        assert victim.stdout.readline() == b"renewing\n"
        try:
            finished += b"done" in victim.communicate(timeout=seconds)[0]
        except subprocess.TimeoutExpired:
            os.killpg(victim.pid, ends)
            victim.communicate()
    return finished


def login_works(simulator, folder, run_tap):
    """Whether runs go on with the login that the kills have left: now, and when it is to be renewed again."""
    simulator.lift_faults()
    config = config_of(simulator, folder)
    first = run_tap(simulator, **config)
    simulator.clock.advance(hours=3)
    return first.error is None and run_tap(simulator, state=first.state, **config).error is None


def test_an_answer_that_never_came_is_the_one_loss(simulator, tmp_path, run_tap):
    """What no client can prevent: the service rotated, and the connection broke before its answer."""
    config = config_of(simulator, tmp_path)
    grant_access(simulator, Path(config["token_file"]), HOME)
    simulator.clock.advance(hours=3)
    simulator.fault(kind="reset_before", path=TOKEN, times=1)
    assert isinstance(run_tap(simulator, **config).error, HarvestIncomplete)
    said = run_tap(simulator, **config)
    assert "log in again with `tap-solaredge login`" in str(said.error)
