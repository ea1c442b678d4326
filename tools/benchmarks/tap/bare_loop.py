"""The bare loop: ask, decode, print one line per record, nothing else; what no tap can be cheaper than.

python -m tools.benchmarks.tap.bare_loop BASE_URL FILE, the key in SOLAREDGE_KEY, a path with its query on
each line. No windows, no bookmarks, no checks, no units, no joins: the points of an answer, put together by
time.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import requests

if TYPE_CHECKING:
    from collections.abc import Iterator

TIMEOUT = 60


def records(answer: Any) -> Iterator[Any]:  # noqa: ANN401
    """Yield one record per device and interval of a series, or the rows of a list."""
    if isinstance(answer, list):
        yield from answer
    elif "values" in answer:
        yield from joined({"value": answer})
    elif "meters" in answer:
        for serial, metrics in answer["meters"].items():
            for kind in ("import", "export", "production", "consumption"):
                found = {name: block for name, block in metrics.items() if name.startswith(kind)}
                yield from joined(found, serial=serial, kind=kind)
    elif "storage" in answer:
        for serial, metrics in answer["storage"].items():
            yield from joined(metrics, serial=serial)
    else:
        yield answer


def joined(series: dict[str, Any], **shared: str) -> Iterator[dict[str, Any]]:
    """Yield one record per time."""
    rows: dict[str, dict[str, Any]] = {}
    for name, block in series.items():
        for point in block["values"]:
            at = point["timestamp"]
            if at not in rows:
                rows[at] = {"timestamp": at, **shared}
            rows[at][name] = point["value"]
    yield from rows.values()


def main(base_url: str, paths: Path) -> None:
    """Ask all calls in order."""
    session = requests.Session()
    session.headers["X-API-Key"] = os.environ["SOLAREDGE_KEY"]
    for path in paths.read_text().splitlines():
        response = session.get(base_url + path, timeout=TIMEOUT)
        response.raise_for_status()
        for record in records(orjson.loads(response.content)):
            print(orjson.dumps(record).decode())  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
