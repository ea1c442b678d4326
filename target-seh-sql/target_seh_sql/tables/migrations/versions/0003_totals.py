"""Columns for what the service tells besides, and the views as views.sql has them.

MariaDB commits each ALTER TABLE by itself: what an upgrade that was killed has added is there already.
"""

from alembic import context, op
from sqlalchemy import inspect

from target_seh_sql.tables.metadata import all_tables
from target_seh_sql.tables.schema import existing
from target_seh_sql.tables.views import make_views

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the columns that the tables lack, then make the views."""
    attributes = context.config.attributes
    connection, schema = attributes["connection"], attributes["schema"]
    tables = existing(connection, all_tables(attributes["prefix"], schema))
    found = inspect(connection)
    for table in tables.values():
        there = {column["name"] for column in found.get_columns(table.name, schema)}
        for column in table.c:
            if column.name not in there:
                op.add_column(table.name, column._copy(), schema=schema)  # noqa: SLF001
    make_views(connection, tables)
