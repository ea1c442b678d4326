"""Packs the figures of a site as text for the page: whole numbers of 16 bits, deflated.

A number that is not there is `NOTHING`. Series whose numbers do not fit are divided by a whole number. All
low bytes come before all high ones: that deflates as well as differences would, in a tenth of the time.
"""

from __future__ import annotations

import json
import sys
import zlib
from array import array
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

NO_VALUE: Final = -(2**31)
"""What stands in a series for no value."""
ABSURD: Final = NO_VALUE + 1
"""What stands in a series, until it is counted, for a value that no site can have."""
NOTHING: Final = -(2**15)
"""What stands for it in 16 bits."""
LARGEST: Final = 2**15 - 1
LOWEST: Final = 0x80
"""The high byte of `NOTHING`."""
SIGNS: Final = bytes(0xFF if byte & 0x80 else 0 for byte in range(256))
"""The bytes above a high byte, for a number that fits."""


@dataclass
class Quarters:
    """Series of quarter hours, each as long as the others."""

    first: int = 0
    """The first quarter hour, counted since 1970 in UTC."""
    offsets: list[tuple[int, int]] = field(default_factory=list)
    """From which quarter hour on the site's clock is how many minutes ahead of UTC."""
    series: dict[str, array[int]] = field(default_factory=dict)
    """Watts, tenths of a percent for the level of charge, by name."""
    absurd: dict[str, int] = field(default_factory=dict)
    """How many values that no site can have were left out, by column."""

    @property
    def count(self) -> int:
        """How many quarter hours there are."""
        return max((len(values) for values in self.series.values()), default=0)


def packed(figures: Mapping[str, Any], quarters: Quarters) -> str:
    """Return the figures and quarter hours of a site as base64 of a deflated stream.

    It begins with the length of the JSON that follows (4 bytes, little-endian); then come the series that its
    `quarters` name, each as the low bytes of all its numbers and then the high ones.
    """
    known = {name: _in_16_bits(values) for name, values in quarters.series.items() if _has_values(values)}
    head = {
        **figures,
        "quarters": {
            "first": quarters.first,
            "count": quarters.count if known else 0,
            "offsets": quarters.offsets,
            "series": [(name, divider) for name, (_, divider) in known.items()],
        },
    }
    body = b"".join(content for content, _ in known.values())
    text = json.dumps(head, separators=(",", ":"), default=_as_text, ensure_ascii=False).encode()
    return b64encode(zlib.compress(len(text).to_bytes(4, "little") + text + body, 6)).decode()


def _has_values(values: array[int]) -> bool:
    return any(value != NO_VALUE for value in values)


def _in_16_bits(values: array[int]) -> tuple[bytes, int]:
    """Return the low bytes of the numbers and then the high ones, and by what they were divided to fit."""
    low, high, *rest = _bytes_of(values)
    if LOWEST not in high and rest == [high.translate(SIGNS)] * 2:  # all fit, and all have a value
        return low + high, 1
    known = [value for value in values if value != NO_VALUE]
    divider = max(1, -(-max(map(abs, known)) // LARGEST))
    whole = (NOTHING if value == NO_VALUE else round(value / divider) for value in values)
    low, high, *_ = _bytes_of(array("i", whole))
    return low + high, divider


def _bytes_of(values: array[int]) -> list[bytes]:
    """Return the first bytes of all numbers, the second ones and so on, the lowest first."""
    content = values.tobytes()
    planes = [content[place :: values.itemsize] for place in range(values.itemsize)]
    return planes if sys.byteorder == "little" else planes[::-1]


def _as_text(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(type(value).__name__)
