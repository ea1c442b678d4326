"""How numbers of things are written."""

from __future__ import annotations


def counted(number: int, what: str, several: str = "") -> str:
    """Return a number of things, such as `1 call` or `2,000 calls`."""
    return f"{number:,} {what if number == 1 else several or what + 's'}"
