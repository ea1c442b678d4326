"""`make demo` from a clean clone: what it takes, what it says, and the page that it makes."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from doc_project import LEFT_OUT, free_port

from tools.browser import Browser

ROOT = Path(__file__).parents[1]
MOST_MEGABYTES, MOST_LINES = 300, 40
SECONDS_A_LINE = 10
"""A machine that is busy shows a line of progress so often beside the others."""


def megabytes(*folders):
    """Return what folders take on the disk; a file that has several names counts once."""
    files = {
        (stat.st_dev, stat.st_ino): stat.st_blocks * 512
        for folder in folders
        for path in folder.rglob("*")
        for stat in [path.lstat()]
    }
    return sum(files.values()) / 1e6


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """Return a clean clone of what is committed, with the changes of the working tree."""
    folder = tmp_path_factory.mktemp("clone") / "O'Neill's roof"
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    changes = subprocess.run(["git", "diff", "HEAD", "--binary"], cwd=ROOT, capture_output=True, check=True)
    if changes.stdout:
        subprocess.run(["git", "apply"], cwd=folder, input=changes.stdout, check=True)
    return folder


@pytest.fixture(scope="module")
def said(clone):
    """Run the demo twice; return what each run printed. A filled .env must not matter."""
    (clone / ".env").write_text(
        "TAP_SOLAREDGE_API_KEY=somebodys\nTARGET_SEH_SQL_SQLALCHEMY_URL=sqlite:////nowhere/real.db\n"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(LEFT_OUT)}
    for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):  # of the make that runs the tests
        kept.pop(name, None)
    kept["SOLAREDGE_SIMULATOR_PORT"] = str(free_port())
    found, allowed = [], []
    for _ in range(2):
        began = time.monotonic()
        done = subprocess.run(
            ["make", "demo"], cwd=clone, env=kept, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-5000:]
        found.append(done.stdout)
        took = time.monotonic() - began
        allowed.append(MOST_LINES + took // SECONDS_A_LINE)
        sys.stdout.write(f"make demo: {took:.1f} s, {done.stdout.count(chr(10))} lines of log\n")
    lines = [text.count("\n") for text in found]
    assert all(count <= most for count, most in zip(lines, allowed, strict=True)), found[0]
    return found


def test_cleaning_keeps_the_bookmarks_of_a_harvest():
    asked = subprocess.run(
        ["make", "--dry-run", "clean"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert [name for name in asked.stdout.split() if ".meltano" in name] == [".meltano/demo-*"]


def test_a_folder_that_was_moved_gets_a_new_environment(clone, said):
    assert "Installing" in said[0]
    assert "Installing" not in said[1] + setup_would(clone)
    moved = clone.rename(clone.with_name("moved"))
    assert "Installing" in setup_would(moved)
    moved.rename(clone)


def setup_would(folder):
    """Return what `make setup` would do."""
    asked = ["make", "--dry-run", "setup"]
    return subprocess.run(asked, cwd=folder, capture_output=True, text=True, check=True).stdout


def test_the_demo_is_small_short_and_without_a_warning(clone, said):
    used = megabytes(clone / ".venv", clone / ".meltano")
    sys.stdout.write(f"make demo: {used:.0f} MB\n")
    assert used < MOST_MEGABYTES
    assert re.findall(r"(?i).*warning.*|.*error.*", "".join(said)) == []


def test_the_demo_ends_with_the_table_the_sentence_and_the_page(said):
    first, second = (text.splitlines() for text in said)
    assert [line.split()[0] for line in first[-16:]] == [
        "table", "----------------", "sites", "equipment", "batteries", "meters", "energy_readings",
        "power_readings", "power_flows", "meter_readings", "battery_readings", "energy_totals",
        "sync_metadata", "Nothing", "Your", "Wrote",
    ]  # fmt: skip
    assert first[-3] == second[-3] == "Nothing is late, failed or missing."
    for sentence in (first[-2], second[-2]):
        told = re.fullmatch(
            r"Your data agree with SolarEdge: worst month 0.00 %, (\d+) of (\d+) months.", sentence
        )
        assert told is not None, sentence
        assert int(told[1]) == int(told[2]) > 30
    assert re.fullmatch(r"Wrote demo.html: 5 sites, .* MB. Open it in a browser.", first[-1])
    counts = next(line.split() for line in second if line.startswith("equipment"))
    assert counts[-2] == "0"  # nothing is added twice


def test_the_page_of_the_demo_opens_without_an_error(clone, said, tmp_path):
    with Browser(tmp_path / "profile") as browser:
        browser.open((clone / "demo.html").as_uri())
        browser.wait_for("body[data-drawn]")
        assert browser.console() == []


def test_setup_brings_no_tool_of_developers(clone, said):
    programs = {path.name for path in (clone / ".venv/bin").iterdir()}
    assert programs >= {"meltano", "tap-solaredge", "target-seh-sql", "solaredge-simulator-background", "uv"}
    assert programs & {"pytest", "ruff", "mypy", "zizmor", "hadolint"} == set()
