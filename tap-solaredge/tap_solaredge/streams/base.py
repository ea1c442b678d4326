"""What all streams have in common: which answers they need, how often, and that the harvest feeds them."""

from __future__ import annotations

import abc
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, cast

from singer_sdk import Stream
from singer_sdk import typing as th
from singer_sdk.helpers.conform import TypeConformanceLevel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tap_solaredge.measured.readings import Answers, Record, Site
    from tap_solaredge.resources import Resource
    from tap_solaredge.tap import TapSolarEdge


class Cadence(Enum):
    """Which part of a site's harvest feeds a stream."""

    INVENTORY = "slow-changing lists, whole"
    QUARTER_HOURS = "windows of quarter hours"
    ENERGY = "windows of days, weeks, months or years"
    LATEST = "the newest state, once per run"


class SolarEdgeStream(Stream, metaclass=abc.ABCMeta):
    """A stream says what its records are; `Harvest` decides what is asked and when."""

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE  # records are built to the schema
    cadence: ClassVar[Cadence]
    needs: ClassVar[frozenset[Resource]]
    """The answers that a record is made from."""
    extras: ClassVar[frozenset[Resource]] = frozenset()
    """What a record can be made from besides, where a dialect offers it."""
    values: ClassVar[tuple[str, ...]] = ()
    """Columns that show that an interval carried a value, and so may move the bookmark."""

    @abc.abstractmethod
    def records(self, site: Site, answers: Answers) -> Iterable[Record]:
        """Make the records of one site from the answers, oldest first."""

    def has_value(self, record: Record) -> bool:
        """Whether the service gave at least one value for this interval."""
        return any(record[name] is not None for name in self.values)

    @property
    def partitions(self) -> None:
        """Return none: the harvest knows the sites, also where the SDK runs a stream alone."""

    def get_records(self, context: Mapping[str, Any] | None) -> Iterator[Record]:  # noqa: ARG002
        """Yield this stream's records alone: what the SDK's `--test` and test suite ask for."""
        yield from cast("TapSolarEdge", self._tap).records_of(self)

    def _increment_stream_state(self, latest_record: Any, *, context: Any = None) -> None:  # noqa: ANN401
        """Leave the bookmark alone: the harvest moves it, window by window and never back."""


def required(name: str, kind: Any, description: str) -> th.Property[Any]:  # noqa: ANN401
    """Return a key column."""
    return th.Property(name, kind, required=True, nullable=False, description=description)


SITE_ID = required("site_id", th.IntegerType, "SolarEdge's number of the site")
TIMESTAMP = required("timestamp", th.DateTimeType, "Start of the interval, UTC")
UTC_OFFSET = th.Property(
    "utc_offset_minutes",
    th.IntegerType,
    description="Minutes to add to UTC for the site's wall clock at that instant",
)


def text(name: str, description: str) -> th.Property[Any]:
    """Return a nullable text column."""
    return th.Property(name, th.StringType, description=description)


def number(name: str, description: str) -> th.Property[Any]:
    """Return a nullable number column; the description names the unit."""
    return th.Property(name, th.NumberType, description=description)


def schema(*properties: th.Property[Any]) -> dict[str, Any]:
    """Return the JSON schema of a stream."""
    return th.PropertiesList(*properties).to_dict()
