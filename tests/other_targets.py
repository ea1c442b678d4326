"""Targets that we did not write, as docs/other-targets.md shows them: each in an environment of its own."""

import csv
import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from filelock import FileLock
from psycopg.rows import dict_row
from sqlalchemy import make_url

from tools.pipeline import BIN
from tools.truth import plain

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/other-targets.md").read_text()
HOMES = ROOT / ".venv/targets"
PARQUET = """
import duckdb, json, sys
tables = duckdb.connect("solar.duckdb")
for (name,) in tables.sql("SELECT table_name FROM information_schema.tables").fetchall():
    tables.sql(f"COPY {name} TO '{name}.parquet'")
    duckdb.sql(f"COPY (FROM '{name}.parquet') TO '{name}.jsonl'")
"""
"""Gives each table as Parquet, and what is in that file as lines of JSON."""


def blocks(name, language):
    """Return the fenced blocks of a language in a section of the page."""
    section = re.search(rf"^## {name}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)[1]
    return re.findall(rf"^```{language}\n(.*?)^```", section, re.MULTILINE | re.DOTALL)


def executables(name):
    """Return where a target's executable is; install it if need be; skip where that fails, but not in CI."""
    return installed(name, blocks(name, "sh")[0].removeprefix("pip install ").split())


def installed(name, requirements):
    """Return where the executables of an environment of its own are, as `executables` does."""
    home, ready = HOMES / name, HOMES / name / "ready"
    HOMES.mkdir(exist_ok=True)
    with FileLock(HOMES / f"{name}.lock"):
        if not ready.exists() or ready.read_text().split() != requirements:
            shutil.rmtree(home, ignore_errors=True)
            _uv("venv", "--python", BIN / "python", home)
            _uv("pip", "install", "--python", home / "bin/python", *requirements)
            ready.write_text("\n".join(requirements))
    return home / "bin"


def _uv(*arguments):
    """Run uv, without our constraints: these are not our dependencies."""
    environment = {name: value for name, value in os.environ.items() if name != "UV_CONSTRAINT"}
    done = subprocess.run(
        [BIN / "uv", "--quiet", *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        told = f"{arguments[-1]} cannot be installed: {' '.join(done.stderr.split())[:300]}"
        pytest.fail(told) if os.environ.get("CI") else pytest.skip(told)


@dataclass(frozen=True)
class OtherTarget:
    """One of the page's targets, and where it writes."""

    name: str
    folder: Path
    url: str | None = None
    """Of a PostgreSQL database, when that is where it writes."""

    def load(self, messages):
        """Load a file of messages, with the settings and the command of the page."""
        settings = json.loads(blocks(self.name, "json")[0]) | self._server()
        self.folder.mkdir(exist_ok=True)
        (self.folder / f"{self.name}.json").write_text(json.dumps(settings))
        command = blocks(self.name, "sh")[1].partition(" | ")[2]
        environment = os.environ | {"PATH": f"{executables(self.name)}{os.pathsep}{os.environ['PATH']}"}
        with messages.open() as given:
            done = subprocess.run(
                ["sh", "-c", command],
                cwd=self.folder, stdin=given, stderr=subprocess.PIPE, check=False, env=environment,
            )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()[-5000:]
        if self.name == "target-duckdb":
            self.export()

    def export(self):
        """Write what a DuckDB file holds as JSON, by way of Parquet."""
        subprocess.run([executables(self.name) / "python", "-c", PARQUET], cwd=self.folder, check=True)

    def _server(self):
        if not self.url:
            return {}
        url = make_url(self.url)
        return {
            "host": url.host,
            "port": url.port,
            "user": url.username,
            "password": url.password or "none",
            "database": url.database,
        }

    def rows(self, stream):
        """Return all rows of a stream as the target gives them, a dictionary for each."""
        return ROWS[self.name](self, stream)


def _of_json(target, stream):
    files = sorted(target.folder.glob(f"**/{stream}[-.]*jsonl"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def _of_csv(target, stream):
    rows = []
    for file in sorted((target.folder / "csv").glob(f"{stream}-*.csv")):
        with file.open(newline="") as lines:
            rows += csv.DictReader(lines)
    return rows


def _of_postgres(target, stream):
    with psycopg.connect(target.url, row_factory=dict_row) as connection:
        return connection.execute(f"SELECT * FROM other.{stream}").fetchall()


ROWS = {
    "target-jsonl": _of_json,
    "target-csv": _of_csv,
    "target-postgres": _of_postgres,
    "target-duckdb": _of_json,
}


def as_truth(value):
    """Return a value of any target as truth.py gives it: CSV has texts only, PostgreSQL decimals."""
    if isinstance(value, Decimal) or (
        isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?(e-\d+)?", value)
    ):
        return float(value)
    return None if value == "" else plain(value)
