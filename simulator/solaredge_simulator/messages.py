"""Requests, answers and refusals as plain values: what the dialects take and give. No sockets."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qs, unquote, urlsplit

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

PROBLEM = "application/problem+json"
_PROBLEM_TYPE = "https://se-api.stoplight.io/docs/monitoring"


@dataclass(frozen=True)
class Request:
    """One request as it came; header names in lower case; `now` is the simulator's time."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes
    now: datetime
    at_once: int = 1
    """Calls that are running, this one included."""

    def first(self, name: str) -> str | None:
        """Return the first value of a query parameter."""
        return self.query[name][0] if name in self.query else None


@dataclass
class Answer:
    """What goes back; `body` is JSON data, text or bytes. `template` to `credential`: for the call list."""

    status: int = HTTPStatus.OK
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    template: str = ""
    site: int | None = None
    credential: str | None = None
    delay: float = 0.0
    """Seconds before the answer is sent."""
    reset: Literal["before", "inside"] | None = None
    """Where the connection is reset: before the first byte, or in the middle of the body."""
    skew: float = 0.0
    """Seconds by which the Date header is off."""
    date: str | None = None
    """What the Date header says instead; "" leaves it out."""
    drip: float = 0.0
    """Seconds between two bytes of the body."""
    endless: bool = False
    """The body never ends."""
    bomb: int = 0
    """MiB of blanks before the body, compressed."""
    fault: str | None = None
    """The kind of the last fault that struck."""
    undo: Callable[[], None] | None = None
    """Takes back what the call has changed, for faults by which it never reached the service."""

    def content(self) -> bytes:
        """Return the body as bytes."""
        if isinstance(self.body, bytes):
            return self.body
        return self.body.encode() if isinstance(self.body, str) else orjson.dumps(self.body)


class RefusalError(Exception):
    """A request that the service refuses; carries the answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status, answer.body)
        self.answer = answer


def problem(status: int, detail: str, title: str | None = None) -> RefusalError:
    """Return a refusal with a `problem+json` body (API V2 reference, section 9)."""
    body = {
        "type": _PROBLEM_TYPE,
        "title": title or HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
        "traceId": f"{status:032d}",
    }
    return RefusalError(Answer(status, body, content_type=PROBLEM))


def parse(method: str, target: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Request:
    """Return the request for a request line, its headers and its body."""
    parts = urlsplit(target)
    query = parse_qs(parts.query, keep_blank_values=True)
    return Request(method, unquote(parts.path), query, headers, body, now)
