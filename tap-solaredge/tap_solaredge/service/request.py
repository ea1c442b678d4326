"""One HTTP request, as dialects describe it and plans list it. Pure."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote, urlencode

WINDOW_STARTS = frozenset({"from", "startTime", "startDate"})


class Request(NamedTuple):
    """What is requested, for which site."""

    path: str
    params: tuple[tuple[str, str], ...] = ()
    site_id: int | None = None

    @property
    def endpoint(self) -> str:
        """The kind of request, the same for all sites."""
        return self.path if self.site_id is None else self.path.replace(f"/{self.site_id}", "/{site}", 1)

    def has_window(self) -> bool:
        """Whether the request names a span of time, so that a shorter span may be accepted."""
        return any(name in WINDOW_STARTS for name, _ in self.params)

    def is_telemetry(self) -> bool:
        """Whether the request is about what devices measured (reference: API V2, section 2.2)."""
        return self.path.endswith("/telemetry")

    @property
    def path_and_query(self) -> str:
        """What follows the host's name in the URL, without what a credential adds."""
        query = urlencode(self.params, safe=":,", quote_via=quote)
        return f"{self.path}?{query}" if query else self.path

    def __str__(self) -> str:
        return f"{self.path} {' '.join(f'{name}={value}' for name, value in self.params)}".rstrip()
