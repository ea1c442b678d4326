"""The files of deploy/: what they start is run here as cron, systemd, a container would start it."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from doc_project import Project

from tools.pipeline import BIN

DEPLOY = Path(__file__).parents[1] / "deploy"
FOLDER = "/opt/solaredge-to-sql"
"""Where the files take the project to be."""
UNITS = DEPLOY / "systemd"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return Project(tmp_path_factory.mktemp("operations"))


def cron_line():
    """Return the fields of the one line: when, as whom, what."""
    lines = (DEPLOY / "cron/solaredge-harvest").read_text().splitlines()
    (line,) = [line for line in lines if re.match(r"[\d*]", line)]
    *when, user, command = line.split(maxsplit=6)
    return when, user, command


def unit(name):
    """Return the settings of a unit file."""
    lines = (UNITS / name).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if re.match(r"\w+=", line))


def test_what_cron_runs_harvests_without_a_shells_profile(project, tmp_path):
    when, user, command = cron_line()
    assert (when, user) == (["7", "*", "*", "*", "*"], "harvest")
    log = tmp_path / "log"
    command = command.replace(FOLDER, str(project.folder)).replace("/var/log/solaredge-harvest.log", str(log))
    with project.page(in_file=True) as run:
        said, code = run([f"env -i HOME=$HOME PATH=/usr/bin:/bin /bin/sh -c '{command}'", "ls seh.db"])
    assert code == 0, log.read_text()
    assert "Run completed" in log.read_text()
    assert said == ["", "seh.db\n"]


def test_systemd_takes_the_units(tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is needed")
    for path in UNITS.iterdir():
        copy = path.read_text().replace(f"{FOLDER}/.venv/bin/meltano", str(BIN / "meltano"))
        (tmp_path / path.name).write_text(copy)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *tmp_path.iterdir()],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    when = unit("solaredge-harvest.timer")["OnCalendar"]
    subprocess.run(["systemd-analyze", "calendar", when], capture_output=True, check=True)


def test_cron_systemd_and_orchestrators_run_the_same_command():
    run = ".venv/bin/meltano --environment=prod run harvest"
    assert run in cron_line()[2]
    assert unit("solaredge-harvest.service")["ExecStart"] == f"{FOLDER}/{run}"
    assert run in (DEPLOY / "orchestrators/airflow_dag.py").read_text()
    assert (
        '".venv/bin/meltano", "--environment=prod", "run", "harvest"'
        in (DEPLOY / "orchestrators/dagster_definitions.py").read_text()
    )


def test_the_image_holds_all_that_a_run_needs(project):
    """What the Dockerfile copies, installs and runs, without Docker: nothing else of the project is there."""
    text = (DEPLOY / "docker/Dockerfile").read_text()
    copied = [word for line in re.findall(r"^COPY (.*)$", text, re.MULTILINE) for word in line.split()[:-1]]
    install = re.search(r"meltano install [\w -]+", text)[0]
    run = " ".join(re.findall(r'"([^"]+)"', re.search(r"^CMD (.*)$", text, re.MULTILINE)[1]))
    with project.page(only=copied) as shell:
        said, code = shell([install, f"MELTANO_ENVIRONMENT=prod {run}", "ls seh.db"])
    assert code == 0, said[-1][-3000:]


def test_hourly_goes_on_after_a_failure_and_ends_when_it_is_told_to(tmp_path):
    script = ["sh", DEPLOY / "docker/hourly.sh", "sh", "-c", "echo ran; exit 3"]
    running = subprocess.Popen(script, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert running.stdout.readline() == "ran\n"
    assert running.stderr.readline() == "the run ended with exit code 3; the next one goes on from there\n"
    running.terminate()
    assert running.communicate(timeout=10) == ("", "")  # the sleep has ended too
    assert running.returncode == 0
