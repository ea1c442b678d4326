"""What makes two records one thing: a meter is its serial number and type, a device its serial number."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from sqlalchemy import delete, select, update

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Table

    from target_seh_sql.load.records import RecordType, Row

logger = logging.getLogger("target-seh-sql")

Named: TypeAlias = "tuple[int, str]"
"""Site and name of a meter."""
Identity: TypeAlias = "tuple[int, str, str]"
"""Site, serial number and type of a meter."""
Stored: TypeAlias = "Mapping[Named, tuple[int, Identity | None]]"
"""Id and identity of the meters that the database has."""

_CHECK_DIGITS: Final = re.compile("-[0-9a-f]{2}$")


class MeterNames:
    """Names that meters had before they were renamed: their readings may still come under these."""

    def __init__(self) -> None:
        self._now: dict[Named, str] = {}
        """Name that a meter has now, by the name that it had."""

    def of_readings(self, rows: Iterable[Any]) -> None:
        """Give readings the name that their meter has now."""
        if self._now:
            for row in rows:
                row.meter_name = self._now.get((row.site_id, row.meter_name), row.meter_name)

    def of_meters(
        self, connection: Connection, tables: Mapping[str, Table], rows: Sequence[Any], now: datetime
    ) -> list[Row]:
        """Return one row for each meter, under its newest name; rename those stored under another."""
        stored = _stored_meters(connection, tables["meters"], {row.site_id for row in rows})
        before: dict[Identity | None, Named] = {
            identity: named for named, (_, identity) in stored.items() if identity
        }
        for row in rows:
            made = (row.site_id, f"{row.meter_type} {row.serial_number}")
            if _identity(row) and made in stored and stored[made][1] is None:
                before.setdefault(_identity(row), made)  # read before a list named it
        bearers = dict(before)
        newest: dict[Named | Identity, Any] = {}
        for row in rows:
            identity = _identity(row)
            if identity:
                self._renamed(bearers.get(identity), row)
                bearers[identity] = _named(row)
            newest[identity or _named(row)] = row
        for row in newest.values():
            self._now.pop(_named(row), None)
        by_name = {_named(row): row for row in newest.values()}
        old_names = {named: before.get(_identity(row)) for named, row in by_name.items()}
        moved = {stored[old][0]: named for named, old in old_names.items() if old and old != named}
        new = [named for named, row in by_name.items() if _is_another(stored.get(named), row)]
        _rename(connection, tables, stored, moved=moved, new=new, now=now)
        return list(newest.values())

    def _renamed(self, old: Named | None, row: Any) -> None:  # noqa: ANN401
        if old is None or old[1] == row.name:
            return
        logger.info("site %d: the meter %r is named %r now", row.site_id, old[1], row.name)
        for each, name in self._now.items():
            if (each[0], name) == old:
                self._now[each] = row.name
        self._now[old] = row.name


def _named(row: Any) -> tuple[int, str]:  # noqa: ANN401
    return (row.site_id, row.name)


def _identity(row: Any) -> Identity | None:  # noqa: ANN401
    """Return what a meter is; None where serial number or type is missing, so that only its name tells."""
    return (row.site_id, row.serial_number, row.meter_type) if row.serial_number and row.meter_type else None


def _is_another(stored: tuple[int, Identity | None] | None, row: Any) -> bool:  # noqa: ANN401
    """Whether a row is another meter than the stored one of its name; check digits come and go."""
    theirs, ours = stored and stored[1], _identity(row)
    if not theirs or not ours:
        return False
    return theirs[2] != ours[2] or _bare(theirs[1]) != _bare(ours[1])


def _bare(serial: str) -> str:
    return _CHECK_DIGITS.sub("", serial.strip().casefold())


def _stored_meters(connection: Connection, meters: Table, sites: set[int]) -> Stored:
    c = meters.c
    query = select(c.id, c.site_id, c.name, c.serial_number, c.meter_type).where(c.site_id.in_(sorted(sites)))
    return {_named(meter): (meter.id, _identity(meter)) for meter in connection.execute(query.order_by(c.id))}


TWIN_KEYS: Final = frozenset({"id", "meter_id", "timestamp", "created_at"})
"""What a reading keeps when it takes the values of another one."""


def _rename(
    connection: Connection,
    tables: Mapping[str, Table],
    stored: Stored,
    *,
    moved: Mapping[int, Named],
    new: Sequence[Named],
    now: datetime,
) -> None:
    """Give meters, by id, their new names; what has such a name now, or that of a new one, makes room."""
    meters = tables["meters"]

    def name(meter: int, text: str) -> None:
        connection.execute(update(meters).where(meters.c.id == meter).values(name=text, updated_at=now))

    for kept, named in moved.items():
        there, identity = stored.get(named, (kept, None))
        if there not in moved and identity is None:  # made for readings that came before the name was known
            _move_readings(connection, tables, there, kept)
            connection.execute(delete(meters).where(meters.c.id == there))
    for kept in moved:  # two may change places: no name is taken twice meanwhile
        name(kept, f"renamed {kept}")
    taken = {named for named, (there, _) in stored.items() if there not in moved}
    for named in {*moved.values(), *new} & taken:
        there, identity = stored[named]
        if identity:
            room = f"{named[1][:60]} ({identity[1][:36]})"
            name(there, f"{named[1][:60]} ({there})" if (named[0], room) in taken else room)
    for kept, named in moved.items():
        name(kept, named[1])


def _move_readings(connection: Connection, tables: Mapping[str, Table], old: int, new: int) -> None:
    """Hang the readings of one meter on another; where both have one, the values of the first win.

    They stand under the new name, so they came last; a NULL replaces nothing.
    """
    readings = tables["meter_readings"]
    kept, later = readings.alias("kept"), readings.alias("later")
    values = [column for column in later.c if column.name not in TWIN_KEYS]
    both = (kept.c.meter_id == new, later.c.meter_id == old, kept.c.timestamp == later.c.timestamp)
    for number, *twin in connection.execute(select(kept.c.id, *values).where(*both)).all():
        told = {column.name: value for column, value in zip(values, twin, strict=True) if value is not None}
        connection.execute(update(readings).where(readings.c.id == number).values(**told))
    taken = select(kept.c.timestamp).where(kept.c.meter_id == new).scalar_subquery()
    hanging = (readings.c.meter_id == old, readings.c.timestamp.not_in(taken))
    connection.execute(update(readings).where(*hanging).values(meter_id=new))


def active_ones(
    connection: Connection, tables: Mapping[str, Table], kind: RecordType, rows: Sequence[Any]
) -> Sequence[Row]:
    """Leave out a device that is inactive at this site and active at another, whichever came first."""
    if kind.stream.key != ("serial_number",) or all(row.active is not False for row in rows):
        return rows
    at = _active_at(connection, tables[kind.stream.name], {row.serial_number for row in rows})
    at.update({row.serial_number: row.site_id for row in rows if row.active})
    return [
        row
        for row in rows
        if row.active is not False or at.get(row.serial_number, row.site_id) == row.site_id
    ]


def _active_at(connection: Connection, devices: Table, serials: set[str]) -> dict[str, int]:
    """Return the site of each stored device that is active, by serial number."""
    c = devices.c
    query = select(c.serial_number, c.site_id).where(c.active.is_(True), c.serial_number.in_(sorted(serials)))
    return dict(connection.execute(query).tuples().all())
