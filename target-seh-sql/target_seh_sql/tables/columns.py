"""Columns of the types that the tables have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from sqlalchemy import Column, DateTime, Double, Integer, String

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

Columns: TypeAlias = "list[Column[Any]]"

INSTANT: Final = DateTime(timezone=True)
NOTES_LENGTH: Final = 16_000
"""Characters in a TEXT column: MariaDB's holds 65 535 bytes, a character has up to four."""


def of(kind: TypeEngine[Any], *names: str) -> Columns:
    """Return columns of one type."""
    return [Column(name, kind) for name in names]


def texts(length: int, *names: str) -> Columns:
    """Return texts of at most so many characters."""
    return of(String(length), *names)


def reals(*names: str) -> Columns:
    """Return numbers."""
    return of(Double(), *names)


def required(name: str, kind: TypeEngine[Any]) -> Column[Any]:
    """Return a column that is never NULL."""
    return Column(name, kind, nullable=False)


def interval() -> Columns:
    """Return the start of an interval, UTC, and the site's offset then, minutes."""
    return [required("timestamp", INSTANT), Column("utc_offset_minutes", Integer())]
