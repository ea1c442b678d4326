"""Devices that say nothing while others of their site do, and which sums are empty because of them.

The tap keeps a sum over meters or batteries empty as long as one of them that SolarEdge lists as active says
nothing, for three months at most: a part of it would pass for the whole. A device counts as silent when its
site had values a day and more after the last one of the device, in a stream that went well meanwhile: so a
night, and a site that is offline as a whole, is no device's silence. Nothing is known of devices that are
inactive, that never told anything, of which nobody says whether they are active (API V1, SolarEdge Harvest),
or that may have left the list, which then has fewer than the table.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import func, or_, select

from target_seh_sql.status.gaps import QUARTER_STREAMS
from target_seh_sql.status.series import just_before, seconds
from target_seh_sql.status.silent import INTERVAL, Silent
from target_seh_sql.tables.streams import WELL

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from sqlalchemy import ColumnCollection, ColumnElement, Connection, Table

    from target_seh_sql.status.freshness import StreamStatus

    Columns = ColumnCollection[str, ColumnElement[Any]]
    Span = list[ColumnElement[bool]]

AWAITED: Final = timedelta(days=92)
"""So long the tap keeps sums empty for a device that says nothing."""
SILENCE: Final = timedelta(days=1)
COMPARED: Final = timedelta(days=2)
"""So much before and after a device's last value is looked at for sums that are empty since then."""


class Kind(NamedTuple):
    """Devices of a kind, and what needs all of them."""

    devices: str
    readings: str
    values: tuple[str, ...]
    """Columns of which a row with any tells that the device spoke."""
    sums: Mapping[str, tuple[str, ...]]
    """Columns that need all devices of the kind, by table."""


KINDS: Final = (
    Kind("meters", "meter_readings", ("power", "energy_wh", "energy_lifetime"), {
        "power_flows": (
            "grid_power", "feed_in_power", "purchased_power", "self_consumption_power", "load_power",
        ),
        "energy_readings": ("feed_in_wh", "purchased_wh", "self_consumption_wh", "consumption_wh"),
    }),
    Kind("batteries", "battery_readings", ("state_of_charge", "charge_power", "discharge_power"), {
        "power_flows": ("storage_power", "storage_charge_level", "load_power"),
        "energy_readings": ("charged_wh", "discharged_wh", "consumption_wh"),
    }),
    Kind("equipment", "inverter_readings", ("power", "energy_wh"), {}),
)  # fmt: skip
INVERTER: Final = "INVERTER"


class Newest(NamedTuple):
    """The newest value of a device."""

    site_id: int
    serial: str
    at: datetime
    """Start of its interval, UTC."""


def find_silent_devices(
    connection: Connection,
    tables: Mapping[str, Table],
    found: Sequence[StreamStatus],
    now: datetime,
    site_ids: Collection[int] = (),
) -> None:
    """Put into the streams which of their devices are silent.

    Args:
        connection: to the database.
        tables: those that are there.
        found: all streams of the sites that are looked at.
        now: UTC; what is dated later is not believed.
        site_ids: those sites; all when empty.
    """
    streams = {(each.stream, each.site_id): each for each in found}
    went_on: dict[int, datetime] = {}
    for each in found:
        if each.stream in QUARTER_STREAMS and each.newest is not None and each.newest <= now:
            went_on[each.site_id] = max(each.newest, went_on.get(each.site_id, each.newest))
    if not went_on:
        return
    begin = max(went_on.values()) - AWAITED
    for kind in KINDS:
        listings: defaultdict[Newest, list[str]] = defaultdict(list)
        for newest, name in _newest(connection, tables, kind, begin, site_ids):
            listings[newest].append(name)
        for device, names in listings.items():
            site_id, until = device.site_id, went_on.get(device.site_id)
            stream = streams.get((kind.readings, site_id)) or streams.get((kind.devices, site_id))
            if until is not None and stream is not None and _is_silent(device, stream, until):
                empty = dict(_empty(connection, tables, kind, device, until))
                stream.silent.append(Silent(_called(names, device.serial), device.at, empty))


