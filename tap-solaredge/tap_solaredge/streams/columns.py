"""What a column is, said once: the catalog, records, the database's comments and docs/schema.md follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tap_solaredge.measured.readings import Record


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a stream; it is nullable unless it is part of the key."""

    name: str
    kind: type[th.JSONTypeHelper[Any]]
    unit: str | None
    meaning: str
    key: bool = False
    series: str | None = None
    """The field of a device's readings (`measured.readings`) that holds the values, where one does."""

    @property
    def description(self) -> str:
        """The meaning with the unit behind it, such as `Mean power [W]`."""
        return f"{self.meaning} [{self.unit}]" if self.unit else self.meaning


def text(name: str, meaning: str, *, key: bool = False, series: str | None = None) -> Column:
    """Declare a text."""
    return Column(name, th.StringType, None, meaning, key, series)


def number(name: str, unit: str | None, meaning: str, *, series: str | None = None) -> Column:
    """Declare a number."""
    return Column(name, th.NumberType, unit, meaning, series=series)


def whole(name: str, meaning: str, *, unit: str | None = None, key: bool = False) -> Column:
    """Declare a whole number."""
    return Column(name, th.IntegerType, unit, meaning, key)


def flag(name: str, meaning: str) -> Column:
    """Declare a truth value."""
    return Column(name, th.BooleanType, None, meaning)


def moment(name: str, meaning: str, *, key: bool = False) -> Column:
    """Declare an instant in UTC."""
    return Column(name, th.DateTimeType, "UTC", meaning, key)


def day(name: str, meaning: str, *, key: bool = False) -> Column:
    """Declare a date, which is the site's own."""
    return Column(name, th.DateType, None, meaning, key)


SITE_ID = whole("site_id", "SolarEdge's number of the site", key=True)
INTERVAL = (
    moment("timestamp", "Start of the interval", key=True),
    whole("utc_offset_minutes", "What to add to UTC for the site's wall clock at that instant", unit="min"),
)


def schema_of(columns: Iterable[Column]) -> dict[str, Any]:
    """Return the JSON schema of records that have these columns."""
    properties = [
        th.Property(c.name, c.kind, required=c.key, nullable=not c.key, description=c.description)
        for c in columns
    ]
    return th.PropertiesList(*properties).to_dict()


def record_maker(columns: Iterable[Column]) -> Callable[..., Record]:
    """Return a function that takes the values of all columns in their order, and returns the record.

    It is compiled from the names: a dict display takes half the time of `dict(zip(names, values))`.
    """
    names = [column.name for column in columns]
    pairs = ", ".join(f"{name!r}: {name}" for name in names)
    made: Callable[..., Record] = eval(f"lambda {', '.join(names)}: {{{pairs}}}")  # noqa: S307 (names of ours)
    return made
