"""Who takes part: target-seh-sql, the engine's limit, and the peers, each in an environment of its own."""

from __future__ import annotations

import compileall
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import make_url

import target_seh_sql

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HERE: Final = Path(__file__).parent
BIN: Final = Path(sys.executable).parent
OURS: Final = "target-seh-sql"
LIMIT: Final = "the engine's limit"


@dataclass(frozen=True)
class Case:
    """One load: which file into which empty database, with a folder for what the load needs."""

    file: Path
    url: str
    folder: Path

    @property
    def ready(self) -> Path:
        """Folder with the rows of the file as the database takes them."""
        return self.folder / f"{self.file.stem}.{self.kind}"

    @property
    def kind(self) -> str:
        """Name of the database."""
        return make_url(self.url).get_backend_name()

    @property
    def server(self) -> dict[str, Any]:
        """Host, port, user and password, as most programs want them."""
        url = make_url(self.url)
        password = url.password or "none"
        return {"host": url.host, "port": url.port, "user": url.username, "password": password}

    def settings(self, **values: Any) -> str:  # noqa: ANN401
        """Write a configuration file and return its path."""
        path = self.folder / "settings.json"
        path.write_text(json.dumps(values))
        return str(path)


@dataclass(frozen=True)
class Contestant:
    """A program that loads a file of Singer messages."""

    name: str
    databases: tuple[str, ...]
    command: Callable[[Case, Path], list[str]]
    """The command line; the path is that of its environment's executables."""
    requirements: tuple[str, ...] = ()
    """What its environment needs; ours when empty."""
    python: str | None = None
    """Version of Python, when not ours."""
    schema: str = ""
    """Schema of the tables that it makes, with a dot."""
    ready_rows: bool = False
    """Whether its tables and rows are made before the clock starts."""
    large: bool = False
    """Whether it loads the large file too."""
    environment: Mapping[str, str] = field(default_factory=dict)


def _ours(case: Case, executables: Path) -> list[str]:
    return [str(executables / "target-seh-sql"), "--config", case.settings(sqlalchemy_url=case.url)]


def _limit(case: Case, executables: Path) -> list[str]:
    return [str(executables / "python"), "-m", "tools.benchmarks.target.limit", case.url, str(case.ready)]


def _meltano(**settings: Any) -> Callable[[Case, Path], list[str]]:  # noqa: ANN401
    def command(case: Case, executables: Path) -> list[str]:
        own = {"database": make_url(case.url).database, "default_target_schema": "bench"}
        return [
            str(executables / "target-postgres"),
            "--config",
            case.settings(**case.server, **own, **settings),
        ]

    return command


def _pipelinewise(case: Case, executables: Path) -> list[str]:
    own = {"dbname": make_url(case.url).database, "default_target_schema": "bench"}
    return [str(executables / "target-postgres"), "--config", case.settings(**case.server, **own)]


def _dlt(case: Case, executables: Path) -> list[str]:
    url = make_url(case.url)
    if case.kind == "mariadb":
        url = url.set(drivername="mysql+pymysql", database=None)
    elif case.kind == "postgresql":
        url = url.set(password=url.password or "none")
    text = url.render_as_string(hide_password=False)
    return [
        *(str(executables / "python"), str(HERE / "dlt_load.py"), case.kind, text),
        *(str(case.file), str(case.folder / "dlt")),
    ]


def _target_sqlite(case: Case, executables: Path) -> list[str]:
    path = Path(make_url(case.url).database or "")
    own = {"database": path.stem, "db_folder": str(path.parent)}
    return [str(executables / "target-sqlite"), "--config", case.settings(**own)]


ALL: Final = ("sqlite", "postgresql", "mariadb")
CONTESTANTS: Final = (
    Contestant(OURS, ALL, _ours, large=True),
    Contestant(LIMIT, ALL, _limit, ready_rows=True, large=True),
    Contestant(
        "meltanolabs-target-postgres 0.8.1",
        ("postgresql",),
        _meltano(),
        ("meltanolabs-target-postgres==0.8.1",),
        schema="bench.",
    ),
    Contestant(
        "meltanolabs-target-postgres 0.8.1, use_copy, no validation, batches of 100,000",
        ("postgresql",),
        _meltano(use_copy=True, validate_records=False, batch_size_rows=100_000),
        ("meltanolabs-target-postgres==0.8.1",),
        schema="bench.",
    ),
    Contestant(
        "pipelinewise-target-postgres 2.1.2",
        ("postgresql",),
        _pipelinewise,
        ("pipelinewise-target-postgres==2.1.2",),
        schema="bench.",
    ),
    Contestant(
        "dlt 1.31.0",
        ALL,
        _dlt,
        ("dlt[sqlalchemy]==1.31.0", "psycopg2-binary", "pymysql"),
        schema="bench.",
        environment={"RUNTIME__DLTHUB_TELEMETRY": "false", "PYTHONWARNINGS": "ignore"},
    ),
    Contestant(
        "target-sqlite 0.2.0 (Python 3.9)",
        ("sqlite",),
        _target_sqlite,
        ("target-sqlite==0.2.0",),
        python="3.9",
    ),
)


class NoEnvironment(Exception):
    """A peer cannot be installed here; the text says why."""


def executables(contestant: Contestant, folder: Path) -> Path:
    """Return where the contestant's executables are; install it when it is not.

    Raises:
        NoEnvironment: it cannot be.
    """
    if not contestant.requirements:
        compiled()
        return BIN
    name = contestant.requirements[0].partition("=")[0].partition("[")[0]
    home = folder / name
    if not (home / "ready").exists():
        shutil.rmtree(home, ignore_errors=True)
        try:
            _uv("venv", "--python", contestant.python or sys.executable, str(home))
        except NoEnvironment:
            raise NoEnvironment(f"needs Python {contestant.python}, which is not here") from None
        place = ["--python", str(home / "bin" / "python"), "--compile-bytecode"]
        _uv("pip", "install", *place, *contestant.requirements)
        (home / "ready").touch()
    return home / "bin"


@cache
def compiled() -> None:
    """Compile this environment to bytecode, as an installed package is: an editable one may not be."""
    for place in (sysconfig.get_path("purelib"), HERE, *target_seh_sql.__path__):
        compileall.compile_dir(place, quiet=2)


def _uv(*arguments: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "UV_CONSTRAINT"}
    done = subprocess.run(
        [str(BIN / "uv"), *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise NoEnvironment(" ".join(done.stderr.split())[:100])
