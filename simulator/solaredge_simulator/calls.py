"""The list of all calls that came, for tests: which, when, by whom, with what outcome."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from solaredge_simulator.messages import Answer, Request

_SECRET = frozenset({"api_key", "code", "token", "access_token", "refresh_token", "client_secret", "state"})


@dataclass(frozen=True)
class Call:
    """One call. `endpoint` is the path's template, `credential` a label and never the key itself."""

    number: int
    time: datetime
    method: str
    path: str
    endpoint: str
    site: int | None
    query: Mapping[str, list[str]]
    credential: str | None
    status: int
    fault: str | None = None
    at_once: int = 1
    """Calls that ran when it came, itself included."""


class Calls:
    """All calls in the order in which they came, as a sequence."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: list[Call] = []
        self._running = 0
        self.max_concurrency = 0

    def record(self, request: Request, answer: Answer) -> Call:
        """Add one call; query parameters that are secrets are left out."""
        query = {name: values for name, values in request.query.items() if name.lower() not in _SECRET}
        call = Call(
            number=0,
            time=request.now,
            method=request.method,
            path=request.path,
            endpoint=answer.template,
            site=answer.site,
            query=query,
            credential=answer.credential,
            status=int(answer.status),
            fault=answer.fault,
            at_once=request.at_once,
        )
        with self._lock:
            self._calls.append(replace(call, number=len(self._calls) + 1))
            return self._calls[-1]

    @contextmanager
    def running(self) -> Iterator[int]:
        """Count a call as running; gives the number of those that run."""
        with self._lock:
            self._running += 1
            at_once = self._running
            self.max_concurrency = max(self.max_concurrency, at_once)
        try:
            yield at_once
        finally:
            with self._lock:
                self._running -= 1

    def clear(self) -> None:
        """Forget all calls; the next one is number 1."""
        with self._lock:
            self._calls.clear()
            self.max_concurrency = self._running

    def to(self, ending: str) -> list[Call]:
        """Return the calls whose endpoint ends in this, such as `/energy`."""
        return [call for call in self if call.endpoint.endswith(ending)]

    def summary(self) -> dict[str, object]:
        """Return the number of calls: in all, by endpoint, credential, site and status."""
        calls = list(self)
        return {
            "calls": len(calls),
            "by_endpoint": Counter(call.endpoint for call in calls),
            "by_credential": Counter(call.credential or "none" for call in calls),
            "by_site": Counter(str(call.site) for call in calls if call.site is not None),
            "by_status": Counter(str(call.status) for call in calls),
            "max_concurrency": self.max_concurrency,
        }

    def as_json(self) -> list[dict[str, object]]:
        """Return all calls as JSON data."""
        return [asdict(call) for call in self]

    def __len__(self) -> int:
        return len(self._calls)

    def __iter__(self) -> Iterator[Call]:
        with self._lock:
            return iter(list(self._calls))

    @overload
    def __getitem__(self, index: int) -> Call: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Call]: ...
    def __getitem__(self, index: int | slice) -> Call | Sequence[Call]:
        return self._calls[index]
