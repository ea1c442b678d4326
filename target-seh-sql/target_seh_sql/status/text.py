"""What `status` says: what is wrong in sentences, the streams as a table, all of it as JSON."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from math import inf
from typing import TYPE_CHECKING, Any, Final

from target_seh_sql.status.agreement import TOTALS, of_site
from target_seh_sql.status.freshness import KINDS, span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime, timedelta

    from target_seh_sql.status.agreement import Agreement
    from target_seh_sql.status.freshness import Problem, StreamStatus
    from target_seh_sql.status.gaps import Gap

    Wrong = Sequence[tuple[StreamStatus, Problem]]

ALL_IS_WELL: Final = "Nothing is late, failed or missing."
SHOWN_GAPS: Final = 10
SHOWN_SITES: Final = 5
"""Up to so many sites have a line for each of their streams; more are counted by stream."""
NAMED_STREAMS: Final = 3
DIFFERENCE: Final = ("period", "quantity", "ours_wh", "theirs_wh", "difference_wh", "percent", "days_missing")
"""What JSON tells of a difference."""
WIDE: Final = 200
"""Characters of a line where no terminal says how many it has."""


def sentences(wrong: Wrong, sites: int) -> Iterator[str]:
    """Yield what is late, failed or missing: how many of each, then a line for each site and reason."""
    wrong = [each for each in wrong if each[1].kind != "differs"]  # what ends the answer: agreement.py
    if not wrong:
        yield ALL_IS_WELL
        return
    kinds = Counter(problem.kind for _, problem in wrong)
    counts = ", ".join(f"{kinds[kind]:,} {kind}" for kind in KINDS if kind in kinds)
    touched = len({status.site_id for status, _ in wrong})
    yield f"{counts}: {touched:,} of {sites:,} {'site' if sites == 1 else 'sites'}"
    streams = defaultdict(list)
    for status, (kind, text) in sorted(wrong, key=lambda each: KINDS.index(each[1].kind)):
        streams[kind, status.site_id, status.site, text].append(status.stream)
    for (kind, site_id, site, text), names in streams.items():
        yield f"{kind:<7}  {site_id} {site}: {named(names)}: {text}"


def named(streams: Sequence[str]) -> str:
    """Return the names of a few streams, or how many there are."""
    return ", ".join(streams) if len(streams) <= NAMED_STREAMS else f"{len(streams)} streams"


def gap_lines(found: Sequence[StreamStatus]) -> Iterator[str]:
    """Yield the first gaps of each stream."""
    for each in found:
        for gap in each.gaps[:SHOWN_GAPS]:
            series = f" ({gap.series})" if gap.series else ""
            yield f"{gap.site_id} {gap.stream}{series}: {_span_of(gap)}, {gap.missing:,} missing"
        if len(each.gaps) > SHOWN_GAPS:
            yield f"{each.site_id} {each.stream}: and {len(each.gaps) - SHOWN_GAPS:,} more"


def _span_of(gap: Gap) -> str:
    form = "%Y-%m-%d" if gap.stream == "energy_readings" else "%Y-%m-%d %H:%M"
    return f"{gap.begin:{form}} to {gap.end:{form}}"


def print_streams(found: Sequence[StreamStatus], wrong: Wrong, now: datetime, rows: str) -> None:
    """Print a table with a line for each site and stream, or for each stream where there are many sites.

    Args:
        found: what there is.
        wrong: what is wrong with it.
        now: UTC.
        rows: title of the column with the numbers of rows.
    """
    if len({each.site_id for each in found}) > SHOWN_SITES:
        titles = ["stream", "sites", rows, "oldest newest data", "age", *KINDS]
        _print(titles, [list(_stream_cells(name, found, wrong, now)) for name in _names(found)])
    else:
        titles = ["site", "stream", rows, "newest data", "age", "last run", "status", "gaps"]
        _print(titles, [list(_cells(each, now)) for each in found])


def _print(titles: list[str], lines: list[list[str]]) -> None:
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415 -- loading needs no table
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=SIMPLE_HEAD)
    for title in titles:
        right = title not in {"site", "stream", "newest data", "oldest newest data", "status"}
        table.add_column(title, justify="right" if right else "left")
    for line in lines:
        table.add_row(*line)
    # A name in brackets or colons is a name, no markup.
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else WIDE, markup=False, emoji=False)
    console.print(table)


def _cells(each: StreamStatus, now: datetime) -> Iterator[str]:
    yield f"{each.site_id} {each.site}"
    yield each.stream
    yield f"{each.rows:,}"
    yield _newest(each)
    yield span(now - each.ended) if each.ended else ""
    yield f"{span(now - each.read_at)} ago" if each.read_at else "never"
    yield each.status or ""
    yield f"{len(each.gaps):,}" if each.gaps else ""


def _names(found: Sequence[StreamStatus]) -> list[str]:
    return list(dict.fromkeys(each.stream for each in found))


def _stream_cells(name: str, found: Sequence[StreamStatus], wrong: Wrong, now: datetime) -> Iterator[str]:
    mine = [each for each in found if each.stream == name]
    dated = [each for each in mine if each.newest]
    ended = [each.ended for each in dated if each.ended]
    yield name
    yield f"{sum(1 for each in mine if each.rows or dated):,}"
    yield f"{sum(each.rows for each in mine):,}"
    yield _newest(min(dated, key=_newest)) if dated else ""
    yield span(now - min(ended)) if ended else ""
    kinds = Counter(problem.kind for status, problem in wrong if status.stream == name)
    yield from (f"{kinds[kind]:,}" if kinds[kind] else "" for kind in KINDS)


def _newest(each: StreamStatus) -> str:
    if each.newest is None:
        return ""
    return f"{each.newest:%Y-%m-%d}" if each.stream == "energy_readings" else f"{each.newest:%Y-%m-%d %H:%M}"


def plain(
    each: StreamStatus, now: datetime, allowed: timedelta, agreement: Agreement, tolerance: float
) -> dict[str, Any]:
    """Return what JSON can say of a stream: instants in UTC, ages in seconds."""
    return {
        "site_id": each.site_id,
        "site": each.site,
        "stream": each.stream,
        "rows": each.rows,
        "newest": each.newest and f"{each.newest:%Y-%m-%dT%H:%M:%SZ}",
        "age_seconds": each.ended and round((now - each.ended).total_seconds()),
        "last_run": each.read_at and f"{each.read_at:%Y-%m-%dT%H:%M:%SZ}",
        "status": each.status,
        "error": each.error,
        "gaps": [
            {
                "series": gap.series,
                "begin": f"{gap.begin:%Y-%m-%dT%H:%M:%SZ}",
                "end": f"{gap.end:%Y-%m-%dT%H:%M:%SZ}",
                "missing": gap.missing,
            }
            for gap in each.gaps
        ],
        "agreement": _plain_agreement(of_site(agreement, each.site_id), tolerance)
        if each.stream == TOTALS
        else None,
        "problems": [{"kind": kind, "text": text} for kind, text in each.problems(now, allowed)],
    }


def _plain_agreement(found: Agreement, tolerance: float) -> dict[str, Any]:
    differing = found.differing(tolerance)
    return {
        "months": found.months,
        "agreeing": found.agreeing(tolerance),
        "to_come": len(found.waiting),
        "worst_percent": found.worst if found.worst != inf else None,
        "differs": [{name: getattr(each, name) for name in DIFFERENCE} for each in differing],
    }
