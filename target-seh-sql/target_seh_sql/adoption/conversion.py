"""One row of a SolarEdge Harvest becomes one row of ours: times to UTC, kW to W, signs. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Boolean, Date, DateTime, Double, Integer, String

from target_seh_sql.adoption.oddities import ODD, odd
from target_seh_sql.adoption.wall_time import Kind, instant_of, midnight, offset_minutes, wall_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from zoneinfo import ZoneInfo

    from sqlalchemy import Table
    from sqlalchemy.types import TypeEngine

    from target_seh_sql.errors import SchemaMismatch

OldRow = dict[str, Any]
SITE_TIMES: Final = frozenset(
    {
        *("last_update_time", "last_report_date", "last_telemetry_time", "timestamp"),
        *("first_trigger", "last_trigger"),
    }
)
"""Times by the site's clock; those of power_flows are by the machine's (gotcha 17)."""
MACHINE_TIMES: Final = frozenset({"last_sync_time", "last_data_timestamp"})
WATTS: Final = {"w": 1.0, "kw": 1000.0, "mw": 1_000_000.0}
TOLERANCE: Final = 0.1
"""Share of its power by which a flow may miss the sum of the others and still have its direction of it."""


@dataclass
class Clocks:
    """Whose clock a time was read from."""

    sites: Mapping[int, ZoneInfo]
    machine: ZoneInfo | None = None
    """The harvesting machine's zone; each site's own when None."""
    session: ZoneInfo | None = None
    """The zone in which PostgreSQL read what the old program wrote; None for UTC."""


@dataclass
class Converted:
    """A row of ours, and whether its time was one that no clock showed."""

    row: dict[str, Any]
    moved: bool = False


@dataclass
class Converter:
    """Converts the rows of one table and counts what had to be decided.

    Args:
        table: of ours.
        clocks: of the sites, of the machine and of the database's session.
        counts: of what was decided.
        source: what the old table is called.
        named_anew: what gives old rows the names of ours.
        own_time: whether the rows' timestamps are by the machine's clock.
    """

    table: Table
    clocks: Clocks
    counts: Counter[str]
    source: str
    named_anew: Callable[[OldRow], OldRow] = dict
    own_time: bool = False
    _at: str | None = None
    """Column that is looked at."""

    def __call__(self, old: OldRow, site_id: int) -> Converted:
        """Return the row of ours.

        Raises:
            SchemaMismatch: a value cannot be one of ours; the text names it.
        """
        self._at = None
        try:
            return self._converted(old, site_id)
        except ODD as error:
            raise self._odd(old) from error

    def _odd(self, old: OldRow) -> SchemaMismatch:
        row = f"row with id {old['id']}" if "id" in old else f"rows of {old.get('serial_number')}"
        column = self._at or "a value"
        return odd(self.source, row, column, repr(old[column]) if column in old else "")

    def _converted(self, old: OldRow, site_id: int) -> Converted:
        zone = self.clocks.sites[site_id]
        machine = self.clocks.machine or zone
        row, moved = {}, False
        for name, value in self.named_anew(old).items():
            self._at = name
            if isinstance(value, datetime) and (name in SITE_TIMES or name in MACHINE_TIMES):
                own = name in MACHINE_TIMES or (self.own_time and name == "timestamp")
                found = instant_of(wall_of(value, self.clocks.session), machine if own else zone)
                row[name] = found.utc
                if name == "timestamp":
                    moved = found.kind is Kind.NEVER
                    self.counts["in the repeated hour"] += found.kind is Kind.TWICE
                    self.counts["in the missing hour"] += moved
            else:
                row[name] = fitted(value, self.table.c[name].type, self.clocks.session)
        return Converted(self._finished(row, zone), moved)

    def _finished(self, row: dict[str, Any], zone: ZoneInfo) -> dict[str, Any]:
        """Fill in the columns that follow from the others."""
        if "utc_offset_minutes" in self.table.c:
            self._at = "timestamp" if "timestamp" in row else "reading_date"
            start = row["timestamp"] if "timestamp" in row else midnight(row["reading_date"], zone)
            row["utc_offset_minutes"] = offset_minutes(start, zone)
        if self.own_time:
            row["resolution"] = "SNAPSHOT"
            self.counts.update(in_watts(row))
        return row


def fitted(value: Any, kind: TypeEngine[Any], session: ZoneInfo | None = None) -> Any:  # noqa: ANN401
    """Return a value as a column of ours holds it; a time counts as UTC, a date is that of the wall clock."""
    if value is None:
        return None
    if isinstance(kind, Date):
        return wall_of(value, session).date() if isinstance(value, datetime) else _day(value)
    if isinstance(kind, DateTime):
        return wall_of(value).replace(tzinfo=UTC, microsecond=0)
    convert = next((to for column_type, to in _PLAIN if isinstance(kind, column_type)), None)
    return convert(value) if convert else value


_PLAIN: Final[tuple[tuple[type, Callable[[Any], Any]], ...]] = (
    (Boolean, bool),
    (Double, float),
    (Integer, int),
    (String, str),
)


def _day(value: Any) -> date:  # noqa: ANN401
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])


def in_watts(row: dict[str, Any]) -> Counter[str]:
    """Turn the powers of a flow, which were never negative, into W with signs; tell what is not known.

    Storage is signed by its status. The grid's status tells no direction: it is signed by what the other
    three leave over, and NULL where they leave something else.
    """
    factor = WATTS.get(str(row.get("unit") or "").strip().lower())
    if factor is None:  # kept as it is (gotcha 61)
        return Counter({"of unknown unit, kept as they are": 1})
    for name in ("grid_power", "pv_power", "load_power", "storage_power"):
        if row.get(name) is not None:
            row[name] *= factor
    row["unit"] = "W"
    counts: Counter[str] = Counter()
    for name, signed in (("storage_power", _storage), ("grid_power", _grid)):  # the grid's from the storage's
        power = signed(row)
        counts[f"with {name} of unknown direction, now NULL"] += power is None and row.get(name) is not None
        row[name] = power
    return counts


def _storage(row: Mapping[str, Any]) -> float | None:
    power, status = row.get("storage_power"), str(row.get("storage_status") or "").lower()
    if not power or status == "charging":
        return power
    return -power if status == "discharging" else None


def _grid(row: Mapping[str, Any]) -> float | None:
    """Return what goes to the grid: + export, - import."""
    power = row.get("grid_power")
    if not power:
        return power
    if row.get("load_power") is None:
        return None
    over = (row.get("pv_power") or 0.0) - row["load_power"] - (row.get("storage_power") or 0.0)
    return next((sign for sign in (power, -power) if abs(sign - over) <= TOLERANCE * power), None)
