"""What the page knows of a site: its days, quarter hours, battery, alerts, and what is missing."""

from __future__ import annotations

from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import inf, isfinite
from typing import TYPE_CHECKING, Final

from target_seh_sql.clocks import in_utc
from target_seh_sql.errors import SchemaMismatch
from target_seh_sql.report.quarters import quarter_hours
from target_seh_sql.report.reader import Reader, day_number
from target_seh_sql.status.agreement import TOLERANCE, agreement_of, of_site
from target_seh_sql.status.freshness import StreamStatus, statuses
from target_seh_sql.status.silent_devices import find_silent_devices

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import Future

    from sqlalchemy import Connection, Table

    from target_seh_sql.report.packing import Quarters
    from target_seh_sql.report.reader import Row
    from target_seh_sql.status.agreement import Agreement

SESSIONS: Final = 4
"""So many sites are read at once: more than processors, since each waits for the server at times."""
WHOLE_SITES: Final = 5
"""Of so many sites the page has all quarter hours, of more than that the last ones of each."""
LAST_DAYS: Final = timedelta(days=35)
MILLI: Final = 3
"""Decimals of a watt-hour that are kept: sums of years are then those of the database."""

SITES: Final = """
    SELECT id AS site_id, name, peak_power, currency, timezone, city, country, installation_date
    FROM {sites} ORDER BY id"""
LATEST: Final = "SELECT * FROM {latest_flow} WHERE site_id = :site_id"
LATEST_READING: Final = """
    SELECT timestamp, LOCAL_TIME(r) AS local_time, power_watts AS pv_power FROM {power_readings} r
    WHERE site_id = :site_id AND power_watts IS NOT NULL ORDER BY timestamp DESC LIMIT 1"""
"""The same of a site without flows."""
DAYS: Final = """
    SELECT day, production_wh, consumption_wh, self_consumption_wh, feed_in_wh, purchased_wh
    FROM {energy_by_day} WHERE site_id = :site_id ORDER BY day"""
ENERGIES: Final = ("production", "consumption", "own", "feedIn", "purchased", "charged", "discharged")
"""Energies of a day as the page calls them, in the order of the queries."""
SUMS: Final = {
    "grid_power": "grid",
    **dict.fromkeys(("feed_in_power", "feed_in_wh"), "feedIn"),
    **dict.fromkeys(("purchased_power", "purchased_wh"), "purchased"),
    **dict.fromkeys(("self_consumption_power", "self_consumption_wh"), "own"),
    **dict.fromkeys(("load_power", "consumption_wh"), "consumption"),
    **dict.fromkeys(("storage_power", "charged_wh", "discharged_wh"), "battery"),
    "storage_charge_level": "charge",
}
"""What the page calls the columns that are sums over devices."""
BATTERY_DAYS: Final = """
    SELECT LOCAL_DATE(b) AS day,
        sum(CASE WHEN b.charge_energy_wh >= 0 THEN b.charge_energy_wh END),
        sum(CASE WHEN b.discharge_energy_wh >= 0 THEN b.discharge_energy_wh END)
    FROM {battery_readings} b WHERE b.site_id = :site_id GROUP BY LOCAL_DATE(b)"""
CAPACITY: Final = """
    SELECT sum(coalesce(capacity, nameplate_capacity)) FROM {batteries}
    WHERE site_id = :site_id AND coalesce(active, 1 = 1)"""
ALERTS: Final = """
    SELECT type, impact, status, first_trigger, last_trigger, component_name FROM {alerts}
    WHERE site_id = :site_id
    ORDER BY CASE WHEN status = 'OPEN' THEN 0 ELSE 1 END, last_trigger DESC LIMIT 50"""
TRIGGERS: Final = ("first_trigger", "last_trigger")


@dataclass(frozen=True)
class SiteFigures:
    """Everything that is shown of one site; energies in Wh, powers in W."""

    about: Row
    """What the list of sites shows of it."""
    details: Row
    """What its own page shows besides the quarter hours."""
    quarters: Quarters


