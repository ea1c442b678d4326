"""Indexes on a parent with which the unique key begins are dropped: that key does what they did.

MariaDB commits each DROP INDEX by itself: what an upgrade that was killed has dropped is gone already.
"""

from alembic import context, op
from sqlalchemy import inspect

from target_seh_sql.tables.metadata import all_tables
from target_seh_sql.tables.schema import existing

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Drop our indexes on parents that the tables of today do not have."""
    attributes = context.config.attributes
    connection, schema = attributes["connection"], attributes["schema"]
    found = inspect(connection)
    for table in existing(connection, all_tables(attributes["prefix"], schema)).values():
        parents = {column.name for column in table.c if column.foreign_keys and not column.index}
        for index in found.get_indexes(table.name, schema):
            name, (column, *others) = str(index["name"]), index["column_names"]
            is_ours = name.startswith("ix_") and name.endswith(f"{table.name}_{column}")
            if is_ours and column in parents and not others and not index["unique"]:
                op.drop_index(name, table.name, schema=schema)
