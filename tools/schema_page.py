"""Prints docs/schema.md, from the tables themselves: `make schema`."""

from sqlalchemy.dialects import mysql, postgresql, sqlite

from target_seh_sql.tables.metadata import all_tables
from target_seh_sql.tables.streams import STREAMS
from target_seh_sql.tables.views import columns_of, views

DIALECTS = {"PostgreSQL": postgresql.dialect(), "MariaDB": mysql.dialect(), "SQLite": sqlite.dialect()}
TABLES = all_tables()
INTRODUCTION = """\
# Schema

Written by `make schema` from the streams and columns in `target_seh_sql/tables/`. Streams have the names of
the tables, so other targets make the same ones; ids and foreign keys are this target's. Some tables are made
when their streams arrive: {extensions}.

- A `timestamp` is the start of its interval, in UTC; `utc_offset_minutes` beside it gives the site's wall
  clock: local time = timestamp + offset. A `reading_date` is the site's own date.
- What a column means stands in the database too, as its comment (SQLite has none), with its unit in brackets.
- Grid power is + for export and - for import, storage power + for charging.
- NULL is "no value": without a meter nobody knows the consumption, and it is not called 0. A NULL never
  replaces a value.
- `updated_at` moves only when a value changed.
- Deleting a site deletes its rows (`ON DELETE CASCADE`), deleting a meter its readings.
"""

VIEWS = """\
## Views

Made with the tables, from `views.sql`, on all three databases; each is there as soon as the tables that it
reads are. Energies are in Wh, powers in W (grid + export, storage + charging), percentages from 0 to 100,
`local_` times and days by the site's wall clock. A ratio is NULL when a part of it is unknown or zero.

Ask for a span of `timestamp`, and not of `local_time` alone, where a span is meant: only that one is in an
index.
"""


def foreign_key(column):
    """Return the table that a column points to, or None."""
    return next((key.column.table.name for key in column.foreign_keys), None)


def type_names(column):
    """Return a column's type in each dialect."""
    return tuple(column.type.compile(dialect) for dialect in DIALECTS.values())


def picture():
    """Yield the relations, as Mermaid draws them."""
    yield "```mermaid"
    yield "erDiagram"
    for table in TABLES.values():
        for column in table.c:
            if parent := foreign_key(column):
                yield f'    {parent} ||--o{{ {table.name} : "{column.name}"'
    yield "```"


def types():
    """Yield the table of types by dialect."""
    yield f"| here | {' | '.join(DIALECTS)} |"
    yield "|:--|:--|:--|:--|"
    found = {short(column): type_names(column) for table in TABLES.values() for column in table.c}
    for name, names in sorted(found.items()):
        if not name.startswith("text("):
            yield f"| {name} | {' | '.join(names)} |"
    yield "| text(n) | VARCHAR(n) | VARCHAR(n) | VARCHAR(n) |"


def short(column):
    """Return the word for a column's type that all dialects share."""
    kind = type(column.type).__name__
    length = getattr(column.type, "length", None)
    words = {
        "String": f"text({length})", "Text": "text", "Double": "real", "BigInteger": "big integer",
        "DateTime": "instant", "Date": "date", "Integer": "integer", "Boolean": "boolean",
    }  # fmt: skip
    return words[kind]


def section(stream):
    """Yield what is known of one table."""
    table = TABLES[stream.name]
    yield f"## {stream.name}"
    yield ""
    key = ", ".join(f"`{name}`" for name in stream.table_key)
    sent = "" if stream.key == stream.table_key else f" (sent as {', '.join(f'`{n}`' for n in stream.key)})"
    yield f"{stream.about[0].upper()}{stream.about[1:]}. Key: {key}{sent}."
    yield ""
    yield "| column | type | null | meaning |"
    yield "|:--|:--|:--|:--|"
    for column in table.c:
        null = "yes" if column.nullable else "no"
        yield f"| `{column.name}` | {short(column)}{link(column)} | {null} | {column.comment} |"


def link(column):
    """Return a link to the table that a column points to, if it does."""
    parent = foreign_key(column)
    return f", of [{parent}](#{parent})" if parent else ""


def view_sections():
    """Yield the views."""
    yield VIEWS.rstrip()
    for view in views():
        yield from ("", f"### {view.name}", "", f"{view.about[0].upper()}{view.about[1:]}.")
        yield from ("", ", ".join(f"`{column}`" for column in columns_of(view)))


def page():
    """Return the whole page."""
    extensions = ", ".join(f"`{stream.name}`" for stream in STREAMS if stream.extension)
    lines = [INTRODUCTION.format(extensions=extensions), *picture(), "", "## Types", "", *types()]
    for stream in STREAMS:
        lines += ["", *section(stream)]
    lines += ["", *view_sections()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")
