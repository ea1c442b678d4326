"""Tap and target without Meltano."""

from solaredge_simulator.fleet import HOME


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
    assert len(told) == 10
    assert told["power_readings"] == ("success", "2026-11-20 11:45:00", None)
    assert told["energy_readings"] == ("success", "2026-11-19 00:00:00", None)
    assert told["sites"] == ("success", None, None)
