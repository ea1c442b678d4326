"""Alembic's entry: it works on the connection that it is given."""

from alembic import context

attributes = context.config.attributes
context.configure(
    connection=attributes["connection"],
    version_table=attributes["version_table"],
    version_table_schema=attributes["schema"],
)
context.run_migrations()
