"""Locks of the server's own, by name: one process at a time makes or changes what the name stands for."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

SCHEMA: Final = "target-seh-sql schema"
"""Of the tables."""
LOCKING: Final = {
    "postgresql": ("SELECT pg_advisory_lock(hashtext(:lock))", "SELECT pg_advisory_unlock(hashtext(:lock))"),
    "mariadb": ("SELECT get_lock(:lock, 86400)", "SELECT release_lock(:lock)"),
}
"""Statements that wait for a lock, and that let go of it."""


@contextmanager
def alone(connection: Connection, lock: str = SCHEMA) -> Iterator[None]:
    """Begin a transaction, and let one process at a time do what the lock is named for.

    PostgreSQL's lock is the transaction's: a pooler may have the next one in another session.
    """
    if connection.dialect.name == "postgresql":
        connection.rollback()  # what was only looked at
        with connection.begin():
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:lock))"), {"lock": lock})
            yield
        return
    with alone_in_session(connection, lock), connection.begin():
        yield


@contextmanager
def alone_in_session(connection: Connection, lock: str = SCHEMA) -> Iterator[None]:
    """Do the same over several transactions; SQLite's own write lock does that already.

    The server lets go of the lock when the session ends, however that happens.
    """
    take, let_go = LOCKING.get(connection.dialect.name, (None, None))
    _call(connection, take, lock)
    try:
        yield
    finally:
        _call(connection, let_go, lock)


def _call(connection: Connection, statement: str | None, lock: str) -> None:
    if statement is not None:
        connection.execute(text(statement), {"lock": lock})
    connection.rollback()
