"""The packages as people install them: into an environment that holds nothing else."""

import os
import re
import subprocess
import tarfile
import tomllib
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest

from solaredge_simulator.pytest_plugin import NOW
from target_seh_sql.database import open_engine
from tools import truth
from tools.pipeline import BIN, Pipeline

ROOT = Path(__file__).parents[1]
PACKAGES = {"tap-solaredge": "tap_solaredge", "target-seh-sql": "target_seh_sql"}
VERSION = tomllib.loads((ROOT / "tap-solaredge/pyproject.toml").read_text())["project"]["version"]
START = NOW.replace(hour=0, minute=0) - timedelta(days=3)


def test_both_packages_and_the_changelog_have_one_version():
    versions = {
        tomllib.loads((ROOT / name / "pyproject.toml").read_text())["project"]["version"] for name in PACKAGES
    }
    newest = re.search(r"^## (\S+?),? ", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert versions == {newest[1]}


def sources(name, package):
    """Return the files of a package, as its archives name them."""
    files = (ROOT / name / package).rglob("*")
    return {str(path.relative_to(ROOT / name)) for path in files if path.is_file() and path.suffix != ".pyc"}


@pytest.mark.parametrize(("name", "package"), PACKAGES.items())
def test_a_wheel_holds_its_package_and_nothing_else(packages, name, package):
    (wheel,) = packages.glob(f"{package}-*.whl")
    about = ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
    assert set(zipfile.ZipFile(wheel).namelist()) == sources(name, package) | {
        f"{package}-{VERSION}.dist-info/{file}" for file in about
    }


@pytest.mark.parametrize(("name", "package"), PACKAGES.items())
def test_an_sdist_holds_its_package_and_nothing_else(packages, name, package):
    (sdist,) = packages.glob(f"{package}-*.tar.gz")
    about = {".gitignore", "LICENSE", "PKG-INFO", "README.md", "pyproject.toml"}
    with tarfile.open(sdist) as archive:
        assert {file.partition("/")[2] for file in archive.getnames()} == sources(name, package) | about


def test_both_packages_are_typed_and_the_target_brings_its_migrations():
    assert all(f"{package}/py.typed" in sources(name, package) for name, package in PACKAGES.items())
    needed = {"tables/migrations/versions/0001_nine_tables.py", "tables/views.sql", "report/page.html"}
    assert {f"target_seh_sql/{name}" for name in needed} <= set(sources(*list(PACKAGES.items())[1]))


def test_nothing_else_is_published(packages):
    assert {path.name.partition("-")[0] for path in packages.glob("[!.]*")} == set(PACKAGES.values())


@pytest.fixture
def installed(tmp_path):
    """Return a function that installs files into an empty environment and returns its executables."""

    def install(*files):
        home = tmp_path / "venv"
        subprocess.run([BIN / "uv", "venv", "--quiet", "--python", BIN / "python", home], check=True)
        pinned = {"UV_CONSTRAINT": str(ROOT / "constraints.txt"), "UV_COMPILE_BYTECODE": "0"}
        subprocess.run(
            [BIN / "uv", "pip", "install", "--quiet", "--python", home / "bin/python", *files],
            check=True, env=os.environ | pinned,
        )  # fmt: skip
        return home / "bin"

    return install


def test_two_wheels_in_an_empty_environment_and_a_pipe_fill_a_database(
    packages, installed, simulator, tmp_path
):
    pipe = Pipeline(tmp_path, simulator, executables=installed(*packages.glob("*.whl")))
    pipe.run(start_date=START.isoformat())
    with open_engine(pipe.url).connect() as connection:
        assert truth.problems(connection, simulator.plants.values(), START, NOW) == []


def test_two_sdists_install_in_an_empty_environment(packages, installed):
    executables = installed(*packages.glob("*.tar.gz"))
    for name in PACKAGES:
        told = subprocess.run([executables / name, "--version"], capture_output=True, text=True, check=True)
        assert told.stdout.startswith(f"{name} v{VERSION}, ")
