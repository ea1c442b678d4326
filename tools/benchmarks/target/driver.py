"""The driver alone: decode each line and upsert, nothing else; what no target can be faster than.

python -m tools.benchmarks.target.driver URL FILE; the tables must exist. No checks, no parents, no STATE, no
retries: only the rows, merged as target-seh-sql merges them (NULL keeps the value, updated_at moves with a
change), in transactions of as many rows.
"""

from __future__ import annotations

import sqlite3
import sys
from collections import defaultdict
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable

BATCH: Final = 10_000
FIELDS: Final = {
    "sites": ("id", "name", "timezone"),
    "meters": ("site_id", "name", "meter_type"),
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
KEYS: Final = {
    "sites": ("id",),
    "meters": ("site_id", "name"),
    "meter_readings": ("meter_id", "timestamp"),
    "power_readings": ("site_id", "timestamp"),
    "power_flows": ("site_id", "timestamp"),
}
Rows = dict[str, list[tuple[Any, ...]]]


def load(path: Path, write: Callable[[Rows], None], meter_id: Callable[[int, str], int]) -> None:
    """Decode a file and hand batches of rows on."""
    meters: dict[tuple[int, str], int] = {}
    getters = {stream: itemgetter(*fields) for stream, fields in FIELDS.items()}
    rows: Rows = defaultdict(list)
    count = 0
    with path.open("rb") as file:
        for line in file:
            message = orjson.loads(line)
            if message["type"] != "RECORD":
                continue
            stream, record = message["stream"], message["record"]
            if stream == "meter_readings":
                if count and not meters:
                    write(rows)
                    rows.clear()
                key = record["site_id"], record["meter_name"]
                if key not in meters:
                    meters[key] = meter_id(*key)
                record["meter_id"] = meters[key]
            rows[stream].append(getters[stream](record))
            count += 1
            if count % BATCH == 0:
                write(rows)
                rows.clear()
    write(rows)


def _unique(stream: str, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Keep the last of each key, as one statement may touch a row once."""
    return list({row[: len(KEYS[stream])]: row for row in rows}.values())


def _upsert(stream: str, source: str, differs: str) -> str:
    """Return INSERT ... ON CONFLICT."""
    values = [name for name in FIELDS[stream] if name not in KEYS[stream]]
    kept = {name: f"coalesce(excluded.{name}, t.{name})" for name in values}
    return (
        f"INSERT INTO {stream} AS t ({', '.join(FIELDS[stream])}, created_at, updated_at) {source} "
        f"ON CONFLICT ({', '.join(KEYS[stream])}) DO UPDATE SET "
        f"{', '.join(f'{name} = {value}' for name, value in kept.items())}, updated_at = excluded.updated_at "
        f"WHERE {' OR '.join(f't.{name} {differs} {value}' for name, value in kept.items())}"
    )


def sqlite(url: str, path: Path) -> None:
    """Executemany of one upsert."""
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    for pragma in ("journal_mode=WAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"

    def write(rows: Rows) -> None:
        connection.execute("BEGIN IMMEDIATE")
        for stream in filter(rows.get, FIELDS):
            marks = ", ".join("?" * len(FIELDS[stream]))
            given: list[tuple[Any, ...]] = rows[stream]
            if len(KEYS[stream]) > 1 and KEYS[stream][1] == "timestamp":
                given = [(row[0], f"{row[1][:10]} {row[1][11:19]}", *row[2:]) for row in given]
            source = f"VALUES ({marks}, '{now}', '{now}')"
            connection.executemany(_upsert(stream, source, "IS NOT"), given)
        connection.execute("COMMIT")

    query = "SELECT id FROM meters WHERE site_id = ? AND name = ?"
    load(path, write, lambda *key: connection.execute(query, key).fetchone()[0])


def postgresql(url: str, path: Path) -> None:
    """COPY into a temporary table, then one upsert."""
    import psycopg  # noqa: PLC0415

    connection = psycopg.connect(url, autocommit=True)
    cursor = connection.cursor()
    cursor.execute("SET TIME ZONE 'UTC'")
    for stream, fields in FIELDS.items():
        cursor.execute(
            f"CREATE TEMPORARY TABLE stage_{stream} AS SELECT {', '.join(fields)} FROM {stream} LIMIT 0"
        )

    def write(rows: Rows) -> None:
        with connection.transaction():
            for stream in filter(rows.get, FIELDS):
                cursor.execute(f"TRUNCATE stage_{stream}")
                with cursor.copy(f"COPY stage_{stream} FROM STDIN") as copy:
                    for row in _unique(stream, rows[stream]):
                        copy.write_row(row)
                source = f"SELECT {', '.join(FIELDS[stream])}, now(), now() FROM stage_{stream}"
                cursor.execute(_upsert(stream, source, "IS DISTINCT FROM"))

    query = "SELECT id FROM meters WHERE site_id = %s AND name = %s"
    load(path, write, lambda *key: cursor.execute(query, key).fetchone()[0])  # type: ignore[index]


def mariadb(url: str, path: Path) -> None:
    """executemany, which the driver turns into INSERTs of many rows."""
    import pymysql  # noqa: PLC0415
    from sqlalchemy import make_url  # noqa: PLC0415

    to = make_url(url)
    connection = pymysql.connect(
        host=to.host, port=to.port or 3306, user=to.username, password=to.password or "",
        database=to.database, charset="utf8mb4",
    )  # fmt: skip
    cursor = connection.cursor()
    cursor.execute("SET time_zone = '+00:00'")
    cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")

    def write(rows: Rows) -> None:
        for stream in filter(rows.get, FIELDS):
            fields = FIELDS[stream]
            time = fields.index("timestamp") if "timestamp" in fields else None
            given = rows[stream]
            if time is not None:
                given = [(*row[:time], row[time][:19], *row[time + 1 :]) for row in given]
            kept = ", ".join(
                f"{name} = coalesce(VALUES({name}), {name})" for name in fields[len(KEYS[stream]) :]
            )
            cursor.executemany(
                f"INSERT INTO {stream} ({', '.join(fields)}) VALUES ({', '.join(['%s'] * len(fields))}) "
                f"ON DUPLICATE KEY UPDATE {kept}, updated_at = now()",
                given,
            )
        connection.commit()

    def meter_id(*key: object) -> int:
        cursor.execute("SELECT id FROM meters WHERE site_id = %s AND name = %s", key)
        return int(cursor.fetchone()[0])

    load(path, write, meter_id)


if __name__ == "__main__":
    LOADS: Final = {"sqlite": sqlite, "postgresql": postgresql, "mariadb": mariadb}
    LOADS[sys.argv[1].partition(":")[0]](sys.argv[1], Path(sys.argv[2]))
