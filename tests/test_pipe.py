"""Tap and target without Meltano, and the tap with a target that we did not write."""

import json
import os
import subprocess

from pipeline import BIN

from solaredge_simulator.fleet import HOME

TARGET_JSONL = "target-jsonl==0.1.4"


def test_a_pipe_goes_on_from_the_last_line_that_the_target_printed(simulator, pipeline):
    pipe = pipeline(simulator)
    state, said = pipe.run()
    assert "power_flows: 2,688 inserted, 0 changed, 0 unchanged" in said
    simulator.clock.advance(hours=1)
    before = len(simulator.calls)
    later, _ = pipe.run(state=state)
    assert len(simulator.calls) - before <= 16
    bookmarks = [
        s["bookmarks"]["power_flows"]["partitions"][0]["replication_key_value"] for s in (state, later)
    ]
    assert bookmarks[0] < bookmarks[1]
    newest = pipe.rows("SELECT max(timestamp) FROM power_flows WHERE pv_power IS NOT NULL")
    assert newest[0][0].startswith("2026-11-20 12:")


def test_sync_metadata_tells_how_far_each_stream_was_read(simulator, pipeline):
    pipe = pipeline(simulator)
    pipe.run(site_ids=[HOME])
    rows = pipe.rows("SELECT data_type, status, last_data_timestamp, error_message FROM sync_metadata")
    told = {row[0]: row[1:] for row in rows}
    assert len(told) == 8
    assert told["power_readings"] == ("success", "2026-11-20 11:45:00", None)
    assert told["energy_readings"] == ("success", "2026-11-19 00:00:00", None)
    assert told["sites"] == ("success", None, None)


def test_another_target_gets_one_file_per_stream(simulator, pipeline, tmp_path):
    pipe = pipeline(simulator)
    config = tmp_path / "tap.json"
    config.write_text(json.dumps(pipe.settings))
    environment = {name: value for name, value in os.environ.items() if name != "UV_CONSTRAINT"}
    tap = subprocess.run([BIN / "tap-solaredge", "--config", config], capture_output=True, check=True)
    target = ["tool", "run", "--quiet", "--python", BIN / "python", "--from", TARGET_JSONL, "target-jsonl"]
    subprocess.run(
        [BIN / "uv", *target],
        input=tap.stdout, capture_output=True, check=True, cwd=tmp_path, env=environment,
    )  # fmt: skip
    lines = {path.name.split("-")[0]: len(path.read_text().splitlines()) for path in tmp_path.glob("*.jsonl")}
    assert lines == {
        "sites": 5, "equipment": 468, "batteries": 1, "meters": 9,
        "energy_readings": 1299, "power_readings": 2688, "power_flows": 2688, "meter_readings": 5376,
    }  # fmt: skip
