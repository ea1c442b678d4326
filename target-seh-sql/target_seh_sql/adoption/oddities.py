"""Names table, row and column of a value that cannot be taken over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.exc import DataError

from target_seh_sql.adoption.relinking import BEFORE
from target_seh_sql.errors import SchemaMismatch

if TYPE_CHECKING:
    from sqlalchemy import Connection, Select, Table

ODD: Final = (ArithmeticError, AttributeError, TypeError, ValueError, DataError)
"""What drivers and Python raise at such a value: a day that never was, a text among numbers, infinity."""


def odd(table: str, row: str, column: str, value: str = "") -> SchemaMismatch:
    """Return the error for people."""
    return SchemaMismatch(
        f"{table}, {row}: {column}{value and f' ({value})'} is no value that can be taken over: "
        "correct or delete the row, then run again"
    )


def read(connection: Connection, table: Table, query: Select[Any]) -> list[dict[str, Any]]:
    """Return the rows that a query has of a table.

    Raises:
        SchemaMismatch: a value cannot be read; the text names it.
    """
    try:
        return [dict(row._mapping) for row in connection.execute(query)]  # noqa: SLF001
    except ODD as error:
        raise _found(connection, table, query) or error from error


def _found(connection: Connection, table: Table, query: Select[Any]) -> SchemaMismatch | None:
    """Look for the value that cannot be read, column by column and row by row."""
    ids = connection.execute(query.with_only_columns(table.c.id)).scalars().all()
    for column in query.selected_columns:
        rows = connection.execute(query.with_only_columns(column))
        for number in ids:
            try:
                rows.fetchone()
            except ODD:
                return odd(table.name.removeprefix(f"{BEFORE}_"), f"row with id {number}", column.name)
    return None
