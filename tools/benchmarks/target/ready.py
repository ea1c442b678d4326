"""Makes the rows of a file ready for the engine's limit, before its clock starts: limit.py loads them."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import ExitStack, closing
from itertools import product
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

import orjson
from sqlalchemy import text

from target_seh_sql.database import connected
from tools.benchmarks.target.limit import FIELDS, send, staging, turns
from tools.benchmarks.target.messages import METERS, SITES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NULL: Final = r"\N"
METER_IDS: Final = {meter: number for number, meter in enumerate(product(SITES, METERS), 1)}


def make_ready(url: str, file: Path, folder: Path) -> None:
    """Put sites and meters into the tables, and the readings into files that the engine reads by itself.

    Files of an earlier run are used again.
    """
    with connected(url) as connection, connection.begin():
        connection.execute(
            text("INSERT INTO sites (id, name) VALUES (:id, :name)"),
            [{"id": site, "name": f"Site {site}"} for site in SITES],
        )
        connection.execute(
            text("INSERT INTO meters (id, site_id, name) VALUES (:id, :site, :name)"),
            [{"id": number, "site": site, "name": name} for (site, name), number in METER_IDS.items()],
        )
    if not folder.exists():
        folder.mkdir()
        _write(file, folder)
        if convert := CONVERT.get(url.partition(":")[0]):
            convert(url, folder)


def _write(file: Path, folder: Path) -> None:
    """Write the rows as text, one file for each stream and turn; no key comes twice in a turn."""
    came: Counter[tuple[str, Any, Any]] = Counter()
    with ExitStack() as stack:
        files: dict[str, Any] = {}
        for stream, row in _rows(file):
            key = stream, row[0], row[1]
            name = f"{came[key]}.{stream}"
            came[key] += 1
            if name not in files:
                files[name] = stack.enter_context((folder / name).open("w"))
            files[name].write("\t".join(NULL if value is None else str(value) for value in row) + "\n")


def _rows(file: Path) -> Iterator[tuple[str, tuple[Any, ...]]]:
    getters = {stream: itemgetter(*fields) for stream, fields in FIELDS.items()}
    with file.open("rb") as lines:
        for message in map(orjson.loads, lines):
            if message["type"] == "RECORD" and (stream := message["stream"]) in FIELDS:
                record = message["record"]
                record["timestamp"] = record["timestamp"].rstrip("Z").replace("T", " ")
                if "meter_name" in record:
                    record["meter_id"] = METER_IDS[record["site_id"], record["meter_name"]]
                yield stream, getters[stream](record)


def _to_binary(url: str, folder: Path) -> None:
    """Let PostgreSQL write the files as its binary COPY wants them."""
    import psycopg  # noqa: PLC0415

    with psycopg.connect(url, options="-c TimeZone=UTC") as connection, connection.cursor() as cursor:
        for path, stream in turns(folder):
            cursor.execute(staging(stream))
            with path.open("rb") as file, cursor.copy(f"COPY stage_{stream} FROM STDIN") as copy:
                send(file, copy)
            with (
                path.open("wb") as file,
                cursor.copy(f"COPY stage_{stream} TO STDOUT (FORMAT BINARY)") as copy,
            ):
                file.writelines(copy)
            cursor.execute(f"DROP TABLE stage_{stream}")


def _to_table(url: str, folder: Path) -> None:
    """Let SQLite keep each file's rows, typed, in a database of its own."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
        for path, stream in turns(folder):
            given = path.rename(path.with_suffix(".text"))
            connection.execute("ATTACH ? AS ready", [str(path)])
            connection.execute("BEGIN")
            connection.execute(staging(stream, "TABLE ready.rows"))
            with given.open() as file:
                rows = (
                    [None if value == NULL else value for value in line.rstrip("\n").split("\t")]
                    for line in file
                )
                marks = ", ".join("?" * len(FIELDS[stream]))
                connection.executemany(f"INSERT INTO ready.rows VALUES ({marks})", rows)
            connection.execute("COMMIT")
            connection.execute("DETACH ready")
            given.unlink()


CONVERT: Final = {"postgresql": _to_binary, "sqlite": _to_table}
