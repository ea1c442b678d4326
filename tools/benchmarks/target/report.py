"""Turns measurements into the Markdown page."""

from __future__ import annotations

import platform
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

from tools.benchmarks.target.contestants import LIMIT, OURS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TITLES: Final = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mariadb": "MariaDB"}
MELTANO: Final = "meltanolabs-target-postgres 0.8.1"
DLT: Final = "dlt 1.31.0"
FASTER: Final = (
    (MELTANO, "postgresql", 6.0),
    (f"{MELTANO}, use_copy, no validation, batches of 100,000", "postgresql", 2.0),
    (DLT, "sqlite", 5.0),
    (DLT, "mariadb", 3.0),
)
"""Who takes at least how many times as long as ours, for the small file."""
SMALL: Final = 200_000
"""Records from which on the promises hold; below, start-up counts most."""
OVER_LIMIT: Final = {"sqlite": 1.5, "postgresql": 1.25, "mariadb": 1.25}
"""How many times as long as the engine's limit ours may take."""
PEAK_MIB: Final = 130
PEAK_GROWTH: Final = 1.1


@dataclass
class Result:
    """What one contestant needed for one file and database, run by run."""

    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    mib: list[float] = field(default_factory=list)
    row_bytes: list[float] = field(default_factory=list)
    wrong: str = ""
    """Why there is no time to tell."""


Key = tuple[int, str, str]
"""Records, database, contestant."""


class Results:
    """All results."""

    def __init__(self) -> None:
        self.by_key: dict[Key, Result] = defaultdict(Result)

    def seconds(self, records: int, database: str, contestant: str) -> float | None:
        """Return the median, or None without one."""
        result = self.by_key.get((records, database, contestant))
        return median(result.seconds) if result and result.seconds and not result.wrong else None

    def ratio(self, key: Key, over: str) -> float | None:
        """Return how many times as long as another one takes for the same."""
        mine, other = self.seconds(*key), self.seconds(key[0], key[1], over)
        return mine / other if mine and other else None


def page(results: Results, command: str, versions: Sequence[str], remarks: Sequence[str]) -> str:
    """Return the whole page."""
    machine = f"{_processor()}, {_memory_gib()} GiB, {platform.system()} {platform.release().split('-')[0]}"
    about = (
        f"Written by `{command}` on {datetime.now(UTC):%Y-%m-%d}. {machine}; {', '.join(versions)}. What is "
        "compared, and how, stands in [tools/benchmarks/target](../tools/benchmarks/target/README.md). "
        "Medians, in brackets the fastest and the slowest run. Bytes/row: of the three tables of readings, "
        "all indexes included. Compare ratios, not seconds, with another "
        "machine's."
    )
    parts = [
        "# Benchmarks of target-seh-sql",
        about,
        *(_table(results, records) for records in sorted({key[0] for key in results.by_key})),
        _targets(results),
        *remarks,
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _table(results: Results, records: int) -> str:
    lines = [
        f"## {records:,} records",
        "",
        "| Database | Loaded by | s | Records/s | CPU s | Peak MiB | Bytes/row | Times as long as ours |",
        "|:---------|:----------|--:|----------:|------:|---------:|----------:|----------------------:|",
    ]
    for key, result in results.by_key.items():
        if key[0] == records:
            lines.append(f"| {TITLES[key[1]]} | {key[2]} | {' | '.join(_cells(results, key, result))} |")
    return "\n".join(lines)


def _cells(results: Results, key: Key, result: Result) -> tuple[str, ...]:
    if result.wrong or not result.seconds:
        return ("-", "-", "-", "-", "-", result.wrong or "not run")
    ratio = results.ratio(key, OURS)
    seconds = f"{median(result.seconds):.2f} ({min(result.seconds):.2f} to {max(result.seconds):.2f})"
    rate = f"{key[0] / median(result.seconds):,.0f}"
    return (
        *(seconds, rate, f"{median(result.cpu):.2f}", f"{max(result.mib):.0f}"),
        f"{median(result.row_bytes):.0f}",
        "" if ratio is None else f"{ratio:.2f}",
    )


def _targets(results: Results) -> str:
    lines = ["## What was promised", "", "| Promise | Measured | Kept |", "|:--------|---------:|:-----|"]
    for promise, measured, kept in _promises(results):
        lines.append(f"| {promise} | {measured} | {'yes' if kept else '**no**'} |")
    return "\n".join(lines) if len(lines) > 4 else ""  # noqa: PLR2004


def _promises(results: Results) -> Iterator[tuple[str, str, bool]]:
    sizes = sorted({key[0] for key in results.by_key})
    small, large = sizes[0], sizes[-1]
    if small < SMALL:
        return
    for contestant, database, wanted in FASTER:
        ratio = results.ratio((small, database, contestant), OURS)
        if ratio is not None:
            promise = f"{TITLES[database]}: at least {wanted:g} times as fast as {contestant}"
            yield promise, f"{ratio:.2f}", ratio >= wanted
    for database, title in TITLES.items():
        ratio = results.ratio((large, database, OURS), LIMIT)
        if ratio is not None:
            most = OVER_LIMIT[database]
            promise = f"{title}, {large:,} records: at most {most:g} times {LIMIT}"
            yield promise, f"{ratio:.2f}", ratio <= most
    for database, title in TITLES.items():
        peaks = [max(results.by_key[size, database, OURS].mib, default=0) for size in (small, large)]
        if all(peaks):
            yield f"{title}: peak memory below {PEAK_MIB} MiB", f"{peaks[1]:.0f} MiB", peaks[1] < PEAK_MIB
        if all(peaks) and small != large:
            growth = peaks[1] / peaks[0]
            promise = (
                f"{title}: at most {PEAK_GROWTH - 1:.0%} more memory for {large:,} than for {small:,} records"
            )
            yield promise, f"{growth - 1:+.1%}", growth <= PEAK_GROWTH


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(": ")[2] for line in text.splitlines() if line.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else platform.machine()


def _memory_gib() -> str:
    try:
        kib = Path("/proc/meminfo").read_text().split()[1]
    except OSError:
        return "?"
    return f"{int(kib) / 1024**2:.0f}"
