"""Reads from the tables and views in the words of the database."""

from __future__ import annotations

from copy import copy
from datetime import date
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from target_seh_sql.advice import command
from target_seh_sql.errors import SchemaMismatch
from target_seh_sql.tables.views import in_words_of, names_of_views

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Table, TextClause

Row = dict[str, Any]
NEEDED: Final = ("energy_by_day", "latest_flow")

LISTED: Final = {
    "sqlite": "group_concat({0})",
    "postgresql": "string_agg(CAST({0} AS text), ',')",
    "mariadb": "group_concat({0} ORDER BY timestamp SEPARATOR ',')",
}
"""The values of all rows, in the order of the rows, with commas."""


class Reader:
    """Reads rows; a query names tables and views in braces."""

    def __init__(self, connection: Connection, tables: Mapping[str, Table]) -> None:
        self._connection = connection
        self._statements: dict[str, TextClause] = {}
        quoted = connection.dialect.identifier_preparer.format_table
        self._names = names_of_views(connection, tables) | {
            stream: quoted(table) for stream, table in tables.items()
        }
        if missing := [name for name in NEEDED if name not in self._names]:
            raise SchemaMismatch(f"there is no view {missing[0]!r}: run `{command('init-db')}` to make it")

    def beside(self, connection: Connection) -> Reader:
        """Return a reader of the same database in another session."""
        other = copy(self)
        other._connection = connection  # noqa: SLF001 (it is of this class)
        return other

    def has(self, name: str) -> bool:
        """Whether a table or view is there."""
        return name in self._names

    def lists(self, columns: Sequence[str]) -> list[str]:
        """Return SQL for a list of each column's values in all rows.

        MariaDB would sort the rows for each: it makes one list in which the columns take turns.
        """
        dialect = self._connection.dialect.name
        taken = [", ',', ".join(columns)] if dialect == "mariadb" else columns
        return [LISTED[dialect].format(values) for values in taken]

    def tuples(self, query: str, **values: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401
        """Return rows as the driver gives them."""
        return [tuple(row) for row in self._run(query, values)]

    def rows(self, query: str, **values: Any) -> list[Row]:  # noqa: ANN401
        """Return rows as dictionaries: dates and times as such, numbers as floats."""
        found = self._run(query, values).mappings()
        return [{name: _plain(value) for name, value in row.items()} for row in found]

    def _run(self, query: str, values: Row) -> Any:  # noqa: ANN401
        if query not in self._statements:
            self._statements[query] = text(in_words_of(self._connection.dialect.name, query, self._names))
        return self._connection.execute(self._statements[query], values)


def day_number(day: date | str) -> int:
    """Return the days since 1970."""
    found = date.fromisoformat(day) if isinstance(day, str) else day
    return found.toordinal() - date(1970, 1, 1).toordinal()


def _plain(value: Any) -> Any:  # noqa: ANN401
    """Return a value in one form, whichever driver gave it; NaN and infinity, which JSON lacks, are none."""
    if value is None or isinstance(value, str | date | int):
        return value
    number = float(value)
    return number if isfinite(number) else None
