"""Names what users have made of the old tables, and what no adoption carries over."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, inspect, text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from sqlalchemy import Connection, Table

_OF_POSTGRESQL: Final = """
WITH old AS (
    SELECT c.oid, c.relname::text AS of, c.relacl, c.relowner FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = coalesce(CAST(:schema AS text), current_schema()) AND c.relname IN :tables
)
SELECT 'triggers' AS kind, t.tgname::text AS name, old.of FROM old
JOIN pg_trigger AS t ON t.tgrelid = old.oid WHERE NOT t.tgisinternal
UNION SELECT 'policies', p.polname::text, old.of FROM old JOIN pg_policy AS p ON p.polrelid = old.oid
UNION SELECT 'publications', p.pubname::text, old.of FROM old
JOIN pg_publication_rel AS r ON r.prrelid = old.oid JOIN pg_publication AS p ON p.oid = r.prpubid
UNION SELECT 'rights', CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee) END, old.of
FROM old, aclexplode(old.relacl) AS a WHERE a.grantee <> old.relowner
ORDER BY 1, 2, 3
"""
_TRIGGERS_OF_MARIADB: Final = """
SELECT 'triggers' AS kind, trigger_name AS name, event_object_table AS of FROM information_schema.triggers
WHERE event_object_schema = database() AND event_object_table IN :tables ORDER BY 2
"""
_TRIGGERS_OF_SQLITE: Final = """
SELECT 'triggers' AS kind, name, tbl_name AS of FROM sqlite_master
WHERE type = 'trigger' AND tbl_name IN :tables ORDER BY 2
"""
QUERIES: Final = {
    "postgresql": _OF_POSTGRESQL,
    "mariadb": _TRIGGERS_OF_MARIADB,
    "sqlite": _TRIGGERS_OF_SQLITE,
}
"""What hangs on tables, beside indexes; MariaDB's rights are those of a name, and hold for ours."""


def belongings(connection: Connection, tables: Collection[Table]) -> list[str]:
    """Return what users have made of tables, one line for each kind, as `triggers: a of sites`."""
    schema = next((table.schema for table in tables), None)
    query = text(QUERIES[connection.dialect.name]).bindparams(bindparam("tables", expanding=True))
    given = {"tables": [table.name for table in tables], "schema": schema}
    found: defaultdict[str, list[str]] = defaultdict(list)
    for kind, name, of in connection.execute(query, given):
        found[kind].append(f"{name} of {of}")
    for table in tables:
        found["indexes"] += (f"{name} of {table.name}" for name in _own_indexes(connection, table))
    return [f"{kind}: {', '.join(names)}" for kind, names in sorted(found.items()) if names]


def _own_indexes(connection: Connection, table: Table) -> Iterator[str]:
    """Yield the indexes that SolarEdge Harvest did not make."""
    for index in inspect(connection).get_indexes(table.name, schema=table.schema):
        name = str(index["name"])
        if not name.startswith(("ix_", "uq_")) and not _of_a_constraint(index):
            yield name


def _of_a_constraint(index: Mapping[str, object]) -> bool:
    """Tell whether an index is that of a constraint; MariaDB names those by their column."""
    return "duplicates_constraint" in index or [index["name"]] == index["column_names"]
