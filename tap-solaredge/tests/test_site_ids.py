"""`site_ids` in the forms in which people write it."""

import pytest

from tap_solaredge.errors import ConfigError
from tap_solaredge.tap import TapSolarEdge


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        (None, []),
        ("", []),
        (4100001, [4100001]),
        ("4100001", [4100001]),
        ("4100001, 4100002,", [4100001, 4100002]),
        ("[4100001, 4100002]", [4100001, 4100002]),
        ([4100001, "4100002"], [4100001, 4100002]),
    ],
)
def test_one_number_numbers_with_commas_and_lists_are_understood(written, numbers):
    tap = TapSolarEdge(config={"api_key": "key", "site_ids": written})
    assert (tap.config.get("site_ids") or []) == numbers


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        ("4100001", [4100001]),
        ("4100001,4100002", [4100001, 4100002]),
        ("[4100001]", [4100001]),
        ("[4100001, 4100002]", [4100001, 4100002]),
    ],
)
def test_the_environment_has_the_same_forms(monkeypatch, written, numbers):
    monkeypatch.setenv("TAP_SOLAREDGE_API_KEY", "key")
    monkeypatch.setenv("TAP_SOLAREDGE_SITE_IDS", written)
    assert TapSolarEdge(parse_env_config=True).config["site_ids"] == numbers


@pytest.mark.parametrize("written", ["home", "1 2", [1, "x"], 1.5])
def test_what_is_no_number_is_refused_by_name(written):
    with pytest.raises(ConfigError, match="the setting site_ids cannot be used"):
        TapSolarEdge(config={"api_key": "key", "site_ids": written})
