"""Makes the views of views.sql, in the words of each database."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import inspect
from sqlalchemy.exc import SQLAlchemyError

from target_seh_sql.failures import error_code, explained
from target_seh_sql.tables.metadata import beside

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Connection, Table

logger = logging.getLogger("target-seh-sql")

FILE: Final = Path(__file__).with_name("views.sql")
ADDED: Final = ["charged_wh", "discharged_wh"]
"""What revision 0003 added at the end of views: those of an earlier version lack it."""
NO_RIGHT: Final = 1142
"""MariaDB's error; the other databases know no right of their own for views."""

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "sqlite": {
        "LOCAL_TIME": "datetime({0}.timestamp, coalesce({0}.utc_offset_minutes, 0) || ' minutes')",
        "LOCAL_DATE": "date({0}.timestamp, coalesce({0}.utc_offset_minutes, 0) || ' minutes')",
        "MONTH_OF": "date({0}, 'start of month')",
        "YEAR_OF": "CAST(strftime('%Y', {0}) AS INTEGER)",
        "HOUR_OF": "CAST(strftime('%H', {0}) AS INTEGER)",
        "QUARTER_OF": "(strftime('%H', {0}) * 4 + strftime('%M', {0}) / 15)",
        "NEXT_QUARTER": "datetime({0}, '+15 minutes')",
        "MIDNIGHT_OF": "datetime({0})",
        "MIDNIGHT_AFTER": "datetime({0}, '+1 day')",
        "QUARTERS": "((strftime('%s', {1}) - strftime('%s', {0})) / 900)",
        "DAYS": "((strftime('%s', {1}) - strftime('%s', {0})) / 86400)",
        "ON_QUARTER": "(strftime('%s', {0}) % 900 = 0)",
        "TEXT_OF": "CAST({0} AS TEXT)",
        "WHOLE_OF": "CAST(round({0}) AS INTEGER)",
        "QUARTERS_TO": "CAST(strftime('%s', {0}) AS INTEGER) / 900",
    },
    "postgresql": {
        "LOCAL_TIME": "({0}.timestamp AT TIME ZONE 'UTC' "
        "+ coalesce({0}.utc_offset_minutes, 0) * interval '1 minute')",
        "LOCAL_DATE": "CAST({0}.timestamp AT TIME ZONE 'UTC' "
        "+ coalesce({0}.utc_offset_minutes, 0) * interval '1 minute' AS date)",
        "MONTH_OF": "CAST(date_trunc('month', {0}) AS date)",
        "YEAR_OF": "CAST(extract(year FROM {0}) AS integer)",
        "HOUR_OF": "CAST(extract(hour FROM {0}) AS integer)",
        "QUARTER_OF": "CAST(extract(hour FROM {0}) * 4 + div(extract(minute FROM {0}), 15) AS integer)",
        "NEXT_QUARTER": "({0} + interval '15 minutes')",
        "MIDNIGHT_OF": "(CAST({0} AS timestamp) AT TIME ZONE 'UTC')",
        "MIDNIGHT_AFTER": "(CAST({0} + 1 AS timestamp) AT TIME ZONE 'UTC')",
        "QUARTERS": "(CAST(extract(epoch FROM {1} - {0}) AS bigint) / 900)",
        "DAYS": "CAST({1} - {0} AS bigint)",
        "ON_QUARTER": "(mod(CAST(extract(epoch FROM {0}) AS bigint), 900) = 0)",
        "TEXT_OF": "CAST({0} AS text)",
        "WHOLE_OF": "CAST(round({0}) AS bigint)",
        "QUARTERS_TO": "CAST(extract(epoch FROM {0}) AS bigint) / 900",
    },
    "mariadb": {
        "LOCAL_TIME": "({0}.timestamp + INTERVAL coalesce({0}.utc_offset_minutes, 0) MINUTE)",
        "LOCAL_DATE": "CAST({0}.timestamp + INTERVAL coalesce({0}.utc_offset_minutes, 0) MINUTE AS DATE)",
        "MONTH_OF": "CAST({0} - INTERVAL dayofmonth({0}) - 1 DAY AS DATE)",
        "YEAR_OF": "year({0})",
        "HOUR_OF": "hour({0})",
        "QUARTER_OF": "(hour({0}) * 4 + minute({0}) DIV 15)",
        "NEXT_QUARTER": "({0} + INTERVAL 15 MINUTE)",
        "MIDNIGHT_OF": "CAST({0} AS DATETIME)",
        "MIDNIGHT_AFTER": "CAST({0} + INTERVAL 1 DAY AS DATETIME)",
        "QUARTERS": "(timestampdiff(SECOND, {0}, {1}) DIV 900)",
        "DAYS": "datediff({1}, {0})",
        "ON_QUARTER": "(mod(minute({0}) * 60 + second({0}), 900) = 0)",
        "TEXT_OF": "CAST({0} AS CHAR(100))",
        "WHOLE_OF": "CAST(round({0}) AS SIGNED)",
        "QUARTERS_TO": "timestampdiff(SECOND, '1970-01-01', {0}) DIV 900",
    },
}
"""What the functions in capitals are; {0} and {1} are their arguments.

The last two are the report's: a number without decimals, and the quarter hours from 1970 to an instant.
"""
_FUNCTION: Final = re.compile(r"\b([A-Z_]+)\(([^()]*)\)")
_NAME: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class View:
    """One view of views.sql."""

    name: str
    about: str
    parts: tuple[str, ...]
    """The queries of its UNION ALL, or the only one."""