class Figures:
    """The figures of the wanted sites of a database, or of all, one site after the other."""

    def __init__(
        self, connection: Connection, tables: Mapping[str, Table], site_ids: Collection[int] = ()
    ) -> None:
        """Look which sites there are.

        Raises:
            SchemaMismatch: there are no views, or no sites.
        """
        self._engine, self._tables = connection.engine, tables
        self._reader = Reader(connection, tables)
        self.sites = [s for s in self._reader.rows(SITES) if not site_ids or s["site_id"] in site_ids]
        _tell_namesakes_apart(self.sites)
        if not self.sites:
            raise SchemaMismatch("there is no site in the database yet: run the pipeline first")
        self.last = None if site_ids or len(self.sites) <= WHOLE_SITES else LAST_DAYS
        """So many days of quarter hours there are of each site; None: all."""
        connection.rollback()  # behind a pooler, the sessions that read the sites may wait for this one

    def __iter__(self) -> Iterator[SiteFigures]:
        """Read the sites, some at once, each in a session of its own: servers have several processors."""
        with ThreadPoolExecutor(SESSIONS) as pool:
            health = pool.submit(self._health)
            begun: deque[Future[SiteFigures]] = deque()
            for site in self.sites:
                begun.append(pool.submit(self._of_site, site, health))
                if len(begun) > SESSIONS:
                    yield begun.popleft().result()
            yield from (site.result() for site in begun)

    def _health(self) -> tuple[dict[int, list[StreamStatus]], Agreement]:
        """Return the status of each site's streams, and how the sites agree with SolarEdge."""
        streams: dict[int, list[StreamStatus]] = {site["site_id"]: [] for site in self.sites}
        with self._engine.connect() as connection:
            found = statuses(connection, self._tables, list(streams))
            find_silent_devices(connection, self._tables, found, datetime.now(UTC), list(streams))
            for status in found:
                streams[status.site_id].append(status)
            return streams, agreement_of(connection, self._tables, list(streams))

    def _of_site(
        self, site: Row, health: Future[tuple[dict[int, list[StreamStatus]], Agreement]]
    ) -> SiteFigures:
        with self._engine.connect() as connection:
            reader, site_id = self._reader.beside(connection), site["site_id"]
            latest, days = _latest_row(reader, site_id), _days(reader, site_id)
            alerts = _alerts(reader, site_id) if reader.has("alerts") else None
            capacity = _rounded(reader.tuples(CAPACITY, site_id=site_id)[0][0])
            quarters = quarter_hours(reader, site, self.last)
        streams, agreements = health.result()
        agreement = _agreed(of_site(agreements, site_id))
        details = {
            "days": days,
            "capacity": capacity,
            "streams": [_stream(stream) for stream in streams[site_id]],
            "alerts": alerts,
            "agreement": agreement,
        }
        about = {
            "id": site_id, "name": site["name"], "peak": site["peak_power"], "currency": site["currency"],
            "place": ", ".join(filter(None, (site["city"], site["country"]))),
            "latest": latest and _latest(latest), **_newest(days),
            "alerts": None if alerts is None else sum(alert["status"] == "OPEN" for alert in alerts),
            "agreement": agreement and agreement["worst"],
            "failed": any(stream.failed for stream in streams[site_id]),
        }  # fmt: skip
        return SiteFigures(about, details, quarters)


def _tell_namesakes_apart(sites: Sequence[Row]) -> None:
    """Add its number to the name of each site that has it in common with another one."""
    names = Counter(site["name"] for site in sites)
    for site in sites:
        if names[site["name"]] > 1:
            site["name"] = f"{site['name']} ({site['site_id']})"


def _latest_row(reader: Reader, site_id: int) -> Row | None:
    """Return the newest row with a power, None if there is none."""
    found = reader.rows(LATEST, site_id=site_id)
    if not found and reader.has("power_readings"):
        found = reader.rows(LATEST_READING, site_id=site_id)
    return found[0] if found else None


def _alerts(reader: Reader, site_id: int) -> list[Row]:
    """Return alerts with times as seconds since 1970."""
    return [
        {**alert, **{name: alert[name] and int(in_utc(alert[name]).timestamp()) for name in TRIGGERS}}
        for alert in reader.rows(ALERTS, site_id=site_id)
    ]


