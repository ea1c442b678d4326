"""Runs the benchmarks and prints a Markdown page: python -m tools.benchmarks.target --help."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy.exc import SQLAlchemyError

from target_seh_sql.database import open_engine
from tools.benchmarks.target import databases, messages
from tools.benchmarks.target.contestants import (
    CONTESTANTS,
    OURS,
    Case,
    Contestant,
    NoEnvironment,
    executables,
)
from tools.benchmarks.target.ready import make_ready
from tools.benchmarks.target.report import Results, page

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

HERE: Final = Path(__file__).parent
SERVERS: Final = {
    "sqlite": f"sqlite:///{Path(tempfile.gettempdir()) / 'target-seh-sql-bench.db'}",
    "postgresql": os.environ.get("TEST_POSTGRESQL_URL", "postgresql://root@127.0.0.1:5432/postgres"),
    "mariadb": os.environ.get("TEST_MARIADB_URL", "mariadb://root@127.0.0.1:3306/test"),
}
SEED: Final = 1


class File(NamedTuple):
    """A file of messages."""

    path: Path
    records: int
    expected: Mapping[str, messages.Expected]


class Entry(NamedTuple):
    """A contestant, a database and a file."""

    contestant: Contestant
    database: str
    file: File


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.benchmarks.target", description=__doc__)
    parser.add_argument("--small", type=int, default=200_000, help="records for everybody")
    parser.add_argument(
        "--large", type=int, default=2_000_000, help="records for ours and the engine's limit; 0: none"
    )
    parser.add_argument("--runs", type=int, default=3, help="runs of each, in turn")
    parser.add_argument("--databases", default="sqlite,postgresql,mariadb", help="which, with commas")
    parser.add_argument("--no-peers", action="store_true", help="only ours and the engine's limit")
    parser.add_argument(
        "--quick", action="store_true", help="5,000 records, one run, no peers: does it work?"
    )
    parser.add_argument(
        "--folder", type=Path, help="for files and environments, kept; a temporary one without"
    )
    parser.add_argument("--out", type=Path, help="write the page here too")
    options = parser.parse_args(arguments)
    if options.quick:
        options.small, options.large, options.runs, options.no_peers = 5_000, 0, 1, True
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    """Run everything, verify each load, write the page."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        folder = (options.folder or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        servers = dict(_reachable(options.databases.split(",")))
        results = _measured(options, folder, servers)
        remarks = list(_second_loads(folder, options.small, servers))
        for server in servers.values():
            databases.remove(server)
    command = " ".join(["make bench", *(f"BENCH='{' '.join(a)}'" for a in [_shown(arguments)] if a)])
    text = page(results, command, _versions(servers), remarks)
    print(text)
    if options.out:
        options.out.write_text(text)
    sys.exit(any("**no**" in line or "**WRONG" in line for line in text.splitlines()))


def _shown(arguments: Sequence[str] | None) -> list[str]:
    given = list(sys.argv[1:] if arguments is None else arguments)
    kept = []
    while given:
        if (word := given.pop(0)) in {"--out", "--folder"}:
            given.pop(0)
        else:
            kept.append(word)
    return kept


def _reachable(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        engine = open_engine(SERVERS[name])
        try:
            engine.connect().close()
            yield name, SERVERS[name]
        except SQLAlchemyError as error:
            _say(f"{name} left out: {error}")
        finally:
            engine.dispose()


def _measured(options: argparse.Namespace, folder: Path, servers: Mapping[str, str]) -> Results:
    results = Results()
    sizes = [size for size in (options.small, options.large) if size]
    files = []
    for size in sizes:
        _say(f"writing {size:,} records")
        path = folder / f"{size}.jsonl"
        files.append(File(path, size, messages.write(path, size, SEED)))
    entries = [
        Entry(contestant, database, file)
        for file in files
        for database in servers
        for contestant in CONTESTANTS
        if database in contestant.databases
        and (file is files[0] or contestant.large)
        and not (options.no_peers and contestant.requirements)
    ]
    for run in range(options.runs):
        for entry in entries:
            _run(entry, folder, servers, results)
            _say(f"run {run + 1} of {options.runs}: {_key(entry)}: {results.by_key[_key(entry)]}")
    for file in files:
        file.path.unlink()
        for database in servers:
            shutil.rmtree(folder / f"{file.path.stem}.{database}", ignore_errors=True)
    return results


def _key(entry: Entry) -> tuple[int, str, str]:
    return entry.file.records, entry.database, entry.contestant.name


def _run(entry: Entry, folder: Path, servers: Mapping[str, str], results: Results) -> None:
    result = results.by_key[_key(entry)]
    if result.wrong:
        return
    try:
        place = executables(entry.contestant, folder / "environments")
    except NoEnvironment as error:
        result.wrong = f"cannot be installed: {error}"
        return
    case = Case(entry.file.path, databases.make_empty(servers[entry.database], folder), folder)
    if entry.contestant.ready_rows:
        databases.make_tables(case.url)
        make_ready(case.url, case.file, case.ready)
    used = _measure(entry.contestant, case, place)
    if used["code"]:
        result.wrong = f"**WRONG: exit code {used['code']:.0f}**"
    elif wrong := databases.differences(case.url, entry.contestant.schema, entry.file.expected):
        result.wrong = f"**WRONG: {wrong[0]}**"
    else:
        result.row_bytes.append(
            databases.bytes_per_row(case.url, entry.contestant.schema, entry.file.expected)
        )
    result.seconds.append(used["seconds"])
    result.cpu.append(used["cpu"])
    result.mib.append(used["mib"])


def _measure(contestant: Contestant, case: Case, place: Path) -> dict[str, float]:
    command = [sys.executable, "-I", "-S", HERE / "measure.py", case.file, case.folder / "said.log"]
    done = subprocess.run(
        [*map(str, command), *contestant.command(case, place)],
        env=os.environ | contestant.environment,
        cwd=HERE.parents[2],
        stdout=subprocess.PIPE,
        check=True,
    )
    return dict[str, float](json.loads(done.stdout))


def _second_loads(folder: Path, records: int, servers: Mapping[str, str]) -> Iterator[str]:
    """Load one file twice into each database; nothing may move the second time."""
    path = folder / "plain.jsonl"
    messages.write(path, records, SEED, revised=False)
    ours = next(contestant for contestant in CONTESTANTS if contestant.name == OURS)
    lines = ["## The same file twice", ""]
    for database, server in servers.items():
        case = Case(path, databases.make_empty(server, folder), folder)
        log = folder / "said.log"
        _measure(ours, case, executables(ours, folder))
        before = databases.stamps(case.url)
        log.unlink()
        used = _measure(ours, case, executables(ours, folder))
        said = [line for line in log.read_text().splitlines() if "_readings: " in line or "_flows: " in line]
        still = all(" 0 inserted, 0 changed" in line for line in said) and len(said) == len(before)
        same = still and before == databases.stamps(case.url)
        told = "0 inserted, 0 changed, updated_at untouched" if same else f"**WRONG: {said}**"
        lines.append(f"- {database}, {records:,} records again: {told}, {used['seconds']:.2f} s")
    path.unlink()
    yield "\n".join(lines)


def _versions(servers: Mapping[str, str]) -> list[str]:
    versions = [f"Python {platform.python_version()}"]
    for name, server in servers.items():
        engine = open_engine(server)
        with engine.connect() as connection:
            found: Any = connection.dialect.server_version_info
        engine.dispose()
        versions.append(f"{name} {'.'.join(map(str, found[:3]))}")
    return versions


def _say(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    main()
