"""What each series of quarter hours has: how many rows, the first and the newest, as its index tells them.

A series is a site's, a meter's, or a device's of a site. Sites and meters are looked up one by one in the
index of their key, so that a window of some weeks costs the same however many years lie before it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import BigInteger, and_, cast, exists, func, literal, null, select

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, FromClause, ScalarSelect, Table

QUARTER: Final = 900
"""Seconds."""
ON_THE_QUARTER: Final = ("00:00", "15:00", "30:00", "45:00")


class Series(NamedTuple):
    """The quarter hours of one series since an instant; instants are seconds since 1970."""

    site_id: int
    owner: int
    """The site, or the meter."""
    name: str | None
    """Name of the meter, or serial number of the device."""
    rows: int
    first: int | None
    newest: int | None
    older: bool
    """Whether there are rows before that instant."""


def series_of(
    connection: Connection,
    tables: Mapping[str, Table],
    stream: str,
    site_ids: Collection[int],
    since: datetime | None,
) -> Iterator[Series]:
    """Yield the series of a stream of some sites, or of all; `since` is UTC, None looks at everything."""
    table = tables[stream].c
    if "serial_number" in table:
        found = _of_devices(connection, tables[stream], site_ids, since)
    elif "meter_id" in table:
        meters = tables["meters"]
        names = (meters.c.site_id, meters.c.name)
        found = _of_owners(connection, tables[stream], meters, names, since)
    else:
        sites = tables["sites"]
        found = _of_owners(connection, tables[stream], sites, (sites.c.id, null()), since)
    return (each for each in found if not site_ids or each.site_id in site_ids)


def _of_owners(
    connection: Connection,
    table: Table,
    owners: Table,
    names: tuple[ColumnElement[int], ColumnElement[Any]],
    since: datetime | None,
) -> Iterator[Series]:
    key = table.c.meter_id if "meter_id" in table.c else table.c.site_id
    all_times = [key == owners.c.id, *intervals(connection, table)]

    time = table.c.timestamp
    mine = [*all_times, *_after(table, since)]

    def end(
        order: ColumnElement[Any],
    ) -> ScalarSelect[Any]:  # from an index
        return select(seconds(connection, time)).where(*mine).order_by(order).limit(1).scalar_subquery()

    count = select(func.count()).where(*mine).scalar_subquery()
    query = select(
        names[0], owners.c.id, names[1], count, end(time), end(time.desc()), _older(table, all_times, since)
    )
    for site, owner, title, rows, first, newest, older in connection.execute(query.order_by(owners.c.id)):
        yield Series(site, owner, title, rows, _whole(first), _whole(newest), bool(older))


def _of_devices(
    connection: Connection, table: Table, site_ids: Collection[int], since: datetime | None
) -> Iterator[Series]:
    keys, time = (table.c.site_id, table.c.serial_number), table.c.timestamp
    wanted = [*intervals(connection, table), *_after(table, since)]
    wanted += [table.c.site_id.in_(site_ids)] if site_ids else []
    grouped: FromClause = (
        select(
            *keys,
            func.count().label("rows"),
            seconds(connection, func.min(time)).label("first"),
            seconds(connection, func.max(time)).label("newest"),
        )
        .where(*wanted)
        .group_by(*keys)
        .subquery()
    )
    inner = table.alias()
    mine = [inner.c.site_id == grouped.c.site_id, inner.c.serial_number == grouped.c.serial_number]
    query = select(grouped, _older(inner, mine, since)).order_by(*grouped.c)
    for site, serial, rows, first, newest, older in connection.execute(query):
        yield Series(site, site, serial, rows, _whole(first), _whole(newest), bool(older))


def _after(table: FromClause, since: datetime | None) -> list[ColumnElement[bool]]:
    return [] if since is None else [table.c.timestamp > just_before(since)]


def just_before(since: datetime) -> datetime:
    """Return what is just before a full quarter: SQLite compares texts, some of them with microseconds."""
    return since.replace(tzinfo=None) - timedelta(seconds=1)


def _older(table: FromClause, mine: list[ColumnElement[bool]], since: datetime | None) -> ColumnElement[Any]:
    if since is None:
        return literal(0)
    before = and_(*mine, table.c.timestamp < just_before(since))
    return exists(select(1).select_from(table).where(before))


def intervals(connection: Connection, table: Table) -> list[ColumnElement[bool]]:
    """Return what makes a row an interval: the others are readings of a moment."""
    on_quarter: ColumnElement[bool]
    if connection.dialect.name == "sqlite":  # its text is looked at: a third of the time of strftime
        on_quarter = func.substr(table.c.timestamp, 15, 5).in_(ON_THE_QUARTER)
    elif connection.dialect.name == "mariadb":  # a fifth of the time of unix_timestamp
        of_hour = func.minute(table.c.timestamp) * 60 + func.second(table.c.timestamp)
        on_quarter = of_hour % QUARTER == 0
    else:
        on_quarter = seconds(connection, table.c.timestamp) % QUARTER == 0
    if "resolution" not in table.c:
        return [on_quarter]
    return [on_quarter, func.coalesce(table.c.resolution, "") != "SNAPSHOT"]


def seconds(connection: Connection, column: ColumnElement[Any]) -> ColumnElement[int]:
    """Return an instant or date as seconds since 1970, of which every database can take differences."""
    if connection.dialect.name == "sqlite":
        return cast(func.strftime("%s", column), BigInteger)
    if connection.dialect.name == "mariadb":
        return cast(func.unix_timestamp(column), BigInteger)
    return cast(func.date_part("epoch", column), BigInteger)  # extract counts in decimals: slow


def _whole(number: Any) -> int | None:  # noqa: ANN401 -- an integer or Decimal
    return None if number is None else int(number)
