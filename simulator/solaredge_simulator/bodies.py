"""Bodies that no service should send: byte by byte, without an end, or small until they are unpacked."""

from __future__ import annotations

import gzip
from itertools import repeat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

_BLANKS = b" " * 65_536
_MEBIBYTE = gzip.compress(b" " * (1 << 20), mtime=0)


def dripping(content: bytes, seconds: float, stopping: threading.Event) -> Iterator[bytes]:
    """Yield a body byte by byte, `seconds` apart."""
    for place in range(len(content)):
        if stopping.wait(seconds):
            return
        yield content[place : place + 1]


def endless(content: bytes, stopping: threading.Event) -> Iterator[bytes]:
    """Yield a body without its last byte, and then blanks for ever."""
    yield content[:-1]
    for blanks in repeat(_BLANKS):
        if stopping.is_set():
            return
        yield blanks


def bomb(content: bytes, mebibytes: int) -> bytes:
    """Return a compressed body that unpacks to so many MiB of blanks and the body."""
    return _MEBIBYTE * mebibytes + gzip.compress(content, mtime=0)
