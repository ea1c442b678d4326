"""Settings in the forms that people write them; one that is wrong or does not exist is named."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from target_seh_sql.errors import ConfigError
from target_seh_sql.settings import SETTINGS, STREAM_MAPS, accepted
from target_seh_sql.target import TargetSehSql

from .conftest import lines, record, schema

TargetSehSql.append_builtin_config(TargetSehSql.config_jsonschema)
PROPERTIES = {
    **TargetSehSql.config_jsonschema["properties"],
    "flag": {"type": ["boolean", "null"]},
    "sites": {"type": ["array", "null"], "items": {"type": "integer"}},
}
SITE = lines(schema("sites"), record("sites", id=1, name="Dak"))


def of_variables(**variables: str) -> dict:
    return accepted({}, PROPERTIES, {f"TARGET_SEH_SQL_{name}": text for name, text in variables.items()})


@pytest.mark.parametrize("form", [5000, "5000", " 5_000 ", 5000.0, "5000.0", "+5000"], ids=repr)
def test_a_whole_number_may_be_written_in_any_form(form):
    assert accepted({"batch_size_rows": form}, PROPERTIES) == {"batch_size_rows": 5000}


@pytest.mark.parametrize(("wanted", "forms"), [
    (True, [True, "true", "True", "YES", "on", "1", 1]), (False, [False, "false", "no", "Off", "0", 0]),
])  # fmt: skip
def test_a_flag_may_be_written_in_any_form(wanted, forms):
    assert [accepted({"flag": form}, PROPERTIES)["flag"] for form in forms] == [wanted] * len(forms)


def test_a_choice_may_be_written_in_capitals_and_an_object_as_text():
    assert of_variables(UNKNOWN_STREAMS="Ignore", STREAM_MAPS='{"alerts": null}') == {
        "unknown_streams": "ignore",
        "stream_maps": {"alerts": None},
    }


def test_an_empty_variable_and_null_are_not_set(caplog):
    assert of_variables(SQLALCHEMY_URL="", BATCH_SIZE_ROWS=" ", STREAM_MAPS="") == {}
    assert accepted({"batch_size_rows": None}, PROPERTIES) == {}
    assert caplog.messages == []


@pytest.mark.parametrize(("name", "value"), [
    ("batch_size_rows", "many"), ("batch_size_rows", 0), ("batch_size_rows", 1.5), ("batch_size_rows", True),
    ("unknown_streams", "drop"), ("table_prefix", "a-b"), ("stream_maps", "{"), ("stream_maps", 5),
    ("stream_maps", {"__else__": 5}),
    ("sqlalchemy_url", 5), ("flag", "perhaps"), ("sites", "1,x"),
])  # fmt: skip
def test_a_value_that_cannot_be_names_its_setting(name, value):
    with pytest.raises(ConfigError, match=f"the setting {name} cannot be used: "):
        accepted({name: value}, PROPERTIES)


def test_a_secret_is_not_shown():
    with pytest.raises(ConfigError) as raised:
        accepted({"sqlalchemy_url": ["Tr0ub4dor"]}, PROPERTIES)
    assert "Tr0ub4dor" not in str(raised.value)


def test_a_setting_that_does_not_exist_is_named_with_the_nearest_one(caplog):
    accepted({"sqlalchmey_url": "sqlite:///x.db", "hard_delete": True}, PROPERTIES)
    of_variables(BATCH_SIZE="5", LOGLEVEL="INFO", _DIALECT="x")
    assert caplog.messages == [
        "there is no setting sqlalchmey_url: did you mean sqlalchemy_url?",
        "there is no setting hard_delete: it is ignored",
        "there is no setting TARGET_SEH_SQL_BATCH_SIZE: did you mean TARGET_SEH_SQL_BATCH_SIZE_ROWS?",
    ]


def test_commands_know_the_same_settings_as_a_load():
    assert TargetSehSql.config_jsonschema["properties"].keys() == SETTINGS.keys() | STREAM_MAPS.keys()


@pytest.mark.parametrize("name", ["status", "report", "export", "check", "adopt", "init-db"])
def test_a_command_starts_without_the_sdk(name):
    code = f"import sys; from target_seh_sql.cli import main; main.get_command(None, {name!r}); "
    asked = [sys.executable, "-c", code + "print('singer_sdk' in sys.modules)"]
    done = subprocess.run(asked, check=True, capture_output=True)
    assert done.stdout.strip() == b"False"


def test_options_before_a_command_are_refused(database, tmp_path):
    file = tmp_path / "target.json"
    file.write_text("{}")
    wrong = [*database.command, f"--config={file}", "status"]
    done = subprocess.run(wrong, check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert "options come after the command: target-seh-sql status --config ..." in done.stderr


def test_a_load_takes_them_all(database, tmp_path):
    file = tmp_path / "target.json"
    file.write_text(json.dumps({"batch_size_rows": "1", "table_prefx": "x_"}), encoding="utf-8-sig")
    environment = {
        **database.environment,
        "TARGET_SEH_SQL_TABLE_PREFIX": "",
        "TARGET_SEH_SQL_STREAM_MAPS": "",
    }
    command = [*database.command, f"--config={file}"]
    done = subprocess.run(command, env=environment, input=SITE, capture_output=True, text=True, check=True)
    assert "there is no setting table_prefx: did you mean table_prefix?" in done.stderr
    assert database.rows("sites", "name") == [("Dak",)]


ENV = ("--config=ENV",)
READ = ("check", "status", "report", "init-db", "adopt")
WRONG_INPUTS = {
    "no such file": (["--config=none.json"], {}, ""),
    "a folder": (["--config=."], {}, ""),
    "not JSON": (["--config=text.json"], {}, ""),
    "a list": (["--config=list.json"], {}, ""),
    "bytes": (["--config=bytes.json"], {}, ""),
    "no such option": (["--colour"], {}, ""),
    "no such command": (["dance"], {}, ""),
    "no such input": (["--input=none.jsonl"], {}, ""),
    "input is bytes": (["--config=ENV", "--input=bytes.json"], {}, ""),
    **{f"{name}, no such file": ([name, "--config=none.json"], {}, "") for name in READ},
    **{f"{name}, a list": ([name, "--config=list.json"], {}, "") for name in READ},
    **{f"{name}, text": ([name, *ENV], {"SQLALCHEMY_URL": "sqlite:///text.json"}, "") for name in READ},
    **{f"{name}, a folder": ([name, *ENV], {"SQLALCHEMY_URL": "sqlite:///."}, "") for name in READ},
    "number": (["--config=ENV"], {"BATCH_SIZE_ROWS": "many"}, ""),
    "zero": (["--config=ENV"], {"BATCH_SIZE_ROWS": "0"}, ""),
    "choice": (["--config=ENV"], {"UNKNOWN_STREAMS": "perhaps"}, ""),
    "prefix": (["--config=ENV"], {"TABLE_PREFIX": "a b"}, ""),
    "map is no JSON": (["--config=ENV"], {"STREAM_MAPS": "{"}, ""),
    "map is a number": (["--config=ENV"], {"STREAM_MAPS": "5"}, ""),
    "map of a number": (["--config=ENV"], {"STREAM_MAPS": '{"sites": 5}'}, SITE),
    "map to a text": (["--config=ENV"], {"STREAM_MAPS": '{"sites": "x"}'}, SITE),
    "map that divides": (["--config=ENV"], {"STREAM_MAPS": '{"sites": {"name": "1/0"}}'}, SITE),
    "map of no expression": (["--config=ENV"], {"STREAM_MAPS": '{"sites": {"name": "(("}}'}, SITE),
    "map of nobody": (["--config=ENV"], {"STREAM_MAPS": '{"sites": {"name": "nobody(5)"}}'}, SITE),
    "map of all": (["--config=ENV"], {"STREAM_MAPS": '{"__all__": 5}'}, SITE),
    "map away the key": (["--config=ENV"], {"STREAM_MAPS": '{"sites": {"id": null}}'}, SITE),
    "no Singer": (["--config=ENV"], {}, "hello\n"),
    "half a line": (["--config=ENV"], {}, SITE[:-9]),
    "a list of messages": (["--config=ENV"], {}, "[]\n"),
    "a batch": (["--config=ENV"], {}, SITE + '{"type": "BATCH", "stream": "sites"}\n'),
    "no stream": (["--config=ENV"], {}, '{"type": "RECORD", "record": {}}\n'),
    "stream of null": (["--config=ENV"], {}, '{"type": "SCHEMA", "stream": null, "schema": {}}\n'),
    "state of text": (["--config=ENV"], {}, '{"type": "STATE", "value": "x"}\n'),
    "deep": (["--config=ENV"], {}, "[" * 100_000 + "\n"),
    "deep state": (["--config=ENV"], {}, '{"type": "STATE", "value": {"a":' + "[" * 100_000 + "\n"),
    "odd state": (["--config=ENV"], {}, '{"type": "STATE", "value": {"bookmarks": [5]}}\n' + "x"),
    "status, no number": (["status", "--config=ENV", "--max-age=x"], {}, ""),
    "status, no such site": (["status", "--config=ENV", "--site-id=5"], {}, ""),
    "status, no time": (["status", "--config=ENV", "--tables", "--since=yesterday"], {}, ""),
    "report, no folder": (["report", "--config=ENV", "--output=none/none.html"], {}, ""),
    "adopt, no zone": (["adopt", "--config=ENV", "--machine-zone=Atlantis"], {}, ""),
}  # fmt: skip
"""Arguments, variables and input."""


@pytest.mark.parametrize("what", WRONG_INPUTS)
def test_no_wrong_input_brings_a_command_to_a_traceback(what, tmp_path):
    arguments, variables, given = WRONG_INPUTS[what]
    (tmp_path / "text.json").write_text("hello, this is no JSON and no database either")
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00\x80")
    environment = {
        **os.environ,
        "TARGET_SEH_SQL_SQLALCHEMY_URL": "sqlite:///seh.db",
        **{f"TARGET_SEH_SQL_{name}": text for name, text in variables.items()},
    }
    command = [sys.executable, "-m", "target_seh_sql", *arguments]
    done = subprocess.run(
        command, env=environment, input=given, capture_output=True, text=True, check=False, cwd=tmp_path
    )
    said = [line for line in (done.stdout + done.stderr).splitlines() if "| INFO " not in line]
    print(f"{what}: {said[-1]}")  # noqa: T201 -- what is told, for people to read
    assert done.returncode != 0
    assert "Traceback" not in done.stderr, done.stderr
    assert "a fault of the program" not in done.stderr
    assert len([line for line in said if "| ERROR " in line]) <= 1


def test_the_wrong_inputs_are_many():
    assert len(WRONG_INPUTS) >= 40


def test_a_level_of_the_log_that_does_not_exist_is_one_line():
    command = [sys.executable, "-m", "target_seh_sql", "--version"]
    environment = {**os.environ, "TARGET_SEH_SQL_LOGLEVEL": "loud"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "LOGLEVEL: Unknown level: 'LOUD'; write DEBUG, INFO, WARNING or ERROR\n"
