"""Lets views and foreign keys of anybody that named the old tables name ours; can be done again at any time.

SQLite needs none of it, and MariaDB only the keys: their views find tables by name.
"""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from target_seh_sql.failures import said
from target_seh_sql.tables.metadata import beside

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from sqlalchemy import Connection, Table

logger = logging.getLogger("target-seh-sql")

BEFORE: Final = "before_adoption"
"""Schema of the old tables on PostgreSQL; leads their names on MariaDB."""
DETAILS: Final = """SELECT
    f.id, f.site_id, f.timestamp,
    f.pv_power AS production_w,
    f.load_power AS consumption_w,
    CASE WHEN f.grid_power > 0 THEN f.pv_power - f.grid_power WHEN f.grid_power <= 0 THEN f.pv_power END
        AS self_consumption_w,
    CASE WHEN f.grid_power > 0 THEN f.grid_power WHEN f.grid_power <= 0 THEN 0 END AS feed_in_w,
    CASE WHEN f.grid_power < 0 THEN -f.grid_power WHEN f.grid_power >= 0 THEN 0 END AS purchased_w,
    f.created_at, f.updated_at
FROM {flows} AS f
WHERE f.resolution <> 'SNAPSHOT'"""
"""What stands in the place of the table `power_details`, for views and queries that read it."""
VIEWS_OF: Final = text("""
WITH RECURSIVE hanging AS (
    SELECT c.oid, 0 AS depth, 0::oid AS below FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = :schema AND c.relkind IN ('r', 'p')
    UNION
    SELECT r.ev_class, h.depth + 1, h.oid FROM hanging AS h
    JOIN pg_depend AS d ON d.refobjid = h.oid AND d.refclassid = 'pg_class'::regclass
        AND d.classid = 'pg_rewrite'::regclass
    JOIN pg_rewrite AS r ON r.oid = d.objid AND r.ev_class <> h.oid
)
SELECT h.oid, h.depth, h.below, c.relkind, c.oid::regclass::text AS name, pg_get_viewdef(c.oid) AS query,
    array_to_string(c.reloptions, ', ') AS options,
    pg_get_userbyid(c.relowner) AS owner, obj_description(c.oid, 'pg_class') AS comment,
    array(SELECT i.indexdef FROM pg_indexes AS i JOIN pg_namespace AS s ON s.oid = c.relnamespace
        WHERE i.schemaname = s.nspname AND i.tablename = c.relname) AS indexes,
    array(SELECT format('GRANT %s ON %s TO %s%s', a.privilege_type, c.oid::regclass,
        CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
        CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
        FROM aclexplode(c.relacl) AS a WHERE a.grantee <> c.relowner) AS grants
FROM hanging AS h JOIN pg_class AS c ON c.oid = h.oid
WHERE h.depth > 0 ORDER BY h.depth
""")
"""The views on tables of a schema, and the views on those."""
KEYS_OF: Final = text("""
SELECT k.conname AS name, k.conrelid::regclass::text AS table, pg_get_constraintdef(k.oid) AS definition
FROM pg_constraint AS k
JOIN pg_class AS theirs ON theirs.oid = k.confrelid JOIN pg_namespace AS t ON t.oid = theirs.relnamespace
JOIN pg_class AS own ON own.oid = k.conrelid JOIN pg_namespace AS o ON o.oid = own.relnamespace
WHERE k.contype = 'f' AND k.conparentid = 0 AND t.nspname = :schema AND o.nspname <> :schema
""")
MARIADB_KEYS_OF: Final = text("""
SELECT k.table_name AS `table`, k.constraint_name AS name, k.column_name AS `column`,
    k.referenced_table_name AS parent, k.referenced_column_name AS parent_column,
    r.delete_rule AS on_delete, r.update_rule AS on_update
FROM information_schema.key_column_usage AS k
JOIN information_schema.referential_constraints AS r
    ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name
    AND r.table_name = k.table_name
WHERE k.constraint_schema = database() AND k.referenced_table_name IN :before AND k.table_name NOT IN :before
""").bindparams(bindparam("before", expanding=True))


@dataclass(frozen=True)
class View:
    """A view of PostgreSQL that reads an old table, itself or through another."""

    oid: int
    name: str
    create: str
    """Up to and with its query."""
    drop: str
    more: tuple[str, ...]
    """Statements that give it back its owner, rights, comment and indexes."""
    below: frozenset[int]
    """What it reads of the views and tables found."""


def settle(connection: Connection, tables: Mapping[str, Table], kept: Mapping[str, Table]) -> None:
    """Give what read the old tables ours to read; some of it may be done already.

    Args:
        connection: in a transaction; MariaDB commits each view and key by itself.
        tables: of ours.
        kept: the old ones, by what they are called without prefix.
    """
    if "power_details" in kept:
        _stand_in(connection, tables)
    if connection.dialect.name == "postgresql":
        schema = tables["sites"].schema
        quoted = connection.dialect.identifier_preparer
        place = f"{quoted.quote(schema)}." if schema else ""
        _relink_views(connection, place)
        for key in connection.execute(KEYS_OF, {"schema": BEFORE}).mappings().all():
            ours = key["definition"].replace(f"{BEFORE}.", place)
            name = quoted.quote(key["name"])
            connection.exec_driver_sql(
                f"ALTER TABLE {key['table']} DROP CONSTRAINT {name}, ADD CONSTRAINT {name} {ours}"
            )
    elif connection.dialect.name == "mariadb":
        _relink_keys_of_mariadb(connection, tables)


