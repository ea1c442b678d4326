"""Removes what an adoption has kept of the old tables, once all that hung on them hangs on ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import inspect
from sqlalchemy.schema import DropSchema, DropTable

from target_seh_sql.adoption.belongings import belongings
from target_seh_sql.adoption.relinking import BEFORE, settle, views_on_old
from target_seh_sql.adoption.replacing import backup_path, kept_tables
from target_seh_sql.adoption.takeover import find_adopted
from target_seh_sql.database import connected
from target_seh_sql.errors import SchemaMismatch
from target_seh_sql.locks import alone_in_session
from target_seh_sql.tables.metadata import all_tables
from target_seh_sql.tables.schema import existing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Table

    from target_seh_sql.adoption.takeover import Wanted


def drop_old(wanted: Wanted) -> str:
    """Remove the old tables; return what was removed.

    Raises:
        SchemaMismatch: the database is not adopted, or something still reads the old tables.
        UnsupportedDatabase: the URL, its driver or the server cannot be used.
        WriteFailed: the database refused.
    """
    with connected(wanted.url) as connection, alone_in_session(connection):
        found = find_adopted(connection, wanted, "--drop-old")
        if connection.dialect.name == "sqlite":
            removed = _backup(connection)
        else:
            tables = existing(connection, all_tables(found.prefix, wanted.schema))
            removed = _kept_tables(connection, tables, found.prefix)
        connection.commit()
    return f"Removed {removed}." if removed else "Nothing of the old tables is left: nothing to do."


def _backup(connection: Connection) -> str:
    """Remove the copy of a SQLite file; return its name, nothing where there is none."""
    path = backup_path(connection)
    if not path.exists():
        return ""
    path.unlink()
    return str(path)


def _kept_tables(connection: Connection, tables: Mapping[str, Table], prefix: str) -> str:
    """Remove the old tables of a server; return how many, and what went with them."""
    kept = kept_tables(connection, prefix)
    if not kept:
        return ""
    settle(connection, tables, kept)
    if names := views_on_old(connection):
        raise SchemaMismatch(
            f"views still read the old tables: {', '.join(names)}. Drop or change them, then run this again"
        )
    gone = [each for each in belongings(connection, kept.values()) if not each.startswith("indexes")]
    for table in reversed(list(kept.values())):
        connection.execute(DropTable(table))
    if connection.dialect.name == "postgresql" and not inspect(connection).get_table_names(schema=BEFORE):
        connection.execute(DropSchema(BEFORE))
    return "; with them ".join([f"{len(kept)} old tables", *gone])
