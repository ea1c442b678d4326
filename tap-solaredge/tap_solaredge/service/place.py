"""A place in an answer, and what could not be read there: one warning per site, resource and run."""

from __future__ import annotations

import logging
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from tap_solaredge.errors import UnexpectedPayload

if TYPE_CHECKING:
    from collections.abc import Iterator

logger = logging.getLogger("tap-solaredge")

CHANGED = "SolarEdge's answer changed its form: see whether a newer tap-solaredge knows it"
FEW = 2
"""So many values of which none can be read are no accident but another form."""


@dataclass(slots=True)
class _Notes:
    """What was odd in one answer."""

    said: list[str] = field(default_factory=list)
    lost: int = 0
    """Values and entries that were there and could not be read."""
    read: int = 0
    """Values, series or entries that could; of an answer with some it is known that it has its old form."""


class Place:
    """Where in an answer something stands; places of one answer share their notes."""

    __slots__ = ("answer", "notes", "path")

    def __init__(self, answer: str, path: str = "", notes: _Notes | None = None) -> None:
        self.answer = answer
        """Such as `site 7, power`."""
        self.path = path
        self.notes = _Notes() if notes is None else notes

    def __truediv__(self, name: str) -> Place:
        """Return the place of a field or an entry inside this one."""
        return Place(self.answer, f"{self.path} {name:.60}" if self.path else f"{name:.60}", self.notes)

    def __str__(self) -> str:
        return f"{self.answer}: {self.path}" if self.path else self.answer

    def note(self, what: str) -> None:
        """Note something odd that costs nothing."""
        self.notes.said.append(f"{self.path}: {what}" if self.path else what)

    def lose(self, what: str) -> None:
        """Note what cannot be read and is left empty, or left out."""
        self.notes.lost += 1
        self.note(what)

    def error(self, what: str) -> UnexpectedPayload:
        """Return the error of an answer that lacks its essence."""
        return UnexpectedPayload(f"{self}: {what}; {CHANGED}")

    @contextmanager
    def call(self) -> Iterator[Place]:
        """Yield this place for one of several calls that make up an answer: each is checked by itself.

        Raises:
            UnexpectedPayload: See `check`.
        """
        part = Place(self.answer, self.path)
        yield part
        part.check()
        self.notes.said += part.notes.said
        self.notes.lost += part.notes.lost
        self.notes.read += part.notes.read

    def check(self, few: int = FEW) -> None:
        """Make sure that something in an answer could be read, where more than an accident was there.

        Raises:
            UnexpectedPayload: If nothing could.
        """
        if self.notes.lost >= few and not self.notes.read:
            raise UnexpectedPayload(
                f"{self.answer}: nothing in it can be read; the first: {self.notes.said[0]}; {CHANGED}"
            )

    def finish(self) -> None:
        """Say what was odd in an answer that has been read.

        Raises:
            UnexpectedPayload: See `check`.
        """
        self.check()
        if self.notes.said:
            _tell(self.answer, self.notes)


def shown(value: object, most: int = 40) -> str:
    """Return how a value looks, for messages: short, on one line, without control characters."""
    try:
        return repr(value)[:most]
    except ValueError:  # Python does not write numbers of more than some thousand digits
        return "a number of thousands of digits"


_lock = Lock()
_told: set[str] = set()
"""The answers of this run of which something odd was said."""
_lost: Counter[str] = Counter()
"""By answer, what could not be read and was not counted yet."""


def _tell(answer: str, notes: _Notes) -> None:
    """Warn of an odd answer where it is the first time in this run."""
    with _lock:
        level = logging.DEBUG if answer in _told else logging.WARNING
        _told.add(answer)
        _lost[answer] += notes.lost
    places = "1 place" if len(notes.said) == 1 else f"{len(notes.said):,} places"
    logger.log(level, "%s: the answer is not as promised in %s; the first: %s",
               answer, places, notes.said[0])  # fmt: skip


def unread(answer: str) -> int:
    """Return how many values and entries of `site 7, power`, say, could not be read since the last time.

    A window in which some could not be read is not settled: a later answer may tell them.
    """
    with _lock:
        return _lost.pop(answer, 0)


def new_run() -> None:
    """Forget what was said: a run warns once for each site and resource."""
    with _lock:
        _told.clear()
        _lost.clear()
