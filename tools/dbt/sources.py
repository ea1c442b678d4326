"""Writes the tables and views as dbt's sources, with what their columns mean and tests: `make dbt`."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ruamel.yaml import YAML

from target_seh_sql.tables.metadata import all_tables
from target_seh_sql.tables.streams import STREAMS
from target_seh_sql.tables.views import columns_of, views

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy import Column

    from target_seh_sql.tables.stream import Stream
    from target_seh_sql.tables.views import View

FILE: Final = Path(__file__).parents[2] / "deploy/dbt/models/sources.yml"
SOURCE: Final = "solaredge"
HEAD: Final = "# Written by `make dbt` from the tables of target-seh-sql.\n"
TABLES: Final = all_tables()
EXTENSIONS: Final = frozenset(stream.name for stream in STREAMS if stream.extension)


def written() -> str:
    """Return the text of the file."""
    yaml = YAML()
    yaml.width = 1000
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = StringIO(HEAD)
    out.seek(0, 2)
    yaml.dump({"version": 2, "sources": [_source()]}, out)
    return out.getvalue()


def _source() -> dict[str, Any]:
    return {
        "name": SOURCE,
        "description": "What SolarEdge sites measured, loaded by tap-solaredge and target-seh-sql",
        "schema": "{{ var('tables_in') or ('main' if target.type == 'sqlite' else 'public') }}",
        "tables": [*map(_table, STREAMS), *_views()],
    }


def _known(name: str, about: str, needs: Collection[str]) -> dict[str, Any]:
    """Return what any table or view has; one that needs extensions is off where these are not loaded."""
    known: dict[str, Any] = {
        "name": name,
        "identifier": f"{{{{ var('table_prefix') }}}}{name}",
        "description": f"{about[0].upper()}{about[1:]}",
    }
    if needs:
        loaded = " and ".join(f"'{stream}' in var('more_streams')" for stream in sorted(needs))
        known["config"] = {"enabled": f"{{{{ {loaded} }}}}"}
    return known


def _table(stream: Stream) -> dict[str, Any]:
    known = _known(stream.name, stream.about, {stream.name} & EXTENSIONS)
    if len(stream.table_key) > 1:
        unique = {"unique_together": {"arguments": {"columns": list(stream.table_key)}}}
        known["data_tests"] = [unique]
    return known | {"columns": [_column(stream, column) for column in TABLES[stream.name].c]}


def _column(stream: Stream, column: Column[Any]) -> dict[str, Any]:
    known: dict[str, Any] = {"name": str(column.name), "description": column.comment}
    tests: list[Any] = [] if column.nullable else ["not_null"]
    if stream.table_key == (column.name,):
        tests.append("unique")
    for key in column.foreign_keys:
        parent = str(key.column.table.name)
        to = f"source('{SOURCE}', '{parent}')"
        tests.append({"relationships": {"arguments": {"to": to, "field": str(key.column.name)}}})
    return known | ({"data_tests": tests} if tests else {})


def _views() -> Iterator[dict[str, Any]]:
    """Yield the views, each with the extensions that it needs, also by way of other views."""
    needs: dict[str, set[str]] = {name: {name} & EXTENSIONS for name in TABLES}
    for view in views():
        needs[view.name] = _needed(view, needs)
        columns = [{"name": name} for name in columns_of(view)]
        yield _known(view.name, view.about, needs[view.name]) | {"columns": columns}


def _needed(view: View, needs: dict[str, set[str]]) -> set[str]:
    """Return the extensions without which a view is not there: it has those of its parts that can be."""
    of_parts = [set().union(*(needs[name] for name in re.findall(r"\{(\w+)\}", part))) for part in view.parts]
    return min(of_parts, key=len)


if __name__ == "__main__":
    FILE.write_text(written())
