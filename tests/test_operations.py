"""The files of deploy/: what they start is run here as cron, systemd, a container would start it."""

import os
import re
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest
from doc_project import Project

from tools.pipeline import BIN
from tools.sinks import Hook, sink

DEPLOY = Path(__file__).parents[1] / "deploy"
FOLDER = "/opt/solaredge-to-sql"
"""Where the files take the project to be."""
UNITS = DEPLOY / "systemd"
NOBODY = 65534


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return Project(tmp_path_factory.mktemp("operations"))


def cron_lines():
    """Return the fields of each line: when, as whom, what."""
    lines = (DEPLOY / "cron/solaredge-harvest").read_text().splitlines()
    fields = [line.split(maxsplit=6) for line in lines if re.match(r"[\d*]", line)]
    return [(when, user, command) for *when, user, command in fields]


def unit(name):
    """Return the settings of a unit file."""
    lines = (UNITS / name).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if re.match(r"\w+=", line))


def as_shipped(folder, home, command):
    """Run a command of deploy/ as it is, as a user who may write in the project's folder and his home alone.

    Root shows the folder at the place that the files name, and becomes nobody who may read all: only root
    may see where Python is. Others are such a user already, and the place is put into the command.
    """
    if os.getuid() == 0:
        for root, names, files in os.walk(folder.parent):
            for name in (".", *names, *files):
                os.chown(Path(root, name), NOBODY, NOBODY, follow_symlinks=False)
        rights = "-all,+dac_read_search"
        script = (
            f"mount -t tmpfs none /opt && mkdir {FOLDER} && mount --bind '{folder}' {FOLDER} && "
            f"exec setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups --inh-caps={rights} "
            f'--ambient-caps={rights} --bounding-set={rights} /bin/sh -c "$1"'
        )
        run = ["unshare", "--mount", "sh", "-c", script, "sh", command]
    else:
        run = ["/bin/sh", "-c", command.replace(FOLDER, str(folder))]
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin:/usr/sbin"}
    return subprocess.run(run, env=environment, capture_output=True, text=True, check=False)


def test_what_cron_runs_harvests_as_an_unprivileged_user(project):
    (when, user, command), *_ = cron_lines()
    assert (when, user) == (["7", "*", "*", "*", "*"], "harvest")
    with project.page(in_file=True):
        done = as_shipped(project.folder, project.home, command)
        log = project.folder / "harvest.log"
        assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), log.read_text()[-3000:]
        assert "Run completed" in log.read_text()
        assert (project.folder / "seh.db").exists()


def test_the_second_line_of_cron_notifies_as_an_unprivileged_user(project):
    """The simulator's clock is days behind: everything is late, and said so once."""
    _, (_, _, command), _ = cron_lines()
    with project.page(in_file=True), sink(Hook) as (port, posts):
        with (project.folder / ".env").open("a") as file:
            file.write(f"SOLAREDGE_NOTIFY=json://127.0.0.1:{port}/\n")
        as_shipped(project.folder, project.home, cron_lines()[0][2])
        for _ in range(2):
            as_shipped(project.folder, project.home, command)
        said = (project.folder / "status.log").read_text()
    assert [post["title"].split(": ")[0] for post in posts] == ["SolarEdge data"], said
    assert "no value for" in posts[0]["message"]


def test_what_meltano_keeps_of_old_runs_is_deleted_and_the_state_is_not(project):
    with project.page(in_file=True):
        as_shipped(project.folder, project.home, cron_lines()[0][2])
        logs = project.home / ".local/state/meltano/log/elt/prodtap-solaredge-to-target-seh-sql"
        (new,) = logs.iterdir()
        old = logs / "old"
        shutil.copytree(new, old)
        os.utime(old, (0, 0))
        with sqlite3.connect(project.folder / ".meltano/meltano.db") as database:
            database.execute("UPDATE runs SET started_at = '2026-01-01 00:00:00.000000'")
        as_shipped(project.folder, project.home, cron_lines()[0][2])
        done = as_shipped(project.folder, project.home, cron_lines()[2][2])
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert not old.exists()
        assert new.exists()
        with sqlite3.connect(project.folder / ".meltano/meltano.db") as database:
            assert database.execute("SELECT state FROM runs").fetchall() == [("SUCCESS",)]
            assert database.execute("SELECT count(*) FROM state").fetchone() == (1,)


def test_what_systemd_starts_harvests_as_an_unprivileged_user(project):
    service = unit("solaredge-harvest.service")
    assert "XDG_STATE_HOME" not in (UNITS / "solaredge-harvest.service").read_text()  # the login of the user
    assert service["After"] == "network-online.target time-sync.target"
    with project.page(in_file=True):
        command = f"cd {service['WorkingDirectory']} && {service['ExecStart']}"
        done = as_shipped(project.folder, project.home, command)
        assert done.returncode == 0, done.stderr[-3000:]
        assert (project.folder / "seh.db").exists()


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


def test_the_page_says_when_cron_ends_a_run():
    (minutes,) = re.findall(r"timeout --kill-after=60 (\d+)m \S+ run harvest", cron_lines()[0][2])
    page = (DEPLOY.parent / "docs/operations.md").read_text(encoding="utf-8")
    assert f"longer than {minutes} minutes is ended" in page


def test_cron_systemd_and_orchestrators_run_the_same_command():
    run = ".venv/bin/meltano run harvest"
    assert run in cron_lines()[0][2]
    assert unit("solaredge-harvest.service")["ExecStart"] == f"{FOLDER}/{run}"
    assert run in (DEPLOY / "orchestrators/airflow_dag.py").read_text()
    assert (
        '".venv/bin/meltano", "run", "harvest"'
        in (DEPLOY / "orchestrators/dagster_definitions.py").read_text()
    )


def test_the_image_holds_all_that_a_run_needs(project):
    """What the Dockerfile copies, installs and runs, without Docker: nothing else of the project is there."""
    text = (DEPLOY / "docker/Dockerfile").read_text()
    copied = [word for line in re.findall(r"^COPY (.*)$", text, re.MULTILINE) for word in line.split()[:-1]]
    install = " && ".join(re.findall(r"&& (uv .*?) \\\n", text))
    run = " ".join(re.findall(r'"([^"]+)"', re.search(r"^CMD (.*)$", text, re.MULTILINE)[1]))
    with project.page(only=copied) as shell:
        said, code = shell(
            [
                "rm -r .venv",
                f"UV_COMPILE_BYTECODE=0 && {install}",
                f'PATH="$PWD/.venv/bin:$PATH" {run}',
                "ls seh.db",
            ]
        )
    assert code == 0, said[-1][-3000:]


def test_hourly_goes_on_after_a_failure_and_ends_when_it_is_told_to(tmp_path):
    script = ["sh", DEPLOY / "docker/hourly.sh", "sh", "-c", "echo ran; exit 3"]
    running = subprocess.Popen(script, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert running.stdout.readline() == "ran\n"
    assert running.stderr.readline() == "the run ended with exit code 3; the next one goes on from there\n"
    running.terminate()
    assert running.communicate(timeout=10) == ("", "")  # the sleep has ended too
    assert running.returncode == 0


def test_hourly_ends_a_run_that_takes_too_long():
    running = subprocess.Popen(
        ["sh", DEPLOY / "docker/hourly.sh", "sleep", "600"],
        stderr=subprocess.PIPE, text=True, env=os.environ | {"LONGEST_RUN": "0.1s"},
    )  # fmt: skip
    assert running.stderr.readline() == "the run ended with exit code 124; the next one goes on from there\n"
    running.terminate()
    running.communicate(timeout=10)
    assert running.returncode == 0
