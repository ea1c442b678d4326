"""A login on runners that forget everything: `docs/ci/keep-login.sh` and the workflow that calls it."""

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from solaredge_simulator.fleet import HOME

from .owner import config_file, grant_access, grants, settings

CI = Path(__file__).parents[2] / "docs" / "ci"
TAP = Path(sys.executable).parent / "tap-solaredge"


@pytest.fixture
def secret(simulator, tmp_path):
    """Return a file in place of a CI system's secret, with a login in it."""
    first = tmp_path / "laptop" / "tokens.json"
    grant_access(simulator, first, HOME)
    kept = tmp_path / "secret"
    kept.write_text(first.read_text())
    return kept


@pytest.fixture
def on_a_new_runner(simulator, tmp_path, secret):
    """Return a function that starts a command under the script, in a folder that has never been used."""

    def start(number, *command, store=None):
        runner = tmp_path / f"runner-{number}"
        runner.mkdir()
        values = settings(simulator, runner, power_lookback_days=1, energy_lookback_days=1)
        config = config_file(runner, values)
        environment = {"TOKENS": secret.read_text(), "TAP_SOLAREDGE_TOKEN_FILE": values["token_file"]}
        store = store or f"cat > {shlex.quote(str(secret))}"
        run = command or (TAP, "--config", config)
        return subprocess.Popen(
            ["sh", CI / "keep-login.sh", store, *run],
            env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    return start


def test_the_login_outlives_the_runners(simulator, secret, on_a_new_runner, tmp_path):
    seen = {secret.read_text()}
    for number in range(3):
        simulator.clock.advance(hours=3)
        run = on_a_new_runner(number)
        said = run.communicate()
        assert run.returncode == 0, said
        assert not (tmp_path / f"runner-{number}" / "state" / "tokens.json").exists()
        seen.add(secret.read_text())
    assert len(seen) == 4
    assert json.loads(secret.read_text())["grants"][0]["site_id"] == HOME


def test_a_run_that_fails_after_renewing_still_keeps_the_login(simulator, secret, on_a_new_runner, tmp_path):
    simulator.clock.advance(hours=3)
    before = json.loads(secret.read_text())["grants"][0]
    run = on_a_new_runner(0, "sh", "-c", f"{TAP} --config {tmp_path}/runner-0/tap.json && exit 3")
    said = run.communicate()[1]
    assert run.returncode == 3, said
    after = json.loads(secret.read_text())["grants"][0]
    assert after["previous_refresh_token"] == before["refresh_token"] != after["refresh_token"]


def test_a_cancelled_run_still_keeps_the_login(simulator, secret, on_a_new_runner, tmp_path):
    new = tmp_path / "new.json"
    grant_access(simulator, new, HOME)
    script = f"cat {new} > $TAP_SOLAREDGE_TOKEN_FILE; echo renewed; exec sleep 600"
    run = on_a_new_runner(0, "sh", "-c", script)
    assert run.stdout.readline() == "renewed\n"
    run.send_signal(signal.SIGTERM)
    run.communicate()
    assert run.returncode == 128 + signal.SIGTERM
    assert secret.read_text() == new.read_text()


def test_tokens_that_cannot_be_stored_are_told_and_kept(simulator, secret, on_a_new_runner, tmp_path):
    simulator.clock.advance(hours=3)
    run = on_a_new_runner(0, store="false")
    said = run.communicate()[1]
    assert run.returncode == 1
    assert "The renewed login could not be stored" in said
    assert set(grants(tmp_path / "runner-0" / "state" / "tokens.json")) == {HOME}


def test_what_did_not_change_is_not_stored(simulator, secret, on_a_new_runner):
    run = on_a_new_runner(0, "true", store="false")
    assert (run.wait(), *run.communicate()) == (0, "", "")


def test_the_workflow_calls_the_script_with_all_that_it_needs():
    workflow = yaml.safe_load((CI / "github-harvest.yml").read_text())
    steps = workflow["jobs"]["harvest"]["steps"]
    step = next(step for step in steps if "keep-login" in step.get("run", ""))
    assert step["run"].startswith('sh docs/ci/keep-login.sh "gh secret set SOLAREDGE_TOKENS" ')
    assert {"TOKENS", "GH_TOKEN", "TAP_SOLAREDGE_TOKEN_FILE", "TAP_SOLAREDGE_CLIENT_SECRET"} <= set(
        step["env"]
    )
    assert workflow["concurrency"] == "harvest"
    assert {step["with"]["path"] for step in steps if "cache" in step.get("uses", "")} == {"kept"}
    assert step["env"]["TAP_SOLAREDGE_LEDGER_PATH"].endswith("/kept/ledger.db")
    assert step["env"]["MELTANO_STATE_BACKEND_URI"] == "seh:${{ secrets.DATABASE_URL }}"
