"""Bookmarks move forward only, and failures leave them where they were."""

from datetime import UTC, datetime

import pytest

from tap_solaredge.errors import ConfigError
from tap_solaredge.harvest.bookmarks import Bookmarks
from tap_solaredge.plan.owed import Coverage
from tap_solaredge.spans import Window

NOW = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)
READ = Window(datetime(2026, 11, 13, 12, 15, tzinfo=UTC), NOW)


def test_a_bookmark_moves_forward_and_never_back():
    state = {}
    bookmarks = Bookmarks(state)
    bookmarks.move("power_readings", 1, Coverage(covered=[READ]))
    bookmarks.advance("power_readings", 1, "timestamp", "2026-11-20T11:45:00Z")
    bookmarks.advance("power_readings", 1, "timestamp", "2026-11-19T11:45:00Z")
    assert state == {
        "bookmarks": {
            "power_readings": {
                "partitions": [
                    {
                        "context": {"site_id": 1},
                        "covered": [["2026-11-13T12:15:00Z", "2026-11-20T12:05:00Z"]],
                        "replication_key": "timestamp",
                        "replication_key_value": "2026-11-20T11:45:00Z",
                    }
                ]
            }
        }
    }


def test_a_window_without_values_leaves_the_bookmark():
    bookmarks = Bookmarks({})
    bookmarks.advance("power_readings", 1, "timestamp", None)
    assert bookmarks.value("power_readings", 1) is None


def test_a_coverage_is_kept_whole():
    bookmarks = Bookmarks({})
    coverage = Coverage(READ.start, [READ], [Window(READ.start, NOW)], None, NOW, READ.start)
    bookmarks.move("power_readings", 1, coverage)
    assert bookmarks.coverage("power_readings", 1) == coverage
    bookmarks.move("power_readings", 1, Coverage(covered=[READ]))
    assert bookmarks.coverage("power_readings", 1) == Coverage(covered=[READ])


def test_a_state_of_the_version_before_is_read():
    partition = {
        "context": {"site_id": 1},
        "replication_key_value": "2026-11-20T11:45:00Z",
        "covered": [["2026-11-13T12:15:00Z", "2026-11-20T12:05:00Z"]],
    }
    bookmarks = Bookmarks({"bookmarks": {"power_readings": {"partitions": [partition]}}})
    newest = datetime(2026, 11, 20, 11, 45, tzinfo=UTC)
    assert bookmarks.coverage("power_readings", 1) == Coverage(covered=[READ], newest=newest)


def test_a_failure_is_written_beside_the_bookmark_and_gone_after_a_success():
    state = {
        "bookmarks": {
            "power_readings": {"partitions": [{"context": {"site_id": 1}, "replication_key_value": "x"}]}
        }
    }
    bookmarks = Bookmarks(state)
    bookmarks.finish("power_readings", 1, NOW, "error", "no answer")
    assert bookmarks.of("power_readings", 1) == {
        "context": {"site_id": 1},
        "replication_key_value": "x",
        "synced_at": "2026-11-20T12:05:00Z",
        "status": "error",
        "error_message": "no answer",
    }
    bookmarks.finish("power_readings", 1, NOW)
    assert "error_message" not in bookmarks.of("power_readings", 1)


def test_a_state_that_is_none_is_refused_with_a_remedy():
    with pytest.raises(ConfigError, match="pass the last STATE line"):
        Bookmarks({"bookmarks": []})


def test_a_damaged_span_is_named_with_a_remedy():
    partition = {"context": {"site_id": 1}, "covered": [["yesterday", "today"]]}
    bookmarks = Bookmarks({"bookmarks": {"power_readings": {"partitions": [partition]}}})
    with pytest.raises(ConfigError, match=r"power_readings, site 1 is damaged.*remove that partition"):
        bookmarks.coverage("power_readings", 1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("late_read_on", "yesterday"),
        ("late_read_on", 20261120),
        ("meter_names", ["Feed-in"]),
        ("serial_numbers", "7E1"),
        ("timezone", 60),
        ("shown_offset_minutes", "60"),
        ("v2_production_means", ["pv"]),
        ("v1_production_checked_on", "2026-11"),
        ("days", {"monday": 12}),
        ("days", [12]),
        ("first_data_on", "long ago"),
        ("snapshot_at", "noon"),
    ],
)
def test_a_damaged_note_is_named_and_left_out(caplog, name, value):
    partition = {"context": {"site_id": 1}, name: value, "status": "success"}
    bookmarks = Bookmarks({"bookmarks": {"sites": {"partitions": [partition]}}})
    bookmarks.check()
    assert f"The state of sites, site 1 has no readable `{name}`" in caplog.text
    assert partition == {"context": {"site_id": 1}, "status": "success"}


@pytest.mark.parametrize("value", ["newest", "Thursday", 5, "2026-11-20T12:00:00"])
def test_a_damaged_bookmark_is_named_with_a_remedy(value):
    partition = {"context": {"site_id": 1}, "replication_key_value": value}
    bookmarks = Bookmarks({"bookmarks": {"sites": {"partitions": [partition]}}})
    with pytest.raises(ConfigError, match=r"sites, site 1 is damaged: `replication_key_value` is"):
        bookmarks.check()


def test_what_a_run_writes_is_readable(caplog):
    notes = {
        "replication_key_value": "2026-11-20",
        "late_read_on": "2026-11-20",
        "meter_names": {"Production 7E1": "Roof"},
        "serial_numbers": ["7E1"],
        "shown_offset_minutes": -210,
        "v2_production_means": "ac",
        "days": {"2026-11-19": 1200, "2026-11-20": None},
        "lifetime_read_in": "2026-11",
        "snapshot_at": "2026-11-20T12:05:00Z",
        "of_a_later_version": [1],
    }
    partition = {"context": {"site_id": 1}, **notes}
    Bookmarks({"bookmarks": {"sites": {"partitions": [partition]}}}).check()
    assert partition == {"context": {"site_id": 1}, **notes}
    assert not caplog.text
