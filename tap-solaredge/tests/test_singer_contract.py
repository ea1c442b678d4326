"""What `singer.py` relies on in the SDK beyond its public face; a nightly job runs it with the newest one."""

import inspect
import json
import re
from pathlib import Path

import pytest
from singer_sdk import Stream, Tap, mapper, plugin_base, singerlib, tap_base
from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.helpers.conform import TypeConformanceLevel

from tap_solaredge.singer import HarvestedStream, HarvestingTap, Writer, tap_of_files
from tap_solaredge.tap import TapSolarEdge

PACKAGE = Path(inspect.getfile(TapSolarEdge)).parent
SIGNATURES = {
    Stream._write_schema_message: ["self"],
    Stream._write_record_message: ["self", "record"],
    Stream._increment_stream_state: ["self", "latest_record", "context"],
    plugin_base.PluginBase._setup_signal_handlers: ["self"],
    plugin_base._ConfigInput: ["config", "parse_env"],
    plugin_base.PluginBase.cb_config: ["ctx", "param", "value"],
    Tap.sync_all: ["self"],
    Tap.get_singer_command: [],
    MsgSpecWriter.write_message: ["self", "message"],
    MsgSpecWriter.format_message: ["self", "message"],
}
MEMBERS = [
    (Stream, "mask"), (Stream, "stream_maps"), (Stream, "TYPE_CONFORMANCE_LEVEL"), (Stream, "partitions"),
    (Tap, "state"), (Tap, "state_writer"), (Tap, "message_writer_class"),
    (mapper.SameRecordTransform, "__init__"), (TypeConformanceLevel, "NONE"),
    (tap_base.CliTestOptionValue, "Disabled"), (tap_base.CliTestOptionValue, "Schema"),
    (singerlib, "RecordMessage"), (plugin_base, "SingerCommand"),
]  # fmt: skip


@pytest.fixture
def tap():
    return TapSolarEdge(config={"api_key": "key-of-nobody"})


@pytest.mark.parametrize("member", SIGNATURES, ids=lambda member: member.__qualname__)
def test_a_member_takes_what_it_is_given(member):
    assert list(inspect.signature(member).parameters) == SIGNATURES[member]


@pytest.mark.parametrize(("of", "name"), MEMBERS, ids=str)
def test_a_member_is_there(of, name):
    assert hasattr(of, name)


def test_what_is_overridden_exists_with_the_same_parameters():
    for ours, theirs in ((HarvestedStream, Stream), (HarvestingTap, Tap)):
        private = {name for name in vars(ours) if re.fullmatch(r"_[a-z]\w+", name)} & set(dir(theirs))
        assert private
        for name in private - {"_abc_impl"}:
            parameters = [inspect.signature(getattr(each, name)).parameters for each in (ours, theirs)]
            assert list(parameters[0]) == list(parameters[1])


def test_a_stream_knows_its_tap_its_mask_and_its_maps(tap):
    stream = tap.streams["sites"]
    assert stream._tap is tap
    assert stream.mask["properties", "id"] is True
    (same,) = stream.stream_maps
    assert (type(same), same.stream_alias) == (mapper.SameRecordTransform, "sites")
    assert same.flattening_enabled is False


def test_a_parsed_configuration_has_its_two_fields(tmp_path):
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"api_key": "k"}))
    given = TapSolarEdge.cb_config(None, None, (str(config), "ENV"))
    assert (given.config, given.parse_env) == ({"api_key": "k"}, True)
    assert tap_of_files(TapSolarEdge, (str(config),)).config["api_key"] == "k"


def test_the_command_of_the_sdk_has_what_ours_is_made_from(tap):
    command = Tap.get_singer_command.__func__(TapSolarEdge)
    assert isinstance(command, plugin_base.SingerCommand)
    assert {"config", "state", "catalog", "discover", "test"} <= {option.name for option in command.params}
    assert command.callback is not None


def test_a_tap_has_its_writer(tap):
    assert type(tap.message_writer) is Writer


def test_only_one_file_touches_private_members_of_the_sdk():
    private = re.compile(
        r"singer_sdk[\w.]* import .*\b_\w"
        r"|\b_(write_schema_message|write_record_message|increment_stream_state|setup_signal_handlers|tap)\b"
    )
    found = {path.name for path in PACKAGE.rglob("*.py") if private.search(path.read_text())}
    assert found - {"base.py"} == {"singer.py"}  # streams/base.py is to take over HarvestedStream
