"""What a column means: the tap's catalog, the target's tables and docs/schema.md have the same words."""

import json
import re
from pathlib import Path

import pytest
from sqlalchemy import inspect

from tap_solaredge.tap import TapSolarEdge
from target_seh_sql.tables.schema import ensure_extensions, ensure_tables
from target_seh_sql.tables.streams import STREAMS, all_tables
from tools.databases import empty_database, engine_of
from tools.meanings import FILE, meanings

PAGE = Path(__file__).parents[1] / "docs/schema.md"
CATALOG = {
    entry["tap_stream_id"]: {
        name: said["description"] for name, said in entry["schema"]["properties"].items()
    }
    for entry in json.loads(TapSolarEdge(config={}).catalog_json_text)["streams"]
}


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
        return {name: {c["name"]: c["comment"] for c in inspect(db).get_columns(name)} for name in tables}


def test_the_target_has_the_words_of_the_tap():
    assert FILE.read_text(encoding="utf-8") == meanings(), "run `make schema`"


def test_catalog_comments_and_page_say_the_same_of_every_column(comments):
    assert comments == page()
    assert [(t, name) for t, columns in comments.items() for name, said in columns.items() if not said] == []
    of_the_tap = {
        t: {n: said for n, said in c.items() if n in CATALOG.get(t, ())} for t, c in comments.items()
    }
    assert of_the_tap == {
        **{t: {n: said for n, said in c.items() if n in comments[t]} for t, c in CATALOG.items()},
        "sync_metadata": {},
    }


def test_only_ids_times_and_bookkeeping_are_the_targets_own(comments):
    own = {t: sorted(comments[t].keys() - CATALOG.get(t, {}).keys()) for t in comments}
    assert own == {
        **{table: ["created_at", "id", "updated_at"] for table in comments},
        "sites": ["created_at", "updated_at"],
        "meter_readings": ["created_at", "id", "meter_id", "updated_at"],
        "sync_metadata": sorted(comments["sync_metadata"]),
    }
