"""The SDK's private members that singer.py relies on: there, and as it takes them; named nowhere else."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest
from singer_sdk import Target
from singer_sdk.plugin_base import SingerCommand
from singer_sdk.sinks import BatchSink

import target_seh_sql
from target_seh_sql.singer import SingerTarget, StreamSink

PACKAGE = Path(target_seh_sql.__file__).parent
SIGNATURES = {
    (Target, "_process_schema_message"): ["self", "message_dict"],
    (Target, "_process_record_message"): ["self", "message_dict"],
    (Target, "_process_state_message"): ["self", "message_dict"],
    (Target, "_process_activate_version_message"): ["self", "message_dict"],
    (Target, "_handle_max_record_age"): ["self"],
    (Target, "_handle_termination"): ["self", "signum", "frame"],
    (BatchSink, "_validate_and_parse"): ["self", "record"],
}
"""The private members, and their parameters."""


def private(*classes):
    """Return the private names that classes have."""
    return {name for each in classes for name in dir(each) if name[0] == "_" != name[1]}


def names_in(path):
    """Return the attributes and functions that a module names."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.FunctionDef):
            yield node.name


@pytest.mark.parametrize(("owner", "name"), SIGNATURES)
def test_a_private_member_of_the_sdk_takes_what_it_is_given(owner, name):
    assert list(inspect.signature(getattr(owner, name)).parameters) == SIGNATURES[owner, name]


@pytest.mark.parametrize(("ours", "theirs"), [(SingerTarget, Target), (StreamSink, BatchSink)])
def test_what_replaces_a_member_of_the_sdk_takes_the_same(ours, theirs):
    replaced = [name for name in vars(ours) if inspect.isfunction(vars(ours)[name]) and hasattr(theirs, name)]
    for name in replaced:
        parameters = [inspect.signature(getattr(each, name)).parameters for each in (ours, theirs)]
        assert list(parameters[0]) == list(parameters[1]), name
    assert len(replaced) > 3


def test_singer_py_names_the_private_members_of_the_contract_and_no_others():
    known = private(Target, BatchSink)
    assert known & set(names_in(PACKAGE / "singer.py")) == {name for _, name in SIGNATURES}


def test_no_other_module_names_a_private_member_of_the_sdk():
    known = private(Target, BatchSink, SingerCommand)
    named = {
        path.name: sorted(found)
        for path in PACKAGE.rglob("*.py")
        if path.name != "singer.py" and (found := known & set(names_in(path)))
    }
    assert named == {}


def test_the_sdk_still_calls_what_is_replaced():
    source = inspect.getsource(Target) + inspect.getsource(Target.process_lines)
    for name in ("_handle_max_record_age", "_validate_and_parse"):
        assert f".{name}(" in source, name
    for kind in ("schema", "record", "state", "activate_version"):
        assert f"self._process_{kind}_message" in source, kind
