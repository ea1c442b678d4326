"""What every Singer target owes: the SDK's own suite, stream maps, and documentation that equals --about."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from singer_sdk.testing import get_target_test_class
from sqlalchemy import inspect

from target_seh_sql.tables.streams import NINE
from target_seh_sql.target import TargetSehSql

from .conftest import record, schema

README = Path(__file__).parent.parent / "README.md"

StandardSuite: Any = get_target_test_class(
    TargetSehSql,
    config={
        "sqlalchemy_url": f"sqlite:///{Path(mkdtemp(prefix='seh-standard-')) / 'seh.db'}",
        "unknown_streams": "ignore",
    },
    parse_env_config=False,
)


class TestStandardSuite(StandardSuite):
    """The SDK's standard target tests, save three that want a stream without a table to be looked at.

    Nothing of what is ignored is: test_singer_habits.py. The same faults in streams of ours: test_errors.py.
    """

    test_target_invalid_schema = None
    test_target_record_before_schema = None
    test_target_record_missing_key_property = None


def test_the_readme_tells_the_settings_of_about(capsys):
    TargetSehSql.print_about(output_format="markdown")
    about = capsys.readouterr().out.split("## Settings\n\n")[1].split("\n\n")[0]
    told = re.search(
        r"<!-- settings -->\n(.*)\n<!-- /settings -->", README.read_text(encoding="utf-8"), re.DOTALL
    )
    assert told is not None
    assert told[1] == about


def test_no_setting_of_the_sdk_that_does_not_hold_is_offered():
    offered = TargetSehSql._get_about_info().settings["properties"]
    assert (
        set(offered)
        & {"load_method", "add_record_metadata", "validate_records", "hard_delete", "flattening_enabled"}
        == set()
    )


def test_stream_maps_rename_filter_and_compute(database):
    maps = {
        "pv": {
            "__alias__": "power_readings",
            "__filter__": "power_watts >= 0",
            "site_id": "site_id",
            "timestamp": "timestamp",
            "power_watts": "power_watts * 1000",
        }
    }
    sent = {**schema("power_readings"), "stream": "pv"}
    sent["schema"] = {
        "properties": {
            "site_id": {"type": "integer"},
            "timestamp": {"type": "string", "format": "date-time"},
            "power_watts": {"type": "number"},
        }
    }
    database.load(
        sent,
        {**record("pv", site_id=1, timestamp="2026-11-20T12:00:00Z", power_watts=1.5)},
        {**record("pv", site_id=1, timestamp="2026-11-20T12:15:00Z", power_watts=-1.0)},
        stream_maps=maps,
    )
    assert database.rows("power_readings") == [(1, "2026-11-20 12:00:00", None, 1500.0, None)]


def test_stream_maps_hash_and_leave_out(database):
    database.load(
        schema("sites", "id", "name", "address", "city"),
        record("sites", id=1, name="Dak", address="Kerkstraat 12", city="Utrecht"),
        stream_maps={"sites": {"name": "md5(name)", "address": None}},
    )
    hashed = "b6d63ba5877f4724180b940d5bafa3ce"
    assert database.rows("sites", "id", "name", "address", "city") == [(1, hashed, None, "Utrecht")]


@pytest.mark.parametrize("prefix", ["seh_", "solar2_"])
def test_a_prefix_leads_every_table(database, prefix):
    database.load(schema("sites"), record("sites", id=1, name="Dak"), table_prefix=prefix)
    with database.connect() as connection:
        names = set(inspect(connection).get_table_names())
    assert names == {prefix + name for name in ("schema_version", *(s.name for s in NINE))}
    assert database.execute(f"SELECT name FROM {prefix}sites") == [("Dak",)]  # noqa: S608
