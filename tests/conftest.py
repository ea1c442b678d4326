"""A pipeline of both plugins, both as packages, and a summary of what documentation was checked."""

import os
import subprocess
from collections import Counter
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest
from filelock import FileLock
from filled_databases import filled_database, written_messages

from tools.pipeline import Pipeline

ROOT = Path(__file__).parents[1]


@pytest.fixture
def pipeline(tmp_path):
    """Return a function that makes a pipeline for a simulator."""
    return lambda simulator: Pipeline(tmp_path, simulator)


@pytest.fixture(scope="session")
def messages(tmp_path_factory):
    """Return a function that gives the file with what the tap writes; one of the workers makes it for all."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "messages"

    def made():
        with FileLock(f"{folder}.lock"):
            if not (folder / "done").exists():
                folder.mkdir(exist_ok=True)
                written_messages(folder)
                (folder / "done").touch()
        return folder / "messages"

    return made


@pytest.fixture(scope="module")
def filled(tmp_path_factory, messages):
    """Return a function that gives the engine of a filled database; the harvest is made once."""
    folder = tmp_path_factory.mktemp("filled")
    with ExitStack() as stack:
        yield cache(lambda kind: stack.enter_context(filled_database(kind, messages(), folder)))


@pytest.fixture(scope="session")
def packages(tmp_path_factory):
    """Return a folder with the wheels and sdists that `make packages` makes."""
    folder = tmp_path_factory.mktemp("packages") / "dist"
    made = subprocess.run(
        ["make", "--old-file=.venv/ready", "--old-file=.venv/tools", "packages", f"DIST={folder}"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    return folder


def pytest_terminal_summary(terminalreporter):
    """Say how much of the documentation was checked."""
    checked = Counter()
    for report in terminalreporter.getreports("passed"):
        if report.nodeid.startswith("tests/test_docs.py"):
            checked.update(dict(report.user_properties))
    if checked:
        told = ", ".join(f"{count} {what}" for what, count in checked.items())
        terminalreporter.write_line(f"documentation: {told} checked")
