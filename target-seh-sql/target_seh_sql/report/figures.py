"""What the report shows of one site: sums and means that the database makes from the views."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from target_seh_sql.errors import SchemaMismatch
from target_seh_sql.status.freshness import StreamStatus, statuses
from target_seh_sql.tables.views import in_words_of, names_of_views

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from sqlalchemy import Connection, Table

Row = dict[str, Any]
NEEDED: Final = ("energy_by_day", "energy_by_month", "energy_by_year", "power_by_time", "latest_flow")
MAP_DAYS: Final = 365
"""Days of the map of hours."""

SITES: Final = "SELECT id AS site_id, name, peak_power, timezone FROM {sites} ORDER BY id"
LATEST: Final = "SELECT * FROM {latest_flow} WHERE site_id = :site_id"
CURVE: Final = """
    SELECT local_time, pv_power, load_power, grid_power, storage_power, storage_charge_level
    FROM {power_by_time}
    WHERE site_id = :site_id AND timestamp >= :since AND local_date = :day
    ORDER BY timestamp"""
DAYS: Final = """
    SELECT day, production_wh, consumption_wh, self_consumption_wh, feed_in_wh, purchased_wh
    FROM {energy_by_day}
    WHERE site_id = :site_id AND (day >= :month OR day BETWEEN :month_before AND :month_before_end)
    ORDER BY day"""
MONTHS: Final = "SELECT * FROM {energy_by_month} WHERE site_id = :site_id ORDER BY month"
YEARS: Final = "SELECT * FROM {energy_by_year} WHERE site_id = :site_id ORDER BY year"
HOURS: Final = """
    SELECT local_date, HOUR_OF(local_time) AS hour, avg(pv_power) AS pv_power
    FROM {power_by_time}
    WHERE site_id = :site_id AND timestamp >= :since
    GROUP BY local_date, HOUR_OF(local_time)
    ORDER BY local_date, HOUR_OF(local_time)"""
BEST_DAY: Final = """
    SELECT day, production_wh FROM {energy_by_day}
    WHERE site_id = :site_id AND production_wh > 0 ORDER BY production_wh DESC LIMIT 1"""
BEST_POWER: Final = """
    SELECT local_time, pv_power FROM {power_by_time}
    WHERE site_id = :site_id AND pv_power > 0 ORDER BY pv_power DESC LIMIT 1"""
BATTERY: Final = """
    SELECT month, sum(charged_wh) AS charged_wh, sum(discharged_wh) AS discharged_wh, sum(cycles) AS cycles,
        100.0 * sum(discharged_wh) / nullif(sum(charged_wh), 0) AS round_trip_efficiency
    FROM {battery_by_month} WHERE site_id = :site_id GROUP BY month ORDER BY month"""


@dataclass
class SiteFigures:
    """Everything that is shown of one site; energies in Wh, powers in W."""

    site_id: int
    name: str
    peak_power: float | None
    """kWp."""
    latest: Row | None
    day: date | None
    """The newest day with a value: what the page calls today."""
    curve: list[Row] = field(default_factory=list)
    days: list[Row] = field(default_factory=list)
    """This month's, and those of the same month a year before."""
    months: list[Row] = field(default_factory=list)
    years: list[Row] = field(default_factory=list)
    hours: list[Row] = field(default_factory=list)
    """Mean production by day and hour."""
    best_day: Row | None = None
    best_power: Row | None = None
    battery: list[Row] = field(default_factory=list)
    streams: list[StreamStatus] = field(default_factory=list)

    @property
    def best_month(self) -> Row | None:
        """The month with the most production."""
        known = [month for month in self.months if month["production_wh"]]
        return max(known, key=lambda month: float(month["production_wh"]), default=None)


def figures(
    connection: Connection, tables: Mapping[str, Table], site_ids: Collection[int] = ()
) -> Iterator[SiteFigures]:
    """Yield the figures of the wanted sites, or of all.

    Raises:
        SchemaMismatch: there are no views, no sites, or not those that are wanted.
    """
    asked = _Asked(connection, tables)
    sites = [site for site in asked.rows(SITES) if not site_ids or site["site_id"] in site_ids]
    if unknown := set(site_ids) - {site["site_id"] for site in sites}:
        raise SchemaMismatch(f"no such site is in the database: {', '.join(map(str, sorted(unknown)))}")
    if not sites:
        raise SchemaMismatch("there is no site in the database yet: run the pipeline first")
    told = statuses(connection, tables, [site["site_id"] for site in sites])
    for site in sites:
        yield _of_site(asked, site, [stream for stream in told if stream.site_id == site["site_id"]])


class _Asked:
    """Asks in the words of the database."""

    def __init__(self, connection: Connection, tables: Mapping[str, Table]) -> None:
        self._connection = connection
        quoted = connection.dialect.identifier_preparer.format_table
        self._names = names_of_views(connection, tables) | {"sites": quoted(tables["sites"])}
        if missing := [name for name in NEEDED if name not in self._names]:
            raise SchemaMismatch(f"there is no view {missing[0]!r}: run target-seh-sql init-db to make it")

    def has(self, view: str) -> bool:
        """Whether a view is there."""
        return view in self._names

    def rows(self, query: str, **values: Any) -> list[Row]:  # noqa: ANN401
        """Return rows as dictionaries: dates and times as such, numbers as floats."""
        sql = in_words_of(self._connection.dialect.name, query, self._names)
        found = self._connection.execute(text(sql), values).mappings()
        return [{name: _plain(name, value) for name, value in row.items()} for row in found]


def _plain(name: str, value: Any) -> Any:  # noqa: ANN401
    """Return what databases give in different forms in one."""
    if isinstance(value, str) and name in {"day", "month", "local_date"}:
        return date.fromisoformat(value)
    if isinstance(value, str) and name in {"local_time", "timestamp"}:
        return datetime.fromisoformat(value)
    return value if value is None or isinstance(value, str | date | int) else float(value)


def _of_site(asked: _Asked, site: Row, streams: list[StreamStatus]) -> SiteFigures:
    site_id = site["site_id"]
    latest = next(iter(asked.rows(LATEST, site_id=site_id)), None)
    months = asked.rows(MONTHS, site_id=site_id)
    found = SiteFigures(
        site_id, site["name"], site["peak_power"], latest, None, months=months, streams=streams,
        years=asked.rows(YEARS, site_id=site_id),
        best_day=next(iter(asked.rows(BEST_DAY, site_id=site_id)), None),
        best_power=next(iter(asked.rows(BEST_POWER, site_id=site_id)), None),
    )  # fmt: skip
    if asked.has("battery_by_month"):
        found.battery = asked.rows(BATTERY, site_id=site_id)
    if latest is not None:
        _add_today(asked, found, latest)
    return found


def _add_today(asked: _Asked, found: SiteFigures, latest: Row) -> None:
    day = found.day = latest["local_time"].date()
    utc = latest["timestamp"].replace(tzinfo=None)
    since = {"site_id": found.site_id, "since": _text(utc - timedelta(days=2))}
    found.curve = asked.rows(CURVE, day=day.isoformat(), **since)
    first = day.replace(day=1)
    before = first.replace(year=first.year - 1)
    found.days = asked.rows(
        DAYS, site_id=found.site_id, month=first.isoformat(), month_before=before.isoformat(),
        month_before_end=(before + timedelta(days=31)).replace(day=1).isoformat(),
    )  # fmt: skip
    found.hours = asked.rows(HOURS, site_id=found.site_id, since=_text(utc - timedelta(days=MAP_DAYS)))


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")
