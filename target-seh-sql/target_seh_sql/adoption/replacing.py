"""Puts our tables in the place of the old ones, as each database allows it: all at once, or not at all."""

from __future__ import annotations

import filecmp
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import MetaData, Table, func, inspect, select, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateSchema, DropTable

from target_seh_sql.adoption.recorded import EXTENSIONS, NEWER, STAYING
from target_seh_sql.adoption.relinking import BEFORE, settle
from target_seh_sql.database_url import file_of
from target_seh_sql.errors import SchemaMismatch
from target_seh_sql.tables import schema
from target_seh_sql.tables.columns import INSTANT
from target_seh_sql.tables.metadata import all_tables
from target_seh_sql.tables.streams import NINE
from target_seh_sql.tables.views import make_views

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

NAMES: Final = [*(stream.name for stream in NINE), *(name for name in NEWER if name != STAYING)]
"""What the old tables are called without prefix, parents first."""
UNFINISHED: Final = "adopting_"
"""Leads the names of new tables on MariaDB until all are filled."""

Tables = dict[str, Table]


class Replacing:
    """Replaces tables in one transaction.

    Args:
        connection: not in a transaction yet.
        old: the tables found, by stream.
        prefix: of all tables.
        schema_name: of all tables, on PostgreSQL.
    """

    def __init__(
        self, connection: Connection, old: Mapping[str, Table], prefix: str, schema_name: str | None
    ) -> None:
        self.connection = connection
        self.old: Tables = dict(old)
        wanted = {*(s.name for s in NINE), *(ours for theirs, ours in EXTENSIONS.items() if theirs in old)}
        every = all_tables(prefix, schema_name)
        self.new: Tables = {name: table for name, table in every.items() if name in wanted}
        self.prefix = prefix

    @property
    def replaced(self) -> Tables:
        """The old tables that make room; what is finer than ours stays."""
        return {name: table for name, table in self.old.items() if name != STAYING}

    def prepare(self) -> None:
        """Do what cannot be done inside of a transaction."""

    def make_room(self) -> None:
        """Move the old tables out of the way, and create ours, empty."""
        raise NotImplementedError

    def finish(self) -> str:
        """Let ours be seen; return where the old rows are now."""
        raise NotImplementedError

    def _check_room(self, names: list[str], schema_name: str | None) -> None:
        """Refuse to mix the old tables with those of an earlier adoption."""
        if there := sorted(set(inspect(self.connection).get_table_names(schema=schema_name)) & set(names)):
            raise SchemaMismatch(
                f"tables of an earlier adoption are in the way ({BEFORE}: {', '.join(there)}): drop them"
            )

    def _create(self) -> None:
        schema.create(self.connection, self.new)
        self.new["sites"].metadata.create_all(self.connection, tables=list(self.new.values()))
        make_views(self.connection, self.new)

    def _run(self, statement: str) -> None:
        self.connection.execute(text(statement))

    def _quoted(self, name: str) -> str:
        return self.connection.dialect.identifier_preparer.quote(name)


class OnSqlite(Replacing):
    """The old tables are renamed, copied and dropped; a backup was made before."""

    def prepare(self) -> None:
        """Let tables of others keep their foreign keys, which name tables, not what was renamed."""
        for table in self.new.values():
            for column in table.c:
                if column.type is INSTANT:  # as the target writes them: without a fraction
                    column.type = sqlite.DATETIME(truncate_microseconds=True)  # type: ignore[no-untyped-call]
        cursor = self.connection.connection.cursor()  # SQLAlchemy would begin a transaction
        cursor.execute("PRAGMA foreign_keys=OFF")
        cursor.execute("PRAGMA legacy_alter_table=ON")
        cursor.close()

    def make_room(self) -> None:
        """Rename; names of indexes are unique in the whole database."""
        back_up(self.connection)
        for stream, table in self.replaced.items():
            for index in inspect(self.connection).get_indexes(table.name):
                self._run(f"DROP INDEX {self._quoted(str(index['name']))}")
            moved = f"{BEFORE}_{table.name}"
            self._run(f"ALTER TABLE {self._quoted(table.name)} RENAME TO {self._quoted(moved)}")
            self.old[stream] = table.to_metadata(table.metadata, name=moved)
        self._create()

    def finish(self) -> str:
        """Drop the old tables, once every row of ours has its parents."""
        names = [table.name for table in self.new.values()]
        broken = [
            name
            for name in names
            if self.connection.exec_driver_sql(f"PRAGMA foreign_key_check({self._quoted(name)})").first()
        ]
        if broken:
            raise SchemaMismatch(f"rows of {', '.join(broken)} lack their parents; nothing was changed")
        for table in reversed(list(self.replaced.values())):
            self.connection.execute(DropTable(table))
        settle(self.connection, self.new, self.old)
        return f"the database as it was is {keep_backup(self.connection)}"


