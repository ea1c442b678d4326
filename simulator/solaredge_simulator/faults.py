"""Misbehaviour on demand: which call of which path goes wrong in which way."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from solaredge_simulator.fault_kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Collection

    from solaredge_simulator.messages import Answer, Request


@dataclass(kw_only=True)
class Fault:
    """A way to go wrong (`kind`, see `fault_kinds.KINDS`) and the calls that it strikes."""

    kind: str
    path: str = "*"
    """A glob, or a path's template as in the call list."""
    calls: Collection[int] | None = None
    """Which of the calls that match `path` are struck, counted from 1 since the fault was set."""
    times: int | None = None
    """Only so many of them, from the first on. With neither: all."""
    site: int | None = None
    """Only calls about this site."""
    seconds: float = 30.0
    """Retry-After, length of a delay, or skew of the clock."""
    name: str | None = None
    """The key that is missing or has a wrong type; None: a choice that hurts."""
    newest: int | None = None
    """Only so many of the newest values of each series."""
    factor: float = 1.07
    """By what revised values differ."""
    serial: str = ""
    """The device that is replaced."""
    to: str = "http://portal.invalid"
    """The host that a redirect names."""
    value: object = None
    """What stands in the place of a node, or in a header."""
    size: int = 256
    """MiB that a small body unpacks to, or points of a series that is cut."""
    seed: int = 1
    """Which nodes are struck at random."""
    seen: int = field(default=0, init=False)
    """Calls that matched so far."""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no such fault: {self.kind}; there are {', '.join(KINDS)}")

    def strikes(self, request: Request, answer: Answer) -> bool:
        """Count a call that matches and tell whether it is struck."""
        if not (fnmatchcase(request.path, self.path) or answer.template == self.path):
            return False
        if self.site is not None and answer.site != self.site and self.kind != "site_gone":
            return False
        self.seen += 1
        listed = self.calls is None or self.seen in self.calls
        return listed and (self.times is None or self.seen <= self.times)


class Faults:
    """The faults that are set."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Set a fault; several can strike one call, in the order in which they were set."""
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Lift all faults."""
        with self._lock:
            self._faults.clear()

    def apply(self, request: Request, answer: Answer) -> Answer:
        """Return the answer as the faults leave it. The call has been counted and charged already."""
        with self._lock:
            striking = [fault for fault in self._faults if fault.strikes(request, answer)]
        for fault in striking:
            answer.fault = fault.kind
            KINDS[fault.kind](answer, fault, request)
        return answer
