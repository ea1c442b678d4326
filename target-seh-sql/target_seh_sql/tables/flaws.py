"""What somebody has changed of the tables so that nothing can be loaded, or not rightly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Boolean, Date, DateTime, Double, Float, Integer, Numeric, String, inspect, text
from sqlalchemy.types import NullType

from target_seh_sql.tables.columns import NOTES_LENGTH
from target_seh_sql.tables.schema import existing
from target_seh_sql.tables.streams import NINE, STREAMS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from sqlalchemy import Column, Connection, Table
    from sqlalchemy.types import TypeEngine

ADVICE: Final = "set the table right, or load into a new database"
"""What to do about a flaw."""


def flaws(connection: Connection, tables: Mapping[str, Table]) -> Iterator[str]:
    """Yield the flaws of the tables: one that is missing, columns, types, unique keys."""
    found, there = inspect(connection), existing(connection, tables)
    for stream in STREAMS:
        table = tables[stream.name]
        if stream.name not in there:
            if stream in NINE:
                yield f"the table {table.name} is missing"
            continue
        given = {column["name"]: column for column in found.get_columns(table.name, schema=table.schema)}
        if missing := [column.name for column in table.c if column.name not in given]:
            yield f"the table {table.name} lacks the column {', '.join(missing)}"
        if empty := [name for name in given if name not in table.c and _has_to_be_given(given[name])]:
            named = ", ".join(empty)
            yield f"the table {table.name} has a column that no run fills and no row can lack: {named}"
        if connection.dialect.name != "sqlite":  # whose types bind nobody
            yield from _type_flaws(connection, table, given)
        yield from key_flaws(table.name, stream.table_key, list(_unique(found, table)))
        if connection.dialect.name == "postgresql" and "id" in given:
            yield from _sequence_flaws(connection, table)


BEHIND: Final = """
    SELECT coalesce(last_value, 0) < (SELECT coalesce(max(id), 0) FROM {table}) FROM pg_sequences
    WHERE to_regclass(format('%I.%I', schemaname, sequencename)) =
        to_regclass(pg_get_serial_sequence(:name, 'id'))
    AND has_sequence_privilege(format('%I.%I', schemaname, sequencename), 'SELECT')"""


def _sequence_flaws(connection: Connection, table: Table) -> Iterator[str]:
    """Yield whether ids that are there would be given again: replication copies rows, but no sequence."""
    name = connection.dialect.identifier_preparer.format_table(table)
    behind = text(BEHIND.format(table=name.replace(":", "\\:")))
    if connection.scalar(behind, {"name": name}):
        ahead = f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}"  # noqa: S608
        yield f"the sequence of the table {table.name} is behind its ids, which `{ahead}` mends"


def _has_to_be_given(column: Mapping[str, Any]) -> bool:
    """Tell whether a row cannot be inserted without a value for the column."""
    fills_itself = ("identity", "computed")
    return not column["nullable"] and column["default"] is None and not any(map(column.get, fills_itself))


def _type_flaws(
    connection: Connection, table: Table, given: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    for column in table.c:
        kind = given[column.name]["type"] if column.name in given else NullType()
        kind = getattr(kind, "data_type", kind)  # of a domain
        if not isinstance(kind, NullType) and not _takes_all(kind, column):
            ours, theirs = (each.compile(connection.dialect) for each in (column.type, kind))
            yield (
                f"the column {column.name} of the table {table.name} is {theirs}, and not {ours}: "
                "what is loaded does not fit, or is changed"
            )


def _takes_all(kind: TypeEngine[Any], column: Column[Any]) -> bool:
    """Tell whether a type that was found keeps every value of our column as it is."""
    if isinstance(column.type, String):
        lengths = [each.length or NOTES_LENGTH for each in (kind, column.type) if isinstance(each, String)]
        return len(lengths) == 2 and lengths[0] >= lengths[1]  # noqa: PLR2004 -- both are text
    if isinstance(column.type, Double):
        exact = isinstance(kind, Double) or (isinstance(kind, Numeric) and not isinstance(kind, Float))
        return exact and getattr(kind, "scale", None) is None
    if isinstance(column.type, Boolean):
        return isinstance(kind, Boolean | Integer)
    return any(isinstance(kind, each) and isinstance(column.type, each) for each in (Date, DateTime, Integer))


def key_flaws(table: str, key: Collection[str], unique: Collection[Collection[str]]) -> Iterator[str]:
    """Yield what is wrong with unique keys: ours is missing, or two rows of ours may share another."""
    if not any(set(key) == set(each) for each in unique):
        yield f"the table {table} has no unique key of {', '.join(key)}"
    for other in sorted(map(sorted, unique)):
        if other and "id" not in other and not set(key) <= set(other):
            yield f"the table {table} has a unique key that is not ours, of {', '.join(other)}"


def _unique(found: Any, table: Table) -> Iterator[frozenset[str]]:  # noqa: ANN401 -- an Inspector
    name, schema = table.name, table.schema
    yield frozenset(found.get_pk_constraint(name, schema=schema)["constrained_columns"])
    for each in found.get_unique_constraints(name, schema=schema):
        yield frozenset(each["column_names"])
    for each in found.get_indexes(name, schema=schema):
        if each["unique"]:
            yield frozenset(column or "" for column in each["column_names"])
