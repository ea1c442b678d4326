"""The answers that a run has read of one site, until all streams have made their records from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_solaredge.measured.joining import copied, from_its_first_period, joined, trimmed
from tap_solaredge.resources import Answers, Kind, Resource
from tap_solaredge.spans import Spans, Window, common_to_all, missing, touch, union, without

if TYPE_CHECKING:
    from collections.abc import Iterable


class AtHand:
    """Answers by resource and window."""

    def __init__(self) -> None:
        self.read: dict[Resource[Any], Spans] = {}
        """What has been read in this run."""
        self._parts: dict[Resource[Any], list[tuple[Window, Any]]] = {}

    def put(self, resource: Resource[Any], window: Window, answer: Any) -> None:  # noqa: ANN401
        """Add the answer for a window; None is that of a forecast."""
        if answer and resource.kind is Kind.PERIODS:
            window = from_its_first_period(window, answer)
        self.read[resource] = union(self.read.get(resource, []), [window])
        if answer is not None:
            self._parts.setdefault(resource, []).append((window, trimmed(answer, window)))

    def common(self, resources: Iterable[Resource[Any]]) -> Spans:
        """Return the spans in which all of some resources have been read."""
        return common_to_all(self.read.get(resource, []) for resource in resources)

    def answers(self, resources: Iterable[Resource[Any]], window: Window) -> Answers:
        """Return what was answered about a window."""
        found = Answers(window)
        for resource in resources:
            answer = self._of(resource, window)
            if answer is not None:
                found.put(resource, answer)
        return found

    def forget(self, resource: Resource[Any], done: Spans) -> None:
        """Let go of answers that nobody needs any more."""
        parts = self._parts.get(resource, [])
        self._parts[resource] = [part for part in parts if missing(part[0], done)]

    def _of(self, resource: Resource[Any], window: Window) -> Any:  # noqa: ANN401
        answer = None
        for span, part in self._parts.get(resource, []):
            if span == window:
                inside = copied(part)
            elif touch(window, [span]):
                inside = trimmed(part, window)
            else:
                continue
            answer = inside if answer is None else joined(answer, inside)
        return answer


class Done:
    """What each stream has made its records from in this run."""

    def __init__(self) -> None:
        self._spans: dict[str, Spans] = {}

    def of(self, name: str) -> Spans:
        """Return the spans of a stream."""
        return self._spans.get(name, [])

    def add(self, name: str, window: Window) -> None:
        """Note a window of a stream."""
        self._spans[name] = union(self.of(name), [window])

    def all(self) -> dict[str, Spans]:
        """Return the spans of all streams."""
        return self._spans

    def left(self, name: str, spans: Spans) -> Spans:
        """Return what a stream has not made its records from."""
        return without(spans, self.of(name))
