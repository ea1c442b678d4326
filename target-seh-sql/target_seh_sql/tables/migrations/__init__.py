"""Brings older tables up to date with Alembic; imported only when there is something to do."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

logger = logging.getLogger("target-seh-sql")


def upgrade(connection: Connection, version_table: Table, prefix: str) -> None:
    """Run the revisions that are missing, inside the connection's transaction.

    Revisions find the prefix of the tables and their schema in `alembic.context.config.attributes`.
    """
    logger.info("upgrading the tables; this happens once")
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes.update(
        connection=connection,
        version_table=version_table.name,
        schema=version_table.schema,
        prefix=prefix,
    )
    command.upgrade(config, "head")
