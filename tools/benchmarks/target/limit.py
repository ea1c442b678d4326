"""The engine's limit: ready rows, loaded the server's own bulk way; what no target can be faster than.

python -m tools.benchmarks.target.limit URL FOLDER; ready.py has filled the folder, and the tables of sites
and meters. Each file goes into a staging table as it is, then one upsert merges it as target-seh-sql would:
NULL keeps the value, `updated_at` moves with a change. All in one transaction.
"""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    import psycopg

FIELDS: Final = {
    "power_readings": ("site_id", "timestamp", "utc_offset_minutes", "power_watts"),
    "power_flows": (
        *("site_id", "timestamp", "utc_offset_minutes", "resolution", "unit", "grid_status", "grid_power"),
        *("pv_status", "pv_power", "load_status", "load_power", "storage_status", "storage_power"),
        *("storage_charge_level", "storage_critical"),
    ),
    "meter_readings": (
        *("meter_id", "timestamp", "utc_offset_minutes", "power", "energy_wh", "energy_lifetime"),
        *("voltage_l1", "voltage_l2", "voltage_l3", "current_l1", "current_l2", "current_l3"),
        *("power_factor", "power_factor_l1", "power_factor_l2", "power_factor_l3"),
    ),
}
"""The key is what comes first: parent and time."""
CHUNK: Final = 1 << 18


def turns(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield the files that are ready, each with its stream; what came again comes later."""
    for path in sorted(folder.iterdir()):
        yield path, path.name.partition(".")[2]


def staging(stream: str, what: str = "TEMPORARY TABLE {}") -> str:
    """Return the statement that makes an empty table for rows that are ready."""
    what = what.format(f"stage_{stream}")
    return f"CREATE {what} AS SELECT {', '.join(FIELDS[stream])} FROM {stream} LIMIT 0"


def send(file: BinaryIO, copy: psycopg.Copy) -> None:
    """Send a whole file to PostgreSQL."""
    while chunk := file.read(CHUNK):
        copy.write(chunk)


def _upsert(stream: str, source: str, differs: str) -> str:
    """Return INSERT ... ON CONFLICT."""
    fields = FIELDS[stream]
    kept = {name: f"coalesce(excluded.{name}, t.{name})" for name in fields[2:]}
    return (
        f"INSERT INTO {stream} AS t ({', '.join(fields)}, created_at, updated_at) "
        f"SELECT {', '.join(fields)}, current_timestamp, current_timestamp FROM {source} WHERE true "
        f"ON CONFLICT ({', '.join(fields[:2])}) DO UPDATE SET "
        f"{', '.join(f'{name} = {value}' for name, value in kept.items())}, updated_at = excluded.updated_at "
        f"WHERE {' OR '.join(f't.{name} {differs} {value}' for name, value in kept.items())}"
    )


def sqlite(url: str, folder: Path) -> None:
    """A table of another file goes into a temporary one: SQLite's own code binds every row."""
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    for pragma in ("foreign_keys=ON", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")
    for path, _ in turns(folder):
        connection.execute(f"ATTACH ? AS '{path.name}'", [str(path)])
    connection.execute("BEGIN IMMEDIATE")
    for stream in FIELDS:
        connection.execute(staging(stream))
    for path, stream in turns(folder):
        connection.execute(f"DELETE FROM temp.stage_{stream}")
        connection.execute(f"INSERT INTO temp.stage_{stream} SELECT * FROM '{path.name}'.rows")
        connection.execute(_upsert(stream, f"temp.stage_{stream}", "IS NOT"))
    connection.execute("COMMIT")


def postgresql(url: str, folder: Path) -> None:
    """COPY, binary, into a temporary table."""
    import psycopg  # noqa: PLC0415

    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        for stream in FIELDS:
            cursor.execute(staging(stream))
        for path, stream in turns(folder):
            cursor.execute(f"TRUNCATE stage_{stream}")
            with (
                path.open("rb") as file,
                cursor.copy(f"COPY stage_{stream} FROM STDIN (FORMAT BINARY)") as copy,
            ):
                send(file, copy)
            cursor.execute(_upsert(stream, f"stage_{stream}", "IS DISTINCT FROM"))


def mariadb(url: str, folder: Path) -> None:
    """LOAD DATA LOCAL INFILE into a temporary table."""
    import pymysql  # noqa: PLC0415

    to = urlsplit(url)
    connection = pymysql.connect(
        host=to.hostname, port=to.port or 3306, user=to.username, password=to.password or "",
        database=to.path[1:], charset="utf8mb4", local_infile=True,
    )  # fmt: skip
    cursor = connection.cursor()
    cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
    for stream in FIELDS:
        cursor.execute(staging(stream, "TEMPORARY TABLE {} ENGINE=MyISAM"))
    for path, stream in turns(folder):
        fields = FIELDS[stream]
        kept = ", ".join(f"{name} = coalesce(VALUES({name}), {stream}.{name})" for name in fields[2:])
        cursor.execute(f"TRUNCATE stage_{stream}")
        cursor.execute(f"LOAD DATA LOCAL INFILE '{path}' INTO TABLE stage_{stream}")
        cursor.execute(
            f"INSERT INTO {stream} ({', '.join(fields)}) SELECT {', '.join(fields)} FROM stage_{stream} "
            f"ON DUPLICATE KEY UPDATE {kept}, updated_at = now()"
        )
    connection.commit()


LOADS: Final = {"sqlite": sqlite, "postgresql": postgresql, "mariadb": mariadb}
if __name__ == "__main__":
    LOADS[sys.argv[1].partition(":")[0]](sys.argv[1], Path(sys.argv[2]))