def _called(names: Sequence[str], serial: str) -> str:
    named = ", ".join(filter(None, names))
    return f"{named} ({serial})" if named else serial


def _is_silent(device: Newest, stream: StreamStatus, went_on: datetime) -> bool:
    """Whether a device told nothing for a day in which others did and it was asked."""
    well = (stream.status or "").strip().casefold() == WELL[0]
    return well and stream.read_at is not None and min(went_on, stream.read_at) - device.at > SILENCE


def _newest(
    connection: Connection,
    tables: Mapping[str, Table],
    kind: Kind,
    begin: datetime,
    site_ids: Collection[int],
) -> Iterator[tuple[Newest, str]]:
    """Yield the newest value since an instant, and the name, of each listing that is active."""
    device, other = tables[kind.devices].c, tables[kind.devices].alias().c
    known = select(func.count()).where(other.site_id == device.site_id, other.active.is_not(None))
    synced = tables["sync_metadata"].c
    listed = select(synced.records_synced).where(
        synced.site_id == device.site_id, synced.data_type == kind.devices
    )
    wanted: list[ColumnElement[bool]] = [
        device.active.is_(True),
        device.serial_number.is_not(None),
        listed.scalar_subquery() >= known.scalar_subquery(),
    ]
    wanted += [device.equipment_type == INVERTER] if "equipment_type" in device else []
    wanted += [device.site_id.in_(site_ids)] if site_ids else []
    times = list(_times(connection, tables, kind, begin))
    query = select(device.site_id, device.serial_number, device.name, *times).where(*wanted)
    for site_id, serial, name, *found in connection.execute(query.order_by(device.id)) if times else ():
        told = [at for at in found if at is not None and at >= begin.timestamp()]
        if told:
            yield Newest(site_id, serial, datetime.fromtimestamp(int(max(told)), UTC)), name or ""


def _times(
    connection: Connection, tables: Mapping[str, Table], kind: Kind, begin: datetime
) -> Iterator[ColumnElement[int]]:
    """Yield what tells the newest value of a device: the index of its readings, and its own row."""
    device = tables[kind.devices].c
    if kind.readings in tables:
        row = tables[kind.readings].c
        mine = [row.meter_id == device.id] if "meter_id" in row else [
            row.site_id == device.site_id, row.serial_number == device.serial_number
        ]  # fmt: skip
        told = or_(*(row[name].is_not(None) for name in kind.values))
        newest = select(seconds(connection, row.timestamp))
        newest = newest.where(*mine, told, row.timestamp > just_before(begin))
        yield newest.order_by(row.timestamp.desc()).limit(1).scalar_subquery()
    if "last_telemetry_time" in device:
        yield seconds(connection, device.last_telemetry_time)


def _empty(
    connection: Connection, tables: Mapping[str, Table], kind: Kind, silent: Newest, until: datetime
) -> Iterator[tuple[str, list[str]]]:
    """Yield the columns that need a device, had values up to its last one, and have none since, by table."""
    for name, sums in kind.sums.items():
        columns = tables[name].c
        mine = [columns.site_id == silent.site_id]
        mine += [columns.time_unit == "DAY"] if "time_unit" in columns else []
        before, since = _spans(columns, silent.at, until)
        counts = [
            connection.execute(
                select(func.count(), *(func.count(columns[each]) for each in sums)).where(*mine, *span)
            ).one()
            for span in (before, since)
        ]
        (_, *had), (rows, *have) = counts
        names = [each for each, old, new in zip(sums, had, have, strict=True) if old and not new]
        if rows and names:
            yield name, names


def _spans(columns: Columns, last: datetime, until: datetime) -> tuple[Span, Span]:
    """Return what rows are of the time before a device's last value, and what of the newest without it."""
    newest = until - COMPARED
    if "reading_date" in columns:
        day = columns["reading_date"]
        return [day > (last - COMPARED).date(), day <= last.date()], [day > max(last, newest).date()]
    time, after = columns["timestamp"], last + INTERVAL
    before = [time > just_before(after - COMPARED), time < just_before(after)]
    return before, [time > just_before(max(after, newest))]
