"""Meltano's state in the target's database: `state_backend.uri: seh:URL`, the URL as in `sqlalchemy_url`.

Meltano finds this module by its entry point and loads it in its own environment, where this package must be
installed too; the target itself never imports it. All states are in one table of their own.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from meltano.core.error import MeltanoError
from meltano.core.state_store import MeltanoState, StateStoreManager
from sqlalchemy import Column, MetaData, String, Table, Text, delete, insert, inspect, select, text
from sqlalchemy.dialects.mysql import LONGTEXT
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from target_seh_sql.database import open_engine
from target_seh_sql.errors import TargetSehSqlError
from target_seh_sql.failures import explained
from target_seh_sql.locks import alone
from target_seh_sql.tables.columns import INSTANT
from target_seh_sql.tables.metadata import IN_MARIADB

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

STATES: Final = Table(
    "meltano_state",
    MetaData(),
    Column("state_id", String(255), primary_key=True, comment="Meltano's name for the state"),
    Column(
        "state",
        Text().with_variant(LONGTEXT, "mariadb"),
        nullable=False,
        comment="The state as JSON: completed, partial",
    ),
    Column("updated_at", INSTANT, nullable=False, comment="When the state was written [UTC]"),
    comment="bookmarks of Meltano's runs",
    **IN_MARIADB,
)
ENDS_WHEN_IDLE: Final = {
    "postgresql": "SET LOCAL idle_in_transaction_session_timeout = '{}s'",
    "mariadb": "SET SESSION wait_timeout = {}",
}
"""The server ends a session that holds a lock and is silent: its machine is gone."""


class SehStateStoreManager(StateStoreManager):
    """Keeps each state as one row; a lock is the server's own and ends with the session that holds it."""

    label = "the database of target-seh-sql"

    def __init__(self, uri: str, lock_timeout_seconds: int = 10, **settings: Any) -> None:  # noqa: ANN401
        super().__init__(**settings)
        self._lock_timeout = max(int(lock_timeout_seconds), 1)
        self._locked: Connection | None = None
        with _told_to_people():
            self._engine = open_engine(uri.removeprefix("seh:"), poolclass=NullPool)
        self._has_table = False

    def set(self, state: MeltanoState) -> None:
        """Store a state in place of the one before."""
        row = {"state_id": state.state_id, "state": state.json(), "updated_at": datetime.now(UTC)}
        with self._alone(state.state_id) as connection:
            connection.execute(delete(STATES).where(STATES.c.state_id == state.state_id))
            connection.execute(insert(STATES).values(row))

    def get(self, state_id: str) -> MeltanoState | None:
        """Return a state, None where there is none."""
        with self._connected() as connection:
            found = connection.execute(
                select(STATES.c.state).where(STATES.c.state_id == state_id)
            ).scalar_one_or_none()
        return None if found is None else _whole(MeltanoState.from_json(state_id, found))

    def delete(self, state_id: str) -> None:
        """Forget a state."""
        with self._alone(state_id) as connection:
            connection.execute(delete(STATES).where(STATES.c.state_id == state_id))

    def get_state_ids(self, pattern: str | None = None) -> list[str]:
        """Return the ids of all states, or of those that a pattern such as `prod:*` fits."""
        with self._connected() as connection:
            found = sorted(connection.execute(select(STATES.c.state_id)).scalars())
        return [state_id for state_id in found if pattern is None or fnmatchcase(state_id, pattern)]

    @contextmanager
    def acquire_lock(self, state_id: str, *, retry_seconds: float = 1) -> Iterator[None]:  # noqa: ARG002
        """Keep others from one state; they wait in the database, so nobody has to try again."""
        with self._alone(state_id) as connection:
            self._locked = connection
            try:
                yield
            finally:
                self._locked = None

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    @contextmanager
    def _alone(self, state_id: str) -> Iterator[Connection]:
        """Begin a transaction that no other one of the same state runs beside: the lock's, if it is held."""
        if self._locked is not None:
            yield self._locked
            return
        name = f"meltano state {sha256(state_id.encode()).hexdigest()[:32]}"
        with self._connected() as connection, alone(connection, name):
            if connection.dialect.name in ENDS_WHEN_IDLE:
                connection.execute(text(ENDS_WHEN_IDLE[connection.dialect.name].format(self._lock_timeout)))
            yield connection

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        if self._locked is not None:
            yield self._locked
            return
        with _told_to_people(), self._engine.connect() as connection:
            self._make_table(connection)
            yield connection

    def _make_table(self, connection: Connection) -> None:
        if not self._has_table and not inspect(connection).has_table(STATES.name):
            connection.rollback()
            with alone(connection):
                STATES.create(connection, checkfirst=True)
        connection.rollback()
        self._has_table = True


def _whole(state: MeltanoState) -> MeltanoState:
    """Return a state that has both parts: `meltano state import` takes one that lacks either."""
    return MeltanoState(
        state.state_id,
        partial_state=state.partial_state or {},
        completed_state=state.completed_state or {},
    )


@contextmanager
def _told_to_people() -> Iterator[None]:
    """Let Meltano show what went wrong as one line; no text or cause of it holds the URL."""
    try:
        yield
    except TargetSehSqlError as error:
        raise MeltanoError(str(error)) from None
    except SQLAlchemyError as error:
        raise MeltanoError(str(explained(error))) from None
