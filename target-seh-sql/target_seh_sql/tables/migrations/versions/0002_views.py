"""The views, as views.sql has them.

A later revision that changes an extension table looks first whether it is there, as `existing` tells; one
that changes the columns of a view drops it and lets `make_views` make it anew.
"""

from alembic import context

from target_seh_sql.tables.schema import existing
from target_seh_sql.tables.streams import all_tables
from target_seh_sql.tables.views import make_views

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the views on the tables that are there."""
    attributes = context.config.attributes
    connection = attributes["connection"]
    make_views(connection, existing(connection, all_tables(attributes["prefix"], attributes["schema"])))