@cache
def views() -> tuple[View, ...]:
    """Return the views in the order of the file: what they read comes before them."""
    return tuple(_views(FILE.read_text(encoding="utf-8")))


def _views(text: str) -> Iterator[View]:
    for block in text.split("\n\n-- ")[1:]:
        head, _, query = block.strip().removesuffix(";").partition("\n")
        name, _, about = head.partition(": ")
        if query.startswith("SELECT"):
            yield View(name, about, tuple(query.split("\nUNION ALL\n")))


def make_views(connection: Connection, tables: Mapping[str, Table]) -> bool:
    """Make the views on those of the tables that are there; those of an earlier version are replaced.

    A table or view of somebody else, told by its columns, keeps its name and is warned of; so is a user of
    MariaDB who may not make views: loading needs none, and False is returned.

    Args:
        connection: in a transaction.
        tables: those that are there, by stream.
    """
    schema = tables["sites"].schema
    quoted = connection.dialect.identifier_preparer.format_table
    names = {stream: quoted(table) for stream, table in tables.items()}
    there = {*inspect(connection).get_view_names(schema), *inspect(connection).get_table_names(schema)}
    for view in views():
        query = query_of(view, names, connection.dialect.name)
        if query is None:
            continue
        ours = beside(tables, view.name)
        try:
            if ours.name in there and not _is_ours(connection, view, ours.name, schema):
                logger.warning(
                    "%r is not this target's view: it is left alone, and ours is not made", ours.name
                )
                continue
            names[view.name] = quoted(ours)
            _make(connection, names[view.name], query)
        except SQLAlchemyError as error:
            if error_code(error) != NO_RIGHT:
                raise
            logger.warning("no views are made: %s", explained(error))
            return False
    return True


def query_of(view: View, names: Mapping[str, str], dialect: str) -> str | None:
    """Return the query of a view over those tables and views that have a name, None without any."""
    parts = [part for part in view.parts if names.keys() >= set(_NAME.findall(part))]
    return in_words_of(dialect, "\nUNION ALL\n".join(parts), names) or None


def in_words_of(dialect: str, query: str, names: Mapping[str, str]) -> str:
    """Return a query with what its functions in capitals and its names in braces stand for."""
    words = WORDS[dialect]
    query = _FUNCTION.sub(lambda f: words[f[1]].format(*f[2].split(", ")) if f[1] in words else f[0], query)
    return _NAME.sub(lambda name: names[name[1]], query)


def names_of_views(connection: Connection, tables: Mapping[str, Table]) -> dict[str, str]:
    """Return the qualified names of the views that are there."""
    there = inspect(connection).get_view_names(tables["sites"].schema)
    quoted = connection.dialect.identifier_preparer.format_table
    ours = {view.name: beside(tables, view.name) for view in views()}
    return {name: quoted(view) for name, view in ours.items() if view.name in there}


def _make(connection: Connection, name: str, query: str) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"DROP VIEW IF EXISTS {name}")
        connection.exec_driver_sql(f"CREATE VIEW {name} AS\n{query}")
    else:
        connection.exec_driver_sql(f"CREATE OR REPLACE VIEW {name} AS\n{query}")


def _is_ours(connection: Connection, view: View, name: str, schema: str | None) -> bool:
    """Whether what has the name is a view with the columns of ours, or of an earlier version's."""
    found = inspect(connection)
    if name not in found.get_view_names(schema):
        return False
    columns, ours = [column["name"] for column in found.get_columns(name, schema)], columns_of(view)
    return ours in (columns, [*columns, *ADDED])


def columns_of(view: View) -> list[str]:
    """Return the names of a view's columns."""
    selected = view.parts[0].partition("SELECT")[2].partition("\nFROM ")[0]
    while "(" in selected:
        selected = re.sub(r"\([^()]*\)", "", selected)
    return [column.split()[-1].rpartition(".")[2] for column in selected.split(",")]
