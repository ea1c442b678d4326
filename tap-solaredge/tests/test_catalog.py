"""What the tap says about itself: catalog and settings."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tap_solaredge.streams import STREAMS
from tap_solaredge.tap import TapSolarEdge

SNAPSHOTS = Path(__file__).parent / "snapshots"
CATALOG = {
    entry["tap_stream_id"]: entry
    for entry in json.loads(TapSolarEdge(config={}).catalog_json_text)["streams"]
}


@pytest.mark.parametrize("stream", [stream.name for stream in STREAMS])
def test_the_catalog_of_a_stream_is_the_known_one(stream):
    """Run with UPDATE_SNAPSHOTS=1 after a wanted change, and read the difference."""
    snapshot = SNAPSHOTS / f"{stream}.json"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        snapshot.write_text(json.dumps(CATALOG[stream], indent=1, ensure_ascii=False) + "\n")
    assert CATALOG[stream] == json.loads(snapshot.read_text())


def test_every_stream_has_a_snapshot_and_every_snapshot_a_stream():
    assert {path.stem for path in SNAPSHOTS.glob("*.json")} == set(CATALOG)


def settings_table(text):
    return [line for line in text.splitlines() if line.startswith("| ")]


def test_the_settings_in_the_readme_are_those_of_about():
    about = subprocess.run(
        [Path(sys.executable).parent / "tap-solaredge", "--about", "--format=markdown"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    told = (Path(__file__).parents[1] / "README.md").read_text()
    section = told.split("<!-- tap settings -->")[1]
    assert settings_table(section) == settings_table(about)
