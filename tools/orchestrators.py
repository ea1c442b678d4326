"""`make orchestrators`: Airflow and Dagster, each in an environment of its own, run deploy/orchestrators."""

import os
import subprocess

import pytest
from doc_project import ROOT, Project

from tools.pipeline import BIN

FILES = ROOT / "deploy/orchestrators"
ROWS = (
    "from sqlalchemy import create_engine, text; "
    "print(create_engine('sqlite:///seh.db').connect().scalar(text('select count(*) from power_readings')))"
)
QUARTER_HOURS = 4 * 7 * 96
"""Of a week, at the simulator's four sites that have begun to produce."""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return Project(tmp_path_factory.mktemp("orchestrators"))


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Return a function that installs a package into an environment of its own and returns its programs."""

    def install(package):
        environment = tmp_path_factory.mktemp("environment")
        free = {name: value for name, value in os.environ.items() if name != "UV_CONSTRAINT"}
        for command in (["venv"], ["pip", "install", package, "--python"]):
            subprocess.run([BIN / "uv", "--quiet", *command, environment], check=True, env=free)
        return environment / "bin"

    return install


def rows(said):
    """Return the count that `ROWS` printed last."""
    return int(said[-1].split()[-1])


def test_dagster_makes_the_tables(project, installed, tmp_path):
    dagster = installed("dagster>=1.13,<2") / "dagster"
    file = f"-f {FILES / 'dagster_definitions.py'}"
    with project.page() as run:
        said, code = run([
            f"export SOLAREDGE_PROJECT=$PWD DAGSTER_HOME={tmp_path}",
            f"{dagster} definitions validate {file}",
            f"{dagster} schedule list {file}",
            f"{dagster} asset materialize --select solaredge_tables {file}",
            f'{BIN}/python -c "{ROWS}"',
        ])  # fmt: skip
    assert code == 0, said[-1][-3000:]
    assert "Schedule: hourly" in said[2]
    assert rows(said) == QUARTER_HOURS


def test_airflow_runs_the_task(project, installed, tmp_path):
    airflow = installed("apache-airflow>=3,<4") / "airflow"
    with project.page() as run:
        said, code = run([
            f"export SOLAREDGE_PROJECT=$PWD AIRFLOW_HOME={tmp_path} AIRFLOW__CORE__LOAD_EXAMPLES=False",
            f"mkdir {tmp_path}/dags && cp {FILES / 'airflow_dag.py'} {tmp_path}/dags",
            f"{airflow} db migrate",
            f"{airflow} dags reserialize",
            f"{airflow} dags test solaredge_harvest",
            f'{BIN}/python -c "{ROWS}"',
        ])  # fmt: skip
    assert code == 0, said[-1][-3000:]
    assert rows(said) == QUARTER_HOURS