def _stand_in(connection: Connection, tables: Mapping[str, Table]) -> None:
    """Make the view that is called as the table of power details was, unless it is there."""
    details = beside(tables, "power_details")
    if not inspect(connection).has_table(details.name, schema=details.schema):
        quoted = connection.dialect.identifier_preparer.format_table
        query = DETAILS.format(flows=quoted(tables["power_flows"]))
        connection.exec_driver_sql(f"CREATE VIEW {quoted(details)} AS {query}")


def views_on_old(connection: Connection) -> list[str]:
    """Return the names of the views that read old tables; MariaDB's find tables by name, and read ours."""
    if connection.dialect.name != "postgresql":
        return []
    return sorted({row["name"] for row in connection.execute(VIEWS_OF, {"schema": BEFORE}).mappings()})


def _relink_views(connection: Connection, place: str) -> None:
    """Make views again over ours; one that does not fit ours stays, with all that hangs together with it."""
    left = _views(connection, place)
    while left:
        savepoint = connection.begin_nested()
        failed, reason = _made_again(connection, left)
        if failed is None:
            savepoint.commit()
            return
        savepoint.rollback()
        together = _together(failed, left)
        names = ", ".join(view.name for view in left if view.oid in together)
        logger.warning("these views go on reading the old tables: %s (%s)", names, reason)
        left = [view for view in left if view.oid not in together]


def _made_again(connection: Connection, views: list[View]) -> tuple[View | None, str]:
    """Drop views and make them again; return the first that failed, and why."""
    dropping = [(view, (view.drop,)) for view in reversed(views)]
    for view, statements in [*dropping, *((view, (view.create, *view.more)) for view in views)]:
        try:
            for statement in statements:
                connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
        except SQLAlchemyError as error:
            return view, said(error).partition(" LINE ")[0]
    return None, ""


def _together(view: View, views: list[View]) -> set[int]:
    """Return the views that hang together with one: what reads it, what it reads, and so on."""
    known = {each.oid for each in views}
    found, more = set[int](), {view.oid}
    while more:
        found |= more
        more = {
            other
            for each in views
            for group in [{each.oid, *each.below} & known]
            if group & found
            for other in group - found
        }
    return found


def _views(connection: Connection, place: str) -> list[View]:
    """Return the views on old tables, those that others read first."""
    rows = connection.execute(VIEWS_OF, {"schema": BEFORE}).mappings().all()
    newest = {row["oid"]: row for row in rows}  # the deepest of each comes last
    below = defaultdict(set)
    for row in rows:
        below[row["oid"]].add(row["below"])
    return [
        _view(connection, row, place, frozenset(below[oid]))
        for oid, row in sorted(newest.items(), key=lambda item: int(item[1]["depth"]))
    ]


def _view(connection: Connection, row: Mapping[Any, Any], place: str, below: frozenset[int]) -> View:
    kind = "MATERIALIZED VIEW" if row["relkind"] == "m" else "VIEW"
    query = row["query"].rstrip(";").replace(f"{BEFORE}.", place)
    options = f" WITH ({row['options']})" if row["options"] else ""
    owner = connection.dialect.identifier_preparer.quote(row["owner"])
    more = [*row["indexes"], f"ALTER {kind} {row['name']} OWNER TO {owner}", *row["grants"]]
    if row["comment"] is not None:
        quoted = row["comment"].replace("'", "''")
        more.append(f"COMMENT ON {kind} {row['name']} IS '{quoted}'")
    return View(
        row["oid"],
        row["name"],
        f"CREATE {kind} {row['name']}{options} AS {query}",
        f"DROP {kind} {row['name']}",
        tuple(more),
        below,
    )


def _relink_keys_of_mariadb(connection: Connection, tables: Mapping[str, Table]) -> None:
    """Let each key name ours in one statement, its column becoming as wide as our ids."""
    before = [f"{BEFORE}_{table.name}" for table in tables.values()]
    for statement in list(_statements(connection, before)):
        connection.exec_driver_sql(statement)


def _statements(connection: Connection, before: Collection[str]) -> Iterator[str]:
    quote = connection.dialect.identifier_preparer.quote
    for key in connection.execute(MARIADB_KEYS_OF, {"before": before}).mappings().all():
        table, column = quote(key["table"]), key["column"]
        made = connection.exec_driver_sql(f"SHOW CREATE TABLE {table}").one()[1]
        definition = re.search(rf"^ +(`{re.escape(column)}` )int\(\d+\)(.*?),?$", made, re.MULTILINE)
        wider = f"MODIFY {definition[1]}bigint{definition[2]}, " if definition else ""
        parent = quote(key["parent"].removeprefix(f"{BEFORE}_"))
        yield (
            f"ALTER TABLE {table} DROP FOREIGN KEY {quote(key['name'])}, {wider}"
            f"ADD CONSTRAINT {quote(key['name'] + '_2')} FOREIGN KEY ({quote(column)}) "
            f"REFERENCES {parent} ({quote(key['parent_column'])}) "
            f"ON DELETE {key['on_delete']} ON UPDATE {key['on_update']}"
        )
