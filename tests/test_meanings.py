"""What a column means: the tap's catalog, the target's tables and docs/schema.md have the same words."""

import json
import re
from pathlib import Path

import pytest
from sqlalchemy import inspect

from tap_solaredge.tap import TapSolarEdge
from target_seh_sql.state_backend import STATES
from target_seh_sql.tables.metadata import all_tables
from target_seh_sql.tables.schema import ensure_extensions, ensure_tables
from target_seh_sql.tables.streams import STREAMS
from tools.databases import empty_database, engine_of
from tools.meanings import FILE, meanings

PAGE = Path(__file__).parents[1] / "docs/schema.md"
CATALOG = {
    entry["tap_stream_id"]: {
        name: said["description"] for name, said in entry["schema"]["properties"].items()
    }
    for entry in json.loads(TapSolarEdge(config={}).catalog_json_text)["streams"]
}


OWN_TABLES = {"schema_version", "meltano_state"}
"""Tables that hold no harvest."""


def page():
    """Return the meanings in docs/schema.md by table and column."""
    sections = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    row = re.compile(r"^\| `(\w+)` \|[^|]*\|[^|]*\| (.*?) \|$", re.MULTILINE)
    return {s.split("\n")[0]: found for s in sections if (found := dict(row.findall(s)))}


@pytest.fixture(params=["postgresql", "mariadb"], scope="module")
def comments(request, tmp_path_factory):
    """Return the comments in a database by table and column."""
    tables = all_tables()
    with (
        empty_database(request.param, tmp_path_factory.mktemp("db")) as url,
        engine_of(url) as engine,
        engine.connect() as db,
    ):
        ensure_tables(db, tables)
        ensure_extensions(db, tables, [stream.name for stream in STREAMS if stream.extension])
        STATES.create(db)
        found = inspect(db)
        return {
            table: {column["name"]: column["comment"] for column in found.get_columns(table)}
            for table in found.get_table_names()
        }


def test_the_target_has_the_words_of_the_tap():
    assert FILE.read_text(encoding="utf-8") == meanings(), "run `make schema`"


def test_every_column_in_a_database_has_a_meaning_and_the_page_has_it_too(comments):
    assert [(t, name) for t, columns in comments.items() for name, said in columns.items() if not said] == []
    assert {table: said for table, said in comments.items() if table not in OWN_TABLES} == page()


@pytest.mark.parametrize("stream", CATALOG)
def test_catalog_and_database_say_the_same_of_a_column(comments, stream):
    said = comments[stream]
    left_out = {"meter_readings": {"site_id", "meter_name"}}.get(stream, set())
    added = {"meter_readings": {"id", "meter_id"}, "sites": set()}.get(stream, {"id"})
    assert CATALOG[stream].keys() - said.keys() == left_out
    assert said.keys() - CATALOG[stream].keys() == {*added, "created_at", "updated_at"}
    assert [
        name for name in said.keys() & CATALOG[stream].keys() if said[name] != CATALOG[stream][name]
    ] == []
