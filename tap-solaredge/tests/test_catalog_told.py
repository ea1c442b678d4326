"""Catalogs and maps that say what cannot be meant: damage is named, and so is a name that nobody knows."""

import logging

import pytest

from solaredge_simulator.fleet import HOME
from tap_solaredge.errors import ConfigError
from tap_solaredge.tap import TapSolarEdge

ENTRY = {"tap_stream_id": "sites"}
DAMAGED = {
    "an entry without metadata": {"metadata": [{"breadcrumb": []}]},
    "metadata of texts": {"metadata": ["x"]},
    "metadata of a text": {"metadata": [{"breadcrumb": [], "metadata": "x"}]},
    "a list in a breadcrumb": {"metadata": [{"breadcrumb": [["a"]], "metadata": {}}]},
    "a breadcrumb of a number": {"metadata": [{"breadcrumb": 5, "metadata": {}}]},
    "a property that is none": {"schema": {"properties": {"name": True}}},
    "properties that are none": {"schema": {"properties": ["name"]}},
    "a schema that is none": {"schema": ["name"]},
    "metadata that are none": {"metadata": 5},
}


def warned(caplog):
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_catalog_is_a_wrong_setting_that_names_the_place(damage):
    with pytest.raises(ConfigError, match="the catalog is damaged at sites, "):
        TapSolarEdge(config={"api_key": "a-key"}, catalog={"streams": [ENTRY | DAMAGED[damage]]})


def test_a_stream_of_a_catalog_that_nobody_knows_is_named_with_the_nearest_one(caplog):
    catalog = {"streams": [ENTRY, {"tap_stream_id": "power_reading"}, {"tap_stream_id": "xyz"}]}
    TapSolarEdge(config={"api_key": "a-key"}, catalog=catalog)
    assert warned(caplog) == [
        "the catalog: there is no stream power_reading: did you mean power_readings?",
        "the catalog: there is no stream xyz: it is ignored",
    ]


def test_a_stream_of_a_map_that_nobody_knows_is_named_with_the_nearest_one(caplog):
    maps = {
        "site": {"address": "md5(address)"}, "sites": {}, "*": {}, "__else__": None,
        "power_*": {"n": "'x'"}, "roofs": {"__source__": "sites"}, "walls": {"__source__": "sitse"},
    }  # fmt: skip
    TapSolarEdge(config={"api_key": "a-key", "stream_maps": maps})
    assert warned(caplog) == [
        "stream_maps: there is no stream site: did you mean sites?",
        "stream_maps: there is no stream sitse: did you mean sites?",
    ]


def test_a_catalog_with_nothing_selected_is_told_before_the_first_call(simulator, run_tap, caplog):
    catalog = {"streams": [ENTRY | {"metadata": [{"breadcrumb": [], "metadata": {"selected": False}}]}]}
    said = run_tap(simulator, catalog=catalog, site_ids=[HOME])
    assert said.error is None
    (line,) = warned(caplog)
    assert line == "no stream is selected: nothing will be read; see the catalog"
    names = [record.getMessage() for record in caplog.records]
    assert names.index(line) < next(i for i, name in enumerate(names) if name.startswith("Before the first"))
