"""The nine tables as `target_seh_sql.tables.schema.create` makes them: history begins here.

A later revision finds the prefix and the schema of the tables in `alembic.context.config.attributes`.
"""

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Do nothing: a database without a revision is created in one go."""
