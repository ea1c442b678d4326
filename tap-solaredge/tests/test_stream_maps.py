"""What of a stream is sent: fields that a catalog leaves out, and stream maps."""

import pytest

from solaredge_simulator.fleet import HOME, ROOF
from tap_solaredge.errors import ConfigError
from tap_solaredge.tap import TapSolarEdge

DAY = {"site_ids": [HOME], "start_date": "2026-11-20T11:00:00Z"}


def without(stream, *fields):
    """Return a catalog in which only one stream is selected, and of that not some fields."""
    catalog = TapSolarEdge(config={}).catalog_dict
    for entry in catalog["streams"]:
        chosen = entry["tap_stream_id"] == stream
        for level in entry["metadata"]:
            field = (level["breadcrumb"] or [None])[-1]
            level["metadata"]["selected"] = chosen if field is None else field not in fields
    return catalog


def columns(said, stream):
    """Return what the SCHEMA of a stream names."""
    schemas = {message["stream"]: message for message in said.messages if message["type"] == "SCHEMA"}
    return list(schemas[stream]["schema"]["properties"])


def test_deselected_fields_are_in_no_schema_and_no_record(simulator, run_tap):
    said = run_tap(simulator, catalog=without("power_readings", "utc_offset_minutes", "energy_wh"), **DAY)
    assert said.schemas == ["power_readings"]
    assert columns(said, "power_readings") == ["site_id", "timestamp", "power_watts"]
    assert said.records["power_readings"][:2] == [
        {"site_id": HOME, "timestamp": "2026-11-20T11:00:00Z", "power_watts": 1708.0},
        {"site_id": HOME, "timestamp": "2026-11-20T11:15:00Z", "power_watts": 1661.5},
    ]


@pytest.mark.parametrize("maps", [{}, {"power_readings": {"utc_offset_minutes": "utc_offset_minutes"}}])
def test_the_bookmark_moves_by_fields_that_are_not_sent_and_keys_are_always_sent(simulator, run_tap, maps):
    catalog = without("power_readings", "site_id", "timestamp", "power_watts", "energy_wh")
    said = run_tap(simulator, catalog=catalog, stream_maps=maps, **DAY)
    assert columns(said, "power_readings") == ["site_id", "timestamp", "utc_offset_minutes"]
    assert said.records["power_readings"][0] == {
        "site_id": HOME,
        "timestamp": "2026-11-20T11:00:00Z",
        "utc_offset_minutes": 60,
    }
    assert said.partition("power_readings", HOME)["replication_key_value"] == "2026-11-20T11:45:00Z"


def test_stream_maps_rename_a_stream_and_its_fields(simulator, run_tap):
    maps = {
        "power_readings": {
            "__alias__": "production",
            "site": "site_id",
            "at": "timestamp",
            "kilowatt": "power_watts / 1000 if power_watts is not None else None",
            "__key_properties__": ["site", "at"],
            "__else__": None,
        }
    }
    said = run_tap(simulator, catalog=without("power_readings"), stream_maps=maps, **DAY)
    (schema,) = (message for message in said.messages if message["type"] == "SCHEMA")
    assert (schema["stream"], schema["key_properties"]) == ("production", ["site", "at"])
    assert said.records["production"][0] == {"site": HOME, "at": "2026-11-20T11:00:00Z", "kilowatt": 1.708}
    assert said.partition("power_readings", HOME)["replication_key_value"] == "2026-11-20T11:45:00Z"


def test_stream_maps_hash_leave_out_and_filter(simulator, run_tap):
    maps = {
        "sites": {"name": "sha256(name)[:12]", "address": None, "__filter__": f"id != {ROOF}"},
        "__else__": None,
    }
    said = run_tap(simulator, site_ids=[HOME, ROOF], stream_maps=maps)
    assert "address" not in columns(said, "sites")
    (site,) = said.records["sites"]
    assert "address" not in site
    assert (site["id"], site["name"], site["city"]) == (HOME, "39759b8cf235", "Utrecht")
    assert list(said.records) == ["sites"]


BROKEN = {
    "power_readings": {"__filter__": "power_watts > 100"},
    "sites": {"n": "state.upper()"},
    "energy_totals": {"n": "period + 1"},
}


@pytest.mark.parametrize("stream", BROKEN)
def test_a_map_that_fails_on_a_record_is_one_line_that_names_its_stream(simulator, run_tap, stream):
    said = run_tap(simulator, site_ids=[HOME], catalog=without(stream), stream_maps={stream: BROKEN[stream]})
    assert isinstance(said.error, ConfigError)
    assert str(said.error).startswith(f"stream_maps: {stream}: ")
    assert "\n" not in str(said.error)
    assert said.code == 2


@pytest.mark.parametrize("stream", BROKEN)
def test_what_a_map_failed_on_is_read_again_once_the_map_is_right(simulator, run_tap, stream):
    asked = {"site_ids": [HOME], "catalog": without(stream), "start_date": "2026-10-01T00:00:00Z"}
    state = run_tap(simulator, stream_maps={stream: BROKEN[stream]}, **asked).state
    after = run_tap(simulator, state=state, **asked).records[stream]
    whole = run_tap(simulator, **asked).records[stream]
    assert len(after) == len(whole) > 0


WRONG = [
    ({"stream_maps": {"sites": {"a": ""}}}, "stream_maps: sites: "),
    ({"stream_maps": {"sites": {"a": "(("}}}, "stream_maps: sites: "),
    ({"stream_maps": {"sites": {"id": None}}}, "stream_maps: sites: "),
    (
        {"flattening_enabled": True, "flattening_max_depth": 3, "flattening_max_key_length": 6},
        "flattening_max_key_length: energy_readings: ",
    ),
]


@pytest.mark.parametrize(("settings", "told"), WRONG, ids=str)
def test_maps_and_flattening_that_fit_no_stream_are_one_line_that_names_the_setting(settings, told):
    with pytest.raises(ConfigError) as caught:
        TapSolarEdge(config=settings)
    assert told in str(caught.value)