class OnPostgresql(Replacing):
    """The old tables, with all that hangs on them, move to a schema of their own, and stay there."""

    def make_room(self) -> None:
        """Move; nobody else reads or writes them until the end."""
        self.connection.execute(CreateSchema(BEFORE, if_not_exists=True))
        self._check_room([table.name for table in self.replaced.values()], BEFORE)
        for stream, table in self.replaced.items():
            name = self.connection.dialect.identifier_preparer.format_table(table)
            self._run(f"ALTER TABLE {name} SET SCHEMA {BEFORE}")
            self.old[stream] = table.to_metadata(table.metadata, schema=BEFORE)
        self._create()

    def finish(self) -> str:
        """Let ids count on from the highest."""
        for table in self.new.values():
            if table.c.id.autoincrement is True:
                name = self.connection.dialect.identifier_preparer.format_table(table)
                highest = func.max(table.c.id)
                sequence = func.setval(func.pg_get_serial_sequence(name, "id"), highest)
                self.connection.execute(select(sequence).having(highest > 0))
        settle(self.connection, self.new, self.old)
        return f"the old tables are kept in the schema {BEFORE}; adopt --drop-old removes them"


class OnMariadb(Replacing):
    """Ours are filled under other names, and one RENAME TABLE, which is atomic, puts them in place.

    Whatever is there of an earlier attempt is dropped first, so that it can be killed at any moment.
    """

    def make_room(self) -> None:
        """Create ours beside the old tables."""
        self._check_room([f"{BEFORE}_{table.name}" for table in self.replaced.values()], None)
        self._version = schema.version_table(self.new)
        for table in (self._version, *self.new.values()):
            table.name = UNFINISHED + table.name  # indexes and constraints have their names already
        for table in (self._version, *reversed(list(self.new.values()))):
            self.connection.execute(DropTable(table, if_exists=True))
        ours = list(self.new.values())
        self.new["sites"].metadata.create_all(self.connection, tables=ours, checkfirst=False)
        self._version.create(self.connection)
        self.connection.execute(self._version.insert().values(version_num=schema.NEWEST))
        self.connection.commit()

    def finish(self) -> str:
        """Swap all names at once."""
        self.connection.commit()
        ours = (self._version, *self.new.values())
        steps = [(table.name, f"{BEFORE}_{table.name}") for table in self.replaced.values()]
        steps += [(table.name, table.name.removeprefix(UNFINISHED)) for table in ours]
        renamed = ", ".join(f"{self._quoted(old)} TO {self._quoted(new)}" for old, new in steps)
        self._run(f"RENAME TABLE {renamed}")
        for table in self.new.values():
            table.name = table.name.removeprefix(UNFINISHED)
        make_views(self.connection, self.new)
        settle(self.connection, self.new, self.old)
        return f"the old tables are kept as {BEFORE}_...; adopt --drop-old removes them"


REPLACING: Final[Mapping[str, type[Replacing]]] = {
    "sqlite": OnSqlite,
    "postgresql": OnPostgresql,
    "mariadb": OnMariadb,
}


def kept_tables(connection: Connection, prefix: str) -> Tables:
    """Return the old tables that a server still has, parents first."""
    if connection.dialect.name == "sqlite":
        return {}
    schema = BEFORE if connection.dialect.name == "postgresql" else None
    there = set(inspect(connection).get_table_names(schema=schema))
    lead = prefix if schema else f"{BEFORE}_{prefix}"
    return {name: Table(lead + name, MetaData(), schema=schema) for name in NAMES if lead + name in there}


def backup_path(connection: Connection) -> Path:
    """Return where the backup of a SQLite file goes: NAME.before-adoption.db beside NAME.db or NAME."""
    return Path(str(file_of(connection.engine.url)).removesuffix(".db") + ".before-adoption.db")


def back_up(connection: Connection) -> None:
    """Copy a SQLite file while its write lock is held; a copy of a failed attempt is replaced.

    Raises:
        SchemaMismatch: there is a backup already, of something else.
    """
    path = backup_path(connection)
    unfinished = path.with_suffix(".part")
    unfinished.unlink(missing_ok=True)
    source: Any = sqlite3.connect(str(file_of(connection.engine.url)))
    copy = sqlite3.connect(unfinished)
    try:
        source.backup(copy)
    finally:
        copy.close()
        source.close()
    if path.exists() and not filecmp.cmp(path, unfinished, shallow=False):
        unfinished.unlink()
        raise SchemaMismatch(f"{path} is the backup of an earlier adoption: move it away, then run again")


def keep_backup(connection: Connection) -> Path:
    """Give the copy its name, now that nothing more can fail; return it."""
    path = backup_path(connection)
    return path.with_suffix(".part").replace(path)