def _days(reader: Reader, site_id: int) -> Row:
    """Return the energies of all days from the first one on; a battery's charge beside them."""
    found = {day_number(day): energies for day, *energies in reader.tuples(DAYS, site_id=site_id)}
    battery: dict[int, list[float | None]] = {}
    if reader.has("battery_readings"):
        taken_and_given = reader.tuples(BATTERY_DAYS, site_id=site_id)
        battery = {day_number(day): energies for day, *energies in taken_and_given}
    known = found.keys() | battery.keys()
    if not known:
        return {"first": 0, **{name: [] for name in ENERGIES}}
    span = range(min(known), max(known) + 1)
    nothing = [None] * len(ENERGIES)
    rows = [[*found.get(day, nothing[:5]), *battery.get(day, nothing[:2])] for day in span]
    columns = zip(ENERGIES, zip(*rows, strict=True), strict=True)
    return {"first": span.start, **{name: [_rounded(v) for v in column] for name, column in columns}}


def _rounded(value: float | None) -> float | None:
    return None if value is None or not isfinite(value) else round(float(value), MILLI)


def _latest(row: Row) -> Row:
    """Return the newest moment with its local time as minutes since 1970."""
    return {
        "at": int(in_utc(row["timestamp"]).timestamp()),
        "local": int(in_utc(row["local_time"]).timestamp()) // 60,
        "moment": row.get("resolution") == "SNAPSHOT",
        "pv": row["pv_power"], "load": row.get("load_power"), "grid": row.get("grid_power"),
        "storage": row.get("storage_power"), "charge": row.get("storage_charge_level"),
    }  # fmt: skip


def _newest(days: Row) -> Row:
    """Return what the list of sites shows of the days: the last of any energy, the newest with production."""
    production, first = days["production"], days["first"]
    last = _last(zip(*(days[name] for name in ENERGIES), strict=True))
    place = _last(zip(production, strict=True))
    about = {"last": None if last is None else first + last}
    if place is None:
        return {**about, "day": None, "today": None, "month": None, "year": None}
    newest = datetime.fromtimestamp((first + place) * 86_400, UTC).date()
    month, year = newest.day, newest.timetuple().tm_yday
    return {
        **about,
        "day": first + place,
        "today": production[place],
        "month": _sum(production[max(0, place + 1 - month) : place + 1]),
        "year": _sum(production[max(0, place + 1 - year) : place + 1]),
    }


def _last(rows: Iterable[Sequence[float | None]]) -> int | None:
    """Return the place of the last row that has a value."""
    return max((place for place, row in enumerate(rows) if set(row) != {None}), default=None)


def _sum(values: list[float | None]) -> float:
    return round(sum(value for value in values if value is not None), MILLI)


def _agreed(found: Agreement) -> Row | None:
    """Return how a site agrees with SolarEdge's own figures; None where there are none."""
    if not found.compared and not found.waiting:
        return None
    return {
        "months": found.months,
        "agreeing": found.agreeing(TOLERANCE),
        "toCome": len(found.waiting),
        "worst": None if found.worst in {None, inf} else round(found.worst or 0.0, MILLI),
        "differs": [
            {
                "month": each.month and day_number(each.month), "quantity": each.quantity,
                "ours": _rounded(each.ours_wh), "theirs": _rounded(each.theirs_wh),
                "percent": _rounded(each.percent), "missing": each.days_missing,
            }
            for each in found.differing(TOLERANCE)
        ],
    }  # fmt: skip


def _stream(stream: StreamStatus) -> Row:
    return {
        "name": stream.stream,
        "rows": stream.rows,
        "newest": stream.newest and int(stream.newest.timestamp()),
        "read": stream.read_at and int(stream.read_at.timestamp()),
        "gaps": len(stream.gaps),
        "missing": sum(gap.missing for gap in stream.gaps),
        "failed": (stream.error or "") if stream.failed else None,
        "silent": [
            {
                "device": each.device,
                "since": int(each.since.timestamp()),
                "empty": list(dict.fromkeys(SUMS[name] for names in each.empty.values() for name in names)),
            }
            for each in stream.silent
        ],
    }
