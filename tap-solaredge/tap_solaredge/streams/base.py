"""What all streams have in common: which answers they need, how often, and that the harvest feeds them."""

from __future__ import annotations

import abc
from enum import Enum
from functools import cached_property
from itertools import repeat
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar

from tap_solaredge.singer import HarvestedStream
from tap_solaredge.streams.columns import INTERVAL, record_maker, schema_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tap_solaredge.local_time import Instant
    from tap_solaredge.measured.readings import Record
    from tap_solaredge.measured.site import Site
    from tap_solaredge.resources import Answers, Needs
    from tap_solaredge.streams.columns import Column


class Cadence(Enum):
    """Which part of a site's harvest feeds a stream."""

    INVENTORY = "slow-changing lists, whole"
    QUARTER_HOURS = "windows of quarter hours"
    ENERGY = "windows of days, weeks, months or years"
    TOTALS = "closed months and the whole life"
    LATEST = "the newest state, once per run"


class SolarEdgeStream(HarvestedStream, metaclass=abc.ABCMeta):
    """A stream says what its records are; `Harvest` decides what is fetched and when."""

    columns: ClassVar[tuple[Column, ...]]
    """The columns, in the order of the records."""
    cadence: ClassVar[Cadence]
    needs: Needs
    """The answers that a record is made from."""
    extras: ClassVar[Needs] = frozenset()
    """What a record can be made from besides, where a dialect offers it."""
    values: ClassVar[tuple[str, ...]] = ()
    """Columns that show that an interval carried a value, and so may move the bookmark."""

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The JSON schema, from the columns."""
        return schema_of(self.columns)

    @abc.abstractmethod
    def records(self, site: Site, answers: Answers) -> Iterable[Record]:
        """Make the records of one site from the answers, oldest first."""

    @cached_property
    def record(self) -> Callable[..., Record]:
        """What makes a record of the values of all columns, in their order."""
        return record_maker(self.columns)

    def series_records(self, source: object, starts: Iterable[Instant], *key: int | str) -> Iterator[Record]:
        """Return a record for each interval: the key, its start, and what the series of a device hold."""
        ats = sorted(starts)
        names = (column.series for column in self.columns[len(key) + len(INTERVAL) :])
        series = (getattr(source, name) if name else None for name in names)
        values = (map(one.get, ats) if one else repeat(None) for one in series)
        interval = map(str, ats), map(attrgetter("offset_minutes"), ats)
        return map(self.record, *map(repeat, key), *interval, *values)

    def has_value(self, record: Record) -> bool:
        """Whether the service gave at least one value for this interval."""
        return any(record[name] is not None for name in self.values)
