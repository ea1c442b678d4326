"""Settings in the forms that people write them; one that is wrong or does not exist is named."""

from __future__ import annotations

import json

import pytest

from tap_solaredge.accepted_settings import accepted, from_file
from tap_solaredge.errors import ConfigError
from tap_solaredge.settings import SETTINGS

PROPERTIES = {
    **SETTINGS["properties"],
    "flag": {"type": ["boolean", "null"]},
    "number": {"type": ["integer", "null"], "minimum": 1},
    "maps": {"type": ["object", "null"]},
}


def of_variables(**variables: str) -> dict:
    return accepted({}, PROPERTIES, {f"TAP_SOLAREDGE_{name}": text for name, text in variables.items()})


@pytest.mark.parametrize("form", [[1, 2], "[1,2]", "1,2", " 1 , 2 ", ["1", "2"], [1.0, 2]], ids=repr)
def test_site_ids_may_be_written_in_any_form(form):
    assert accepted({"site_ids": form}, PROPERTIES) == {"site_ids": [1, 2]}


@pytest.mark.parametrize("form", [1, "1", "[1]", [1], "1,"], ids=repr)
def test_one_site_may_be_written_as_a_number(form):
    assert accepted({"site_ids": form}, PROPERTIES) == {"site_ids": [1]}


def test_numbers_flags_choices_and_objects_may_be_written_as_text():
    given = {"number": "5_000", "flag": "Yes", "api_version": "V2", "maps": '{"a": null}'}
    assert accepted(given, PROPERTIES) == {
        "number": 5000,
        "flag": True,
        "api_version": "v2",
        "maps": {"a": None},
    }


def test_an_empty_variable_and_null_are_not_set(caplog):
    assert of_variables(SITE_IDS="", API_KEY=" ", START_DATE="") == {}
    assert accepted({"site_ids": None}, PROPERTIES) == {}
    assert caplog.messages == []


@pytest.mark.parametrize(("name", "value"), [
    ("site_ids", "1,x"), ("site_ids", {"a": 1}), ("number", "many"), ("number", 0), ("flag", "perhaps"),
    ("api_version", "v3"), ("maps", "{"), ("api_key", 5),
])  # fmt: skip
def test_a_value_that_cannot_be_names_its_setting(name, value):
    with pytest.raises(ConfigError, match=f"the setting {name} cannot be used: "):
        accepted({name: value}, PROPERTIES)


def test_a_setting_that_does_not_exist_is_named_with_the_nearest_one(caplog):
    accepted({"siteids": [1], "colour": "red"}, PROPERTIES)
    of_variables(SITE_ID="5", LOGLEVEL="INFO")
    assert caplog.messages == [
        "there is no setting siteids: did you mean site_ids?",
        "there is no setting colour: it is ignored",
        "there is no setting TAP_SOLAREDGE_SITE_ID: did you mean TAP_SOLAREDGE_SITE_IDS?",
    ]


@pytest.mark.parametrize("content", [b"hello", b"[]", b"\xff\xfe\x00\x80", None])
def test_a_file_that_holds_no_settings_is_one_line(tmp_path, content):
    file = tmp_path / "tap.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=f"--config {file}"):
        from_file(str(file))


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path):
    file = tmp_path / "tap.json"
    file.write_text(json.dumps({"site_ids": [1]}), encoding="utf-8-sig")
    assert from_file(str(file)) == {"site_ids": [1]}
