"""Catalogs as people and other programs write them, and stream maps that name more than is selected."""

import pytest

from solaredge_simulator.fleet import HOME
from tap_solaredge.tap import TapSolarEdge

DAY = {"site_ids": [HOME], "start_date": "2026-11-20T11:00:00Z"}
AT_ELEVEN = {"site_id": HOME, "timestamp": "2026-11-20T11:00:00Z"}
PROPERTIES = {
    "site_id": {"type": "integer"},
    "timestamp": {"type": "string", "format": "date-time"},
    "power_watts": {"type": ["null", "number"]},
}


def catalog(**more):
    """Return a catalog of one stream as a person may write it; the metadata select it, or the entry does."""
    entry = {"tap_stream_id": "power_readings", "schema": {"type": "object", "properties": PROPERTIES}}
    return {"streams": [entry | more]}


OF_THE_STREAM = {"breadcrumb": [], "metadata": {"selected": True}}
CATALOGS = {
    "no more than that": catalog(),
    "with metadata": catalog(metadata=[OF_THE_STREAM]),
    "with a name": catalog(stream="power_readings", metadata=[OF_THE_STREAM]),
    "another replication key": catalog(replication_key="power_watts", metadata=[OF_THE_STREAM]),
    "a replication key of nothing": catalog(replication_key="", metadata=[OF_THE_STREAM]),
    "replication key null": catalog(replication_key=None, metadata=[OF_THE_STREAM]),
    "a replication key that is no field": catalog(replication_key="modified", metadata=[OF_THE_STREAM]),
    "FULL_TABLE": catalog(replication_method="FULL_TABLE", metadata=[OF_THE_STREAM]),
    "INCREMENTAL without a key": catalog(replication_method="INCREMENTAL", metadata=[OF_THE_STREAM]),
    "forced in the metadata": catalog(metadata=[
        {"breadcrumb": [], "metadata": {"selected": True, "forced-replication-method": "FULL_TABLE"}},
    ]),
    "no key": catalog(key_properties=[], metadata=[OF_THE_STREAM]),
    "selected as long ago": {"streams": [{
        "tap_stream_id": "power_readings", "key_properties": ["site_id", "timestamp"],
        "schema": {"type": "object", "selected": True, "properties": PROPERTIES},
    }]},
}  # fmt: skip


@pytest.mark.parametrize("which", CATALOGS)
def test_a_hand_written_catalog_gives_its_fields_and_a_bookmark(simulator, run_tap, which):
    said = run_tap(simulator, catalog=CATALOGS[which], **DAY)
    assert said.error is None
    assert set(said.records) == {"power_readings"}
    assert said.records["power_readings"][0] == {**AT_ELEVEN, "power_watts": 1708.0}
    assert said.partition("power_readings", HOME)["replication_key_value"] == "2026-11-20T11:45:00Z"
    (schema,) = (message for message in said.messages if message["type"] == "SCHEMA")
    assert all(
        set(record) == set(schema["schema"]["properties"]) for record in said.records["power_readings"]
    )


def test_fields_that_a_catalog_lacks_are_in_no_schema_and_no_record_also_through_a_map(simulator, run_tap):
    maps = {"power_readings": {"kilowatt": "power_watts / 1000 if power_watts is not None else None"}}
    said = run_tap(simulator, catalog=catalog(metadata=[OF_THE_STREAM]), stream_maps=maps, **DAY)
    assert said.records["power_readings"][0] == {**AT_ELEVEN, "power_watts": 1708.0, "kilowatt": 1.708}


def test_a_map_of_all_streams_fits_each(simulator, run_tap):
    said = run_tap(simulator, stream_maps={"*": {"utc_offset_minutes": None}}, **DAY)
    assert said.error is None
    assert len(said.records) > 5
    assert not any("utc_offset_minutes" in record for found in said.records.values() for record in found)


@pytest.mark.parametrize("definition", [None, "__NULL__", {"severity": None}, {"level": "'x'"}])
def test_a_map_of_a_stream_that_is_not_selected_does_not_matter(simulator, run_tap, definition):
    said = run_tap(simulator, stream_maps={"alerts": definition}, **DAY)
    assert said.error is None
    assert "alerts" not in said.records
    assert said.records["power_readings"]


def test_a_map_of_a_stream_that_is_left_out_of_the_catalog_does_not_matter(simulator, run_tap):
    full = TapSolarEdge(config={}).catalog_dict
    full["streams"] = [entry for entry in full["streams"] if entry["tap_stream_id"] == "power_readings"]
    said = run_tap(simulator, catalog=full, stream_maps={"sites": {"notes": None}, "nobody": None}, **DAY)
    assert (said.error, set(said.records)) == (None, {"power_readings"})
