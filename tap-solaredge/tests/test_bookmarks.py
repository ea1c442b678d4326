"""Bookmarks move forward only, and failures leave them where they were."""

from datetime import UTC, datetime

import pytest

from tap_solaredge.api.errors import ConfigError
from tap_solaredge.bookmarks import Bookmarks

NOW = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)


def test_a_bookmark_moves_forward_and_never_back():
    state = {}
    bookmarks = Bookmarks(state)
    bookmarks.advance("power_readings", 1, "timestamp", "2026-11-20T11:45:00Z", NOW)
    bookmarks.advance("power_readings", 1, "timestamp", "2026-11-19T11:45:00Z", NOW)
    assert state == {
        "bookmarks": {
            "power_readings": {
                "partitions": [
                    {
                        "context": {"site_id": 1},
                        "replication_key": "timestamp",
                        "replication_key_value": "2026-11-20T11:45:00Z",
                        "read_until": "2026-11-20T12:05:00Z",
                    }
                ]
            }
        }
    }


def test_a_window_without_values_leaves_the_bookmark():
    bookmarks = Bookmarks({})
    bookmarks.advance("power_readings", 1, "timestamp", None, NOW)
    assert bookmarks.value("power_readings", 1) is None
    assert bookmarks.read_until("power_readings", 1) == "2026-11-20T12:05:00Z"


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
