"""sync_metadata tells, per site and stream, what the newest STATE says and how many records came."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest

from target_seh_sql.target import TargetSehSql

from .conftest import lines, record, schema, state

SITES = schema("sites"), record("sites", id=1, name="Dak"), record("sites", id=2, name="Kade")
POWER = schema("power_readings")


def power(site_id: int, minute: int) -> dict:
    return record(
        "power_readings", site_id=site_id, timestamp=f"2026-11-20T12:{minute:02}:00Z", power_watts=1.0
    )


def test_a_partition_becomes_a_row(database):
    database.load(
        *SITES, POWER, power(1, 0), power(1, 15), power(1, 15), power(2, 0),
        state(
            "power_readings", 1, replication_key="timestamp", replication_key_value="2026-11-20T12:15:00Z",
            synced_at="2026-11-20T12:31:02Z", status="success", something_new={"ignored": True},
        ),
    )  # fmt: skip
    assert database.rows("sync_metadata") == [
        (1, "power_readings", "2026-11-20 12:31:02", "2026-11-20 12:15:00", 3, "success", None)
    ]


def test_an_error_is_told_and_keeps_the_bookmark_and_a_success_clears_it(database):
    bookmark = {"replication_key": "timestamp", "replication_key_value": "2026-11-20T12:15:00Z"}
    database.load(
        *SITES, state("power_readings", 1, **bookmark, synced_at="2026-11-20T12:31:00Z", status="success")
    )
    database.load(
        state(
            "power_readings",
            1,
            synced_at="2026-11-20T13:31:00Z",
            status="error",
            error_message="403 " + "x" * 600,
        )
    )
    assert database.rows("sync_metadata") == [
        (1, "power_readings", "2026-11-20 13:31:00", "2026-11-20 12:15:00", 0, "error", "403 " + "x" * 496)
    ]
    database.load(state("power_readings", 1, **bookmark, synced_at="2026-11-20T14:31:00Z", status="success"))
    assert database.rows("sync_metadata", "last_sync_time", "status", "error_message") == [
        ("2026-11-20 14:31:00", "success", None)
    ]


def test_a_bookmark_that_is_a_date_counts_as_its_midnight(database):
    database.load(
        *SITES,
        state("energy_readings", 1, replication_key_value="2026-11-19", synced_at="2026-11-20T12:00:00Z"),
    )
    assert database.rows("sync_metadata", "data_type", "last_data_timestamp") == [
        ("energy_readings", "2026-11-19 00:00:00")
    ]


def test_a_stream_without_bookmark_has_no_data_timestamp(database):
    database.load(*SITES, state("sites", 1, synced_at="2026-11-20T12:00:00Z"))
    assert database.rows("sync_metadata") == [(1, "sites", "2026-11-20 12:00:00", None, 1, "success", None)]


def test_a_generic_taps_state_gets_the_time_of_the_commit(database):
    began = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
    database.load(
        *SITES,
        POWER,
        power(1, 0),
        state("power_readings", 1, replication_key_value="2026-11-20T13:00:00+01:00"),
    )
    [(synced, newest, records, status)] = database.rows(
        "sync_metadata", "last_sync_time", "last_data_timestamp", "records_synced", "status"
    )
    assert (newest, records, status) == ("2026-11-20 12:00:00", 1, "success")
    assert began <= synced <= f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"


def test_only_partitions_that_changed_or_got_records_are_written_again(database):
    def both(first: str, second: str) -> dict:
        partitions = [
            {"context": {"site_id": 1}, "replication_key_value": first},
            {"context": {"site_id": 2}, "replication_key_value": second},
        ]
        return {"type": "STATE", "value": {"bookmarks": {"power_readings": {"partitions": partitions}}}}

    target = TargetSehSql(config={"sqlalchemy_url": database.url})

    def feed(*messages: dict) -> None:
        target.process_lines(io.StringIO(lines(*messages)))
        target.commit()

    feed(*SITES, POWER, power(1, 0), power(2, 0), both("2026-11-20T12:00:00Z", "2026-11-20T12:00:00Z"))
    database.make_old("sync_metadata")
    feed(power(1, 15), both("2026-11-20T12:15:00Z", "2026-11-20T12:00:00Z"))
    target.process_endofpipe()
    touched = [
        (site, updated != "2020-01-01 00:00:00", records)
        for site, updated, records in database.rows(
            "sync_metadata", "site_id", "updated_at", "records_synced"
        )
    ]
    assert touched == [(1, True, 2), (2, False, 1)]


def test_what_is_no_site_or_no_stream_of_ours_is_left_out(database):
    database.load(
        *SITES,
        {
            "type": "STATE",
            "value": {
                "bookmarks": {
                    "power_readings": {"replication_key_value": "2026-11-20T12:00:00Z"},
                    "meters": {
                        "partitions": [{"context": {"account": 5}}, "nonsense", {"context": {"site_id": "1"}}]
                    },
                    "alerts": {"partitions": [{"context": {"site_id": 1}}]},
                    "sites": None,
                },
                "currently_syncing": "meters",
            },
        },
        {"type": "STATE", "value": {"bookmarks": []}},
    )
    assert database.rows("sync_metadata") == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "newest",
    ["2026-13-45", "yesterday", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00", "1899-01-01", 5],
)
def test_a_bookmark_that_is_no_time_of_any_database_says_nothing_of_the_data(database, newest):
    database.load(*SITES, state("power_readings", 1, replication_key_value=newest))
    assert database.rows("sync_metadata", "data_type", "last_data_timestamp") == [("power_readings", None)]
